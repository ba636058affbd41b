"""Flows that another process hosts: leases, inboxes, checkpoints, and the example in
docs/examples/elsewhere.py, against a daemon over a real store that is killed in between."""

import json
import pathlib
import signal
import subprocess
import sys
import threading
import urllib.parse

from lib_cli import LIMIT, Store, equal, expect, main
from lib_service import Daemon, until

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "docs/examples/elsewhere.py"
KEY = "Tally|ada"
NAME = urllib.parse.quote(KEY, safe="")
JSON = {"Content_Type": "application/json"}


def order(number, *keys):
    return {"type": "Ordered", "data": {"n": number}, "routes": list(keys or [KEY])}


def lease(daemon, status=200, key=NAME, **query):
    return daemon.post(f"/v1/leases/{key}?" + urllib.parse.urlencode(query), status).json()


def put(daemon, epoch, previous, position, key=NAME, **more):
    body = dict({"epoch": epoch, "previous": previous, "position": position}, **more)
    return daemon.call("PUT", "/v1/checkpoints/" + key, json.dumps(body), **JSON)


def put_well(daemon, *what, **more):
    answer = put(daemon, *what, **more)
    equal(answer.status, 200, answer.body)
    return answer.json()


def inbox(daemon, query=""):
    return daemon.get(f"/v1/inbox/{NAME}{query}").json()["entries"]


def thanks(store):
    return [event for event in store.json("timeline") if event["type"] == "Thanked"]


def test_a_turn_is_checkpoint_state_and_reactions_in_one():
    with Store() as store:
        with Daemon(store) as daemon:
            first, second = daemon.append(order(1), order(2))
            held = lease(daemon, holder="me")
            equal((held["flow"], held["position"], held["state"]), (KEY, None, None))
            equal([e["position"] for e in inbox(daemon)], [first, second])
            equal([e["data"] for e in inbox(daemon, f"?after={first}")], [{"n": 2}])
            reaction = {"type": "Thanked", "data": {"n": 1}, "routes": ["Other"]}
            turn = {"state": {"seen": [1, 2]}, "reactions": [dict(reaction, cause=first), reaction]}
            done = put_well(daemon, held["epoch"], None, second, **turn)
            equal(done, {"flow": KEY, "epoch": held["epoch"], "position": second,
                         "repeated": False})
            made = [e for e in daemon.get("/v1/events").json()["events"] if e["type"] == "Thanked"]
            equal([e["cause"] for e in made], [first, second])
            equal({e["emitter"] for e in made}, {KEY})
            equal(inbox(daemon, f"?after={second}"), [])
            until(lambda: daemon.get("/v1/resume").json()["routes"] == ["Other"], "the manifest")
            again = lease(daemon, epoch=held["epoch"])
            equal((again["epoch"], again["position"], again["state"]),
                  (held["epoch"], second, {"seen": [1, 2]}))
        equal(store.json("resume")[0]["routes"], ["Other"])
        equal(store.json("verify")[-1]["findings"], 0)


def test_the_same_turn_again_is_harmless_and_says_so():
    with Store() as store, Daemon(store) as daemon:
        at = daemon.append(order(1))[0]
        held = lease(daemon)
        turn = {"state": 1, "reactions": [{"type": "Thanked"}]}
        equal(put_well(daemon, held["epoch"], None, at, **turn)["repeated"], False)
        equal(put_well(daemon, held["epoch"], None, at, **turn)["repeated"], True)
        daemon.refused(put(daemon, held["epoch"], None, at, state=2), 412, "the checkpoint of")
        equal(len(thanks(store)), 1)


