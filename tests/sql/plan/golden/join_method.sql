-- Lookups for few rows, a hash table for many; the smaller side is the one in memory.
SELECT * FROM orders, customer WHERE o_customer = c_id
SELECT * FROM orders, customer WHERE o_customer = c_id AND o_id = 5
SELECT * FROM customer, orders WHERE o_customer = c_id AND c_id = 5
SELECT * FROM orders, line WHERE l_order = o_id AND o_date = date '2000-03-01'
SELECT * FROM orders, line WHERE l_order = o_id
SELECT * FROM part, line WHERE l_part = p_id AND p_name LIKE 'green%' AND p_brand = 'B11' AND p_size = 3
SELECT * FROM nation, region WHERE n_region = r_id
SELECT * FROM nation, region WHERE n_region < r_id
SELECT * FROM nation, region
SELECT * FROM line, stock WHERE l_part = t_part AND l_supplier = t_supplier
SELECT * FROM customer LEFT JOIN orders ON o_customer = c_id
SELECT * FROM customer LEFT JOIN orders ON o_customer = c_id WHERE c_id < 10
SELECT * FROM customer FULL JOIN orders ON o_customer = c_id
SELECT * FROM line, orders WHERE l_order = o_id AND l_part = 5 AND o_status = 'F'
