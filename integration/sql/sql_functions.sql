-- Functions written in SQL, in expressions: arguments, results, NULLs, several statements.
CREATE FUNCTION add(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + $2';
SELECT add(1, 2), add(NULL, 2);
CREATE FUNCTION hello(who text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'hello, ' || who $$;
SELECT hello('world'), hello(who => 'you'), hello('a') || hello('b');
SELECT hello(hello('x'));
CREATE FUNCTION strict_or(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT coalesce(a, 0) + coalesce(b, 0)';
SELECT strict_or(1, 2), strict_or(1, NULL), strict_or(NULL, NULL);
CREATE FUNCTION lax(a integer) RETURNS integer LANGUAGE sql CALLED ON NULL INPUT AS 'SELECT coalesce(a, -1)';
SELECT lax(NULL), lax(4);
-- Tables.
CREATE TABLE item (id integer PRIMARY KEY, name text, price numeric(10,2));
INSERT INTO item VALUES (1, 'pen', 1.50), (2, 'ink', 4.25), (3, 'paper', 3.00), (4, 'desk', NULL);
CREATE FUNCTION price_of(integer) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT price FROM item WHERE id = $1';
SELECT id, price_of(id) FROM item ORDER BY id;
SELECT id FROM item WHERE price_of(id) > 2 ORDER BY id;
SELECT sum(price_of(id)) FROM item;
SELECT price_of(99) IS NULL AS none;
SELECT id, CASE WHEN id < 3 THEN price_of(id) END AS p FROM item ORDER BY price_of(id) DESC NULLS LAST, id;
SELECT price_of(id) AS p, count(*) FROM item GROUP BY price_of(id) ORDER BY 1 NULLS FIRST;
-- The first row of the last statement.
CREATE FUNCTION cheapest() RETURNS text LANGUAGE sql AS $$
  SELECT 'not this';
  SELECT name FROM item WHERE price IS NOT NULL ORDER BY price;
$$;
SELECT cheapest();
-- Names of arguments: columns go before them, the function's name tells them apart.
CREATE FUNCTION named(id integer) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM item WHERE item.id <= named.id';
SELECT named(2);
CREATE FUNCTION hidden(id integer) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM item WHERE item.id = id';
SELECT hidden(2);
CREATE FUNCTION limited(n integer) RETURNS SETOF integer LANGUAGE sql AS 'SELECT id FROM item ORDER BY id LIMIT n';
SELECT limited(2);
-- Arrays, VARIADIC.
CREATE FUNCTION total(VARIADIC numbers integer[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT sum(n) FROM unnest(numbers) AS n';
SELECT total(1, 2, 3), total(VARIADIC ARRAY[4, 5]), total(7);
SELECT total();
-- Casts of the result, and what cannot be cast.
CREATE FUNCTION as_bigint() RETURNS bigint LANGUAGE sql AS 'SELECT 1';
SELECT as_bigint(), pg_typeof(as_bigint());
CREATE FUNCTION as_text() RETURNS text LANGUAGE sql AS $$ SELECT 'a'::varchar $$;
SELECT as_text();
CREATE FUNCTION wrong() RETURNS integer LANGUAGE sql AS $$ SELECT 'a'::text $$;
CREATE FUNCTION wrong() RETURNS integer LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION wrong() RETURNS integer LANGUAGE sql AS 'INSERT INTO item VALUES (9)';
CREATE FUNCTION wrong() RETURNS integer LANGUAGE sql AS '';
CREATE FUNCTION wrong() RETURNS integer LANGUAGE sql AS 'SELECT nosuch FROM item';
CREATE FUNCTION wrong() RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION wrong(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a FROM nowhere';
CREATE FUNCTION wrong() RETURNS integer LANGUAGE sql AS 'SELEC 1';
-- void
CREATE FUNCTION nothing() RETURNS void LANGUAGE sql AS 'SELECT 1';
SELECT nothing();
CREATE FUNCTION emptiness() RETURNS void LANGUAGE sql AS '';
SELECT emptiness() IS NULL AS is_null;
-- Recursion.
CREATE FUNCTION factorial(n integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN n <= 1 THEN 1 ELSE n * factorial(n - 1) END
$$;
SET check_function_bodies = off;
CREATE FUNCTION factorial(n integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN n <= 1 THEN 1 ELSE n * factorial(n - 1) END
$$;
RESET check_function_bodies;
SELECT factorial(5), factorial(20);
CREATE FUNCTION fib(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n';
CREATE OR REPLACE FUNCTION fib(n integer) RETURNS integer LANGUAGE sql AS 'SELECT CASE WHEN n < 2 THEN n ELSE fib(n - 1) + fib(n - 2) END';
SELECT fib(10);
-- Errors within.
CREATE FUNCTION divide(a integer, b integer) RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT 1; SELECT a / b $$;
SELECT divide(6, 3);
SELECT divide(1, 0);
-- Prepared statements, and a function that changes meanwhile.
PREPARE p(integer) AS SELECT add($1, 10), lax($1);
EXECUTE p(5);
CREATE OR REPLACE FUNCTION add(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 * $2';
CREATE OR REPLACE FUNCTION lax(a integer) RETURNS integer LANGUAGE sql CALLED ON NULL INPUT AS 'SELECT 77; SELECT 78';
EXECUTE p(5);
DEALLOCATE p;
-- Polymorphic ones.
CREATE FUNCTION same(anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT $1';
SELECT same(1), same('x'::text), same(1.5), pg_typeof(same(now()));
SELECT same('x');
CREATE FUNCTION first_of(anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT $1[1]';
SELECT first_of(ARRAY[3, 4]), first_of(ARRAY['a', 'b']);
CREATE FUNCTION pair(anyelement, anyelement) RETURNS anyarray LANGUAGE sql AS 'SELECT ARRAY[$1, $2]';
SELECT pair(1, 2), pair('a'::text, 'b');
SELECT pair(1, 'a'::text);
CREATE FUNCTION largest(VARIADIC anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT max(x) FROM unnest($1) AS x';
SELECT largest(1, 5, 3), largest('a'::text, 'c', 'b');
CREATE FUNCTION common(anycompatible, anycompatible) RETURNS anycompatible LANGUAGE sql AS 'SELECT $1';
SELECT common(1, 2.5), pg_typeof(common(1, 2.5));
CREATE FUNCTION untold(integer) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
-- SQL's own form.
CREATE FUNCTION plus_one(a integer) RETURNS integer LANGUAGE sql RETURN a + 1;
CREATE FUNCTION plus_two(a integer) RETURNS integer BEGIN ATOMIC SELECT 1; SELECT a + 2; END;
SELECT plus_one(1), plus_two(1);
CREATE FUNCTION bad_atomic() RETURNS integer BEGIN ATOMIC SELECT nosuch; END;
CREATE FUNCTION bad_atomic(x anyelement) RETURNS anyelement RETURN x;
-- In other statements.
CREATE TABLE log (id integer, note text DEFAULT hello('default'), twice integer GENERATED ALWAYS AS (strict_or(id, id)) STORED, CHECK (strict_or(id, 0) < 100));
INSERT INTO log (id) VALUES (1), (2);
INSERT INTO log VALUES (plus_one(2), hello('x'));
INSERT INTO log VALUES (100, 'too much');
UPDATE log SET note = hello(note) WHERE id = plus_one(0);
SELECT * FROM log ORDER BY id;
CREATE INDEX log_twice ON log (strict_or(id, 1));
SELECT id FROM log WHERE strict_or(id, 1) = 3;
CREATE INDEX log_volatile ON log (lax(id));
CREATE TABLE bad_generated (a integer, b integer GENERATED ALWAYS AS (lax(a)) STORED);
DELETE FROM log WHERE id IN (SELECT plus_two(0));
SELECT id FROM log ORDER BY plus_one(id) DESC;
CREATE VIEW shown AS SELECT id, hello(note) AS greeting FROM log;
SELECT * FROM shown ORDER BY id;
SELECT id, row_number() OVER (ORDER BY price_of(id)) FROM item ORDER BY id;
SELECT count(*) FILTER (WHERE price_of(id) > 2) FROM item;
-- Syntax that is refused.
CREATE FUNCTION f() RETURNS integer LANGUAGE nosuch AS 'SELECT 1';
CREATE FUNCTION f() RETURNS integer AS 'SELECT 1';
CREATE FUNCTION f() RETURNS integer LANGUAGE sql;
CREATE FUNCTION f() LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f() RETURNS nosuch LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a nosuch) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a integer, a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a integer DEFAULT 1, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(OUT a integer DEFAULT 1) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(OUT a integer) RETURNS text LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(VARIADIC a integer[], b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(VARIADIC a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a SETOF integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a integer DEFAULT now()) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f() RETURNS integer LANGUAGE sql COST 0 AS 'SELECT 1';
CREATE FUNCTION f() RETURNS integer LANGUAGE sql ROWS 10 AS 'SELECT 1';
CREATE FUNCTION f() RETURNS integer LANGUAGE sql PARALLEL maybe AS 'SELECT 1';
CREATE FUNCTION f() RETURNS integer LANGUAGE sql STABLE VOLATILE AS 'SELECT 1';
CREATE FUNCTION f() RETURNS cstring LANGUAGE sql AS 'SELECT 1';
