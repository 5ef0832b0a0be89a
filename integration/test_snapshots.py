"""Snapshots that one session exports and others import; ids of transactions over restarts."""

import psycopg
import pytest


def connect(server):
    return psycopg.connect(server.dsn, autocommit=True)


def value(connection, text):
    return connection.execute(text).fetchone()[0]


def fails(connection, text, sqlstate, message=None):
    with pytest.raises(psycopg.Error) as raised:
        connection.execute(text)
    assert raised.value.sqlstate == sqlstate, raised.value
    if message:
        assert raised.value.diag.message_primary == message


@pytest.fixture
def three(server):
    """Sessions, and a table of one row."""
    connections = [connect(server) for _ in range(3)]
    connections[0].execute("DROP TABLE IF EXISTS exported; CREATE TABLE exported (id integer PRIMARY KEY); "
                           "INSERT INTO exported VALUES (1)")
    yield connections
    for connection in connections:
        connection.close()


COUNT = "SELECT count(*) FROM exported"


@pytest.mark.parametrize("exporting", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_an_importer_sees_what_the_exporter_saw(three, exporting):
    exporter, importer, writer = three
    exporter.execute(f"BEGIN ISOLATION LEVEL {exporting}")
    exporter.execute("INSERT INTO exported VALUES (100)")  # its own, which nobody else sees
    identifier = value(exporter, "SELECT pg_export_snapshot()")
    writer.execute("INSERT INTO exported VALUES (2)")
    own = value(exporter, "SELECT pg_current_xact_id()::text")
    importer.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    importer.execute(f"SET TRANSACTION SNAPSHOT '{identifier}'")
    assert value(importer, COUNT) == 1
    assert not value(importer, f"SELECT pg_visible_in_snapshot('{own}', pg_current_snapshot())")
    fails(importer, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "25001")
    importer.execute("ROLLBACK")
    # READ COMMITTED goes on to new snapshots; what it has exported stays what it was.
    assert value(exporter, COUNT) == (3 if exporting == "READ COMMITTED" else 2)
    importer.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    importer.execute(f"SET TRANSACTION SNAPSHOT '{identifier}'")
    assert value(importer, COUNT) == 1
    # It outlives its exporter, and the versions that it sees stay, whatever is cleaned up.
    exporter.execute("COMMIT")
    writer.execute("DELETE FROM exported")
    writer.execute("CHECKPOINT")
    writer.execute("VACUUM")
    assert value(importer, COUNT) == 1
    fails(importer, "UPDATE exported SET id = 7", "40001")
    importer.execute("ROLLBACK")
    importer.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    fails(importer, f"SET TRANSACTION SNAPSHOT '{identifier}'", "22023",
          f'invalid snapshot identifier: "{identifier}"')
    importer.execute("ROLLBACK")


def test_what_is_exported_ends_with_its_transaction(three):
    exporter, importer, _ = three
    for end in ("COMMIT", "ROLLBACK", "SELECT 1/0"):
        exporter.execute("BEGIN")
        identifier = value(exporter, "SELECT pg_export_snapshot()")
        try:
            exporter.execute(end)
        except psycopg.errors.DivisionByZero:
            pass
        importer.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        fails(importer, f"SET TRANSACTION SNAPSHOT '{identifier}'", "22023")
        importer.execute("ROLLBACK")
    exporter.execute("ROLLBACK")
    # After an error that a savepoint has caught it is still there.
    exporter.execute("BEGIN")
    identifier = value(exporter, "SELECT pg_export_snapshot()")
    exporter.execute("SAVEPOINT a")
    fails(exporter, "SELECT 1/0", "22012")
    importer.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    importer.execute(f"SET TRANSACTION SNAPSHOT '{identifier}'")
    importer.execute("ROLLBACK")
    exporter.execute("ROLLBACK")


def test_what_does_not_go_together(three, server):
    exporter, importer, _ = three
    exporter.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    identifier = value(exporter, "SELECT pg_export_snapshot()")
    importer.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    fails(importer, f"SET TRANSACTION SNAPSHOT '{identifier}'", "0A000",
          "a serializable transaction cannot import a snapshot from a non-serializable transaction")
    importer.execute("ROLLBACK")
    with psycopg.connect(server.dsn_of("postgres"), autocommit=True) as elsewhere:
        elsewhere.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        fails(elsewhere, f"SET TRANSACTION SNAPSHOT '{identifier}'", "0A000",
              "cannot import a snapshot from a different database")
        elsewhere.execute("ROLLBACK")
    exporter.execute("ROLLBACK")

    exporter.execute("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY")
    identifier = value(exporter, "SELECT pg_export_snapshot()")
    importer.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    fails(importer, f"SET TRANSACTION SNAPSHOT '{identifier}'", "0A000",
          "a non-read-only serializable transaction cannot import a snapshot from a read-only transaction")
    importer.execute("ROLLBACK")
    importer.execute("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE")
    fails(importer, f"SET TRANSACTION SNAPSHOT '{identifier}'", "0A000",
          "a snapshot-importing transaction must not be READ ONLY DEFERRABLE")
    importer.execute("ROLLBACK")
    importer.execute("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY")
    importer.execute(f"SET TRANSACTION SNAPSHOT '{identifier}'")
    assert value(importer, COUNT) == 1
    importer.execute("COMMIT")
    exporter.execute("ROLLBACK")


def test_a_serializable_import_is_as_old_as_its_exporter(three):
    exporter, importer, writer = three
    exporter.execute("INSERT INTO exported VALUES (2)")
    exporter.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    identifier = value(exporter, "SELECT pg_export_snapshot()")
    writer.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    assert value(writer, "SELECT count(*) FROM exported WHERE id = 1") == 1
    writer.execute("DELETE FROM exported WHERE id = 2")
    writer.execute("COMMIT")
    # It began after that commit, but what it sees was before: the two together are a write skew.
    importer.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    importer.execute(f"SET TRANSACTION SNAPSHOT '{identifier}'")
    exporter.execute("COMMIT")
    assert value(importer, "SELECT count(*) FROM exported WHERE id = 2") == 1
    fails(importer, "DELETE FROM exported WHERE id = 1", "40001")
    importer.execute("ROLLBACK")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_fate_can_be_asked_for_after_a_restart(make_server, end):
    server = make_server()
    with connect(server) as one:
        one.execute("CREATE TABLE fates (id integer PRIMARY KEY)")
        one.execute("BEGIN; INSERT INTO fates VALUES (1)")
        committed = value(one, "SELECT txid_current()")
        one.execute("COMMIT; BEGIN; INSERT INTO fates VALUES (2)")
        aborted = value(one, "SELECT txid_current()")
        one.execute("ROLLBACK; BEGIN; INSERT INTO fates VALUES (3)")
        prepared = value(one, "SELECT txid_current()")
        one.execute("PREPARE TRANSACTION 'later'")
        statuses = f"SELECT txid_status({committed}), txid_status({aborted}), txid_status({prepared})"
        assert one.execute(statuses).fetchone() == ("committed", "aborted", "in progress")
    getattr(server, end)()
    server.start()
    with connect(server) as one:
        # Of those that were rolled back nothing is kept.
        assert one.execute(statuses).fetchone() == ("committed", None, "in progress")
        assert not value(one, f"SELECT txid_visible_in_snapshot({prepared}, txid_current_snapshot())")
        one.execute("COMMIT PREPARED 'later'")
        assert one.execute(statuses).fetchone() == ("committed", None, "committed")
        assert value(one, f"SELECT txid_visible_in_snapshot({prepared}, txid_current_snapshot())")


def test_a_writer_imports_nothing_from_who_began_read_only(three):
    exporter, importer, _ = three
    exporter.execute(f"BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; {COUNT}; RESET transaction_read_only")
    identifier = value(exporter, "SELECT pg_export_snapshot()")
    importer.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    fails(importer, f"SET TRANSACTION SNAPSHOT '{identifier}'", "0A000")
    importer.execute("ROLLBACK; BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY")
    importer.execute(f"SET TRANSACTION SNAPSHOT '{identifier}'")
    assert value(importer, COUNT) == 1
    importer.execute("ROLLBACK")
    exporter.execute("ROLLBACK")
