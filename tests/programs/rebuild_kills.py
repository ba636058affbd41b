"""Derived data is damaged, and rebuilt: by commands that are killed again and again, and by a
daemon beside appends. MILLRACE_SEED=N chooses other damage and moments."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import threading

from lib_cli import Store, equal, expect, main
from lib_service import Daemon

SEED = int(os.environ.get("MILLRACE_SEED", "1"))
INPUTS = 4_000
KILLS = 15
OF_FLOWS = "SELECT number FROM flows ORDER BY number"


def made():
    """A store at rest, with timers."""
    store = Store("scans")
    store.do("generate", "--events", INPUTS)
    store.do("run", "--until-caught-up")
    return store


def damage(store, chance):
    """Inbox blocks, entries of the directory, effects and timers are lost or wrong."""
    with contextlib.closing(sqlite3.connect(store.path / "millrace.db")) as database, database:
        blocks = database.execute("SELECT number FROM posting_blocks ORDER BY number").fetchall()
        flows = database.execute(OF_FLOWS).fetchall()
        timers = database.execute("SELECT position FROM schedule ORDER BY position").fetchall()
        expect(timers, "there are timers")
        for sql, rows, count in (
                ("DELETE FROM posting_blocks WHERE number = ?", blocks, len(blocks) // 20 + 1),
                ("UPDATE flows SET latest = 0, postings = 1 WHERE number = ?", flows, 10),
                ("DELETE FROM schedule WHERE position = ?", timers[1:], 3),
                ("UPDATE schedule SET due = due + 1, flow = NULL WHERE position = ?", timers, 1),
                ("INSERT INTO schedule (position, due, type) VALUES (?, 1, x'41')", [(1,)], 1)):
            database.executemany(sql, chance.sample(rows, min(count, len(rows))))
        database.execute("DELETE FROM effect_blocks"
                         " WHERE number = (SELECT min(number) FROM effect_blocks)")


def what_follows(store):
    """All that is derived, as the commands show it."""
    inboxes = {flow["flow"]: store.do("inbox", flow["flow"], "--limit", 100, "--json")
               for flow in store.json("flows")[::7]}
    return store.do("flows", "--json"), store.do("schedule", "--json"), inboxes


def kill_a_rebuild(store, seconds):
    with store.start("rebuild") as running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=seconds)
        running.send_signal(signal.SIGKILL)
        running.communicate()


def test_a_rebuild_that_is_killed_again_and_again_leaves_what_follows_from_the_timeline():
    chance = random.Random(SEED)
    with made() as store:
        wanted = what_follows(store)
        damage(store, chance)
        before = store.run("rebuild", "--check", "--json")
        equal(before.code, 1, "it differs")
        expect(before.lines()[-1]["differences"] > 10, before.lines()[-1])
        for _ in range(KILLS):
            kill_a_rebuild(store, chance.uniform(0.01, 0.2))
        store.do("rebuild")
        equal(store.json("verify")[-1]["findings"], 0, "MILLRACE_SEED", SEED)
        expect(what_follows(store) == wanted, "other derived data; MILLRACE_SEED", SEED)


def test_a_daemon_rebuilds_beside_appends():
    chance = random.Random(SEED)
    with made() as store:
        damage(store, chance)
        stop, appended = threading.Event(), []
        with Daemon(store) as daemon:
            def append():
                while not stop.is_set():
                    scan = {"scanId": f"live|{len(appended)}", "user": "u:1", "path": "/x",
                            "images": 3}
                    appended.extend(daemon.append({"type": "UpdateScanRegistry",
                                                   "data": {"scans": [scan]}}))
            appending = threading.Thread(target=append)
            appending.start()
            try:
                first = store.json("rebuild")[-1]
                second = store.json("rebuild")[-1]
            finally:
                stop.set()
                appending.join()
            expect(first["differences"] > 10, first)
            equal(second["differences"], 0, "the second time")
            daemon.rest()
        expect(appended, "nothing was appended meanwhile")
        equal(store.json("verify")[-1]["findings"], 0, "MILLRACE_SEED", SEED)


main(globals())
