-- What catalogs and functions tell of enums.
CREATE TYPE level AS ENUM ('low', 'high');
CREATE TABLE alarm (id integer, l level DEFAULT 'low', ls level[]);
SELECT typname, typlen, typbyval, typtype, typcategory, typispreferred, typisdefined, typdelim, typrelid, typalign, typstorage, typnotnull, typbasetype, typtypmod, typndims, typcollation FROM pg_type WHERE typname IN ('level', '_level') ORDER BY typname;
SELECT t.typname, a.typname, a.typelem = t.oid, n.nspname FROM pg_type t JOIN pg_type a ON a.oid = t.typarray JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = 'level';
SELECT enumlabel, enumsortorder FROM pg_enum JOIN pg_type t ON t.oid = enumtypid WHERE typname = 'level' ORDER BY enumsortorder;
SELECT attname, format_type(atttypid, atttypmod), atttypid::regtype, attlen, attndims FROM pg_attribute WHERE attrelid = 'alarm'::regclass AND attnum > 0 ORDER BY attnum;
SELECT column_name, column_default, data_type, udt_name, is_nullable FROM information_schema.columns WHERE table_name = 'alarm' AND table_schema = current_schema() ORDER BY ordinal_position;
SELECT 'level'::regtype, 'level[]'::regtype, '_level'::regtype, 'sql_enum_catalog.level'::regtype, to_regtype('level'), to_regtype('nothing'), 'level'::regtype::oid = 'level'::regtype;
SELECT 'nothing'::regtype;
SELECT 'nowhere.level'::regtype;
SELECT format_type('level'::regtype, NULL), format_type('level[]'::regtype, -1), format_type(4294967295, NULL);
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'alarm'::regclass;
SELECT has_type_privilege('level', 'USAGE');
SET search_path = pg_catalog;
SELECT 'sql_enum_catalog.level'::regtype, format_type('sql_enum_catalog.level[]'::regtype, -1), pg_typeof('low'::sql_enum_catalog.level);
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'sql_enum_catalog.alarm'::regclass;
SELECT 'x'::sql_enum_catalog.level;
SELECT l + 1 FROM sql_enum_catalog.alarm;
RESET search_path;
SET search_path = sql_enum_catalog, public;
SELECT deptype, refclassid::regclass, refobjid::regtype, objsubid FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = 'alarm'::regclass AND refclassid = 'pg_type'::regclass ORDER BY objsubid;
\dT
\dT+ level
\d alarm
-- The query that drivers ask for an enum by name.
SELECT t.typname AS name, t.oid = 'level'::regtype AS oid, t.typarray = 'level[]'::regtype AS array_oid, array_agg(e.enumlabel) AS labels FROM pg_type t LEFT JOIN (SELECT e.enumtypid, e.enumlabel FROM pg_enum e ORDER BY e.enumsortorder) e ON e.enumtypid = t.oid WHERE t.oid = to_regtype('level') GROUP BY t.typname, t.oid, t.typarray;
DROP TABLE alarm;
DROP TYPE level;
