"""Bad input: a clear message, the right exit code, nothing changed."""

import fcntl
import os
import sqlite3

from lib_cli import Store, equal, expect, main

READING = (["timeline"], ["flows"], ["flow", "X"], ["inbox", "X"], ["resume"], ["schedule"],
           ["trace", "0"], ["verify"])
REPAIRING = (["retry", "X"], ["skip", "X"], ["run", "--until-caught-up"])


def snapshot(folder):
    """Names and contents of a folder, without what SQLite keeps for readers."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and not p.name.endswith(("-shm", "-wal", "lock"))}


def test_wrong_usage():
    with Store() as store:
        for words in ([], ["nope"], ["append"], ["trace", "x"], ["timeline", "--from", "-1"],
                      ["append", "T", "{}", "--due", "soon"], ["resume", "more"]):
            store.fails(2, "--help", *words)
        expect(not store.path.exists(), "no store was made")


def test_a_store_that_is_not_there():
    with Store() as store:
        for words in READING + REPAIRING:
            store.fails(3, "there is no store at", *words)
        expect(not store.path.exists(), "no store was made")
        store.fails(3, "there is no directory", "append", "E", store=store.path / "deeper" / "yet")
        expect(not store.path.exists(), "no store was made")


def test_something_else_in_its_place():
    with Store() as store:
        store.path.write_text("a file\n", encoding="utf-8")
        for words in READING + REPAIRING + (["append", "E"],):
            store.fails(3, "is no store", *words)
        equal(store.path.read_text(encoding="utf-8"), "a file\n")
    with Store() as store:
        store.path.mkdir()
        (store.path / "letter.txt").write_text("dear\n", encoding="utf-8")
        for words in READING + REPAIRING + (["append", "E"],):
            expect(store.run(*words).code == 3, words)
        equal(os.listdir(store.path), ["letter.txt"])


def test_what_is_not_found():
    with Store() as store:
        store.do("append", "E", "--route", "Known|1")
        before = snapshot(store.path)
        store.fails(3, "there is no flow Known|2", "flow", "Known|2")
        store.fails(3, "there is no flow Other", "inbox", "Other")
        store.fails(3, "there is no flow type Other", "flows", "--type", "Other")
        store.fails(3, "there is no event at position 9", "trace", 9)
        store.fails(3, "no event at position 5", "append", "E", "--cause", 5)
        equal(store.run("retry", "Known|2").code, 3)
        equal(store.run("skip", "Known|2").code, 3)
        store.fails(3, "no flow type Known here", "retry", "Known|1")
        equal(snapshot(store.path).keys(), before.keys())
        equal(len(store.json("timeline")), 1)


def test_payloads_and_names_that_cannot_be():
    with Store() as store:
        store.do("append", "E")
        found = store.fails(1, "not JSON: parse error", "append", "E", "{nope")
        expect("exception" not in found.err, found.err)
        store.fails(2, "010", "append", "E", "--cause", "010")
        store.fails(1, "not JSON", "append", "E", "-", stdin="")
        store.fails(1, "the system's own", "append", "millrace.TimersCancelled")
        store.fails(1, "needs a type", "append", "")
        store.fails(1, "limit", "append", "T" * 300)
        store.fails(1, "standard input holds more", "append", "E", "-", stdin="1" * 5_000_000)
        equal(len(store.json("timeline")), 1)


def test_an_application_takes_only_what_its_flows_observe():
    with Store("dpkg-flows") as store:
        found = store.fails(3, "--any-type", "append", "NotHeardOf", "{}")
        expect("no flow of dpkg-flows observes" in found.err, found.err)
        expect(not store.path.exists(), "no store was made")
        equal(store.do("append", "NotHeardOf", "{}", "--any-type"), "0\n")


def test_an_applications_own_commands_make_no_store_by_mistake():
    for program, words, code in (
            ("scans", ["report"], 3), ("dpkg-flows", ["report", "--all"], 3),
            ("scans", ["report", "--bogus"], 2), ("scans", ["generate", "--bogus"], 2),
            ("scans", ["generate", "--events", "x"], 2), ("dpkg-flows", ["import-log", "-x"], 2),
            ("dpkg-flows", ["import-log", "/nowhere/dpkg.log"], 3)):
        with Store(program) as store:
            found = store.fails(code, "", *words)
            expect(found.err.startswith(program + ": "), found.err)
            expect(not store.path.exists(), "no store was made")
    with Store("dpkg-flows") as store:
        broken = store.path.parent / "broken.log"
        broken.write_text("no line of a log\n", encoding="utf-8")
        store.fails(1, "broken.log:1", "import-log", broken)
        expect(not store.path.exists(), "no store was made")
        expect("import-log [PATH...]" in store.do("import-log", "--help"), "help")
        expect(not store.path.exists(), "no store was made")
        store.do("import-log", "--skip-bad", broken)
        store.do("report")


def test_a_store_of_a_newer_schema():
    with Store() as store:
        store.do("append", "E")
        with sqlite3.connect(store.path / "millrace.db") as database:
            database.execute("PRAGMA user_version = 9999")
        database.close()
        before = snapshot(store.path)
        for words in READING + REPAIRING + (["append", "E"],):
            store.fails(1, "newer", *words)
        equal(snapshot(store.path), before)


def test_damaged_bytes():
    with Store() as store:
        store.do("append", "E")
        (store.path / "millrace.db").write_bytes(b"not a database at all" * 500)
        for words in READING + REPAIRING + (["append", "E"],):
            result = store.run(*words)
            equal(result.code, 1, words, result.err)
            expect(result.err.startswith("millrace: "), result.err)
            expect("millrace.db is not a database, or is damaged: " in result.err, result.err)


def test_a_store_that_another_process_holds():
    with Store() as store:
        store.do("append", "E", "--route", "X")
        with open(store.path / "lock", "r+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for words in REPAIRING + (["append", "E"],):
                store.fails(4, str(store.path), *words)
            for words in READING:
                equal(store.run(*words).code, 0, words)
        equal(store.do("append", "E"), "1\n")


main(globals())
