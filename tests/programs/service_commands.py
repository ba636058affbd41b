"""Commands that change something while a daemon holds the store: the daemon does it, and they
answer the same."""

import contextlib
import json
import subprocess

from lib_cli import BIN, LIMIT, Store, equal, expect, main
from lib_service import Daemon, until

STOCK = str(BIN / "millrace")
BAD = '{"package": {"not": "text"}}'
GOOD = '{"action":"INSTALL","package":"bash","newVersion":"1"}'
KIND = "PackageActionTaken"
JSON = {"Content_Type": "application/json"}


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


LINE = "2026-01-05 07:00:00 startup archives unpack\n"


def test_own_commands_run_in_the_daemon_and_say_the_same():
    with Store("dpkg-flows") as alone, Store("dpkg-flows") as served:
        for store in (alone, served):
            store.do("append", KIND, GOOD)
            store.do("run", "--until-caught-up")
        with Daemon(served):
            for words in (["report"], ["report", "--json"], ["report", "--all"],
                          ["report", "--bogus"], ["import-log", "/nowhere/dpkg.log"]):
                one, other = alone.run(*words), served.run(*words)
                equal((other.code, other.out, other.err), (one.code, one.out, one.err), words)


def test_an_own_command_that_appends_finds_the_files_of_who_asked():
    with Store("dpkg-flows") as store:
        log = store.path.parent / "dpkg.log"
        log.write_text(LINE)
        with Daemon(store) as daemon:
            told = subprocess.run([store.program, "--store", str(store.path), "import-log",
                                   "dpkg.log"], cwd=log.parent, capture_output=True, text=True)
            equal((told.returncode, told.stderr), (0, ""))
            expect(told.stdout.startswith("1 new line appended"), told.stdout)
            expect(daemon.get("/v1/events").json()["events"], "on the timeline")


@contextlib.contextmanager
def following(store, log):
    """A command without an end, after its first look."""
    with store.start("import-log", "--follow", log) as running:
        try:
            expect("appended" in running.stdout.readline(), "the first look")
            yield running
        finally:
            running.kill()


def test_an_own_command_that_has_no_end_ends_with_who_asked_and_with_the_daemon():
    with Store("dpkg-flows") as store:
        log = store.path.parent / "dpkg.log"
        log.write_text(LINE)
        with Daemon(store) as daemon:
            for _ in range(5):  # more than run at once: each leaves its place
                with following(store, log):
                    pass
                until(lambda: daemon.call("POST", "/v1/run/report", b"{}", **JSON).status == 200,
                      "a place")
            with following(store, log) as last:
                daemon.ask_to_end()
                equal(last.wait(LIMIT), 5)


def test_a_run_answers_line_by_line_and_only_so_many_at_once():
    with Store("dpkg-flows") as store:
        log = store.path.parent / "dpkg.log"
        log.write_text(LINE)
        with Daemon(store) as daemon:
            names = [one["name"] for one in daemon.get("/v1/run").json()["commands"]]
            equal(sorted(names), ["import-log", "report"])
            said = daemon.call("POST", "/v1/run/report", b'{"arguments":["--json"]}', **JSON)
            lines = [json.loads(line) for line in said.body.split("\n") if line]
            equal((said.status, lines[-1]), (200, {"exit": 0}))
            json.loads("".join(line.get("out", "") for line in lines))
            for body, status in ((b'{"arguments":["--bogus"]}', 400), (b'{"arguments":1}', 400),
                                 (b'{"directory":"here"}', 400), (b'{"what":1}', 400)):
                equal(daemon.call("POST", "/v1/run/report", body, **JSON).status, status, body)
            equal(daemon.call("POST", "/v1/run/nothing", b"{}", **JSON).status, 404)
            with contextlib.ExitStack() as all_of_them:
                for _ in range(4):
                    all_of_them.enter_context(following(store, log))
                store.fails(5, "4 commands run here already", "report")
                expect(daemon.get("/v1/export").body, "others are answered meanwhile")


def test_serve_says_who_has_the_store():
    with Store("dpkg-flows") as store:
        store.do("append", KIND, GOOD)
        with Daemon(store) as daemon:
            told = store.run("serve", "--listen", "127.0.0.1:0")
            equal((told.code, told.out), (4, ""), told.err)
            for said in (str(daemon.running.pid), daemon.address, "`serve`"):
                expect(said in told.err, said, "not in", told.err)
            daemon.kill()
        store.do("append", KIND, GOOD)


main(globals())
