-- psql's \d of tables at either end of a foreign key.
CREATE TABLE described_city (id int PRIMARY KEY, name text NOT NULL, UNIQUE (name, id));
CREATE TABLE described_street (
  id int PRIMARY KEY,
  city int REFERENCES described_city ON DELETE CASCADE,
  city_name text,
  parent int CONSTRAINT street_of_street REFERENCES described_street ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (city_name, city) REFERENCES described_city (name, id) MATCH FULL ON UPDATE CASCADE,
  CHECK (id > 0));
ALTER TABLE described_street ADD CONSTRAINT unproven FOREIGN KEY (parent) REFERENCES described_city NOT VALID;
CREATE TABLE described_alone (id int PRIMARY KEY);
\d described_city
\d described_street
\d described_alone
SELECT relname, relhastriggers FROM pg_class WHERE relname LIKE 'described\_%' AND relkind = 'r' ORDER BY relname;
SELECT tablename, hastriggers FROM pg_tables WHERE tablename LIKE 'described\_%' ORDER BY tablename;
SELECT * FROM pg_partition_ancestors('described_city');
SELECT * FROM pg_partition_tree('described_city');
SELECT depth, relid FROM pg_partition_ancestors('described_street') WITH ORDINALITY AS a(relid, depth);
ALTER TABLE described_street DROP CONSTRAINT street_of_street, DROP CONSTRAINT unproven;
ALTER TABLE described_street DROP COLUMN city;
\d described_city
\d described_street
SELECT relname, relhastriggers FROM pg_class WHERE relname = 'described_alone';
DROP TABLE described_street, described_city, described_alone;
