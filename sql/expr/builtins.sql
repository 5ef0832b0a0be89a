-- Writes the builtin_*.inc files from a PostgreSQL 15's catalog. Run as
--   psql -v ON_ERROR_STOP=1 -f builtins.sql
-- with a file kernels.txt beside it: the internal names of all kernels (KernelEntry), one per line.
\pset tuples_only on
\pset format unaligned
create temp table kernel (name text);
\copy kernel from 'kernels.txt'
create temp table known_element as
  select oid, typarray from pg_type where typname in ('bool', 'bytea', 'char', 'name', 'int8', 'int2', 'int4',
    'regproc', 'text', 'oid', 'tid', 'xid', 'cid', 'json', 'float4', 'float8', 'money', 'macaddr', 'inet', 'cidr',
    'macaddr8', 'bpchar', 'varchar', 'date', 'time', 'timestamp', 'timestamptz', 'interval', 'timetz', 'bit', 'varbit',
    'numeric', 'refcursor', 'regprocedure', 'regoper', 'regoperator', 'regclass', 'regtype', 'regrole',
    'regnamespace', 'uuid', 'pg_lsn', 'jsonb', 'jsonpath', 'txid_snapshot', 'pg_snapshot', 'xid8', 'int4range',
    'numrange', 'tsrange', 'tstzrange', 'daterange', 'int8range', 'int4multirange', 'nummultirange', 'tsmultirange',
    'tstzmultirange', 'datemultirange', 'int8multirange', 'cstring', 'any', 'anyelement', 'anynonarray', 'anyarray', 'anyenum',
    'anyrange', 'anymultirange', 'anycompatible', 'anycompatiblearray', 'anycompatiblenonarray', 'anycompatiblerange',
    'anycompatiblemultirange', 'record', 'void') and typnamespace = 'pg_catalog'::regnamespace;
create temp table known_type as
  select oid from known_element union select typarray from known_element where typarray <> 0
  except select '_cstring'::regtype::oid;
-- Functions written in SQL go by their signature. The "any" of a variadic function is not listed.
create temp table known_function as
  select p.oid, p.proname, p.prorettype, p.proisstrict, p.provolatile, p.provariadic, p.proargnames,
         p.proargmodes, p.pronargdefaults, pg_get_expr(p.proargdefaults, 0) as defaults,
         case when p.provariadic = '"any"'::regtype
              then (p.proargtypes::oid[])[0:p.pronargs - 2] else p.proargtypes::oid[] end as args,
         case when l.lanname = 'internal' then p.prosrc
              else p.proname || '(' || coalesce((select string_agg(t.typname, ',' order by n)
                     from unnest(p.proargtypes::oid[]) with ordinality a(type, n)
                     join pg_type t on t.oid = a.type), '') || ')' end as internal_name
    from pg_proc p join pg_language l on l.oid = p.prolang
   where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset;
delete from known_function
 where internal_name not in (select name from kernel) or prorettype not in (select oid from known_type)
    or exists (select from unnest(args) a(type) where a.type not in (select oid from known_type));
\o builtin_functions.inc
select format('{%s, "%s", "%s", %s, %s, ''%s'', %s, {%s}},', oid, proname, internal_name,
              prorettype::oid, proisstrict::text, provolatile, provariadic::oid,
              array_to_string(args, ', '))
  from known_function order by oid;
-- Names and defaults of arguments, where there are any.
\o builtin_arguments.inc
select format('{%s, {%s}, {%s}},', oid, names, defaults) from (
  select oid,
         (select string_agg('"' || name || '"', ', ' order by n)
            from unnest(proargnames) with ordinality a(name, n)
           where proargmodes is null or proargmodes[n] in ('i', 'v')) as names,
         (select string_agg('"' || regexp_replace(part, '^''(.*)''::.*$', '\1') || '"', ', ' order by n)
            from unnest(string_to_array(defaults, ', ')) with ordinality d(part, n)) as defaults
    from known_function) arguments
 where names is not null or defaults is not null order by oid;
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
