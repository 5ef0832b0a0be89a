-- What clients read of pg_catalog and information_schema.
CREATE TABLE t (id serial PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', price numeric(8,2), flag boolean, at timestamptz);
SELECT relname, relkind, relnatts, relhasindex, relpersistence FROM pg_class WHERE relname IN ('t', 't_pkey', 't_id_seq') ORDER BY relname;
SELECT attname, attnum, atttypid::regtype, atttypmod, attnotnull, atthasdef, attisdropped FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum;
SELECT conname, contype FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY conname;
SELECT indexrelid::regclass::text, indisunique, indisprimary FROM pg_index WHERE indrelid = 't'::regclass ORDER BY 1;
SELECT column_name, ordinal_position, is_nullable, data_type, character_maximum_length, udt_name FROM information_schema.columns WHERE table_name = 't' AND table_schema = current_schema() ORDER BY 2;
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1;
SELECT tablename, hasindexes FROM pg_tables WHERE tablename = 't' AND schemaname = current_schema();
SELECT typname, oid, typlen, typcategory FROM pg_type WHERE typname IN ('int4', 'text', 'numeric', 'bool', 'timestamptz', 'uuid', 'jsonb') ORDER BY oid;
SELECT nspname FROM pg_namespace WHERE nspname IN ('pg_catalog', 'public', 'information_schema') ORDER BY 1;
SELECT datname = current_database() FROM pg_database WHERE datname = current_database();
SELECT to_regclass('missing') IS NULL, to_regclass('t') = 't'::regclass;
SELECT nothing FROM pg_class;
SELECT * FROM pg_nothing;
