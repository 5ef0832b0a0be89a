-- What psql's describe commands show. Recorded as user "shale" (record.py --user shale), who owns everything.
CREATE TABLE t (id serial PRIMARY KEY, name varchar(20) NOT NULL, price numeric(8,2), flag boolean);
CREATE TABLE "Odd one" (a int GENERATED ALWAYS AS IDENTITY, b text, "C d" int, PRIMARY KEY ("C d", a));
CREATE SEQUENCE alone AS smallint INCREMENT BY -2 MINVALUE -10 MAXVALUE -1 CYCLE;
\dt sql_psql_describe.*
\dt t
\dt missing
\ds sql_psql_describe.*
\ds alone
\di sql_psql_describe.*
\dv sql_psql_describe.*
\d t_id_seq
\d alone
\d "Odd one_a_seq"
\d missing
\dn sql_psql*
\dn+ sql_psql*
\df sql_psql_describe.*
\dx nothing
SELECT pg_get_indexdef(indexrelid), pg_get_indexdef(indexrelid, 0, true), pg_get_indexdef(indexrelid, 1, true), pg_get_indexdef(indexrelid, 2, true), pg_get_indexdef(indexrelid, 3, true) FROM pg_index WHERE indrelid IN ('t'::regclass, '"Odd one"'::regclass) ORDER BY 1;
SELECT conname, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true), conkey FROM pg_constraint WHERE conrelid IN ('t'::regclass, '"Odd one"'::regclass) ORDER BY 1;
SELECT pg_get_indexdef(1), pg_get_constraintdef(1), pg_get_userbyid(relowner) = current_user, pg_get_userbyid(1) FROM pg_class WHERE oid = 't'::regclass;
SELECT pg_table_is_visible('t'::regclass), pg_table_is_visible('pg_class'::regclass), pg_table_is_visible(1);
SELECT pg_type_is_visible(23), pg_type_is_visible(1), pg_function_is_visible(1396), pg_operator_is_visible(96);
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 't'::regclass;
SELECT pg_get_serial_sequence('t', 'id'), pg_get_serial_sequence('"Odd one"', 'a'), pg_get_serial_sequence('t', 'name');
SELECT pg_get_serial_sequence('t', 'nothing');
SELECT pg_get_serial_sequence('nothing', 'id');
SELECT pg_relation_is_publishable('t'), pg_relation_is_publishable('pg_class'), pg_relation_is_publishable('t_pkey');
SELECT obj_description('t'::regclass, 'pg_class'), col_description('t'::regclass, 1);
SELECT pg_get_function_result(1396), pg_get_function_arguments(1396), pg_get_function_arguments(2803), pg_get_function_result(1);
SELECT refobjsubid, deptype FROM pg_depend WHERE objid = 't_id_seq'::regclass AND classid = 'pg_class'::regclass AND refobjid = 't'::regclass;
SELECT relname FROM pg_class WHERE relname OPERATOR(pg_catalog.~) '^(t_.*)$' COLLATE pg_catalog.default AND relnamespace::regnamespace::text = 'sql_psql_describe' ORDER BY 1;
SELECT typname, prokind FROM pg_proc JOIN pg_type t ON t.oid = prorettype WHERE proname IN ('md5', 'pg_get_userbyid') ORDER BY 1;
\dt+ missing
SELECT has_table_privilege('t', 'SELECT, insert with grant option'), has_table_privilege('t'::regclass, 'DELETE'), has_table_privilege(1, 'SELECT');
SELECT has_table_privilege('missing', 'SELECT');
SELECT has_table_privilege('t', 'SELECT, EAT');
SELECT has_sequence_privilege('alone', 'USAGE'), has_sequence_privilege(1, 'USAGE');
SELECT has_sequence_privilege('t', 'USAGE');
SELECT has_schema_privilege('public', 'CREATE'), has_schema_privilege(1, 'USAGE');
SELECT has_schema_privilege('missing', 'USAGE');
SELECT has_database_privilege(current_database(), 'CONNECT, TEMP');
SELECT has_database_privilege('missing', 'CONNECT');
SELECT pg_has_role('shale', 'MEMBER'), pg_has_role(10, 'usage');
SELECT pg_has_role('missing', 'MEMBER');
SELECT pg_relation_size('t') < 100000, pg_table_size('t') IS NULL, pg_total_relation_size(1::oid) IS NULL;
