-- Rows that conditions leave.
SELECT * FROM customer WHERE c_segment = 'BUILDING'
SELECT * FROM customer WHERE c_segment <> 'BUILDING'
SELECT * FROM customer WHERE c_segment = 'NONE'
SELECT * FROM customer WHERE c_segment IN ('BUILDING', 'TOYS')
SELECT * FROM customer WHERE c_segment NOT IN ('BUILDING', 'TOYS')
SELECT * FROM customer WHERE c_phone IS NULL
SELECT * FROM customer WHERE c_phone IS NOT NULL
SELECT * FROM part WHERE p_size = 15
SELECT * FROM part WHERE p_size < 10
SELECT * FROM part WHERE p_size >= 10 AND p_size < 20
SELECT * FROM part WHERE p_size BETWEEN 10 AND 20 AND p_brand = 'B11'
SELECT * FROM part WHERE p_size < 10 OR p_brand = 'B11'
SELECT * FROM part WHERE NOT p_size < 10
SELECT * FROM part WHERE p_size > $1
SELECT * FROM part WHERE p_size = $1
SELECT * FROM part WHERE p_name LIKE 'g%'
SELECT * FROM part WHERE p_name LIKE '%green%'
SELECT * FROM part WHERE p_name NOT LIKE '%green%'
SELECT * FROM part WHERE p_size = ANY ('{1,2,3}'::int[])
SELECT * FROM part WHERE length(p_brand) = 4
SELECT * FROM part WHERE p_size + 0 = 7
SELECT * FROM line WHERE l_shipped < date '2000-01-01' + 250
SELECT * FROM line WHERE l_shipped < timestamp '2001-01-01'
SELECT * FROM line WHERE l_quantity < 24.5
SELECT * FROM line WHERE l_quantity = l_number
SELECT * FROM line WHERE l_quantity < l_number
SELECT * FROM part WHERE false
SELECT * FROM fresh WHERE f_value = 3
-- Lists that an expression of one column is compared with are tried on its values.
SELECT * FROM customer WHERE substring(c_segment FROM 1 FOR 1) IN ('B', 'T')
SELECT * FROM customer WHERE length(c_segment) NOT IN (4, 8)
