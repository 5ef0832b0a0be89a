-- types of handlers and triggers: they are there, by PostgreSQL's numbers, and have no values
CREATE TABLE pseudo (a internal);
CREATE TABLE pseudo (a trigger);
CREATE DOMAIN pseudo AS trigger;
CREATE TYPE pseudo AS (a trigger);
SELECT NULL::internal;
SELECT 'x'::internal;
SELECT NULL::trigger;
SELECT 'x'::event_trigger;
SELECT 1::trigger;
SELECT ARRAY[NULL::language_handler];
CREATE FUNCTION pseudo() RETURNS trigger LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION pseudo() RETURNS event_trigger LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION pseudo(internal) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION pseudo(trigger) RETURNS integer LANGUAGE sql AS 'SELECT 1';
SELECT 'trigger'::regtype, 'internal'::regtype::oid, 'fdw_handler'::regtype::oid;
SELECT oid, typname, typlen, typtype, typcategory, typispreferred, typarray, typelem FROM pg_type WHERE typtype = 'p' ORDER BY oid;
