"""Take-over on the real programs: a history from elsewhere is inert until it is adopted."""

import json
import os
import pty
import select
import subprocess

from lib_cli import BIN, LIMIT, Store, equal, expect, main

LATE = "2025-01-01T00:00:00.000000Z"


def event(position, kind, data, users=(), due=None):
    """A line of the Kurrent format, routed to these users' activity."""
    routes = {"routeTypes": ["ScanActivityQuery"], "routeIds": [{"type": 0, "ids": list(users)}]}
    return {"stream": "timeline", "position": position, "type": kind,
            "time": "2025-01-01T00:00:00.000000Z", "data": data,
            "metadata": dict(routes if users else {}, whenOccurs=due, cause=None,
                             fromSchedule=False)}


def registered(position, user, scan):
    return event(position, "ScanRegistered",
                 {"scanId": scan, "user": user, "path": "/" + scan, "images": 2}, [user])


def image(user, scan):
    return {"scanId": scan, "user": user, "path": "/" + scan}


def checkpoint(key, position, state):
    return {"stream": key + "-checkpoint", "type": "Checkpoint", "data": state,
            "metadata": {"position": position, "errorPosition": None, "errorMessage": None,
                         "isDone": False}}


HISTORY = [registered(3, "ann", "s1"),
           checkpoint("ScanActivityQuery|ann", 3,
                      {"user": "ann", "registered": "1", "open": {"s1": 0}}),
           event(4, "NewImageDetected", image("ann", "s1"), ["ann"]),
           registered(9, "bob", "s2")]


def text(lines):
    return "".join(json.dumps(line) + "\n" for line in lines)


def state(store, key):
    return store.json("flow", key)[0]["state"]


WAITING = {"checkpoint": 9, "routes": [["ScanActivityQuery", "ann", "bob"]], "schedule": []}


def test_an_adopted_flow_goes_on_from_the_state_that_came_with_it():
    with Store("scans") as store:
        store.do("import", "-", "--format", "kurrent", stdin=text(HISTORY))
        equal(json.loads(store.do("resume")), WAITING, "resume")
        store.do("run", "--until-caught-up")
        equal(json.loads(store.do("resume")), WAITING, "inert flows do not run")

        shown = store.json("adopt", "ScanActivityQuery", "--dry-run")
        equal(shown[:2], [{"flow": "ScanActivityQuery|ann", "events": 1},
                          {"flow": "ScanActivityQuery|bob", "events": 1}], "what each would get")
        equal(json.loads(store.do("resume")), WAITING, "a dry run changes nothing")
        store.do("adopt", "ScanActivityQuery")
        store.do("run", "--until-caught-up")
        equal(json.loads(store.do("resume"))["routes"], [], "all of it is handled")
        ann = state(store, "ScanActivityQuery|ann")
        equal((ann["registered"], ann["images"]), ("1", "1"), ann)

        store.do("append", "NewImageDetected", json.dumps(image("ann", "s1")))
        store.do("run", "--until-caught-up")
        equal(state(store, "ScanActivityQuery|ann")["images"], "2", "its own route() is asked now")
        store.do("verify")
        store.do("rebuild", "--check")


def test_an_imported_end_is_known_when_one_looks_back():
    with Store("scans") as store:
        ended = checkpoint("ScanActivityQuery|ann", 4, {})
        ended["metadata"]["isDone"] = True
        again = registered(12, "ann", "s3")
        store.do("import", "-", stdin=text([HISTORY[0], HISTORY[2], ended, HISTORY[3], again]))
        store.do("adopt", "ScanActivityQuery")
        store.do("run", "--until-caught-up")
        then = {at: store.json("flow", "ScanActivityQuery|ann", "--at", at)[0]
                for at in (3, 4, 9, 12)}
        equal({at: (one["alive"], one["life"]) for at, one in then.items()},
              {3: (True, 3), 4: (False, None), 9: (False, None), 12: (True, 12)})
        equal(then[3]["state"]["registered"], "1")
        equal(then[12]["state"]["registered"], "1", "a life of its own")
        store.do("verify")


