"""Two versions of a query on the real programs: compared, switched and dropped."""

import json
import sqlite3

from lib_cli import BIN, Store, equal, expect, main

QUERY = "ScanActivityQuery"


def registered(user, scan):
    return json.dumps({"scanId": scan, "user": user, "path": "/" + scan, "images": 2})


def image(user, scan):
    return json.dumps({"scanId": scan, "user": user, "path": "/" + scan})


def history(store):
    """Two users' scans, handled."""
    for user, scan in (("ann", "s1"), ("bob", "s2"), ("bob", "s3")):
        store.do("append", "ScanRegistered", registered(user, scan))
    store.do("run", "--until-caught-up")


def made_by_another_version(store):
    """The result as version 7 of the query would have left it: it counted bob's scans as three."""
    with sqlite3.connect(store.path / "millrace.db") as database:
        head = b"\x0a" + bytes([len(QUERY)]) + QUERY.encode() + b"\x10"
        (record,) = database.execute(
            "SELECT record FROM flow_types WHERE name = CAST(? AS BLOB)", (QUERY,)).fetchone()
        expect(record.startswith(head + b"\x01"), "version 1 in", record)
        record = head + b"\x07" + record[len(head) + 1:]
        database.execute("UPDATE flow_types SET record = ? WHERE name = CAST(? AS BLOB)",
                         (record, QUERY))
        (number, state) = database.execute(
            "SELECT number, state FROM flows JOIN states ON flow = number"
            " WHERE key = CAST(? AS BLOB)", (QUERY + "|bob",)).fetchone()
        head = b"\x0a\x03bob\x10"
        expect(state.startswith(head + b"\x02"), "two scans in", state)
        database.execute("UPDATE states SET state = ? WHERE flow = ?",
                         (head + b"\x03" + state[len(head) + 1:], number))
    database.close()


def test_one_result_cannot_be_compared():
    with Store("scans") as store:
        history(store)
        store.fails(4, "there is one result of " + QUERY, "compare", QUERY)
        store.fails(3, "Nobody", "compare", "Nobody")


def test_results_of_two_versions_are_compared_as_they_were_at_one_position():
    with Store("scans") as store:
        history(store)
        made_by_another_version(store)
        tail = int(store.do("append", "NewImageDetected", image("ann", "s1")))

        early = store.run("switch", QUERY, "--dry-run")
        equal(early.code, 4, "it cannot be switched yet", early.err)
        expect("version 7 (build 1, served, frozen)" in early.out, early.out)
        store.do("run", "--until-caught-up")

        summary, *examples = store.json("compare", QUERY)
        equal(summary["at"], tail - 1, "where the former result is")
        equal(summary["former"]["version"], 7, "former")
        equal((summary["newer"]["version"], summary["newer"]["until"] > tail), (1, True), "newer")
        equal((summary["equal"], summary["differing"], summary["untold"]), (1, 1, 0), summary)
        equal(summary["fields"], {"registered": 1}, "fields")
        equal([one["flow"] for one in examples], [QUERY + "|bob"], "examples")
        equal(examples[0]["former"]["registered"], "3", examples)
        equal(examples[0]["newer"]["registered"], "2", examples)
        said = store.do("compare", QUERY)
        expect(QUERY + "|bob differs in registered" in said, said)

        stock, *_ = store.json("compare", QUERY, program=str(BIN / "millrace"))
        equal((stock["by_number"], stock["fields"]), (True, {"2": 1}), "without the message")
        equal((stock["differing"], stock["untold"]), (1, 1), "ann is past that")


def test_a_dry_run_of_a_switch_changes_nothing():
    with Store("scans") as store:
        history(store)
        made_by_another_version(store)
        store.do("run", "--until-caught-up")
        if not store.json("compare", QUERY)[0]["newer"]["served"]:
            store.do("switch", QUERY, "--dry-run")
            store.do("switch", QUERY)
        said = store.do("switch", QUERY, "--drop-old", "--dry-run")
        expect("1 former result would be deleted" in said, said)
        equal(store.json("compare", QUERY)[0]["differing"], 1, "it is still there")
        store.do("switch", QUERY, "--drop-old")
        equal(store.run("compare", QUERY).code, 4, "it is gone")
        store.do("verify")


main(globals())
