-- Outer joins that nothing of comes through are inner joins; others stay where they are.
SELECT * FROM customer LEFT JOIN orders ON o_customer = c_id WHERE o_status = 'F'
SELECT * FROM customer LEFT JOIN orders ON o_customer = c_id WHERE o_status = 'F' OR o_id > 5
SELECT * FROM customer LEFT JOIN orders ON o_customer = c_id WHERE o_status = 'F' OR c_id > 5
SELECT * FROM customer LEFT JOIN orders ON o_customer = c_id WHERE o_status IS NOT NULL
SELECT * FROM customer LEFT JOIN orders ON o_customer = c_id WHERE o_status IS NULL
SELECT * FROM customer LEFT JOIN orders ON o_customer = c_id WHERE coalesce(o_status, 'F') = 'F'
SELECT * FROM (customer LEFT JOIN orders ON o_customer = c_id) JOIN line ON l_order = o_id
SELECT * FROM customer LEFT JOIN (orders LEFT JOIN line ON l_order = o_id) ON o_customer = c_id AND l_number = 1
SELECT * FROM customer FULL JOIN orders ON o_customer = c_id WHERE c_segment = 'TOYS'
SELECT * FROM customer FULL JOIN orders ON o_customer = c_id WHERE o_status = 'F'
SELECT * FROM customer FULL JOIN orders ON o_customer = c_id WHERE o_status = 'F' AND c_segment = 'TOYS'
SELECT * FROM nation LEFT JOIN customer ON c_nation = n_id, region WHERE n_region = r_id AND r_name = 'asia'
