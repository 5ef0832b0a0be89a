-- Databases: making, altering and dropping them, what is in one and what is shared.
\set VERBOSITY verbose
select current_database() as home \gset

-- CREATE DATABASE and its errors
begin; create database sql_databases_a; rollback;
create database sql_databases_a\; select 1;
create database sql_databases_a;
create database sql_databases_a;
create database sql_databases_b template nowhere;
create database sql_databases_b encoding 'utf-8' template template0 is_template false allow_connections true;
create database sql_databases_c encoding 'no such';
create database sql_databases_c encoding 99;
create database sql_databases_c owner nobody;
create database sql_databases_c owner shale connection limit 7;
create database sql_databases_d connection limit -2;
create database sql_databases_d connection limit 1.5;
create database sql_databases_d lc_collate 'xx_YY' template template0;
create database sql_databases_d lc_collate 'C.UTF-8' lc_ctype 'C' ;
create database sql_databases_d lc_ctype 'C';
create database sql_databases_d template template0 lc_collate 'POSIX' lc_ctype 'C';
create database sql_databases_e locale 'C' lc_ctype 'C';
create database sql_databases_e strategy 'quick';
create database sql_databases_e tablespace nowhere;
create database sql_databases_e tablespace pg_global;
create database sql_databases_e owner shale owner shale;
create database sql_databases_e is_template maybe;
create database sql_databases_e no_option 1;
create database "Sql Databases E" with owner = shale template = template0 encoding = default strategy = wal_log tablespace = pg_default;
begin read only; create database sql_databases_f; rollback;
set default_transaction_read_only to on;
create database sql_databases_f;
reset default_transaction_read_only;

select datname, pg_get_userbyid(datdba) = current_user as own, pg_encoding_to_char(encoding), datlocprovider, datistemplate,
  datallowconn, datconnlimit, datcollate, datctype, daticulocale, datacl
from pg_database where datname like 'sql_databases%' or datname ilike 'sql databases%' order by datname;
select oid, datname, datistemplate, datallowconn, datcollate, datctype, shobj_description(oid, 'pg_database')
from pg_database where datname in ('postgres', 'template0', 'template1') order by datname;
select pg_typeof(oid), pg_typeof(datname), pg_typeof(encoding), pg_typeof(datfrozenxid) from pg_database limit 1;

-- ALTER DATABASE
alter database nowhere connection limit 3;
alter database sql_databases_b connection limit 3 is_template true;
alter database sql_databases_b connection limit -3;
alter database sql_databases_b no_option 3;
alter database sql_databases_b allow_connections false;
select datistemplate, datallowconn, datconnlimit from pg_database where datname = 'sql_databases_b';
drop database sql_databases_b;
alter database sql_databases_b is_template false allow_connections true;
alter database sql_databases_a rename to sql_databases_b;
alter database nowhere rename to sql_databases_f;
alter database nowhere rename to sql_databases_b;
begin;
alter database sql_databases_c rename to sql_databases_x;
select datname from pg_database where datname in ('sql_databases_c', 'sql_databases_x');
comment on database sql_databases_x is 'for a moment';
select shobj_description(oid, 'pg_database') from pg_database where datname = 'sql_databases_x';
rollback;
select datname, shobj_description(oid, 'pg_database') from pg_database where datname in ('sql_databases_c', 'sql_databases_x');
alter database sql_databases_c rename to sql_databases_x;
comment on database sql_databases_x is 'to stay';
select shobj_description(oid, 'pg_database') from pg_database where datname = 'sql_databases_x';
alter database sql_databases_x owner to nobody;
alter database sql_databases_x owner to current_user;
alter database sql_databases_x set tablespace nowhere;
begin; alter database sql_databases_x set tablespace pg_default; rollback;
alter database sql_databases_x set work_mem to '8MB';
alter database sql_databases_x set search_path to one, "Two", pg_catalog;
alter database sql_databases_x set timezone = 'Europe/Berlin';
alter database sql_databases_x set sql_databases.own to 'kept';
alter database sql_databases_x set no_such = 1;
alter database sql_databases_x set work_mem to 'much';
alter database nowhere set work_mem to '8MB';
select d.datname, setrole, unnest(setconfig) as config from pg_db_role_setting join pg_database d on d.oid = setdatabase where datname = 'sql_databases_x' order by 3;
alter database sql_databases_x reset search_path;
alter database sql_databases_x reset no_such;
select unnest(setconfig) as config from pg_db_role_setting join pg_database d on d.oid = setdatabase where datname = 'sql_databases_x' order by 1;

