"""Deadlocks of real sessions: random circles over rows, tables and advisory locks, each with exactly one victim.

Method: two to six sessions hold one thing each and ask for the next one's, in random order. One of them gets 40P01; when it
and whoever can go on have ended their transactions, all have.
"""

import asyncio
import random
import re

import psycopg

CIRCLES = 250
PARTIES_MAX = 6
END_SECONDS_MAX = 20
TABLE = "deadlock_circle"
WAIT = re.compile(r"Process \d+ waits for (ShareLock on transaction \d+|ShareRowExclusiveLock on relation \d+ of database \d+|"
                  r"ExclusiveLock on advisory lock \[\d+,\d+,\d+,[12]\]); blocked by process \d+\.")


def statements(kind, number):
    """What takes the thing with this number."""
    return {
        "row": f"UPDATE {TABLE} SET v = v + 1 WHERE id = {number}",
        "share": f"SELECT * FROM {TABLE} WHERE id = {number} FOR UPDATE",
        "table": f"LOCK TABLE {TABLE}_{number} IN SHARE ROW EXCLUSIVE MODE",
        "transaction": f"SELECT pg_advisory_xact_lock({number})",
        "session": f"SELECT pg_advisory_lock(1000, {number})",
    }[kind]


async def party(connection, want, ended):
    """Waits for the thing, then ends. Whether it was the victim."""
    victim = False
    try:
        await connection.execute(want)
    except psycopg.errors.DeadlockDetected as error:
        for line in error.diag.message_detail.splitlines():
            assert WAIT.fullmatch(line), line
        assert error.diag.message_hint == "See server log for query details."
        victim = True
    await connection.execute("ROLLBACK")
    await connection.execute("SELECT pg_advisory_unlock_all()")
    ended.append(connection)
    return victim


async def circle(connections, dice):
    count = dice.randint(2, PARTIES_MAX)
    kinds = [dice.choice(("row", "share", "table", "transaction", "session")) for _ in range(count)]
    parties = dice.sample(connections, count)
    for number, connection in enumerate(parties):
        await connection.execute("BEGIN")
        await connection.execute(f"SET LOCAL deadlock_timeout = {dice.randint(100, 2000)}")
        await connection.execute(statements(kinds[number], number))
    order = list(range(count))
    dice.shuffle(order)
    ended = []
    tasks = []
    for number in order:
        following = (number + 1) % count
        tasks.append(asyncio.create_task(party(parties[number], statements(kinds[following], following), ended)))
        await asyncio.sleep(0)
    victims = await asyncio.wait_for(asyncio.gather(*tasks), END_SECONDS_MAX)
    assert sum(victims) == 1, f"{sum(victims)} victims among {kinds}"
    assert len(ended) == count


async def run(dsn, seed):
    dice = random.Random(seed)
    connections = [await psycopg.AsyncConnection.connect(dsn, autocommit=True) for _ in range(PARTIES_MAX)]
    await connections[0].execute(f"CREATE TABLE {TABLE} (id integer PRIMARY KEY, v integer NOT NULL)")
    for number in range(PARTIES_MAX):
        await connections[0].execute(f"INSERT INTO {TABLE} VALUES (%s, 0)", (number,))
        await connections[0].execute(f"CREATE TABLE {TABLE}_{number} (id integer)")
    for _ in range(CIRCLES):
        await circle(connections, dice)
    cursor = await connections[0].execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' OR NOT granted")
    assert await cursor.fetchone() == (0,)
    for number in range(PARTIES_MAX):
        await connections[0].execute(f"DROP TABLE {TABLE}_{number}")
    await connections[0].execute(f"DROP TABLE {TABLE}")
    for connection in connections:
        await connection.close()


def test_random_circles_have_one_victim_each(server):
    asyncio.run(run(server.dsn, 5))
