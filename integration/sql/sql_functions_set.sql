-- Functions in SQL that give sets and records.
CREATE TABLE emp (id integer PRIMARY KEY, name text, dept integer, salary integer);
INSERT INTO emp VALUES (1, 'ann', 1, 100), (2, 'bob', 1, 80), (3, 'cid', 2, 120), (4, 'dan', 2, 90), (5, 'eve', 3, 70);
CREATE FUNCTION ids(d integer) RETURNS SETOF integer LANGUAGE sql STABLE AS 'SELECT id FROM emp WHERE dept = d ORDER BY id';
SELECT * FROM ids(1);
SELECT x FROM ids(2) AS x WHERE x > 3;
SELECT * FROM ids(1) AS t(number);
SELECT ids(1);
SELECT ids(1), ids(3), 'x';
SELECT d, ids(d) FROM generate_series(1, 3) AS d;
SELECT * FROM ids(9);
SELECT d, x FROM generate_series(1, 3) AS d, ids(d) AS x ORDER BY d, x;
SELECT d, x FROM generate_series(1, 4) AS d LEFT JOIN LATERAL ids(d) AS x ON true ORDER BY d, x;
SELECT * FROM ids(2) WITH ORDINALITY;
SELECT * FROM ROWS FROM (ids(1), ids(3)) AS t(a, b);
SELECT count(*), sum(x) FROM ids(1) AS x;
SELECT name FROM emp WHERE id IN (SELECT ids(2)) ORDER BY 1;
SELECT name FROM emp WHERE EXISTS (SELECT 1 FROM ids(dept) AS x WHERE x > emp.id) ORDER BY 1;
SELECT (SELECT max(x) FROM ids(e.dept) AS x) FROM emp AS e ORDER BY e.id;
-- Tables.
CREATE FUNCTION staff(d integer) RETURNS TABLE(who text, pay integer) LANGUAGE sql STABLE AS 'SELECT name, salary FROM emp WHERE dept = d ORDER BY name';
SELECT * FROM staff(1);
SELECT who FROM staff(2) WHERE pay > 100;
SELECT s.who, s.pay * 2 AS double FROM staff(1) AS s ORDER BY pay;
SELECT * FROM staff(1) AS x(a, b);
SELECT e.name, s.who FROM emp AS e, staff(e.dept) AS s WHERE e.id < 3 ORDER BY 1, 2;
SELECT * FROM staff(1) WITH ORDINALITY AS t(w, p, n) ORDER BY n DESC;
-- Of the same, but volatile, or strict: not inlined.
CREATE FUNCTION staff_v(d integer) RETURNS TABLE(who text, pay bigint) LANGUAGE sql AS 'SELECT name, salary FROM emp WHERE dept = d ORDER BY name';
SELECT * FROM staff_v(1);
SELECT e.name, s.who FROM emp AS e, staff_v(e.dept) AS s WHERE e.id < 3 ORDER BY 1, 2;
CREATE FUNCTION ids_strict(d integer) RETURNS SETOF integer LANGUAGE sql STABLE STRICT AS 'SELECT id FROM emp WHERE dept = d ORDER BY id';
SELECT * FROM ids_strict(1);
SELECT * FROM ids_strict(NULL);
SELECT d, ids_strict(d) FROM (VALUES (1), (NULL), (3)) AS v(d);
-- OUT arguments.
CREATE FUNCTION extremes(OUT low integer, OUT high integer) LANGUAGE sql AS 'SELECT min(salary), max(salary) FROM emp';
SELECT * FROM extremes();
SELECT high - low AS range FROM extremes();
CREATE FUNCTION div_mod(a integer, b integer, OUT quotient integer, OUT rest integer) LANGUAGE sql IMMUTABLE AS 'SELECT a / b, a % b';
SELECT * FROM div_mod(17, 5);
SELECT n, d.* FROM generate_series(10, 12) AS n, div_mod(n, 4) AS d;
CREATE FUNCTION one_out(a integer, OUT b integer) LANGUAGE sql AS 'SELECT a + 1';
SELECT one_out(1);
SELECT * FROM one_out(1);
SELECT * FROM one_out(1) AS x;
CREATE FUNCTION in_and_out(INOUT a integer, INOUT b text) LANGUAGE sql AS $$ SELECT a + 1, b || '!' $$;
SELECT * FROM in_and_out(1, 'x');
CREATE FUNCTION unnamed(OUT integer, OUT text) LANGUAGE sql AS $$ SELECT 1, 'a' $$;
SELECT * FROM unnamed();
CREATE FUNCTION all_out(OUT id integer, OUT name text) RETURNS SETOF record LANGUAGE sql AS 'SELECT id, name FROM emp ORDER BY id LIMIT 2';
SELECT * FROM all_out();
-- Records without outputs.
CREATE FUNCTION some_record(integer) RETURNS record LANGUAGE sql AS 'SELECT id, name FROM emp WHERE id = $1';
SELECT * FROM some_record(3) AS t(id integer, name text);
SELECT * FROM some_record(9) AS t(id integer, name text);
SELECT * FROM some_record(3);
SELECT * FROM some_record(3) AS t(id integer);
SELECT * FROM some_record(3) AS t(id integer, name integer);
CREATE FUNCTION some_records() RETURNS SETOF record LANGUAGE sql AS 'SELECT id, name FROM emp ORDER BY id';
SELECT * FROM some_records() AS t(a integer, b text) WHERE a > 3;
SELECT * FROM extremes() AS t(a integer, b integer);
-- Wrong results.
CREATE FUNCTION bad() RETURNS TABLE(a integer, b text) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION bad() RETURNS TABLE(a integer, b text) LANGUAGE sql AS $$ SELECT 1, 'a', 2 $$;
CREATE FUNCTION bad() RETURNS TABLE(a integer, b text) LANGUAGE sql AS $$ SELECT 'a'::text, 'b' $$;
-- Sets where none may be.
SELECT * FROM emp WHERE ids(1) = 1;
SELECT id FROM emp LIMIT ids(1);
SELECT CASE WHEN true THEN ids(1) END;
-- Sets of changes.
CREATE TABLE queue (id serial, what text);
CREATE FUNCTION enqueue(VARIADIC things text[]) RETURNS SETOF integer LANGUAGE sql AS 'INSERT INTO queue (what) SELECT unnest(things) RETURNING id';
SELECT * FROM enqueue('a', 'b', 'c');
SELECT enqueue('d');
CREATE FUNCTION dequeue() RETURNS text LANGUAGE sql AS 'DELETE FROM queue WHERE id = (SELECT min(id) FROM queue) RETURNING what';
SELECT dequeue(), dequeue();
SELECT * FROM queue ORDER BY id;
-- Many rows.
CREATE FUNCTION many(n integer) RETURNS SETOF integer LANGUAGE sql AS 'SELECT generate_series(1, n)';
SELECT count(*), sum(x) FROM many(5000) AS x;
SELECT count(many) FROM (SELECT many(3000)) AS t;
SELECT x FROM many(100000) AS x LIMIT 3;
-- Polymorphic tables.
CREATE FUNCTION pairs(a anyelement, OUT x anyelement, OUT y anyarray) LANGUAGE sql AS 'SELECT a, ARRAY[a, a]';
SELECT * FROM pairs(1);
SELECT * FROM pairs('t'::text);
CREATE FUNCTION elements(anyarray) RETURNS SETOF anyelement LANGUAGE sql IMMUTABLE AS 'SELECT unnest($1)';
SELECT * FROM elements(ARRAY[1, 2]) AS e;
SELECT elements(ARRAY['a', 'b']);
