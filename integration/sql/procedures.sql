-- Procedures in SQL: CALL, its arguments and results.
CREATE TABLE note (id serial PRIMARY KEY, text text);
CREATE PROCEDURE add_note(what text) LANGUAGE sql AS 'INSERT INTO note (text) VALUES (what)';
CALL add_note('one');
CALL add_note(what => 'two');
CALL add_note('thr' || 'ee');
SELECT * FROM note ORDER BY id;
CREATE PROCEDURE add_two(a text, b text DEFAULT 'default') LANGUAGE sql AS $$
  CALL add_note(a);
  INSERT INTO note (text) VALUES (b);
$$;
CALL add_two('x');
CALL add_two('y', 'z');
SELECT count(*) FROM note;
-- Results.
CREATE PROCEDURE next_of(INOUT n integer) LANGUAGE sql AS 'SELECT n + 1';
CALL next_of(41);
CREATE PROCEDURE sums(a integer, b integer, INOUT s integer DEFAULT 0, INOUT p integer DEFAULT 0) LANGUAGE sql AS 'SELECT a + b, a * b';
CALL sums(3, 4);
CALL sums(3, 4, 1, 2);
CREATE PROCEDURE outs(a integer, OUT b integer, OUT c text) LANGUAGE sql AS $$ SELECT a * 2, 'c' || a $$;
CALL outs(5, NULL, NULL);
CALL outs(5);
CREATE PROCEDURE idle() LANGUAGE sql AS '';
CALL idle();
CREATE PROCEDURE atomic(a integer, b text) BEGIN ATOMIC
  INSERT INTO note VALUES (a, b);
  UPDATE note SET text = text || '!' WHERE id = a;
END;
CALL atomic(100, 'atomic');
SELECT * FROM note WHERE id = 100;
-- Errors.
SELECT add_note('x');
CALL nosuch(1);
CALL add_note();
CALL add_note(1, 2);
CALL lower('x');
CREATE FUNCTION fun(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CALL fun(1);
CALL add_note((SELECT 'x'));
CALL add_note(nocolumn);
CALL add_note(max('x'));
CREATE PROCEDURE bad() LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE PROCEDURE bad(OUT a integer) LANGUAGE sql AS $$ SELECT 'x'::text $$;
CREATE PROCEDURE add_note(text) LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE commits() LANGUAGE sql AS 'COMMIT';
CALL commits();
CALL add_two('fails', repeat('x', 1) || (1 / 0)::text);
-- In transactions.
BEGIN;
CALL add_note('rolled back');
ROLLBACK;
SELECT count(*) FROM note WHERE text = 'rolled back';
BEGIN READ ONLY;
CALL next_of(1);
CALL add_note('no');
ROLLBACK;
-- Dropped and changed.
ALTER PROCEDURE next_of(integer) RENAME TO succ;
CALL succ(1);
ALTER FUNCTION succ(integer) RENAME TO s;
ALTER ROUTINE succ(integer) RENAME TO successor;
DROP FUNCTION successor(integer);
DROP PROCEDURE fun(integer);
DROP PROCEDURE IF EXISTS nosuch(integer);
DROP ROUTINE successor(integer), fun(integer);
DROP PROCEDURE add_two, idle;
CALL idle();
