"""append, timeline, schedule, trace and resume of the stock program, on a real store."""

import json
import subprocess

from lib_cli import Store, equal, expect, main


def test_append_prints_positions_in_order():
    with Store() as store:
        result = store.run("append", "Greeted", '{"name":"Ada"}')
        equal((result.code, result.out), (0, "0\n"))
        expect("making a new store" in result.err, result.err)
        again = store.run("append", "Greeted")
        equal((again.code, again.out, again.err), (0, "1\n", ""))
        equal(store.json("append", "Greeted", "[1, 2]"), [{"position": 2, "repeated": False}])
        data = [event["data"] for event in store.json("timeline")]
        equal(data, [{"name": "Ada"}, {}, [1, 2]])


def test_the_envelope_is_kept():
    with Store() as store:
        store.do("append", "First")
        store.do("append", "Full", "-", "--cause", 0, "--due", "2100-01-01T00:00:00+01:00",
                 "--id", "i-1", "--route", "A", "--route", "B|x|y", "--header", "a=b=c",
                 "--header", "a=", "--user", "ada", "--correlation", "c-1",
                 stdin='{"from": "stdin"}')
        full = store.json("timeline", "--from", 1)[0]
        full.pop("time")
        equal(full, {"position": 1, "type": "Full", "cause": 0, "id": "i-1", "correlation": "c-1",
                     "user": "ada", "due": "2099-12-31T23:00:00.000000Z",
                     "headers": [{"name": "a", "value": "b=c"}, {"name": "a", "value": ""}],
                     "routes": ["A", "B|x|y"], "content_type": "application/json",
                     "data": {"from": "stdin"}})
        equal(store.json("schedule"), [{"position": 1, "due": "2099-12-31T23:00:00.000000Z",
                                        "type": "Full", "flow": None, "set_by": None,
                                        "inert": False}])
        manifest = store.json("resume")
        equal(manifest[0]["schedule"], [1])
        equal(manifest[0]["checkpoint"], 1)


def test_a_repeated_id_is_appended_once():
    with Store() as store:
        equal(store.do("append", "E", "--id", "x"), "0\n")
        equal(store.do("append", "F"), "1\n")
        equal(store.json("append", "E", "--id", "x"), [{"position": 0, "repeated": True}])
        equal(len(store.json("timeline")), 2)


def test_resume_is_one_line_of_json_also_for_people():
    with Store() as store:
        store.do("append", "E", "--route", "Single", "--route", "Multi|ä\"|/@:",
                 "--route", "Multi|a b")
        line = store.do("resume")
        equal(line.count("\n"), 1)
        equal(line, store.do("resume", "--json"))
        equal(json.loads(line), {"checkpoint": 0, "schedule": [],
                                 "routes": [["Multi", "a b", "ä\"|/@:"], "Single"]})
        expect("ä" in line, line)


def test_trace_is_a_tree():
    with Store() as store:
        store.do("append", "Root")
        store.do("append", "Child", "--cause", 0)
        store.do("append", "Grandchild", "--cause", 1)
        lines = store.do("trace", 1).splitlines()
        equal([line[:line.index("  2")] for line in lines],
              ["0  Root", "└─ 1  Child", "   └─ 2  Grandchild"])
        relations = [(e["relation"], e["position"]) for e in store.json("trace", 1)]
        equal(relations, [("above", 0), ("event", 1), ("below", 2)])


def test_timeline_takes_type_range_and_limit():
    with Store() as store:
        for i in range(6):
            store.do("append", "Odd" if i % 2 else "Even", json.dumps({"i": i}))
        positions = [e["position"] for e in store.json("timeline", "--type", "Odd", "--limit", 2)]
        equal(positions, [1, 3])
        equal([e["position"] for e in store.json("timeline", "--from", 4)], [4, 5])
        equal(store.do("timeline", "--limit", 0), "")
        equal(store.do("timeline", "--from", 99), "")


def test_hostile_text_does_nothing_to_a_terminal():
    with Store() as store:
        store.do("append", "E\x1b]0;pwned\x07", '{"a":"\u009b31m\u202e"}', "--route",
                 "F\n\x1b[2J|\x7f")
        for command in (["timeline"], ["flows"], ["trace", 0], ["flow", "F\n\x1b[2J|\x7f"],
                        ["inbox", "F\n\x1b[2J|\x7f"], ["resume"]):
            for more in ([], ["--json"]):
                text = store.do(*command, *more)
                bad = [c for c in text if ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160
                       or c == "\u202e"]
                expect(not bad, command, more, bad)
        equal(store.json("flows")[0]["flow"], "F\n\x1b[2J|\x7f")


def test_a_closed_pipe_is_no_error():
    with Store() as store:
        for _ in range(3):
            store.do("append", "E", "-", stdin=json.dumps({"filler": "x" * 200_000}))
        with store.start("timeline") as running:
            running.stdout.read(10)
            running.stdout.close()
            equal(running.wait(60), 0)
            equal(running.stderr.read(), "")


def test_a_full_disk_behind_the_output_is_an_error():
    with Store() as store:
        store.do("append", "E")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([store.program, "--store", str(store.path), "timeline"],
                                  stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        equal(done.returncode, 1)
        expect("output cannot be written" in done.stderr, done.stderr)


def test_the_store_can_come_from_the_environment():
    with Store() as store:
        store.do("append", "E")
        environment = dict(store.environment(), MILLRACE_STORE=str(store.path))
        out = subprocess.run([store.program, "resume"], env=environment, text=True, check=True,
                             stdout=subprocess.PIPE).stdout
        equal(json.loads(out)["checkpoint"], 0)


main(globals())
