"""A running application moves to another store: exported, imported, adopted, and gone on with."""

import json

from lib_cli import BIN, Store, equal, expect, main

EVENTS = 600


def made_up(store):
    store.do("generate", "--events", EVENTS, "--seed", 20261127)
    store.do("run", "--until-caught-up")


def emitters(exported):
    """The types whose flows emitted an event."""
    found = {json.loads(line)["emitter"].split("|")[0] for line in exported.splitlines()
             if json.loads(line).get("emitter")}
    expect(len(found) > 2, "several types emit here:", found)
    return sorted(found)


def moved(exported, into):
    into.do("import", "-", "--format", "events", stdin=exported)
    for name in emitters(exported):
        *_, foreseen = into.json("adopt", name, "--overdue", "fire", "--dry-run")
        *_, adopted = into.json("adopt", name, "--overdue", "fire")
        equal(adopted, dict(foreseen, dry_run=False), "what a dry run said")
        expect(adopted["flows"] > 0, adopted)


def flows(store):
    """Each flow and where it is, whatever number its build has."""
    return [{name: value for name, value in row.items() if name not in ("build", "alive")}
            for row in store.json("flows")]


def test_topics_that_moved_are_what_they_were_and_decide_nothing_twice():
    with Store("scans") as old, Store("scans") as new:
        made_up(old)
        exported = old.do("export")
        moved(exported, new)
        new.do("run", "--until-caught-up")
        equal(new.do("export"), exported, "the timeline")
        equal(new.do("resume"), old.do("resume"), "what is pending, and when")
        equal(new.do("report"), old.do("report"), "the results")
        equal(flows(new), flows(old), "the flows")
        new.do("verify")
        new.do("rebuild", "--check")


def test_a_store_that_moved_goes_on_as_the_old_one_would():
    with Store("scans") as old, Store("scans") as new:
        made_up(old)
        moved(old.do("export"), new)
        for store in (old, new):
            made_up(store)
            store.do("verify")
        equal(new.do("report"), old.do("report"), "the results")


def test_the_stock_program_moves_a_store_for_the_application():
    with Store("scans") as old, Store() as new:
        made_up(old)
        exported = old.do("export")
        moved(exported, new)
        new.do("run", "--until-caught-up", program=str(BIN / "scans"))
        equal(new.do("export"), exported, "the timeline")
        new.do("verify")


main(globals())
