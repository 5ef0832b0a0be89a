-- Semi and anti joins wherever they are made, and subqueries that are asked for above joins: answers are those of any order.
CREATE TABLE nations (n_id integer PRIMARY KEY, n_name text NOT NULL);
INSERT INTO nations SELECT g, 'nation ' || g FROM generate_series(0, 9) AS s(g);
CREATE TABLE suppliers (s_id integer PRIMARY KEY, s_nation integer, s_name text NOT NULL);
INSERT INTO suppliers SELECT g, CASE WHEN g % 11 = 0 THEN NULL ELSE g % 10 END, 'supplier ' || g FROM generate_series(1, 60) AS s(g);
CREATE TABLE parts (p_id integer PRIMARY KEY, p_name text NOT NULL);
INSERT INTO parts SELECT g, CASE WHEN g % 7 = 0 THEN 'forest ' ELSE 'sand ' END || g FROM generate_series(1, 120) AS s(g);
CREATE TABLE stocks (t_part integer, t_supplier integer, t_count integer, PRIMARY KEY (t_part, t_supplier));
INSERT INTO stocks SELECT p, (p * 7 + k * 13) % 60 + 1, (p * k) % 50 FROM generate_series(1, 120) AS s(p), generate_series(1, 4) AS u(k);
CREATE TABLE sales (v_order integer, v_line integer, v_part integer, v_supplier integer, v_count integer, v_due date, v_done date, PRIMARY KEY (v_order, v_line));
INSERT INTO sales SELECT o, l, (o * 3 + l) % 120 + 1, CASE WHEN (o + l) % 17 = 0 THEN NULL ELSE (o * l) % 60 + 1 END, (o + l) % 9,
    date '2026-01-01' + o % 60, date '2026-01-01' + (o * l) % 67 FROM generate_series(1, 600) AS s(o), generate_series(1, 5) AS u(l) WHERE l <= o % 5 + 1;
CREATE INDEX sales_part ON sales (v_part, v_supplier);
CREATE INDEX sales_supplier ON sales (v_supplier);
CREATE INDEX suppliers_nation ON suppliers (s_nation);
ANALYZE;

-- Behind joins that leave few rows.
SELECT s_name, count(*) FROM suppliers, sales a, nations WHERE s_id = a.v_supplier AND s_nation = n_id AND n_name = 'nation 3' AND a.v_done > a.v_due
  AND EXISTS (SELECT * FROM sales b WHERE b.v_order = a.v_order AND b.v_supplier <> a.v_supplier)
  AND NOT EXISTS (SELECT * FROM sales c WHERE c.v_order = a.v_order AND c.v_supplier <> a.v_supplier AND c.v_done > c.v_due)
  GROUP BY s_name ORDER BY count(*) DESC, s_name;
SELECT count(*), sum(a.v_count) FROM suppliers JOIN sales a ON s_id = a.v_supplier WHERE s_nation = 3 AND NOT EXISTS (SELECT FROM sales b WHERE b.v_supplier = s_id AND b.v_count = 0 AND b.v_line = 3);
-- One that needs two tables, connected by nothing else.
SELECT n_id, p_id FROM nations, parts WHERE p_id < 6 AND EXISTS (SELECT FROM suppliers WHERE s_nation = n_id AND s_id = p_id) ORDER BY 1, 2;
SELECT count(*) FROM nations, parts WHERE p_id < 6 AND NOT EXISTS (SELECT FROM suppliers WHERE s_nation = n_id AND s_id = p_id);
SELECT count(*) FROM suppliers, parts WHERE EXISTS (SELECT FROM stocks WHERE t_part = p_id AND t_supplier = s_id AND t_count > 40) AND p_id NOT IN (SELECT v_part FROM sales WHERE v_count = 8);
-- Several over one table, NULLs in what they compare.
SELECT s_id FROM suppliers WHERE s_nation IN (SELECT n_id FROM nations WHERE n_name < 'nation 4') AND NOT EXISTS (SELECT FROM sales WHERE v_supplier = s_id AND v_count > 6) ORDER BY 1;
SELECT count(*) FROM suppliers WHERE NOT EXISTS (SELECT FROM nations WHERE n_id = s_nation);
SELECT count(*) FROM sales WHERE v_supplier IN (SELECT s_id FROM suppliers WHERE s_nation IS NULL);
-- One whose condition names no column of the query around.
SELECT count(*) FROM nations, suppliers WHERE n_id = s_nation AND EXISTS (SELECT n_name FROM parts WHERE p_id = 5);
SELECT count(*) FROM nations, suppliers WHERE n_id = s_nation AND NOT EXISTS (SELECT n_name FROM parts WHERE p_id = 5);
-- Above an outer join, and within one.
SELECT count(*), count(t_part) FROM parts LEFT JOIN stocks ON t_part = p_id AND t_count > 45 WHERE EXISTS (SELECT FROM sales WHERE v_part = p_id AND v_count = 1);
SELECT count(*), count(t_part) FROM parts LEFT JOIN stocks ON t_part = p_id AND t_count > 45 WHERE NOT EXISTS (SELECT FROM sales WHERE v_part = t_part AND v_count = 1);
-- Beside LATERAL.
SELECT count(*), sum(n) FROM suppliers, LATERAL (SELECT count(*) AS n FROM sales WHERE v_supplier = s_id) AS q WHERE EXISTS (SELECT FROM nations WHERE n_id = s_nation AND n_name > 'nation 5') AND s_id > (SELECT avg(t_count) FROM stocks WHERE t_supplier = s_id);
-- Subqueries that take a table's values: above joins, or, where joins give more rows, below.
SELECT s_name FROM suppliers, nations WHERE s_id IN (
    SELECT t_supplier FROM stocks WHERE t_part IN (SELECT p_id FROM parts WHERE p_name LIKE 'forest%')
      AND t_count > (SELECT 0.5 * sum(v_count) FROM sales WHERE v_part = t_part AND v_supplier = t_supplier AND v_due >= date '2026-01-05'))
  AND s_nation = n_id AND n_name = 'nation 2' ORDER BY s_name;
