-- Writes the builtin_*.inc files from a PostgreSQL 15's catalog. Run as
--   psql -v ON_ERROR_STOP=1 -f builtins.sql
-- with a file kernels.txt beside it: the internal names of all kernels (KernelEntry), one per line.
\pset tuples_only on
\pset format unaligned
create temp table kernel (name text);
\copy kernel from 'kernels.txt'
create temp table known_element as
  select oid, typarray from pg_type where typname in ('bool', 'bytea', 'char', 'name', 'int8', 'int2', 'int4',
    'regproc', 'text', 'oid', 'json', 'float4', 'float8', 'bpchar', 'varchar', 'date', 'time',
    'timestamp', 'timestamptz', 'interval', 'numeric', 'regprocedure', 'regclass', 'regtype',
    'regnamespace', 'any', 'anyelement', 'anynonarray', 'anyarray', 'anycompatible',
    'anycompatiblearray', 'void', 'uuid', 'jsonb', 'xid', 'xid8',
    'pg_snapshot', 'txid_snapshot') and typnamespace = 'pg_catalog'::regnamespace;
create temp table known_type as
  select oid from known_element union select typarray from known_element where typarray <> 0;
-- Functions written in SQL go by their signature.
create temp table known_function as
  select p.oid, p.proname, p.prorettype, p.proisstrict, p.provolatile, p.provariadic,
         case when p.provariadic = '"any"'::regtype
              then (p.proargtypes::oid[])[0:p.pronargs - 2] else p.proargtypes::oid[] end as args,
         case when l.lanname = 'internal' then p.prosrc
              else p.proname || '(' || coalesce((select string_agg(t.typname, ',' order by n)
                     from unnest(p.proargtypes::oid[]) with ordinality a(type, n)
                     join pg_type t on t.oid = a.type), '') || ')' end as internal_name
    from pg_proc p join pg_language l on l.oid = p.prolang
   where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset
     and p.prorettype in (select oid from known_type)
     and not exists (select from unnest(p.proargtypes::oid[]) a(type)
                      where a.type not in (select oid from known_type));
delete from known_function where internal_name not in (select name from kernel);
\o builtin_functions.inc
select format('{%s, "%s", "%s", %s, %s, ''%s'', %s, {%s}},', oid, proname, internal_name,
              prorettype::oid, proisstrict::text, provolatile, (provariadic <> 0)::text,
              array_to_string(args, ', '))
  from known_function order by oid;
\o builtin_operators.inc
select format('{%s, "%s", %s, %s, %s, %s, %s, %s},', o.oid, oprname, oprleft::oid, oprright::oid,
              oprresult::oid, oprcom::oid, oprnegate::oid, oprcode::oid)
  from pg_operator o where oprcode::oid in (select oid from known_function) order by o.oid;
\o builtin_casts.inc
-- Casts of a type to itself only fit modifiers: ApplyTypmod does that.
select format('{%s, %s, %s, ''%s'', ''%s''},', castsource::oid, casttarget::oid, castfunc::oid,
              castcontext, castmethod)
  from pg_cast where castsource in (select oid from known_type)
   and casttarget in (select oid from known_type) and castsource <> casttarget
   and (castfunc = 0 or castfunc in (select oid from known_function))
 order by castsource, casttarget;
\o