def test_what_does_not_follow_is_refused():
    with Store() as store, Daemon(store) as daemon:
        first, second, other = daemon.append(order(1), order(2), order(3, "Tally|bob"))
        epoch = lease(daemon)["epoch"]
        daemon.refused(put(daemon, epoch, first, second), 412, "is none, not")
        daemon.refused(put(daemon, epoch, None, other), 400, "no entry at position")
        daemon.refused(put(daemon, epoch, None, None), 400, "nothing was handled")
        daemon.refused(put(daemon, epoch + 1, None, first), 409, "is not that of a lease")
        late = {"reactions": [{"type": "A", "cause": second}]}
        daemon.refused(put(daemon, epoch, None, first, **late), 400, "causes nothing")
        named = {"reactions": [{"type": "A", "id": "x"}]}
        daemon.refused(put(daemon, epoch, None, first, **named), 400, "has no id")
        daemon.refused(put(daemon, epoch, None, first, other=1), 400, "has no member other")
        missing = daemon.call("PUT", "/v1/checkpoints/" + NAME, "{}", **JSON)
        daemon.refused(missing, 400, "needs epoch, previous and position")
        equal(lease(daemon, epoch=epoch)["position"], None)
        equal(len(store.json("timeline")), 3)


def test_a_flow_has_one_holder_and_the_next_one_goes_on_from_there():
    with Store() as store, Daemon(store) as daemon:
        first, second = daemon.append(order(1), order(2))
        old = lease(daemon, holder="one")
        refused = daemon.call("POST", f"/v1/leases/{NAME}?holder=two")
        daemon.refused(refused, 409, "is leased to one")
        put_well(daemon, old["epoch"], None, first, state={"n": 1})
        daemon.call("DELETE", f"/v1/leases/{NAME}?epoch={old['epoch']}")
        new = lease(daemon, holder="two")
        expect(new["epoch"] > old["epoch"], "epochs ascend")
        equal((new["position"], new["state"]), (first, {"n": 1}))
        daemon.refused(put(daemon, old["epoch"], first, second), 409, "take a new one")
        put_well(daemon, new["epoch"], first, second)
        equal(lease(daemon, epoch=new["epoch"])["state"], {"n": 1})


def test_a_lease_that_is_not_renewed_ends():
    with Store() as store, Daemon(store) as daemon:
        at = daemon.append(order(1))[0]
        old = lease(daemon, **{"for": "300ms"})
        until(lambda: daemon.call("POST", f"/v1/leases/{NAME}").status == 200, "a second holder")
        daemon.refused(put(daemon, old["epoch"], None, at), 409, "take a new one")


def test_no_epoch_comes_twice_whatever_happens_to_the_daemon():
    with Store() as store:
        epochs, at = [], None
        for kills in range(3):
            with Daemon(store) as daemon:
                at = daemon.append(order(kills))[0]
                if epochs:
                    daemon.refused(put(daemon, epochs[-1], None, at), 409, "take a new one")
                epochs.append(lease(daemon)["epoch"])
                daemon.kill()
        equal(epochs, sorted(set(epochs)))
        equal(lease_of_old(store, epochs), 0)


def lease_of_old(store, epochs):
    """How many of these a daemon still takes."""
    with Daemon(store) as daemon:
        return sum(daemon.call("POST", f"/v1/leases/{NAME}?epoch={each}").status == 200
                   for each in epochs)


def test_a_flow_that_failed_is_stopped_until_its_holder_goes_on():
    with Store() as store, Daemon(store) as daemon:
        first, second = daemon.append(order(1), order(2))
        epoch = lease(daemon)["epoch"]
        error = {"position": second, "message": "no such customer"}
        put_well(daemon, epoch, None, first, state=1, error=error)
        shown = daemon.get("/v1/flows/" + NAME).json()
        equal((shown["status"], shown["error_position"]), ("stopped", second))
        equal(lease(daemon, epoch=epoch)["error"], error)
        put_well(daemon, epoch, first, second, state=2, done=True)
        shown = lease(daemon, epoch=epoch)
        equal((shown["done"], shown["state"], "error" in shown), (True, None, False))


def test_a_reader_waits_for_the_next_event():
    with Store() as store, Daemon(store) as daemon:
        at = daemon.append(order(1))[0]
        seen = []
        reads = threading.Thread(
            target=lambda: seen.extend(inbox(daemon, f"?after={at}&wait=60s")))
        reads.start()
        more = daemon.append(order(2))[0]
        reads.join(timeout=30)
        equal([e["position"] for e in seen], [more])
        equal(inbox(daemon, f"?after={more}&wait=50ms"), [])
        daemon.refused(daemon.call("GET", f"/v1/inbox/{NAME}?wait=2h"), 400, "60s at most")


