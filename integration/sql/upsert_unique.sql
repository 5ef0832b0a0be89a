-- ON CONFLICT with unique indexes: which are meant, and what each conflict does.
CREATE TABLE users (id integer PRIMARY KEY, email text, name text, deleted boolean NOT NULL DEFAULT false, visits integer DEFAULT 0, CONSTRAINT users_email UNIQUE (email));
CREATE UNIQUE INDEX users_name ON users (lower(name)) WHERE NOT deleted;
INSERT INTO users VALUES (1, 'a@x', 'Ann', false), (2, 'b@x', 'Bob', false), (3, 'c@x', 'Cid', true), (4, NULL, NULL, false);
INSERT INTO users VALUES (1, 'z@x', 'Z') ON CONFLICT DO NOTHING;
INSERT INTO users VALUES (9, 'a@x', 'Z') ON CONFLICT DO NOTHING;
INSERT INTO users VALUES (9, 'z@x', 'ANN') ON CONFLICT DO NOTHING;
INSERT INTO users VALUES (9, 'z@x', 'CID') ON CONFLICT DO NOTHING RETURNING id;
INSERT INTO users VALUES (5, 'a@x', 'Z') ON CONFLICT (email) DO UPDATE SET visits = users.visits + 1 RETURNING *;
INSERT INTO users VALUES (5, 'a@x', 'Z') ON CONFLICT ON CONSTRAINT users_email DO UPDATE SET visits = users.visits + 1, name = excluded.name RETURNING *;
INSERT INTO users VALUES (5, 'y@x', 'bob') ON CONFLICT (lower(name)) WHERE NOT deleted DO UPDATE SET visits = 7 RETURNING *;
INSERT INTO users VALUES (5, 'y@x', 'bob') ON CONFLICT (lower(name)) WHERE deleted = false DO UPDATE SET visits = 7 RETURNING *;
INSERT INTO users VALUES (5, 'y@x', 'bob') ON CONFLICT (lower(name)) DO UPDATE SET visits = 7;
INSERT INTO users VALUES (5, 'y@x', 'bob') ON CONFLICT (name) WHERE NOT deleted DO UPDATE SET visits = 7;
INSERT INTO users VALUES (5, 'y@x', 'bob') ON CONFLICT ON CONSTRAINT users_name DO UPDATE SET visits = 7;
INSERT INTO users VALUES (5, 'y@x', 'bob') ON CONFLICT (email, id) DO NOTHING;
INSERT INTO users VALUES (5, 'y@x', 'bob') ON CONFLICT ((email)) WHERE deleted DO NOTHING RETURNING id;
-- A conflict with another key than the one meant.
INSERT INTO users VALUES (1, 'q@x', 'Q') ON CONFLICT (email) DO UPDATE SET visits = 1;
INSERT INTO users VALUES (6, 'a@x', 'bob') ON CONFLICT (email) DO UPDATE SET name = excluded.name;
INSERT INTO users VALUES (6, 'a@x', 'Q') ON CONFLICT (id) DO NOTHING;
INSERT INTO users VALUES (2, 'a@x', 'Q') ON CONFLICT (id) DO UPDATE SET email = excluded.email;
-- NULLs meet nobody.
INSERT INTO users VALUES (10, NULL, NULL) ON CONFLICT (email) DO UPDATE SET visits = 100 RETURNING id, visits;
-- The row moves.
INSERT INTO users VALUES (11, 'b@x', 'N') ON CONFLICT (email) DO UPDATE SET id = excluded.id, email = 'bb@x' RETURNING *;
INSERT INTO users VALUES (12, 'b@x', 'M') ON CONFLICT (email) DO UPDATE SET visits = -1 RETURNING *;
-- Rows twice.
INSERT INTO users VALUES (20, 't@x', 'T1'), (21, 't@x', 'T2') ON CONFLICT (email) DO UPDATE SET visits = 1;
INSERT INTO users VALUES (20, 't@x', 'T1'), (21, 't@x', 'T2') ON CONFLICT (email) DO NOTHING RETURNING id;
INSERT INTO users VALUES (22, 't@x', 'T3'), (20, 'u@x', 'T4') ON CONFLICT (email) DO UPDATE SET visits = 1;
INSERT INTO users SELECT id + 100, email, name || '2' FROM users WHERE email IS NOT NULL ORDER BY id ON CONFLICT (email) DO UPDATE SET visits = users.visits + 10;
SELECT * FROM users ORDER BY id;
-- A table without a primary key; the same columns twice.
CREATE TABLE pairs (a integer, b integer, note text, UNIQUE (a, b));
CREATE UNIQUE INDEX pairs_ba ON pairs (b, a) INCLUDE (note);
INSERT INTO pairs VALUES (1, 2, 'x');
INSERT INTO pairs VALUES (1, 2, 'y'), (2, 1, 'z') ON CONFLICT (b, a) DO UPDATE SET note = pairs.note || excluded.note RETURNING *;
INSERT INTO pairs VALUES (1, 2, 'y'), (1, NULL, 'z'), (1, NULL, 'z') ON CONFLICT DO NOTHING;
INSERT INTO pairs VALUES (1, 2) ON CONFLICT (a) DO NOTHING;
INSERT INTO pairs VALUES (1, 2) ON CONFLICT (a DESC, b) DO NOTHING;
INSERT INTO pairs VALUES (1, 2) ON CONFLICT ((a + b)) DO NOTHING;
INSERT INTO pairs VALUES (1, 2) ON CONFLICT (xyzzy) DO NOTHING;
SELECT * FROM pairs ORDER BY a, b, note;
SELECT note FROM pairs WHERE b = 2 AND a = 1;
