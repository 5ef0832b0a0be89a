CREATE TABLE stock (item text PRIMARY KEY, amount integer NOT NULL DEFAULT 1, note text);
INSERT INTO stock VALUES ('apple', 5, 'red'), ('pear', 3, NULL);
INSERT INTO stock VALUES ('apple', 2) ON CONFLICT (item) DO UPDATE SET amount = stock.amount + excluded.amount RETURNING *;
INSERT INTO stock AS s VALUES ('pear', 4, 'new'), ('plum', 1, 'blue') ON CONFLICT (item) DO UPDATE SET amount = s.amount + excluded.amount, note = excluded.note RETURNING item, amount, note;
INSERT INTO stock (item) VALUES ('fig'), ('apple') ON CONFLICT ON CONSTRAINT stock_pkey DO UPDATE SET note = upper(stock.note), amount = DEFAULT RETURNING *;
SELECT * FROM stock ORDER BY item;
-- A condition; what does not meet it counts for nothing.
INSERT INTO stock VALUES ('apple', 9), ('plum', 9) ON CONFLICT (item) DO UPDATE SET amount = excluded.amount WHERE stock.note = 'blue' AND excluded.amount > 5 RETURNING item, amount;
INSERT INTO stock VALUES ('apple', 9) ON CONFLICT (item) DO UPDATE SET amount = 100 WHERE NULL::boolean;
INSERT INTO stock VALUES ('apple', 9) ON CONFLICT (item) DO UPDATE SET amount = 100 WHERE false RETURNING *;
-- From a query, one column twice.
INSERT INTO stock SELECT item, amount * 10, item FROM stock WHERE item < 'pear' ORDER BY item ON CONFLICT (item) DO UPDATE SET (amount, note) = (excluded.amount, excluded.note || '!') RETURNING *;
SELECT * FROM stock ORDER BY item;
-- The key may change.
INSERT INTO stock VALUES ('fig', 0) ON CONFLICT (item) DO UPDATE SET item = 'fig tree' RETURNING *;
INSERT INTO stock VALUES ('plum', 0) ON CONFLICT (item) DO UPDATE SET item = 'pear';
SELECT * FROM stock ORDER BY item;
-- A row twice.
INSERT INTO stock VALUES ('kiwi', 1), ('kiwi', 2) ON CONFLICT (item) DO UPDATE SET amount = excluded.amount;
INSERT INTO stock VALUES ('pear', 1), ('pear', 2) ON CONFLICT (item) DO UPDATE SET amount = excluded.amount;
INSERT INTO stock VALUES ('pear', 1), ('pear', 2) ON CONFLICT (item) DO UPDATE SET amount = excluded.amount WHERE excluded.amount = 2 RETURNING *;
INSERT INTO stock VALUES ('kiwi', 1), ('kiwi', 2) ON CONFLICT (item) DO NOTHING RETURNING *;
-- Names.
INSERT INTO stock VALUES ('kiwi') ON CONFLICT DO UPDATE SET amount = 1;
INSERT INTO stock VALUES ('kiwi') ON CONFLICT (amount) DO UPDATE SET amount = 1;
INSERT INTO stock VALUES ('kiwi') ON CONFLICT (xyzzy) DO UPDATE SET amount = 1;
INSERT INTO stock VALUES ('kiwi') ON CONFLICT ON CONSTRAINT nope DO UPDATE SET amount = 1;
INSERT INTO stock VALUES ('kiwi') ON CONFLICT (item) DO UPDATE SET nope = 1;
INSERT INTO stock VALUES ('kiwi') ON CONFLICT (item) DO UPDATE SET amount = excluded.nope;
INSERT INTO stock VALUES ('kiwi') ON CONFLICT (item) DO UPDATE SET amount = 1, amount = 2;
INSERT INTO stock VALUES ('kiwi') ON CONFLICT (item) DO UPDATE SET amount = 'x';
INSERT INTO stock VALUES ('kiwi') ON CONFLICT (item) DO UPDATE SET amount = 1 WHERE 5;
INSERT INTO stock AS s VALUES ('kiwi') ON CONFLICT (item) DO UPDATE SET amount = stock.amount;
INSERT INTO stock VALUES ('kiwi') ON CONFLICT (item) DO UPDATE SET amount = 1 RETURNING excluded.amount;
INSERT INTO stock AS excluded VALUES ('kiwi') ON CONFLICT (item) DO UPDATE SET amount = 1;
INSERT INTO stock VALUES ('kiwi', 7) ON CONFLICT (item) DO UPDATE SET amount = amount + 1 RETURNING *;
INSERT INTO stock VALUES ('kiwi', NULL) ON CONFLICT (item) DO UPDATE SET amount = 1;
INSERT INTO stock VALUES ('kiwi', 1) ON CONFLICT (item) DO UPDATE SET amount = NULL;
INSERT INTO stock VALUES ('kiwi', 1) ON CONFLICT (item) DO UPDATE SET amount = 1 / 0;
SELECT * FROM stock ORDER BY item;
-- Parameters, and a key of two columns, in another order.
PREPARE upsert (text, integer) AS INSERT INTO stock (item, amount) VALUES ($1, $2) ON CONFLICT (item) DO UPDATE SET amount = stock.amount + $2 RETURNING amount;
EXECUTE upsert ('kiwi', 5);
EXECUTE upsert ('lime', 5);
EXECUTE upsert ('lime', 5);
CREATE TABLE visits (day date, page text, number bigint, PRIMARY KEY (day, page));
INSERT INTO visits VALUES ('2026-01-01', '/', 1) ON CONFLICT (page, day) DO UPDATE SET number = visits.number + 1;
INSERT INTO visits VALUES ('2026-01-01', '/', 1) ON CONFLICT (page, day) DO UPDATE SET number = visits.number + 1;
INSERT INTO visits SELECT '2026-01-01', '/' || n % 3, 1 FROM generate_series(1, 3) n ON CONFLICT (day, page) DO UPDATE SET number = visits.number + excluded.number;
INSERT INTO visits VALUES ('2026-01-01', '/') ON CONFLICT (day) DO NOTHING;
SELECT * FROM visits ORDER BY page;
CREATE TABLE heap (a integer);
INSERT INTO heap VALUES (1) ON CONFLICT DO NOTHING;
INSERT INTO heap VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2;
CREATE TABLE numbered (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
INSERT INTO numbered (v) VALUES ('a') ON CONFLICT (id) DO UPDATE SET v = excluded.v RETURNING *;
INSERT INTO numbered OVERRIDING SYSTEM VALUE VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET v = numbered.v || excluded.v RETURNING *;
INSERT INTO numbered (v) VALUES ('a') ON CONFLICT (id) DO UPDATE SET id = 5;
-- Rows that the transaction has written itself: neither what is returned nor what is read may be what is written over it.
CREATE TABLE own (id integer PRIMARY KEY, a text, b text);
BEGIN;
INSERT INTO own VALUES (1, 'aaaa', '1234'), (2, 'bbbb', '2'), (3, 'cccc', '3');
INSERT INTO own VALUES (1, 'x', 'y') ON CONFLICT (id) DO UPDATE SET a = excluded.a RETURNING *;
INSERT INTO own SELECT id + 1, a, b FROM own WHERE id IN (1, 2) ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = excluded.b;
SELECT * FROM own ORDER BY id;
UPDATE own SET a = 'z' WHERE id = 2 RETURNING *;
UPDATE own SET a = b WHERE id IN (1, 3) RETURNING *;
UPDATE own SET b = 'q' WHERE a = '1234' RETURNING *;
DELETE FROM own WHERE id = 1 RETURNING *;
SELECT * FROM own ORDER BY id;
COMMIT;
INSERT INTO own SELECT 2, a, b FROM own WHERE id = 3 UNION ALL SELECT 3, a, b FROM own WHERE id = 2 ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = excluded.b;
SELECT * FROM own ORDER BY id;
CREATE SEQUENCE steps;
INSERT INTO own VALUES (2) ON CONFLICT (id) DO UPDATE SET b = nextval('steps') WHERE nextval('steps') > 0 RETURNING id, b;

-- Which constraint is meant is looked for when the statement is planned, not when it is prepared.
CREATE TABLE tp(a int primary key, b int);
PREPARE p AS INSERT INTO tp VALUES (1,1) ON CONFLICT (b) DO NOTHING;
EXECUTE p;
EXPLAIN INSERT INTO tp VALUES (1,1) ON CONFLICT (b) DO NOTHING;
PREPARE q AS INSERT INTO tp VALUES (1,1) ON CONFLICT (nocol) DO NOTHING;
PREPARE q AS INSERT INTO tp VALUES (1,1) ON CONFLICT ON CONSTRAINT nocon DO NOTHING;
BEGIN READ ONLY; INSERT INTO tp VALUES (1,1) ON CONFLICT (b) DO NOTHING; ROLLBACK;
BEGIN READ ONLY; EXECUTE p; ROLLBACK;
DROP TABLE tp;
