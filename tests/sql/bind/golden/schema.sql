CREATE SCHEMA other;
CREATE TABLE t (a int PRIMARY KEY, b text, c numeric(10,2), d timestamptz, e bool, f bigint, v varchar(10));
CREATE TABLE u (a int, x int, b text);
CREATE TABLE j (id int, doc json);
CREATE TABLE other.t (a bigint, z text);
CREATE TABLE ident (id int GENERATED ALWAYS AS IDENTITY, s serial, gone int, w varchar(5) DEFAULT 'x' || 'y');
ALTER TABLE ident DROP COLUMN gone;
