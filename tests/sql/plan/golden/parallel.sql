-- Aggregation of large tables by several threads.
SELECT count(*) FROM line
SELECT o_customer, count(*) FROM orders GROUP BY o_customer
SELECT c_segment, c_nation, count(*), min(c_id) FROM customer GROUP BY c_segment, c_nation HAVING count(*) > 5
SELECT sum(l_part) FROM line WHERE l_order < 1000000 AND l_part % 10 = 3
SELECT x, count(*) FROM (SELECT l_part % 7 AS x FROM line) AS q GROUP BY x
-- Joins below: the other side is read once.
SELECT c_segment, count(*) FROM customer, orders WHERE c_id = o_customer GROUP BY c_segment
SELECT count(*) FROM line WHERE EXISTS (SELECT FROM part WHERE p_id = l_part AND p_size > 40)
SELECT count(*) FROM orders LEFT JOIN customer ON c_id = o_customer AND c_nation = 3
-- What is looked up for each row is looked up by each thread.
SELECT c_segment, count(*) FROM customer, orders, line WHERE c_id = o_customer AND o_status = 'F' AND l_order = o_id GROUP BY c_segment
SELECT count(*), sum(x) FROM part, LATERAL (SELECT l_quantity + p_size AS x FROM line WHERE l_part = p_id AND l_supplier = 7) AS q WHERE p_brand = 'B11'
-- One thread: little to read, or many groups to hand over.
SELECT count(*) FROM nation
SELECT count(*) FROM customer WHERE c_id < 1000
SELECT l_order, l_part, count(*) FROM line GROUP BY l_order, l_part
-- One thread: what cannot be merged, or asks the session.
SELECT count(DISTINCT o_customer) FROM orders
SELECT string_agg(c_segment, ',') FROM customer
SELECT array_agg(o_id ORDER BY o_customer) FROM orders
SELECT o_customer, count(*) FROM orders GROUP BY ROLLUP (o_customer)
SELECT count(*) FROM orders WHERE random() < 0.5
SELECT count(*) FROM orders WHERE current_setting('work_mem') = '4MB'
SELECT count(*) FROM orders WHERE o_id IN (SELECT o_customer + 1 FROM orders AS b WHERE b.o_id = orders.o_customer)
SELECT c_id, (SELECT count(*) FROM orders WHERE o_customer <> c_id) FROM customer
-- Subqueries that stand for themselves may be parallel, where they run once.
SELECT count(*) FROM customer WHERE c_id > (SELECT avg(o_customer) FROM orders)
-- Rows that no large scan gives are dealt out where much is done for each.
SELECT count(*) FROM nation, customer, orders, line WHERE n_id = c_nation AND n_name = 'asia' AND o_customer = c_id AND l_order = o_id AND o_status = 'F'
SELECT count(*), sum(l_quantity) FROM part, line WHERE l_part = p_id AND p_id < 5000
SELECT count(*), sum(l_quantity) FROM part, line WHERE l_part = p_id AND p_id < 50
