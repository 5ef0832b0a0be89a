-- Aggregates over windows: every kind, FILTER, frames that grow, slide and leave rows out.
CREATE TABLE m (id integer PRIMARY KEY, g text, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, n numeric, b boolean, s text, d date, iv interval, ts timestamp);
INSERT INTO m VALUES (1, 'a', 1, 10, 100, 0.5, 1.25, 1.10, true, 'pear', '2020-01-01', '1 day', '2020-01-01 10:00'),
  (2, 'a', 2, 20, 200, 1.5, 2.5, 2.200, false, 'apple', '2019-01-01', '2 hours', '2020-01-02 10:00'), (3, 'a', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'b', 4, 40, 400, 2.25, -3, 0, true, 'fig', '2021-06-01', '1 month', '2018-01-01 10:00'), (5, 'b', -5, -50, 9000000000000000000, 3, 4, 'NaN', true, 'date', '2020-01-03', '-3 days', '2020-01-05 10:00'),
  (6, 'b', 6, 60, 600, 4, 5, 3.3333, false, 'kiwi', '2020-01-02', '00:00:01', '2020-01-04 10:00'), (7, 'a', 7, 70, 700, 5, 6, 100, true, 'lime', '2020-02-01', '5 days', '2020-01-03 10:00');
SELECT id, sum(i2) OVER w, sum(i4) OVER w, sum(i8) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, sum(f4) OVER w, sum(f8) OVER w, sum(n) OVER w, sum(iv) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, avg(i2) OVER w, avg(i4) OVER w, avg(i8) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, avg(f4) OVER w, avg(f8) OVER w, avg(n) OVER w, avg(iv) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, min(i4) OVER w, max(i4) OVER w, min(s) OVER w, max(s) OVER w, min(d) OVER w, max(iv) OVER w, min(n) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, count(*) OVER w, count(i4) OVER w, count(s) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, bool_and(b) OVER w, bool_or(b) OVER w, every(b) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, bit_and(i4) OVER w, bit_or(i4) OVER w, bit_xor(i4) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, string_agg(s, '+') OVER w, array_agg(i4) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, json_agg(i4) OVER w, jsonb_agg(s) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, json_object_agg(id, s) OVER w, jsonb_object_agg(id, i4) OVER w FROM m WINDOW w AS (ORDER BY id ROWS 1 PRECEDING) ORDER BY id;
SELECT id, stddev(i4) OVER w, variance(i4) OVER w, stddev_pop(i8) OVER w, var_samp(n) OVER w FROM m WHERE id <> 5 WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, round(stddev(f8) OVER w::numeric, 10), round(var_pop(f8) OVER w::numeric, 10) FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, round((stddev(f8) OVER w)::numeric, 10), round((var_pop(f8) OVER w)::numeric, 10) FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, round((corr(f8, i4) OVER w)::numeric, 10), regr_count(f8, i4) OVER w, round((regr_slope(f8, i4) OVER w)::numeric, 10) FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, round((covar_pop(f8, i4) OVER w)::numeric, 8), round((covar_samp(f8, i4) OVER w)::numeric, 8) FROM m WINDOW w AS (ORDER BY id ROWS 2 PRECEDING) ORDER BY id;
-- partitions, and no order
SELECT id, sum(i4) OVER (PARTITION BY g), avg(n) OVER (PARTITION BY g), string_agg(s, ',') OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM m ORDER BY id;
SELECT id, sum(i4) OVER (), max(s) OVER (), count(*) OVER () FROM m ORDER BY id;
SELECT id, sum(i4) OVER (ORDER BY g), count(*) OVER (ORDER BY g) FROM m ORDER BY id;
-- sliding
SELECT id, sum(i2) OVER w, sum(i4) OVER w, sum(i8) OVER w, sum(f8) OVER w, sum(n) OVER w, sum(iv) OVER w FROM m WINDOW w AS (ORDER BY id ROWS 1 PRECEDING) ORDER BY id;
SELECT id, avg(i4) OVER w, avg(f8) OVER w, avg(n) OVER w, avg(iv) OVER w FROM m WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) ORDER BY id;
SELECT id, min(s) OVER w, max(s) OVER w, min(i4) OVER w, max(n) OVER w, min(ts) OVER w FROM m WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) ORDER BY id;
SELECT id, count(i4) OVER w, bool_and(b) OVER w, bit_or(i4) OVER w FROM m WINDOW w AS (ORDER BY id ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING) ORDER BY id;
SELECT id, string_agg(s, '') OVER w, array_agg(id) OVER w FROM m WINDOW w AS (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) ORDER BY id;
SELECT id, sum(i4) OVER w, avg(n) OVER w, min(s) OVER w, array_agg(id) OVER w FROM m WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW) ORDER BY id;
SELECT id, stddev(i4) OVER w, var_pop(n) OVER w FROM m WHERE id <> 5 WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) ORDER BY id;
SELECT id, sum(n) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM (VALUES (1, 1.0), (2, 2.00), (3, 3), (4, 4.5000)) AS v(id, n) ORDER BY id;
-- FILTER
SELECT id, sum(i4) FILTER (WHERE b) OVER w, count(*) FILTER (WHERE i4 > 15) OVER w FROM m WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, array_agg(id) FILTER (WHERE g = 'a') OVER w, max(s) FILTER (WHERE b) OVER w FROM m WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) ORDER BY id;
SELECT id, sum(i4) FILTER (WHERE false) OVER (), count(*) FILTER (WHERE NULL) OVER () FROM m ORDER BY id;
SELECT id, sum(i4) FILTER (WHERE id % 2 = 1) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM m ORDER BY id;
SELECT g, count(*), sum(count(*)) FILTER (WHERE g = 'a') OVER () FROM m GROUP BY g ORDER BY g;
-- types and errors of results
SELECT pg_typeof(sum(i2) OVER ()), pg_typeof(sum(i8) OVER ()), pg_typeof(avg(i4) OVER ()), pg_typeof(avg(f4) OVER ()), pg_typeof(rank() OVER ()), pg_typeof(cume_dist() OVER ()), pg_typeof(ntile(1) OVER ()), pg_typeof(lag(s) OVER ()) FROM m LIMIT 1;
SELECT id, sum(9000000000000000000) OVER (ORDER BY id) FROM m ORDER BY id;
SELECT sum(i) OVER (ORDER BY i) FROM (VALUES (9223372036854775807::bigint), (1)) AS v(i) ORDER BY 1;
SELECT sum(f) OVER (ORDER BY f ROWS 1 PRECEDING) FROM (VALUES (1.5e308::float8), (1.6e308), (1.7e308)) AS v(f);
SELECT i, sum(f) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES (1, 'Infinity'::float8), (2, 1), (3, 2), (4, 'NaN'), (5, 3), (6, 4)) AS v(i, f) ORDER BY i;
SELECT i, sum(f) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), avg(f) OVER (ORDER BY i ROWS 1 PRECEDING) FROM (VALUES (1, 'Infinity'::numeric), (2, 1), (3, '-Infinity'), (4, 'NaN'), (5, 3), (6, 4)) AS v(i, f) ORDER BY i;
SELECT i, array_agg(a) OVER (ORDER BY i) FROM (VALUES (1, ARRAY[1, 2]), (2, ARRAY[3, 4])) AS v(i, a) ORDER BY i;
SELECT i, array_agg(a) OVER (ORDER BY i) FROM (VALUES (1, ARRAY[1, 2]), (2, ARRAY[3])) AS v(i, a) ORDER BY i;
SELECT i, min(a) OVER (ORDER BY i ROWS 1 PRECEDING), max(a) OVER (ORDER BY i ROWS 1 PRECEDING) FROM (VALUES (1, ARRAY[1, 2]), (2, ARRAY[3, 4]), (3, ARRAY[0])) AS v(i, a) ORDER BY i;
DROP TABLE m;
