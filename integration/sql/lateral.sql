-- LATERAL: FROM items that refer to the items on their left.
create table a (id int primary key, n int);
create table b (id int primary key, a_id int, v text);
insert into a values (1, 2), (2, 0), (3, 3), (4, null);
insert into b values (10, 1, 'p'), (11, 1, 'q'), (12, 3, 'r'), (13, null, 's');
select a.id, x.twice from a cross join lateral (select a.n * 2) as x(twice) order by 1;
select a.id, x.twice from a, lateral (select a.n * 2 as twice) x where x.twice is not null order by 1;
select a.id, x.v from a, lateral (select v from b where b.a_id = a.id order by v desc limit 1) x order by 1;
select a.id, x.v from a left join lateral (select v from b where b.a_id = a.id) x on true order by 1, 2;
select a.id, x.v from a left join lateral (select v from b where b.a_id = a.id) x on x.v <> 'p' order by 1, 2;
select a.id, x.c from a join lateral (select count(*) as c from b where b.a_id = a.id) x on x.c > 0 order by 1;
select a.id, x.c, x.list from a, lateral (select count(*), array_agg(v order by v) from b where a_id = a.id) x(c, list) order by 1;
-- by key
select b.id, x.n from b left join lateral (select n from a where a.id = b.a_id) x on true order by 1;
select b.id, x.* from b, lateral (select * from a where id = b.a_id) x order by 1;
-- without FROM, with conditions and volatile calls
select a.id, x.y from a left join lateral (select n where n > 1) x(y) on true order by 1;
select a.id, x.y from a left join lateral (select a.n + 1) x(y) on x.y > 2 order by 1;
-- values, set operations, functions
select a.id, v.x from a, lateral (values (a.id), (a.n)) v(x) order by 1, 2;
select a.id, u.x from a, lateral (select a.id as x union all select b.id from b where b.a_id = a.id) u order by 1, 2;
select a.id, g from a, generate_series(1, a.n) g order by 1, 2;
select a.id, g from a left join generate_series(1, a.n) g on true order by 1, 2;
select a.id, f from a, lateral upper('n' || a.id) f order by 1;
select x.* from a, lateral (select a.*, 1 as one) x order by 1;
-- nesting
select a.id, x.s from a, lateral (select y.s from lateral (select a.n + 1 as s) y) x order by 1;
select a.id, x.w from a, lateral (select z.w from b, lateral (select b.v || a.id as w) z where b.a_id = a.id) x order by 1, 2;
select a.id, x.w, y.u from a, lateral (select a.id + 1 as w) x, lateral (select x.w * 10 + a.id as u) y order by 1;
select a.id, j.id, x.s from a join b j on j.a_id = a.id cross join lateral (select j.id + a.n as s) x order by 1, 2;
select a.id, q.v, q.s from a, lateral (select b.v, y.s from b left join lateral (select b.id + a.n as s) y on b.v <> 'p' where b.a_id = a.id) q order by 1, 2;
select count(*) from a a1, a a2, lateral (select 1 from b where b.a_id = a1.id and a2.id > a1.id) x;
-- limits and grouping
select a.id, x.id from a, lateral (select id from b limit a.n) x where a.id < 4 order by 1, 2;
select a.id % 2 as odd, sum(x.c) from a, lateral (select count(*) as c from b where b.a_id = a.id) x group by 1 order by 1;
-- changes
update a set n = x.c from b, lateral (select count(*)::int as c from b b2 where b2.a_id = b.a_id) x where b.a_id = a.id;
select * from a order by id;
insert into a select a.id + 100, x.m from a, lateral (select max(id) as m from b where b.a_id = a.id) x where x.m is not null;
delete from a using b, lateral (select b.a_id + 100 as k) x where a.id = x.k and b.v = 'r' returning a.id;
select * from a order by id;
-- what is not allowed
select * from a, (select a.n) x;
select * from a, lateral (select c.n) x;
select * from a right join lateral (select a.n) x on true;
select * from a full join lateral (select a.n) x on true;
select * from lateral (select a.n) x, a;
select * from a, lateral (select sum(a.n)) x;
select * from a, b, lateral (select id) x;
-- what pgbench asks
create table pgbench_accounts (aid int primary key);
select o.n, p.partstrat, pg_catalog.count(i.inhparent) from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on (n.oid = c.relnamespace) cross join lateral (select pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname)) as o(n) left join pg_catalog.pg_partitioned_table as p on (p.partrelid = c.oid) left join pg_catalog.pg_inherits as i on (c.oid = i.inhparent) where c.relname = 'pgbench_accounts' and o.n is not null group by 1, 2 order by 1 asc limit 1;
drop table pgbench_accounts, b, a;
