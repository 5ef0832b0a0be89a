-- Little is read by index, much in one go.
SELECT * FROM orders WHERE o_id = 7
SELECT * FROM orders WHERE o_date = date '2000-03-01'
SELECT * FROM orders WHERE o_date < date '2000-01-05'
SELECT * FROM orders WHERE o_date < date '2005-01-01'
SELECT * FROM orders WHERE o_customer = 12
SELECT * FROM orders WHERE o_customer = 12 AND o_date = date '2000-03-01'
SELECT * FROM orders WHERE o_customer IN (1, 2, 3)
SELECT * FROM customer WHERE c_nation = 3
SELECT * FROM customer WHERE c_nation = 3 ORDER BY c_nation LIMIT 5
SELECT * FROM orders ORDER BY o_date LIMIT 10
SELECT * FROM orders ORDER BY o_date
SELECT o_date FROM orders WHERE o_date < date '2000-06-01'
SELECT * FROM line WHERE l_part = 5
SELECT * FROM line WHERE l_part = 5 AND l_supplier = 6
SELECT * FROM line WHERE l_order BETWEEN 100 AND 200
