-- Array types: values, columns, functions and operators.
select '{1,2,3}'::int[], array[1, 2.5, null], array['a', null], '{{1,2},{3,4}}'::int[][], '[0:1]={7,8}'::int4[];
select array[[1,2],[3,4]], array[array[1,2], '{3,4}'::int[]], array[]::text[], array[1.6, 2.4]::int[];
select '{a b , c , NULL, null, "NULL", \n, n\ull, "", "a\"b"}'::text[];
select '{abc,de}'::varchar(2)[], array['abc']::varchar(2)[], '{1.25}'::numeric(5,1)[], '{1,2}'::int[]::text[];
select pg_typeof(array[1,2.5]), pg_typeof('{}'::varchar(3)[]), array[1]::text, '{1,2}'::text::int[];
select (array[1,2,3])[2], (array[[1,2],[3,4]])[2][1], (array[1])[5], (array[1])[null], (array[1])[1][1];
-- errors
select '{1,{2}}'::int[];
select '{1'::int[];
select '{1,x}'::int[];
select '[1:2]={1}'::int[];
select array[];
select array[1, 'a'];
select array[1, true];
select array[array[1], array[1,2]];
select (1)[1];
select (array[1])[true];
select 1::int[];
select '{}'::nosuch[];
select array[1] = array[1.0];
-- columns
create table t (id int primary key, numbers int[], words text[] not null default '{}', prices numeric(6,2)[]);
insert into t values (1, '{1,2,3}', '{one,"two words"}', '{1.5,2.255}'), (2, null, default, null),
  (3, array[3,null], array['x','y'], array[1,2]), (4, '{}', '{z}', '{}');
insert into t values (5, '{1}', null, null);
insert into t values (6, '{1}', '{}', '{123456}');
select * from t order by id;
select id, numbers[1], words[2], numbers[1] + 1 as next from t where numbers[1] is not null order by id;
update t set numbers = numbers || 9, words = array_append(words, 'new') where id in (1, 4);
select id, numbers, words from t order by numbers, id;
select numbers, count(*) from t group by numbers order by numbers nulls first;
select distinct words from t order by 1;
alter table t add column flags bool[] default '{t,f}';
select id, flags from t where id = 1;
delete from t where numbers = '{}' or numbers = array[4,5];
select id from t order by id;
select attname, atttypid::regtype, attndims from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
-- ANY and ALL
select 1 = any('{1,2}'), 1 = all('{}'::int[]), null = any('{}'::int[]), 1 = any('{null}'), 1 = any(null::int[]), 1 <> all('{2,null}'), 3 > all('{1,2}');
select id from t where id = any('{3,1,99,3,null}'::int[]) order by id;
select id from t where id = any(array[1,2]::bigint[]) order by id;
select id from t where 3 = any(numbers) order by id;
select id from t where id <> all('{1,2}') order by id;
select id from t where 'x' like any(words) order by id;
prepare by_ids as select id from t where id = any($1) order by id;
execute by_ids('{2,3}');
execute by_ids(null);
update t set words = '{}' where id = any('{1,3}');
select id, words from t order by id;
select 1 = any(1);
select 1 + any('{1}');
select 1 = any(array['a']);
select 'a' = any(array[1]);
-- functions and operators
select array_length('{1,2}'::int[], 1), array_length('{1}'::int[], 2), array_length('{}'::int[], 1), array_ndims(array[[1]]), array_lower('[0:1]={1,2}'::int[], 1), array_upper('[0:1]={1,2}'::int[], 1), cardinality(array[[1,2]]), cardinality('{}'::int[]), array_dims('[0:1]={1,2}'::int[]);
select array_append(null, 2), array_append(array[1], null), array_prepend(0, array[1]), array_cat(array[1], array[2.5]), array[1] || 2, 1 || array[2], array[1] || array[2], array[1] || '{2}', array[1] || null, array[[1]] || array[2], array[1] || array[[2]];
select array['a'] || 'b'::varchar, array['a'::varchar] || 'b'::text;
select array[[1,2]] || array[[3]];
select array[[1,2]] || 1;
select array[1] || 'x';
select array_position('{1,2,3,2}', 2), array_position(array[1,2,3,2], 2, 3), array_position(array['a',null], null), array_position(array[1], 5), array_positions(array[1,2,1], 1);
select array_position(array[[1]], 1);
select array_position(array['a'], 1);
select array_remove(array[1,2,1], 1), array_replace(array[1,2,1], 1, 9);
select array_to_string(array[1,null,3], ','), array_to_string(array[1,null,3], ',', '*'), array_to_string(array[[1,2],[3,4]], '-'), array_to_string('{}'::int[], ',');
select string_to_array('a,b,,c', ','), string_to_array('abc', null), string_to_array('abc', ''), string_to_array('', ','), string_to_array('a,b,c', ',', 'b'), string_to_array(null, ',');
select array[1,2] = array[1,2], array[1,2] < array[1,3], array[1] < array[1,2], array[1,null] > array[1,2], array[1,2] is distinct from null, array[1] in (array[2], array[1]);
select array[1,2,3] @> array[1], array[1] <@ array[1,2], array[1,2] && array[2,3], array[1] && '{}';
select cardinality('{}');
select array_agg(x), array_agg(x order by x desc) from (values (1), (null), (3)) v(x);
select array_agg(x) from (values (array[1,2]), (array[3,4])) v(x);
select array_agg(x) from (values (array[1,2]), (array[3])) v(x);
select array_agg(x) from (values (1)) v(x) where false;
select max(x), min(x) from (values (array[1,2]), (array[3]), (null), ('{}')) v(x);
select to_json(array[1,null,2]), to_json(array[['a','b']]), json_build_object('a', array[1]), to_jsonb(array[true]);
select coalesce(null::int[], array[1]), case when true then array[1] else array[2.0] end, greatest(array[1], array[2]);
select current_schemas(true), current_schemas(false), current_schema();
select typname, typelem::regtype, typarray from pg_type where typname in ('_int4', 'int4', '_name') order by 1;
-- copy
copy t (id, numbers, words) from stdin;
10	{1,NULL}	{"a,b","c\\\\d"}
11	\N	{}
\.
copy (select id, numbers, words from t where id >= 10 order by id) to stdout;
drop table t;