SELECT count(*) FROM stocks, parts WHERE t_part = p_id AND p_name LIKE 'forest%' AND t_count > (SELECT avg(v_count) FROM sales WHERE v_part = t_part);
SELECT count(*) FROM parts, stocks, sales WHERE t_part = p_id AND v_part = p_id AND 3 < (SELECT count(*) FROM sales x WHERE x.v_part = p_id AND x.v_line = 1);
SELECT count(*) FROM parts, stocks WHERE t_part = p_id AND p_name LIKE 'forest%' AND CASE WHEN t_count = 0 THEN false ELSE 100 / t_count > (SELECT min(v_count) FROM sales WHERE v_part = t_part) END;
-- Rows that change.
BEGIN;
UPDATE stocks SET t_count = t_count + 100 WHERE t_part IN (SELECT p_id FROM parts WHERE p_name LIKE 'forest%') AND t_count < (SELECT sum(v_count) FROM sales WHERE v_part = t_part);
SELECT count(*), sum(t_count) FROM stocks WHERE t_count >= 100;
DELETE FROM suppliers s USING nations WHERE n_id = s_nation AND NOT EXISTS (SELECT FROM stocks WHERE t_supplier = s.s_id AND t_count >= 100) AND n_name <> 'nation 1';
SELECT count(*), sum(s_id) FROM suppliers;
ROLLBACK;
-- Rows dealt out to several threads.
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SELECT count(*), sum(v_count), min(v_due), avg(t_count) FROM nations, suppliers, sales, stocks WHERE n_id = s_nation AND v_supplier = s_id AND t_supplier = s_id AND n_name < 'nation 8';
SELECT n_name, count(*), sum(v_count) FROM nations, suppliers, sales WHERE n_id = s_nation AND v_supplier = s_id AND v_count > 2 GROUP BY n_name ORDER BY n_name;
SELECT count(*), sum(v_count) FROM (SELECT DISTINCT v_supplier AS x FROM sales WHERE v_part < 60) AS q, sales WHERE v_supplier = x;
SELECT count(*), sum(p) FROM generate_series(1, 100) AS g(p), stocks WHERE t_part = p AND NOT EXISTS (SELECT FROM sales WHERE v_part = t_part AND v_supplier = t_supplier);
SELECT count(*), sum(100 / (t_count - 10)) FROM suppliers, stocks WHERE t_supplier = s_id;
SET parallel_leader_participation = off;
SELECT n_name, count(*), sum(v_count) FROM nations, suppliers, sales WHERE n_id = s_nation AND v_supplier = s_id AND v_count > 2 GROUP BY n_name ORDER BY n_name;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT count(*), sum(v_count) FROM (SELECT DISTINCT v_supplier AS x FROM sales WHERE v_part < 60) AS q, sales WHERE v_supplier = x;
UPDATE sales SET v_count = v_count + 1 WHERE v_part = 5;
SELECT count(*), sum(v_count) FROM (SELECT DISTINCT v_supplier AS x FROM sales WHERE v_part < 60) AS q, sales WHERE v_supplier = x;
ROLLBACK;