-- What is of a database
create table things (id serial primary key, name text);
insert into things (name) values ('home');
create type mood as enum ('good', 'bad');
create function twice(int) returns int language sql as 'select $1 * 2';
create temp table mine (a int);
\c sql_databases_x
select current_database(), current_catalog, current_schemas(false), version() is not null as version;
show work_mem;
show timezone;
show sql_databases.own;
set work_mem to '1MB'; reset work_mem; show work_mem;
set search_path to public;
select * from things;
select 'things'::regclass;
select 'good'::mood;
select twice(4);
select * from mine;
select count(*) from pg_class where relname in ('things', 'mine');
create table things (id serial primary key, name text not null, note varchar(10) default 'none');
insert into things (name) values ('x1'), ('x2');
create type mood as enum ('low', 'high', 'higher');
create function twice(int) returns text language sql as 'select $1::text || $1::text';
select twice(4);
select 'higher'::mood;
select * from sql_databases_x.public.things order by id;
select sql_databases_x.public.things.name from things order by 1;
select * from template1.public.things;
insert into template1.public.things (name) values ('x3');
create table template1.public.others (a int);
create table sql_databases_x.public.others (a int);
drop table template1.public.others;
drop table sql_databases_x.public.others;
select 'sql_databases_x.public.things'::regclass;
select 'template1.public.things'::regclass;
select to_regclass('sql_databases_x.public.things');
select nextval('sql_databases_x.public.things_id_seq');
select table_catalog, table_schema, table_name from information_schema.tables where table_schema = 'public';
select catalog_name, schema_name from information_schema.schemata where schema_name = 'public';
select constraint_catalog, constraint_name from information_schema.table_constraints where table_name = 'things' and constraint_type = 'PRIMARY KEY';
select * from information_schema.information_schema_catalog_name;
select has_database_privilege('sql_databases_x', 'connect'), has_database_privilege('template1', 'create');
select has_database_privilege('nowhere', 'connect');
select has_database_privilege(1, 'connect'), has_database_privilege(0, 'connect');
select pg_database_size('sql_databases_x') >= 0, pg_database_size(oid) = pg_database_size(datname) from pg_database where datname = current_database();
select pg_database_size('nowhere');
select datname from pg_stat_activity where pid = pg_backend_pid();
select a.datid = d.oid from pg_stat_activity a, pg_database d where pid = pg_backend_pid() and d.datname = current_database();
select datname, numbackends, xact_commit > 0 as commits from pg_stat_database where datname = current_database();
begin;
lock table things;
select d.datname, relation::regclass, mode from pg_locks l join pg_database d on d.oid = l.database where relation = 'things'::regclass order by mode;
select pg_advisory_xact_lock(77);
select d.datname, objid, mode from pg_locks l join pg_database d on d.oid = l.database where locktype = 'advisory';
commit;
drop database sql_databases_x;
alter database sql_databases_x rename to sql_databases_y;
alter database sql_databases_x rename to sql_databases_b;
alter database sql_databases_x allow_connections false;
drop database template1;
drop database nowhere;
drop database if exists nowhere;
begin; drop database sql_databases_b; rollback;

-- Copies of a database
create table parts (id int primary key, thing int references things on delete cascade, at int generated always as (id * 2) stored,
  check (id > 0));
insert into parts values (1, 1), (2, 2), (3, 2);
create index parts_thing on parts (thing);
create unique index things_name on things (lower(name));
create view joined as select t.name, p.id from things t join parts p on p.thing = t.id;
create materialized view counted as select thing, count(*) from parts group by 1;
create table hidden (a text);
insert into hidden select 'row ' || i from generate_series(1, 2000) i;
create domain small as int check (value < 10);
create table moods (m mood, s small);
insert into moods values ('high', 5);
create schema extra;
create table extra.away (id int generated by default as identity, c text collate "C");
insert into extra.away (c) values ('one');
comment on table parts is 'of things';
analyze hidden;
\set QUIET on
\c :home
\set QUIET off
create database sql_databases_copy template sql_databases_x;
\c sql_databases_copy
select * from things order by id;
select * from parts order by id;
insert into things (name) values ('new') returning id;
insert into things (name) values ('X1');
insert into parts values (4, 99);
insert into parts values (0, 1);
delete from things where id = 2;
select * from parts;
select * from joined;
refresh materialized view counted;
select * from counted;
select count(*), min(a), max(a) from hidden;
insert into hidden values ('one more');
select count(*) from hidden;
select * from moods;
insert into moods values ('low', 10);
alter type mood add value 'highest';
insert into moods values ('highest', 1);
select * from extra.away;
insert into extra.away (c) values ('two') returning id;
select obj_description('parts'::regclass);
select reltuples from pg_class where relname = 'hidden';
select current_setting('work_mem') <> '8MB';
select twice(3);
select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'parts'::regclass order by 1;
select indexrelid::regclass from pg_index where indrelid = 'parts'::regclass order by 1;
drop table hidden cascade;
\c sql_databases_x
select * from things order by id;
select count(*) from hidden;
select * from parts order by id;
select 'highest'::mood;
insert into things (name) values ('after') returning id;
select max(id) from extra.away;

-- Dropping
\set QUIET on
\c :home
\set QUIET off
drop database sql_databases_copy;
drop database sql_databases_x with (force);
drop database sql_databases_x;
drop database if exists sql_databases_b with (force);
drop database sql_databases_a;
drop database sql_databases_d;
drop database "Sql Databases E" with (no_option);
drop database "Sql Databases E";
select datname from pg_database where datname ilike 'sql%databases%' and datname <> current_database();
select * from things;
select twice(4);
