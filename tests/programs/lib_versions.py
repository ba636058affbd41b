"""A store whose query was made by another version of the program."""

import json
import sqlite3

from lib_cli import expect

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
