"""Goal: every relation of pg_catalog and information_schema can be read, whatever the database holds.

Method: a database with something of each kind; SELECT * of every relation.
"""

OBJECTS = """
CREATE SCHEMA seen;
SET search_path = seen;
CREATE TYPE seen_mood AS ENUM ('sad', 'ok');
CREATE TYPE seen_pair AS (a integer, b text);
CREATE DOMAIN seen_positive AS integer CHECK (VALUE > 0);
CREATE TABLE seen (id serial PRIMARY KEY, a text UNIQUE DEFAULT 'x', m seen_mood, p seen_pair, n seen_positive, CHECK (id > 0));
CREATE TABLE seen_child (id integer REFERENCES seen (id) ON DELETE CASCADE, g integer GENERATED ALWAYS AS IDENTITY);
CREATE INDEX seen_lower ON seen (lower(a)) WHERE id > 5;
CREATE VIEW seen_view AS SELECT id, a FROM seen;
CREATE MATERIALIZED VIEW seen_stored AS SELECT count(*) FROM seen;
CREATE FUNCTION seen_next(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + 1';
COMMENT ON TABLE seen IS 'a table';
INSERT INTO seen (a) SELECT 'row ' || i FROM generate_series(1, 50) i;
ANALYZE;
PREPARE seen_statement AS SELECT 1;
"""
RELATIONS = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v') ORDER BY 1, 2
"""


def test_every_relation_can_be_read(connection):
    for statement in OBJECTS.strip().split(";\n"):
        connection.execute(statement)
    relations = connection.execute(RELATIONS).fetchall()
    assert len(relations) > 200
    holds_rows = set()
    for schema, name in relations:
        rows = connection.execute(f'SELECT * FROM {schema}."{name}"').fetchall()
        if rows:
            holds_rows.add(name)
    connection.execute("DROP SCHEMA seen CASCADE")
    assert {"pg_class", "pg_attribute", "pg_type", "pg_enum", "pg_index", "pg_constraint", "pg_opclass", "pg_settings",
            "pg_prepared_statements", "pg_sequences", "pg_stats", "pg_views", "tables", "columns", "domains"} <= holds_rows
