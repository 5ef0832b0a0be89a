-- every relation of the system catalogs, with all of PostgreSQL's columns
SELECT c.relname, c.relkind, string_agg(a.attname || CASE WHEN a.attnotnull THEN '!' ELSE '' END, ' ' ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'pg_catalog' AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1, 2 ORDER BY 1;
SELECT c.relname, c.relkind, string_agg(a.attname, ' ' ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'information_schema' AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1, 2 ORDER BY 1;
-- vectors: arrays that begin with element 0, and have a text of their own
SELECT '1 2  3'::int2vector, ' '::int2vector, '7'::oidvector, array_lower('1 2'::int2vector, 1), ('4 5 6'::int2vector)[0];
SELECT '1 2'::int2vector::text, '1 2'::int2vector::int2[], '23 25'::oidvector::regtype[], pg_typeof('1'::oidvector), '{int2vector,oidvector}'::regtype[];
SELECT 2 = ANY('1 2'::int2vector), '1 2'::int2vector = '1 2'::int2vector, unnest('3 4'::oidvector), array_to_string('3 4'::int2vector, ',');
SELECT '1 x'::int2vector;
SELECT '40000'::int2vector;
SELECT '-1 y'::oidvector;
CREATE TABLE vectors (id integer PRIMARY KEY, v int2vector, o oidvector);
INSERT INTO vectors VALUES (1, '1 2', '3'), (2, NULL, '');
SELECT * FROM vectors ORDER BY id;
-- operator classes of indexes' keys
CREATE TYPE vector_mood AS ENUM ('sad', 'ok');
CREATE TABLE classes (a integer, b text, c varchar(5), d char(3), e integer[], f int4range, g vector_mood, h numeric, i inet, j cidr, k uuid, PRIMARY KEY (b, a));
CREATE INDEX classes_all ON classes (c, d, e, f, g, h, i, j, k);
SELECT i.indexrelid::regclass, k.n, o.opcname, o.opcdefault, f.opfname, o.opcintype::regtype FROM pg_index i, unnest(i.indclass) WITH ORDINALITY k (opclass, n)
JOIN pg_opclass o ON o.oid = k.opclass JOIN pg_opfamily f ON f.oid = o.opcfamily WHERE i.indrelid = 'classes'::regclass ORDER BY i.indexrelid::regclass::text, 2;
SELECT indkey, indoption, indclass[0] <> 0, indkey[0], 2 = ANY(indkey) FROM pg_index WHERE indrelid = 'classes'::regclass ORDER BY indnatts;
SELECT amopstrategy, amopopr::regoperator FROM pg_amop WHERE amopfamily = 1976 AND amoplefttype = 'int4'::regtype AND amoprighttype = 'int4'::regtype ORDER BY 1;
SELECT opcname, opcintype::regtype, opckeytype::regtype FROM pg_opclass WHERE opcmethod = 403 AND opcintype IN ('text'::regtype, 'name'::regtype, 'int8'::regtype) ORDER BY 1;
-- settings, sequences, users, prepared statements
SELECT name, setting, unit, context, vartype, min_val, max_val, enumvals, boot_val, reset_val, pending_restart FROM pg_settings WHERE name IN ('statement_timeout', 'bytea_output', 'extra_float_digits', 'standard_conforming_strings') ORDER BY 1;
SET statement_timeout = '5s';
SELECT setting, unit, source, reset_val FROM pg_settings WHERE name = 'statement_timeout';
RESET statement_timeout;
CREATE SEQUENCE shown_sequence START 5 INCREMENT 2 MAXVALUE 99 CYCLE;
SELECT sequencename, data_type, start_value, min_value, max_value, increment_by, cycle, cache_size FROM pg_sequences WHERE sequencename = 'shown_sequence';
PREPARE shown_statement (integer, text) AS SELECT $1, $2;
SELECT name, parameter_types, from_sql, prepare_time <= now() + '1 day' FROM pg_prepared_statements WHERE name = 'shown_statement';
DEALLOCATE shown_statement;
SELECT count(*) FROM pg_prepared_statements WHERE from_sql;
SELECT usesuper, usecreatedb, usename = current_user FROM pg_user WHERE usename = current_user;
SELECT count(*) FROM pg_rules WHERE schemaname = 'public';
SELECT count(*) FROM pg_policies;
SELECT count(*) FROM pg_publication_tables;
DROP SEQUENCE shown_sequence;
DROP TABLE vectors, classes;
DROP TYPE vector_mood;
