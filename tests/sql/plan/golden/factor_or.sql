-- What all arms of an OR have in common, and what they mean for one relation.
SELECT * FROM line, part WHERE (p_id = l_part AND p_brand = 'B11' AND l_quantity < 10) OR (p_id = l_part AND p_brand = 'B12' AND l_quantity < 20)
SELECT * FROM nation a, nation b, supplier, customer WHERE s_nation = a.n_id AND c_nation = b.n_id AND ((a.n_name = 'france' AND b.n_name = 'germany') OR (a.n_name = 'germany' AND b.n_name = 'france'))
SELECT * FROM part WHERE (p_size = 1 AND p_brand = 'B11') OR p_size = 1
SELECT * FROM part WHERE (p_size = 1 AND p_brand = 'B11') OR (p_size = 2 AND p_brand = 'B11')
