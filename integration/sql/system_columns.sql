-- tableoid: of tables and of system relations, NULL where an outer join has no row.
CREATE TABLE lefts (id integer PRIMARY KEY, note text);
CREATE TABLE rights (id integer PRIMARY KEY);
INSERT INTO lefts VALUES (1, 'one'), (2, 'two');
INSERT INTO rights VALUES (2), (3);
SELECT tableoid::regclass, id FROM lefts ORDER BY id;
SELECT l.tableoid::regclass, r.tableoid::regclass, l.id, r.id FROM lefts l FULL JOIN rights r ON l.id = r.id ORDER BY 3, 4;
SELECT count(*) FROM lefts WHERE tableoid = 'lefts'::regclass;
SELECT tableoid::regclass, count(*) FROM lefts GROUP BY tableoid;
SELECT c.tableoid::regclass, n.tableoid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'lefts';
SELECT x.tableoid::regclass FROM (SELECT 1 AS one) s LEFT JOIN pg_extension x ON x.extname = 'none';
SELECT pg_typeof(tableoid) FROM lefts LIMIT 1;
SELECT lefts.tableoid::regclass AS of_what FROM lefts WHERE id = 1;
SELECT tableoid FROM lefts, rights;
CREATE VIEW over_lefts AS SELECT id FROM lefts;
SELECT tableoid FROM over_lefts;
SELECT tableoid FROM (SELECT id FROM lefts) s;
SELECT tableoid FROM generate_series(1, 2) g;
SELECT tableoid FROM (VALUES (1)) v;
SELECT * FROM lefts ORDER BY tableoid, id;

-- Names as arrays of bytes, from 0.
SELECT relname[0], relname[4], relname[5], relname[63] FROM pg_class WHERE relname = 'lefts';
SELECT relname[64] IS NULL, relname[-1] IS NULL, relname[5] IS NULL FROM pg_class WHERE relname = 'lefts';
SELECT pg_typeof(relname[0]) FROM pg_class WHERE relname = 'lefts';
SELECT ('abc'::name)[1] = 'b';
SELECT typname FROM pg_type WHERE typname[0] = '_' AND typelem = 'integer'::regtype;
SELECT ('abc'::text)[1];
CREATE VIEW letters AS SELECT relname[0] AS first FROM pg_class WHERE relname = 'lefts';
SELECT * FROM letters;

-- Options as catalogs keep them.
SELECT * FROM pg_options_to_table('{a=b,c,d=,=x,e=f=g}');
SELECT option_name FROM pg_options_to_table('{}');
SELECT * FROM pg_options_to_table(NULL);
SELECT * FROM pg_options_to_table('{a=b,NULL}');

-- What is granted where nothing was said, by letters that owners do not show in.
SELECT kind, cardinality(acldefault(kind, 10)) FROM unnest('{c,r,s,d,f,l,L,n,p,t,F,S,T}'::"char"[]) kind;
SELECT acldefault('c', 10);
SELECT acldefault(NULL, 10);
DROP TABLE lefts, rights CASCADE;
