"""EXPLAIN's options: what ANALYZE counts, and that formats with structure can be read by programs."""

import json
import re

import psycopg
import pytest


@pytest.fixture
def connection(server):
    with psycopg.connect(host=server.host, port=server.port, user="shale", dbname="shale", autocommit=True) as made:
        made.execute("DROP TABLE IF EXISTS explained")
        made.execute("CREATE TABLE explained (id int PRIMARY KEY, name text)")
        made.execute("INSERT INTO explained SELECT i, 'n' || i % 10 FROM generate_series(1, 1000) i")
        yield made
        made.execute("DROP TABLE explained")


def lines(connection, statement, *parameters):
    return [line for line, in connection.execute(statement, parameters or None)]


def plan_of(connection, options, query):
    answer = connection.execute(f"EXPLAIN ({options}, FORMAT json) {query}").fetchall()
    assert len(answer) == 1
    (document,) = answer[0]  # psycopg reads json by the type that the server tells
    assert isinstance(document, list) and len(document) == 1
    return document[0]


def test_analyze_counts_rows(connection):
    shown = lines(connection, "EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) "
                              "SELECT * FROM explained WHERE name = 'n3' AND id < 101")
    assert shown == ["Index Scan using explained_pkey on explained (actual rows=10 loops=1)",
                     "  Index Cond: (id < 101)",
                     "  Filter: (name = 'n3'::text)",
                     "  Rows Removed by Filter: 90"]


def test_analyze_tells_times(connection):
    shown = lines(connection, "EXPLAIN ANALYZE SELECT count(*) FROM explained")
    times = [re.search(r"\(cost=[0-9.]+ rows=\d+ width=\d+\) \(actual time=([0-9.]+)\.\.([0-9.]+) rows=(\d+) loops=1\)$", line)
             for line in shown[:2]]
    assert all(times), shown
    assert [int(time[3]) for time in times] == [1, 1000]
    assert float(times[0][2]) >= float(times[1][2]), "a node's time holds those of the nodes below it"
    assert re.fullmatch(r"Planning Time: [0-9.]+ ms", shown[-2])
    assert re.fullmatch(r"Execution Time: [0-9.]+ ms", shown[-1])


def test_what_is_not_reached_was_never_executed(connection):
    shown = lines(connection, "EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) "
                              "SELECT CASE WHEN id < 0 THEN (SELECT count(*) FROM explained b WHERE b.id < a.id) END "
                              "FROM explained a")
    assert shown[0] == "Seq Scan on explained a (actual rows=1000 loops=1)"
    assert shown[2].endswith("(never executed)")


def test_subqueries_count_their_loops(connection):
    plan = plan_of(connection, "ANALYZE", "SELECT (SELECT count(*) FROM explained b WHERE b.id < a.id) FROM explained a WHERE id < 4")
    (inner,) = plan["Plan"]["Plans"]
    assert inner["Parent Relationship"] == "SubPlan" and inner["Subplan Name"] == "SubPlan 1"
    assert (inner["Actual Loops"], inner["Actual Rows"]) == (3, 1)


def test_analyze_changes_rows(connection):
    lines(connection, "EXPLAIN ANALYZE UPDATE explained SET name = 'changed' WHERE id = 7")
    lines(connection, "EXPLAIN ANALYZE DELETE FROM explained WHERE id BETWEEN 8 AND 9")
    lines(connection, "EXPLAIN (ANALYZE, FORMAT yaml) INSERT INTO explained VALUES (-1, 'new')")
    assert connection.execute("SELECT name FROM explained WHERE id = 7").fetchone() == ("changed",)
    assert connection.execute("SELECT count(*), min(id) FROM explained").fetchone() == (999, -1)


def test_analyze_fails_as_the_statement_does(connection):
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("EXPLAIN ANALYZE INSERT INTO explained VALUES (1, 'again')")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), connection.transaction():
        connection.execute("SET TRANSACTION READ ONLY")
        connection.execute("EXPLAIN ANALYZE DELETE FROM explained")
    assert connection.execute("SELECT count(*) FROM explained").fetchone() == (1000,)


def test_json_names_what_programs_look_for(connection):
    document = plan_of(connection, "ANALYZE, VERBOSE",
                       "SELECT a.name, count(*) FROM explained a JOIN explained b ON a.id = b.id + 1 GROUP BY a.name ORDER BY 2")
    assert set(document) == {"Plan", "Planning Time", "Triggers", "Execution Time"}
    seen = []

    def walk(node):
        seen.append(node["Node Type"])
        for name in ("Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Actual Startup Time",
                     "Actual Total Time", "Actual Rows", "Actual Loops", "Output"):
            assert name in node, (node["Node Type"], name)
        for child in node.get("Plans", []):
            assert child["Parent Relationship"] in ("Outer", "Inner")
            walk(child)

    walk(document["Plan"])
    assert seen == ["Sort", "Aggregate", "Hash Join", "Seq Scan", "Seq Scan"], seen
    scan = document["Plan"]["Plans"][0]["Plans"][0]["Plans"][0]
    assert (scan["Relation Name"], scan["Schema"], scan["Alias"] in "ab") == ("explained", "public", True)


def test_yaml_tells_the_same(connection):
    yaml = pytest.importorskip("yaml")
    query = "WITH w AS MATERIALIZED (SELECT id FROM explained) SELECT (SELECT max(id) FROM w), id FROM w WHERE id < 3"
    text = "\n".join(lines(connection, f"EXPLAIN (COSTS off, FORMAT yaml) {query}"))
    assert yaml.safe_load(text) == [plan_of(connection, "COSTS off", query)]


def test_parameters(connection):
    connection.execute("PREPARE one (int) AS SELECT 1")
    shown = connection.execute("EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT name FROM explained WHERE id < %s", (11,)).fetchall()
    assert shown[0] == ("Index Scan using explained_pkey on explained (actual rows=10 loops=1)",)


def test_what_is_not_there_says_so(connection):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        connection.execute("EXPLAIN CREATE TABLE made AS SELECT 1")


def test_estimates_beyond_all_numbers(connection):
    connection.execute("CREATE TABLE vast (id integer PRIMARY KEY, k integer)")
    connection.execute("INSERT INTO vast SELECT i, i % 3000 FROM generate_series(1, 60000) i")
    connection.execute("ANALYZE vast")
    connection.execute("CREATE VIEW vast1 AS SELECT p.k AS x FROM vast p, vast q OFFSET 0")
    for i in range(2, 7):
        connection.execute(f"CREATE VIEW vast{i} AS SELECT p.x FROM vast{i - 1} p, vast{i - 1} q OFFSET 0")
    for condition in ("p.x <> q.x", "p.x = q.x", "p.x = q.x AND p.x NOT IN (SELECT x FROM vast6)", "true"):
        assert connection.execute(f"EXPLAIN SELECT 1 FROM vast6 p, vast6 q WHERE {condition}").fetchall()
    relations = ", ".join(f"(SELECT x FROM vast4 OFFSET 0) q{i}" for i in range(14))
    chain = " AND ".join(f"q{i}.x <> q{i + 1}.x" for i in range(13))
    assert connection.execute(f"EXPLAIN SELECT 1 FROM {relations} WHERE {chain}").fetchall()
    connection.execute("DROP TABLE vast CASCADE")
