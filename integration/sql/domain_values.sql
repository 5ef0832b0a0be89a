-- Values of domains: operators, functions, types of results, where checks are made.
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN label AS text CHECK (VALUE <> '');
CREATE DOMAIN amount AS numeric(6,2);
CREATE DOMAIN yes AS boolean;
CREATE DOMAIN required AS integer NOT NULL;
CREATE TABLE things (id positive PRIMARY KEY, name label, cost amount, ok yes, big bigint);
INSERT INTO things VALUES (1, 'one', 1.5, true, 10), (2, 'two', 2.25, false, 20), (3, 'three', 3, NULL, 30), (4, NULL, NULL, true, NULL);
-- Operators and functions take the base type.
SELECT id + 1, id * 2.5, -id, id || 'x', id = 1, 1 = id, id <> big, id < cost, id % 2 FROM things ORDER BY id;
SELECT name || '!', name = 'one', name LIKE 't%', upper(name), length(name), name > 'one', substr(name, 2) FROM things ORDER BY id;
SELECT sum(id), avg(id), min(id), max(id), count(id), sum(cost), string_agg(name, ',' ORDER BY id), bool_and(ok) FROM things;
SELECT pg_typeof(id), pg_typeof(id + 1), pg_typeof(-id), pg_typeof(max(id)), pg_typeof(array_agg(id)), pg_typeof(ARRAY[id]), pg_typeof(coalesce(id, 1)), pg_typeof(coalesce(id, id)), pg_typeof(name || 'x'), pg_typeof((SELECT id)), pg_typeof(CASE WHEN true THEN id END), pg_typeof(nullif(id, 2)), pg_typeof(greatest(id, id)), pg_typeof(greatest(id, 1)) FROM things WHERE id = 1 GROUP BY id, name;
SELECT id FROM things WHERE ok ORDER BY id;
SELECT id FROM things WHERE NOT ok OR id = 3 ORDER BY id;
SELECT CASE WHEN ok THEN 'yes' ELSE 'no' END, ok IS TRUE, ok IS UNKNOWN FROM things ORDER BY id;
SELECT id IN (1, 3), id BETWEEN 2 AND 3, id = ANY (ARRAY[2, 4]), id IS DISTINCT FROM 2, id IS NULL FROM things ORDER BY id;
SELECT ok, count(*) FROM things GROUP BY ok ORDER BY ok;
SELECT DISTINCT id / 2 AS half FROM things ORDER BY half;
SELECT name FROM things ORDER BY name DESC NULLS LAST;
SELECT id, rank() OVER (ORDER BY cost DESC), sum(id) OVER (ORDER BY id RANGE 1 PRECEDING) FROM things ORDER BY id;
SELECT a.id, b.id FROM things a JOIN things b ON a.id = b.id + 1 ORDER BY 1;
SELECT t.id, g FROM things t JOIN generate_series(1, 3) g ON t.id = g ORDER BY 1;
SELECT id FROM things UNION SELECT 9 ORDER BY 1;
SELECT pg_typeof(id) FROM (SELECT id FROM things UNION ALL SELECT id FROM things) t LIMIT 1;
SELECT pg_typeof(id) FROM (SELECT id FROM things UNION ALL SELECT 7) t LIMIT 1;
SELECT id::text, id::bigint, id::numeric(4,1), cost::integer, name::varchar(2), ok::text, id::label FROM things ORDER BY big;
SELECT name::positive FROM things;
SELECT cost + 0.001, round(cost), cost::amount, (cost * 1000)::amount FROM things WHERE id = 1;
SELECT (cost * 1000000)::amount FROM things WHERE id = 1;
SELECT to_json(id), to_json(name), to_json(ok), row_to_json(t), jsonb_build_object('id', id) FROM things t ORDER BY id LIMIT 2;
SELECT format('%s-%s', id, name), concat(id, name, ok), quote_literal(name) FROM things ORDER BY id;
SELECT id + name FROM things;
SELECT nofunction(id) FROM things;
SELECT id + true FROM things;
SELECT sqrt(name) FROM things;
SELECT md5(name), hashtext(name), ascii(name) FROM things WHERE id = 1;
-- Tables as others see them.
CREATE TABLE copies AS SELECT id, name, id + 1 AS next FROM things;
SELECT attname, atttypid::regtype, atttypmod FROM pg_attribute WHERE attrelid = 'copies'::regclass AND attnum > 0 ORDER BY attnum;
INSERT INTO copies VALUES (0, 'x', 1);
INSERT INTO copies VALUES (1, '', 1);
CREATE VIEW seen AS SELECT id, name FROM things;
SELECT attname, atttypid::regtype FROM pg_attribute WHERE attrelid = 'seen'::regclass AND attnum > 0 ORDER BY attnum;
INSERT INTO seen VALUES (0, 'x');
INSERT INTO seen VALUES (5, '');
INSERT INTO seen VALUES (5, 'five');
SELECT * FROM seen ORDER BY id;
SELECT pg_get_viewdef('seen'::regclass);
CREATE VIEW casts AS SELECT big::positive AS p, 'x'::label AS l, '{1,2}'::positive[] AS a FROM things WHERE id > 1::positive AND big IS NOT NULL;
SELECT pg_get_viewdef('casts'::regclass);
SELECT * FROM casts ORDER BY p;
-- Checks are made when casts are computed, not before.
SELECT id FROM things WHERE false AND big::required > 0;
SELECT big::required FROM things ORDER BY id LIMIT 3;
SELECT big::required FROM things ORDER BY id;
SELECT CASE WHEN big IS NULL THEN 0 ELSE big::required END FROM things ORDER BY id;
SELECT (id - 1)::positive FROM things WHERE id > 1 ORDER BY 1;
SELECT (id - 1)::positive FROM things;
SELECT (SELECT NULL::integer)::required;
SELECT (SELECT id FROM things WHERE id = 99)::required;
SELECT coalesce(NULL::positive, 0::positive);
SELECT nullif(1::positive, 1), pg_typeof(nullif(1::required, 1)), pg_typeof(coalesce(1::required, NULL));
-- An outer join makes NULLs of a domain that has none.
CREATE TABLE needs (r required, k integer);
INSERT INTO needs VALUES (1, 1);
SELECT g, r, pg_typeof(r) FROM generate_series(1, 2) g LEFT JOIN needs ON k = g ORDER BY g;
SELECT g, r::required FROM generate_series(1, 2) g LEFT JOIN needs ON k = g ORDER BY g;
-- Arrays of domains.
SELECT '{1,2}'::positive[], ARRAY[1, 2]::positive[], ARRAY[1::positive, 2::positive], pg_typeof(ARRAY[1::positive]), ('{1,2}'::positive[])[1], pg_typeof(('{1,2}'::positive[])[1]);
SELECT '{1,0}'::positive[];
SELECT ARRAY[1, 0]::positive[];
SELECT ARRAY[1, -1]::integer[]::positive[];
SELECT '{1,NULL}'::required[];
SELECT ARRAY[1, NULL]::required[];
SELECT '{1,2}'::positive[]::integer[], '{1,2}'::positive[]::text[], '{1,2}'::positive[] = '{1,2}'::integer[], '{1,2}'::positive[] || 3;
SELECT array_append('{1,2}'::positive[], 0);
SELECT 2 = ANY ('{1,2}'::positive[]), unnest('{1,2}'::positive[]), array_length('{1,2}'::positive[], 1);
CREATE TABLE lists (a positive[], b label[]);
INSERT INTO lists VALUES ('{1,2}', '{x,y}'), (ARRAY[3], ARRAY['z']);
INSERT INTO lists VALUES ('{0}', NULL);
INSERT INTO lists VALUES (ARRAY[1], ARRAY['']);
UPDATE lists SET a[1] = 0;
UPDATE lists SET a[1] = 7, b[2] = 'w';
SELECT a, b, a[1] + 1, pg_typeof(a), pg_typeof(a[1]) FROM lists ORDER BY a, b;
SELECT atttypid::regtype, attndims FROM pg_attribute WHERE attrelid = 'lists'::regclass AND attnum > 0 ORDER BY attnum;
-- Functions.
CREATE FUNCTION twice(positive) RETURNS integer LANGUAGE sql AS 'SELECT $1 * 2';
SELECT twice(3), twice('4'), twice(5::positive), twice(id) FROM things WHERE id = 1;
SELECT twice(0);
SELECT twice('-1');
SELECT twice(2.5);
SELECT twice(big::integer) FROM things WHERE id = 1;
CREATE FUNCTION less(integer) RETURNS positive LANGUAGE sql AS 'SELECT $1 - 1';
SELECT less(3), pg_typeof(less(3));
SELECT less(1);
CREATE FUNCTION which(integer) RETURNS text LANGUAGE sql AS $$SELECT 'integer'$$;
CREATE FUNCTION which(text) RETURNS text LANGUAGE sql AS $$SELECT 'text'$$;
SELECT which(1), which('a'), which(1::positive), which('a'::label), which(id), which(name) FROM things WHERE id = 1;
CREATE FUNCTION which(positive) RETURNS text LANGUAGE sql AS $$SELECT 'positive'$$;
SELECT which(1), which('a'), which(1::positive), which('a'::label), which(id), which(name) FROM things WHERE id = 1;
CREATE FUNCTION needed(required) RETURNS integer LANGUAGE sql STRICT AS 'SELECT $1';
SELECT needed(1);
SELECT needed(NULL);
CREATE FUNCTION same(x anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT x';
SELECT same(1::positive), pg_typeof(same(1::positive));
CREATE FUNCTION first_of(x anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT x[1]';
SELECT first_of('{1,2}'::positive[]), pg_typeof(first_of('{1,2}'::positive[]));
SELECT pg_get_function_arguments(oid), prorettype::regtype FROM pg_proc WHERE proname = 'twice' AND pronamespace = 'sql_domain_values'::regnamespace;
DROP VIEW seen;
DROP DOMAIN positive;
-- Checks that call functions.
CREATE FUNCTION is_even(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 2 = 0';
CREATE DOMAIN even AS integer CHECK (is_even(VALUE));
SELECT 2::even;
SELECT 3::even;
DROP FUNCTION is_even(integer);
-- Prepared statements.
PREPARE insert_one (positive, label) AS INSERT INTO things (id, name) VALUES ($1, $2);
EXECUTE insert_one (6, 'six');
EXECUTE insert_one (0, 'zero');
EXECUTE insert_one (7, '');
PREPARE inferred AS INSERT INTO things (id, name) VALUES ($1, $2);
EXECUTE inferred (7, 'seven');
EXECUTE inferred (0, 'zero');
PREPARE of_cast AS SELECT $1::positive + 1, pg_typeof($1);
EXECUTE of_cast (4);
EXECUTE of_cast (0);
EXECUTE of_cast (NULL);
ALTER DOMAIN positive DROP CONSTRAINT positive_check;
EXECUTE of_cast (0);
ALTER DOMAIN positive ADD CHECK (VALUE > 3) NOT VALID;
EXECUTE of_cast (3);
EXECUTE of_cast (4);
EXECUTE inferred (2, 'two');
-- COPY.
COPY things (id, name, cost) FROM stdin;
10	ten	1.239
\.
COPY things (id, name) FROM stdin;
11	eleven
1	one
\.
COPY things (id, name) FROM stdin;
12	
\.
COPY needs FROM stdin;
\N	1
\.
COPY needs (k) FROM stdin;
5
\.
COPY things (id, name, cost) TO stdout;
-- JSON.
SELECT * FROM json_to_record('{"a": 5, "b": "x", "c": [4, 5]}') AS r (a positive, b label, c positive[]);
SELECT * FROM json_to_record('{"a": 1}') AS r (a positive);
SELECT * FROM jsonb_to_recordset('[{"a": 5}, {"a": null}]') AS r (a required);
SELECT * FROM jsonb_to_record('{"c": [4, 1]}') AS r (c positive[]);
