-- Semi and anti joins are made where they cost least, above what their conditions are over: here behind the joins that leave few rows.
SELECT count(*) FROM supplier, stock, nation WHERE s_id = t_supplier AND s_nation = n_id AND n_name = 'asia' AND t_count > 9000 AND EXISTS (SELECT FROM line WHERE l_part = t_part AND l_supplier <> t_supplier)
SELECT count(*) FROM customer, orders, nation WHERE o_customer = c_id AND c_nation = n_id AND n_name = 'asia' AND o_date = date '2000-03-01' AND NOT EXISTS (SELECT FROM line WHERE l_order = o_id AND l_shipped > o_date)
-- Here before them.
SELECT * FROM orders, customer WHERE o_customer = c_id AND o_id IN (SELECT l_order FROM line WHERE l_part = 5)
-- One that needs two items comes behind both, connected by nothing else or not.
SELECT * FROM nation, region WHERE EXISTS (SELECT FROM customer WHERE c_nation = n_id AND c_id = r_id)
SELECT * FROM part, supplier WHERE p_size = 3 AND EXISTS (SELECT FROM stock WHERE t_part = p_id AND t_supplier = s_id AND t_count = 0) AND NOT EXISTS (SELECT FROM line WHERE l_part = p_id)
-- Several over one table.
SELECT * FROM customer WHERE c_segment = 'TOYS' AND c_nation IN (SELECT n_id FROM nation WHERE n_region = 1) AND NOT EXISTS (SELECT FROM orders WHERE o_customer = c_id)
-- One entry of an index that has all is enough to know.
SELECT * FROM customer WHERE c_id < 100 AND EXISTS (SELECT FROM orders WHERE o_customer = c_id)
SELECT * FROM customer WHERE c_id < 100 AND NOT EXISTS (SELECT FROM orders WHERE o_customer = c_id)
SELECT * FROM customer WHERE c_id < 100 AND NOT EXISTS (SELECT FROM orders WHERE o_customer = c_id AND o_status = 'F')
-- A subquery that takes values of a table is asked for what joins leave of its rows, where these are fewer.
SELECT * FROM stock WHERE t_part IN (SELECT p_id FROM part WHERE p_brand = 'B11' AND p_size = 3) AND t_count > (SELECT sum(l_quantity) FROM line WHERE l_part = t_part AND l_supplier = t_supplier)
SELECT * FROM part, stock WHERE t_part = p_id AND p_size = (SELECT max(l_quantity) FROM line WHERE l_part = p_id)
