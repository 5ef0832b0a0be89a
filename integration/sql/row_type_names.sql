-- names of tables' row types and of arrays of them give way to each other
CREATE TABLE named (id integer);
CREATE TABLE _named (a integer);
CREATE TABLE __named (b integer);
SELECT typname, typrelid::regclass FROM pg_type WHERE typname LIKE '%named' ORDER BY 1, 2;
SELECT '{}'::_named[], NULL::__named, NULL::named[], 'named[]'::regtype, '_named[]'::regtype;
DROP TABLE _named;
SELECT typrelid::regclass FROM pg_type WHERE typname LIKE '%named' AND typrelid <> 0 ORDER BY 1::text;
DROP TABLE named, __named;
