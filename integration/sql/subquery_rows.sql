-- Comparisons of rows: with rows, with subqueries of one row, with NULL; lists of rows.
create table t (id int primary key, a int, b int, c text);
insert into t values (1, 1, 1, 'x'), (2, 1, 2, 'y'), (3, 2, 1, null), (4, null, 2, 'z'), (5, 2, null, 'x'), (6, null, null, null);
-- = and <>
select (1, 2) = (1, 2), (1, 2) = (1, 3), (1, 2) <> (1, 3), (1, 2) != (1, 2), row(1) = row(1);
select (1, null) = (1, null), (1, null) = (2, null), (1, null) <> (2, null), (1, null) <> (1, null), (null, null) = (null, null);
select (1, 'a') = (1, 'a'), (1, 'a', 2.5) = (1, 'a', 2.50), row(1, 2) = row(1, 2), row(1, 2.0) = row(1.0, 2);
-- by order
select (1, 2) < (1, 3), (1, 2) < (1, 2), (1, 2) <= (1, 2), (1, 3) > (1, 2), (1, 2) >= (1, 3), (2, 1) > (1, 9), (1, 9) < (2, 1);
select (1, null) < (2, 1), (1, null) < (1, 1), (null, 1) < (2, 1), (2, null) > (1, null), (1, 2, null) < (1, 3, 1), (1, 1, null) < (1, 1, 5);
select (1, 2) <= (1, null), (1, 2) >= (0, null), (1, 'b') > (1, 'a'), ('a', 1) < ('b', 0), (1::bigint, 2::smallint) < (1, 3);
select row(1) < row(2), row(2) <= row(1), (1, 2, 3) < (1, 2, 4), (1, 2, 3) <= (1, 2, 3), (1, 2, 3) > (1, 2, 3);
select id, (a, b) = (1, 2), (a, b) <> (1, 2), (a, b) < (1, 2), (a, b) <= (1, 2), (a, b) > (1, 2), (a, b) >= (1, 2) from t order by id;
select id from t where (a, b) > (1, 1) order by id;
select id from t where (a, b) >= (1, 2) and (a, b) < (2, 2) order by id;
select id from t where (id, a) > (2, 0) order by id limit 2;
select id from t where (b, c) = (1, 'x') or (a, b) = (2, 1) order by id;
select id from t where not (a, b) = (1, 2) order by id;
select id from t where (a, b) between (1, 1) and (2, 1) order by id;
select id from t where (a, b) not between (1, 1) and (1, 2) order by id;
select (2, 2) between (1, 1) and (3, 3), (2, 2) between symmetric (3, 3) and (1, 1);
-- IS DISTINCT FROM
select (1, 2) is distinct from (1, 2), (1, null) is distinct from (1, null), (1, null) is distinct from (1, 2), row(1) is distinct from row(2);
select (1, 2) is not distinct from (1, 2), (1, null) is not distinct from (1, null), (null, null) is not distinct from (null, 1);
select id from t where (a, b) is distinct from (1, 2) order by id;
select id from t where (a, b) is not distinct from (null, 2) order by id;
select id from t where row(a, b) is distinct from null order by id;
select row(null, null) is distinct from null, row(null) is not distinct from null, null is distinct from row(1);
-- IS NULL
select row(1, 2) is null, row(1, 2) is not null, row(null, null) is null, row(null, null) is not null, row(1, null) is null, row(1, null) is not null;
select (1, 2) is null, (null, null) is null, row(null) is null, row(1) is not null, row() is null, row() is not null;
select row(1, row(null, null)) is null, row(null, row(null)) is null, row(1, row(null)) is not null, row('x', 'y') is not null;
select id, (a, b) is null, (a, b) is not null, not ((a, b) is null) from t order by id;
select id from t where (a, b, c) is null order by id;
select id from t where (a, b, c) is not null order by id;
-- lists
select (1, 2) in ((1, 2), (3, 4)), (5, 6) in ((1, 2), (3, 4)), (1, null) in ((1, 2)), (1, null) in ((2, 2)), (1, 2) in ((1, null), (2, 2));
select (1, 2) not in ((1, 2), (3, 4)), (5, 6) not in ((1, 2), (3, 4)), (1, 2) not in ((1, null)), (1, 2) not in ((2, null));
select id from t where (a, b) in ((1, 1), (2, 1)) order by id;
select id from t where (a, b) not in ((1, 1), (2, 1)) order by id;
select id from t where (a, b) in (row(1, 2)) order by id;
select id from t where (a, c) in ((1, 'x'), (2, 'x')) order by id;
-- with a subquery
select (1, 2) = (select 1, 2), (1, 2) = (select 1, 3), (1, 2) <> (select 1, 3), (1, 2) < (select 1, 3), (1, 2) >= (select 1, 3);
select (1, 2) = (select a, b from t where id = 2), (1, 2) = (select a, b from t where id = 99), (1, 2) < (select a, b from t where id = 5), (null, 2) = (select a, b from t where id = 2);
select (1, 2) = (select a, b from t where id < 3);
select row(1) = (select 1), row(1) = (select 2), (1, 'x') = (select a, c from t where id = 1);
select id, (a, b) = (select x.a, x.b from t x where x.id = t.id), (a, b) < (select x.a, x.b from t x where x.id = t.id + 1) from t order by id;
select id from t where (a, b) = (select max(a), min(b) from t) order by id;
select id from t where (a, b) >= (select a, b from t x where x.id = 2) order by id;
select id, (a, b) = (select x.a, x.b from t x where x.id <= t.id and x.a = 1) from t where id = 1;
select id, (a, b) = (select x.a, x.b from t x where x.id <= t.id and x.a = 1) from t where id = 2;
-- errors
select (1, 2) = (1, 2, 3);
select (1, 2) < (1, 2, 3);
select row() = row();
select row() < row();
select (1, 2) = (1, 'x');
select (1, 2) = ('x', 2);
select (1, 2) ~ (1, 2);
select ('a', 'b') ~ ('a', 'b');
select ('a', 'b') || ('a', 'b');
select (1, 2) + (1, 2);
select (1, 2) is distinct from (1, 2, 3);
select (1, 2) in ((1, 2), (1, 2, 3));
select (1, 2) in ((1, 'x'));
select (1, 2) = (select 1);
select (1, 2) = (select 1, 2, 3);
select (1, 2) = (select 1, 'x');
select (select 1, 2) = (1, 2);
select (select 1, 2) is null;
select (1, array[1]) < (1, array[2]), (1, '{"a": 1}'::json) = (1, '{"a": 1}'::json);
-- parameters
prepare p as select id from t where (a, b) = ($1, $2) order by id;
execute p(1, 2);
execute p(1, null);
deallocate p;
prepare p (int, int) as select id from t where (a, b) > ($1, $2) order by a, b limit 2;
execute p(1, 1);
execute p(2, 0);
deallocate p;
drop table t;
