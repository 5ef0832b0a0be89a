-- Scans that leave out rows without a partner in a hash join above: answers are those of the join alone.
CREATE TABLE big (b_id integer PRIMARY KEY, b_key integer, b_other bigint, b_text text, b_number numeric(12,2));
INSERT INTO big SELECT g, CASE WHEN g % 13 = 0 THEN NULL ELSE g * 7 % 1000 END, g % 300, 'text ' || (g % 50), g / 7.0 FROM generate_series(1, 40000) AS s(g);
CREATE TABLE small (s_key integer, s_other bigint, s_text text);
INSERT INTO small SELECT g * 50, g, 'text ' || g FROM generate_series(0, 19) AS s(g);
INSERT INTO small VALUES (NULL, 7, NULL), (50, 900, 'text 1');
CREATE TABLE many (m_key integer, m_value integer);
INSERT INTO many SELECT g, g % 3 FROM generate_series(0, 999) AS s(g);
CREATE TABLE none (n_key integer);
CREATE TABLE looked (l_id integer PRIMARY KEY, l_name text);
INSERT INTO looked SELECT g, 'name ' || g FROM generate_series(0, 299) AS s(g);
ANALYZE;
CHECKPOINT;

SELECT count(*), sum(b_id), min(b_text), sum(b_number), sum(s_other) FROM big, small WHERE b_key = s_key;
SELECT count(*), sum(b_id), min(b_text), sum(b_number) FROM big WHERE EXISTS (SELECT FROM small WHERE s_key = b_key);
SELECT count(*), sum(b_id), min(b_text), sum(b_number) FROM big WHERE NOT EXISTS (SELECT FROM small WHERE s_key = b_key);
SELECT count(*), sum(b_id), count(s_other) FROM big LEFT JOIN small ON b_key = s_key;
SELECT count(*), sum(b_id), count(s_other) FROM big FULL JOIN small ON b_key = s_key;
-- Keys of two columns, of text, and computed ones.
SELECT count(*), sum(b_id) FROM big, small WHERE b_key = s_key AND b_other = s_other;
SELECT count(*), sum(b_number) FROM big, small WHERE b_text = s_text;
SELECT count(*), sum(b_number) FROM big, small WHERE b_key + 1 = s_key + 1;
SELECT count(*), sum(b_id) FROM big, small WHERE b_other = s_other AND b_id % 2 = 0 AND b_text <> 'text 3';
-- Most rows have a partner; none has.
SELECT count(*), sum(b_number), sum(m_value) FROM big, many WHERE b_key = m_key;
SELECT count(*), sum(b_number) FROM big, none WHERE b_key = n_key;
SELECT count(*), sum(b_number) FROM big, many WHERE b_other = m_key AND b_id < 0;
-- Several joins above one scan; below them one that keeps its left side.
SELECT count(*), sum(b_number), sum(m_value), sum(s_other) FROM big, small, many WHERE b_key = s_key AND b_other = m_key AND m_value = 1;
SELECT count(*), sum(b_number), count(n_key), sum(s_other) FROM big LEFT JOIN none ON b_other = n_key JOIN small ON b_key = s_key;
SELECT count(*), sum(b_number), sum(s_other) FROM big JOIN small ON b_key = s_key WHERE NOT EXISTS (SELECT FROM many WHERE m_key = b_other AND m_value = 2);
SELECT count(*), sum(b_number), max(l_name) FROM big, small, looked WHERE b_key = s_key AND l_id = b_other;
SELECT count(*), max(x) FROM (SELECT b_key AS k, b_text || '!' AS x FROM big WHERE b_number > 100) AS q, small WHERE k = s_key;
SELECT k, count(*) FROM (SELECT b_key % 100 AS k FROM big) AS q, small WHERE k = s_key GROUP BY k ORDER BY k;
SELECT count(*) FROM (SELECT b_key AS k, row_number() OVER (ORDER BY b_id) AS n FROM big) AS q, small WHERE k = s_key AND n % 2 = 1;
SELECT count(*) FROM (SELECT b_key AS k FROM big LIMIT 10000) AS q, many WHERE k = m_key;
-- Volatile functions below are called for all rows.
CREATE SEQUENCE calls;
SELECT count(*) FROM (SELECT b_key AS k, nextval('calls') AS n FROM big WHERE b_id <= 2000) AS q, small WHERE k = s_key;
SELECT nextval('calls');
-- Beyond memory.
SET work_mem = '64kB';
SELECT count(*), sum(b.b_number), sum(c.b_id) FROM big b, big c WHERE b.b_key = c.b_other AND c.b_id < 20000 AND b.b_id < 20000;
SELECT count(*), sum(b_number) FROM big, small WHERE b_key = s_key;
RESET work_mem;
-- By several threads.
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SELECT count(*), sum(b_id), min(b_text), sum(b_number), sum(s_other) FROM big, small WHERE b_key = s_key;
SELECT count(*), sum(b_number), sum(m_value), sum(s_other) FROM big, small, many WHERE b_key = s_key AND b_other = m_key AND m_value = 1;
SELECT count(*), sum(b_number), sum(s_other) FROM big JOIN small ON b_key = s_key WHERE NOT EXISTS (SELECT FROM many WHERE m_key = b_other AND m_value = 2);
RESET ALL;
-- Rows that change.
BEGIN;
UPDATE big SET b_text = s_text FROM small WHERE b_key = s_key AND b_id < 5000;
SELECT count(*), min(b_text), max(b_text) FROM big WHERE b_text <> 'text ' || (b_id % 50);
DELETE FROM big USING small WHERE b_key = s_key;
SELECT count(*), sum(b_id) FROM big;
ROLLBACK;
