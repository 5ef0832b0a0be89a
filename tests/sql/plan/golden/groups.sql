-- How many groups there are.
SELECT c_segment, count(*) FROM customer GROUP BY c_segment
SELECT c_segment, c_nation, count(*) FROM customer GROUP BY c_segment, c_nation
SELECT o_customer, count(*) FROM orders GROUP BY o_customer
SELECT o_id, count(*) FROM orders, line WHERE l_order = o_id GROUP BY o_id
SELECT count(*) FROM orders
SELECT p_size + 1, count(*) FROM part GROUP BY p_size + 1
SELECT c_nation, count(*) FROM customer GROUP BY c_nation HAVING count(*) > 5
