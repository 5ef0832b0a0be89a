-- The cheapest order, whatever the one written.
SELECT * FROM line, orders, customer WHERE c_segment = 'BUILDING' AND c_id = o_customer AND l_order = o_id AND o_date < date '2000-06-01' AND l_shipped > date '2000-06-01'
SELECT * FROM customer, orders, line, supplier, nation, region WHERE c_id = o_customer AND l_order = o_id AND l_supplier = s_id AND c_nation = s_nation AND s_nation = n_id AND n_region = r_id AND r_name = 'asia' AND o_date >= date '2002-01-01' AND o_date < date '2003-01-01'
SELECT * FROM part, supplier, line, stock, orders, nation WHERE s_id = l_supplier AND t_supplier = l_supplier AND t_part = l_part AND p_id = l_part AND o_id = l_order AND s_nation = n_id AND p_name LIKE '%green%'
SELECT * FROM part, supplier, line, orders, customer, nation n1, nation n2, region WHERE p_id = l_part AND s_id = l_supplier AND l_order = o_id AND o_customer = c_id AND c_nation = n1.n_id AND n1.n_region = r_id AND r_name = 'america' AND s_nation = n2.n_id AND o_date BETWEEN date '2003-01-01' AND date '2004-12-31' AND p_brand = 'B12' AND p_size = 3
SELECT * FROM customer JOIN nation ON c_nation = n_id JOIN region ON n_region = r_id WHERE r_name = 'asia'
SELECT * FROM nation a, nation b, region WHERE a.n_region = r_id
