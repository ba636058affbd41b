"""Checkpoints that are damaged on disk: what the commands say of them, and what helps."""

import contextlib
import pathlib
import sqlite3

from lib_cli import BIN, Store, equal, expect, main

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "apps/dpkg-flows/sample"
STOCK = str(BIN / "millrace")
KEY = "PackageHistory|bash"
GOOD = '{"logged_at":"2025-01-01T10:00:00Z","action":"INSTALL","package":"bash","new_version":"%d"}'


def fill(store):
    for version in range(3):
        store.do("append", "PackageActionTaken", GOOD % version)
    store.do("run", "--until-caught-up")


def damage(store, sql):
    with contextlib.closing(sqlite3.connect(store.path / "millrace.db")) as database:
        with database:
            changed = database.execute(sql).rowcount
        expect(changed != 0, "nothing is damaged by", sql)


def flow(store):
    return store.json("flow", KEY)[0]


BREAK = f"UPDATE flows SET record = x'ff' WHERE key = CAST('{KEY}' AS BLOB)"
NUMBER = f"(SELECT number FROM flows WHERE key = CAST('{KEY}' AS BLOB))"
LOSE = f"DELETE FROM states WHERE flow = {NUMBER}"


SESSION = "InstallSession"


def test_a_lost_topic_that_began_anew_is_told_by_a_rebuild_and_says_nothing_twice():
    with Store("dpkg-flows") as store:
        store.do("import-log", SAMPLE)
        store.do("run", "--until-caught-up")
        before = store.json("flow", SESSION)[0]
        damage(store, f"DELETE FROM flows WHERE key = CAST('{SESSION}' AS BLOB)")
        at = int(store.do("append", "PackageActionTaken", GOOD % 1))
        store.do("run", "--until-caught-up")
        equal(store.json("flow", SESSION)[0]["life"], at, "it knows nothing of what was before")
        tail = len(store.do("export").splitlines())
        told = store.do("rebuild")
        expect(f"its checkpoint {at} is past that: reset it to fold them" in told, told)
        store.do("run", "--until-caught-up")
        store.do("reset", SESSION)
        store.do("run", "--until-caught-up")
        stopped = store.json("flow", SESSION)[0]
        equal((stopped["status"], stopped["checkpoint"], stopped["state"]),
              ("stopped", at - 1, before["state"]), "all that is its own comes out again")
        expect("--accept-history" in store.do("flow", SESSION), "it says what helps")
        store.do("reset", SESSION, "--accept-history")
        store.do("run", "--until-caught-up")
        equal(store.json("flow", SESSION)[0]["status"], "idle")
        equal(len(store.do("export").splitlines()), tail, "nothing was said again")
        equal(store.json("verify")[-1]["findings"], 0)


def test_flow_advises_what_helps_and_that_does():
    for sql, forgets in ((BREAK, True), (LOSE, False)):
        with Store("dpkg-flows") as store:
            fill(store)
            before = flow(store)
            equal(before["only_reset_helps"], False)
            damage(store, sql)
            equal(flow(store)["only_reset_helps"], True)
            said = store.do("flow", KEY)
            expect(f"Only `reset {KEY}` helps: it begins anew" in said, said)
            expect("`retry`" not in said and "`skip`" not in said, said)
            equal("what it had skipped is not known any more" in said, forgets)
            store.do("append", "PackageActionTaken", GOOD % 3)
            store.do("run", "--until-caught-up")
            stopped = flow(store)
            equal((stopped["status"], stopped["only_reset_helps"]), ("stopped", True))
            store.fails(4, "only a reset helps", "retry", KEY)
            store.fails(4, "only a reset helps", "skip", KEY)
            equal(store.json("reset", KEY)[0]["skips_forgotten"], forgets)
            store.do("run", "--until-caught-up")
            after = flow(store)
            equal((after["status"], after["only_reset_helps"]), ("idle", False))
            equal(after["state"]["installs"], "4")
            equal(store.json("verify")[-1]["findings"], 0)


def test_a_reset_says_when_it_has_forgotten_what_was_skipped():
    with Store("dpkg-flows") as store:
        fill(store)
        damage(store, BREAK)
        said = store.do("reset", KEY)
        expect("did not decode, so what it had skipped is not known any more" in said, said)
        expect("not known any more" not in store.do("reset", KEY), "the second time")


def test_a_log_row_that_does_not_fall_into_records_is_named_with_what_helps():
    with Store("dpkg-flows") as store, Store("dpkg-flows") as other:
        fill(store)
        damage(store, "INSERT INTO checkpoint_log SELECT value + 1, x'00ff' FROM progress "
                      "WHERE name = 'folded'")
        for words in (("run", "--until-caught-up"), ("append", "PackageActionTaken", GOOD % 3),
                      ("flows",), ("resume",), ("flow", KEY)):
            store.fails(1, "of the checkpoint log does not decode", *words)
        found = store.run("verify")
        equal((found.code, found.err), (1, ""))
        expect("; the rest is not checked" in found.out, found.out)
        # What the message advises.
        other.do("import", "-", stdin=store.do("export"))
        other.do("run", "--until-caught-up")
        equal(other.do("export"), store.do("export"), "nothing is decided twice")
        equal(flow(other)["state"]["installs"], "3")
        equal(other.json("verify")[-1]["findings"], 0)


main(globals())
