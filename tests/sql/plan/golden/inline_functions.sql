-- Functions in SQL: their bodies in the places of their calls, or the calls where they must stay.
SELECT twice(c_id) FROM customer WHERE c_id = 5
SELECT * FROM customer WHERE next(c_id) = 5
SELECT * FROM customer WHERE c_id = next(4)
SELECT * FROM customer WHERE c_id = four_times(10)
SELECT four_times(c_id) FROM customer WHERE c_id < 3
-- A strict body of a strict function; one that is not.
SELECT * FROM customer WHERE strict_next(c_nation) = 4
SELECT * FROM customer WHERE strict_or_zero(c_nation) = 4
-- An argument that is volatile and used twice; once.
SELECT * FROM customer WHERE twice(CAST(random() * 10 AS integer)) = 4
SELECT * FROM customer WHERE next(CAST(random() * 10 AS integer)) = 4
-- More volatile than it says; a query; itself; several statements.
SELECT * FROM customer WHERE noisy(c_id) > 0.5
SELECT * FROM customer WHERE orders_of(c_id) > 5
SELECT * FROM customer WHERE itself(c_id) > 5
SELECT * FROM customer WHERE two_steps(c_id) > 5
-- In FROM.
SELECT * FROM order_ids(5)
SELECT * FROM order_ids(5) AS o WHERE o = 7
SELECT c_id, o FROM customer, order_ids(c_id) AS o WHERE c_id < 100
SELECT * FROM parts_of(twice(4)) WHERE id > 100
SELECT count(*) FROM line WHERE l_order IN (SELECT o FROM order_ids(l_part) AS o)
SELECT * FROM order_ids(5) WITH ORDINALITY
SELECT * FROM strict_order_ids(5)
SELECT * FROM volatile_order_ids(5)
SELECT order_ids(5)
