"""Commands that change something while a daemon holds the store: the daemon does it, and they
answer the same."""

import json

from lib_cli import BIN, Store, equal, expect, main
from lib_service import Daemon, until

STOCK = str(BIN / "millrace")
BAD = '{"package": {"not": "text"}}'
GOOD = '{"action":"INSTALL","package":"bash","newVersion":"1"}'
KIND = "PackageActionTaken"


def test_an_event_is_appended_as_without_a_daemon():
    words = (["append", KIND, GOOD, "--id", "i", "--user", "ü", "--header", "a=b=c"],
             ["append", KIND, GOOD, "--id", "i", "--user", "ü", "--header", "a=b=c"],
             ["append", KIND, GOOD, "--cause", 0, "--due", "2099-01-01T00:00:00Z"],
             ["append", KIND, GOOD, "--route", "InstallSession", "--correlation", "c"],
             ["append", KIND, GOOD, "--json", "--id", "i"],
             ["append", KIND, BAD], ["append", "Nothing"], ["append", KIND, GOOD, "--cause", 99])

    def ended(store):
        """How each command ended, and what it said of the position it printed."""
        answers = [store.run(*each) for each in words]
        events = {event.pop("position"): event for event in store.json("timeline")}
        said = []
        for one in answers:
            event = None
            if one.out:
                found = json.loads(one.out)
                event = dict(events[found if isinstance(found, int) else found["position"]])
                del event["time"]
            said.append((one.code, event))
        return said

    with Store("dpkg-flows") as alone, Store("dpkg-flows") as served:
        alone.do("append", KIND, GOOD)
        served.do("append", KIND, GOOD)
        with Daemon(served):
            equal(ended(served), ended(alone))


def stops(daemon, name, position):
    """Waits until the flow, or the type, is stopped on the event."""
    until(lambda: daemon.call("GET", "/v1/flows/" + name).json().get("error_position") == position,
          name)


def test_flows_are_repaired_through_the_daemon():
    with Store("dpkg-flows") as store:
        bad = int(store.do("append", KIND, BAD, program=STOCK))
        with Daemon(store) as daemon:
            stops(daemon, "InstallSession", bad)
            equal(store.do("retry", "InstallSession"), f"event {bad} is tried again\n")
            stops(daemon, "InstallSession", bad)
            equal(store.json("skip", "InstallSession"),
                  [{"flow": "InstallSession", "repair": "skip", "position": bad}])
            store.fails(4, "not stopped", "skip", "InstallSession")
            store.fails(3, "Nobody", "retry", "Nobody|x")
            equal(store.json("retry", "--all", "--error", "of another kind"),
                  [{"repair": "retry", "flows": 0}])
            stops(daemon, "PackageHistory", bad)
            expect("tried again" in store.do("retry", "--all"), "all")
            stops(daemon, "PackageHistory", bad)
            equal(store.do("skip", "PackageHistory"), f"event {bad} is passed by\n")
            position = int(store.do("append", KIND, GOOD))
            daemon.get(f"/v1/queries/PackageHistory/bash?min_position={position}")
            equal(store.do("reset", "PackageHistory|bash"), "PackageHistory|bash begins anew\n")
            daemon.get(f"/v1/queries/PackageHistory/bash?min_position={position}")
            expect("of PackageHistory begin anew" in store.do("reset", "PackageHistory"), "type")
            store.fails(4, "", "switch", "PackageHistory")
        equal(store.run("verify", "--json").lines()[-1]["findings"], 1, "the bad event alone")


def test_what_needs_the_store_for_itself_says_who_has_it():
    with Store("dpkg-flows") as store:
        store.do("append", KIND, GOOD)
        with Daemon(store) as daemon:
            for words in (["serve", "--listen", "127.0.0.1:0"], ["report"]):
                told = store.run(*words)
                equal((told.code, told.out), (4, ""), told.err)
                for said in (str(daemon.running.pid), daemon.address, f"`{words[0]}`"):
                    expect(said in told.err, said, "not in", told.err)
            daemon.kill()
        store.do("append", KIND, GOOD)


main(globals())