def test_overdue_timers_want_a_word():
    with Store("scans") as store:
        late = event(10, "NewImageDetected", image("ann", "s1"), ["ann"],
                     due=LATE)
        store.do("import", "-", stdin=text(HISTORY + [late]))
        equal(json.loads(store.do("resume"))["schedule"], [10], "the timer is there")
        result = store.run("adopt", "ScanActivityQuery")
        equal(result.code, 4, "exit code", result.err)
        expect("--overdue" in result.err, result.err)
        shown = [line.split() for line in result.out.splitlines()]
        for row in (["ScanActivityQuery|ann", "2"], ["ScanActivityQuery|bob", "1"],
                    ["10", LATE, "NewImageDetected"]):
            expect(row in shown, row, "is not in", result.out)
        refused = store.run("adopt", "ScanActivityQuery", "--json")
        equal(refused.code, 4, refused.err)
        equal(refused.lines()[-2:],
              [{"timer": 10, "due": LATE, "type": "NewImageDetected"},
               {"adopted": "ScanActivityQuery", "dry_run": True, "flows": 2, "timers": 0,
                "overdue": 1}])
        equal(json.loads(store.do("resume"))["schedule"], [10], "nothing is changed")
        store.do("adopt", "ScanActivityQuery", "--overdue", "fire")
        store.do("run", "--until-caught-up")
        equal(json.loads(store.do("resume"))["schedule"], [], "it fired")
        equal(state(store, "ScanActivityQuery|ann")["images"], "3", "once as such, once fired")
        store.do("verify")


def asked_on_a_terminal(store, said):
    """Runs adopt on a terminal and answers its question; gives the exit code."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([store.program, "--store", str(store.path), "adopt",
                           "ScanActivityQuery"], stdin=theirs, stdout=theirs, stderr=theirs,
                          env=store.environment()) as running:
        os.close(theirs)
        text = b""
        while b"[fire/skip/keep]" not in text:
            expect(select.select([ours], [], [], LIMIT)[0], "no question came", text)
            text += os.read(ours, 4096)
        expect(b"ScanActivityQuery|ann" in text, "it is asked after all is shown", text)
        os.write(ours, said.encode() + b"\n")
        code = running.wait(LIMIT)
    os.close(ours)
    return code


def test_a_terminal_is_asked_what_becomes_of_overdue_timers():
    with Store("scans") as store:
        late = event(10, "NewImageDetected", image("ann", "s1"), ["ann"], due=LATE)
        store.do("import", "-", stdin=text(HISTORY + [late]))
        equal(asked_on_a_terminal(store, "perhaps"), 4)
        equal(json.loads(store.do("resume"))["schedule"], [10], "nothing is changed")
        equal(asked_on_a_terminal(store, "skip"), 0)
        equal(json.loads(store.do("resume"))["schedule"], [], "it was skipped")
        store.do("verify")


def test_what_cannot_be_adopted_is_refused():
    with Store("scans") as store:
        store.do("import", "-", stdin=text(HISTORY))
        store.fails(3, "Nobody", "adopt", "Nobody")
        store.do("adopt", "ScanActivityQuery")
        store.fails(4, "runs here", "adopt", "ScanActivityQuery")


def test_the_stock_program_adopts_for_a_program_that_comes_later():
    with Store() as store:
        store.do("import", "-", stdin=text(HISTORY))
        equal(state(store, "ScanActivityQuery|ann"), HISTORY[1]["data"], "as it was imported")
        store.do("adopt", "ScanActivityQuery")
        equal(json.loads(store.do("resume")), WAITING, "nobody here runs them")
        store.do("run", "--until-caught-up", program=str(BIN / "scans"))
        equal(json.loads(store.do("resume"))["routes"], [], "the other program did")


main(globals())
