-- Types that use each other, dropped in one statement, in any order.
CREATE TYPE part AS (a integer);
CREATE TYPE whole AS (x part, y part[]);
CREATE DOMAIN of_part AS part;
DROP TYPE part;
DROP TYPE whole, part;
DROP TYPE part, of_part;
DROP TYPE part, whole, of_part;
SELECT 'part'::regtype;
CREATE TYPE part AS (a integer);
CREATE TYPE whole AS (x part);
CREATE TABLE kept (w whole);
DROP TYPE part, whole;
DROP TYPE part, whole CASCADE;
DROP TABLE kept;