def test_pages_end_by_count_and_by_size():
    with Store() as store, Daemon(store) as daemon:
        daemon.append(*(dict(order(n), data={"text": "x" * 300_000}) for n in range(8)))
        page = daemon.get(f"/v1/inbox/{NAME}?limit=3").json()
        equal(len(page["entries"]), 3)
        seen, target = [], f"/v1/inbox/{NAME}"
        while target:
            answer = daemon.get(target)
            expect(len(answer.body) < 2 << 20, "a page is bounded", len(answer.body))
            page = answer.json()
            seen, target = seen + page["entries"], page["next"]
        equal(len(seen), 8)


def test_flows_of_this_program_are_its_own():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        for method, target in [("POST", "/v1/leases/"), ("GET", "/v1/inbox/")]:
            answer = daemon.call(method, target + "PackageHistory%7Cbash")
            daemon.refused(answer, 409, "hosts its flows itself")


def test_flows_that_another_program_has_hosted_wait_for_it():
    with Store("dpkg-flows") as store:
        with Daemon(store):
            pass
        store.program = str(pathlib.Path(store.program).with_name("millrace"))
        with Daemon(store) as daemon:
            answer = daemon.call("POST", "/v1/leases/PackageHistory%7Cbash")
            daemon.refused(answer, 409, "wait for that")


def test_imported_flows_go_on_from_their_checkpoints():
    lines = [{"stream": "timeline", "position": at, "type": "Ordered", "data": {"n": at},
              "time": "2025-01-01T00:00:00Z",
              "metadata": {"routeTypes": ["Tally"], "routeIds": [{"type": 0, "ids": ["ada"]}]}}
             for at in range(4)]
    lines.append({"stream": KEY + "-checkpoint", "type": "Checkpoint", "data": {"orders": 2},
                  "metadata": {"position": 1}})
    with Store() as store:
        store.do("import", "--format", "kurrent",
                 stdin="".join(json.dumps(line) + "\n" for line in lines))
        equal(store.json("resume")[0]["routes"], [["Tally", "ada"]])
        with Daemon(store) as daemon:
            held = lease(daemon)
            equal((held["position"], held["state"]), (1, {"orders": 2}))
            equal([e["position"] for e in inbox(daemon, "?after=1")], [2, 3])
            put_well(daemon, held["epoch"], 1, 3, state={"orders": 4})
            equal(daemon.get("/v1/resume").json()["routes"], [])
        equal(store.json("resume")[0]["routes"], [])
        equal(store.json("verify")[-1]["findings"], 0)


class Example:
    """docs/examples/elsewhere.py as a process."""

    def __init__(self, daemon, holder):
        self.running = subprocess.Popen(
            [sys.executable, "-B", str(EXAMPLE), daemon.address, KEY, "--for", "2s", "--holder",
             holder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, how):
        self.running.send_signal(how)
        return self.running.communicate(timeout=LIMIT)


def test_the_example_thanks_once_for_each_order_through_kills_and_a_take_over():
    with Store() as store:
        with Daemon(store) as daemon:
            port = daemon.port
            daemon.append(*map(order, range(20)))
            first = Example(daemon, "first")
            until(lambda: len(thanks(store)) == 20, "the first twenty")
            second = Example(daemon, "second")
            daemon.append(*map(order, range(20, 40)))
            daemon.kill()
        with Daemon(store, port=port) as daemon:
            until(lambda: len(thanks(store)) == 40, "after kill -9 of the daemon")
            out, err = first.end(signal.SIGKILL)
            daemon.append(*map(order, range(40, 60)))
            until(lambda: len(thanks(store)) == 60, "after kill -9 of the first")
            out2, err2 = second.end(signal.SIGTERM)
            equal((err, err2, second.running.returncode), ("", "", 0))
            expect("holds epoch" in out and "holds epoch" in out2, "both had it", out, out2)
            equal(sorted(e["data"]["order"]["n"] for e in thanks(store)), list(range(60)))
            equal([e["data"]["number"] for e in thanks(store)], list(range(1, 61)))
            equal(lease(daemon)["state"], {"orders": 60})
        equal(store.json("verify")[-1]["findings"], 0)


main(globals())
