"""run, retry, skip, flow and verify of flows that meet an event that does not decode."""

import signal

from lib_cli import BIN, Store, equal, expect, main

STOCK = str(BIN / "millrace")
GOOD = '{"logged_at":"2025-01-01T10:00:00Z","action":"INSTALL","package":"bash","new_version":"5"}'
BAD = '{"package": {"not": "text"}}'


def fill(store):
    """Two good events, a bad one between them that only the stock program takes, and a run: the
    position of the bad one, and how the run ended."""
    store.do("append", "PackageActionTaken", GOOD)
    store.do("run", "--until-caught-up")
    bad = int(store.do("append", "PackageActionTaken", BAD, program=STOCK))
    store.do("append", "PackageActionTaken", GOOD)
    return bad, store.run("run", "--until-caught-up", "--json")


def test_what_does_not_decode_stops_only_those_who_observe_it():
    with Store("dpkg-flows") as store:
        bad, result = fill(store)
        equal(result.code, 0, result.err)
        expect(result.lines()[0]["stopped"] > 0, result.out)
        expect(f"InstallSession stopped on event {bad}" in result.err, result.err)
        said = store.do("flow", "PackageHistory")
        expect(f"The routing of PackageHistory stopped on event {bad}, PackageActionTaken" in said,
               said)
        history = store.json("flow", "PackageHistory|bash")[0]
        equal((history["status"], history["checkpoint"], history["parked_at"]), ("idle", 0, bad))
        equal(history["state"]["installs"], "1")
        for words in (["flows"], ["flows", "--stopped"]):
            listed = {row["flow"]: row for row in store.json(*words)}
            row = listed["PackageHistory"]
            equal((row["status"], row["id"], row["error_position"]), ("stopped", None, bad))
            expect(f"routing, at event {bad}" in store.do(*words), words)
        found = store.run("verify")
        equal(found.code, 1)
        expect(f"event {bad}: the payload does not decode as PackageActionTaken" in found.out,
               found.out)
        equal(found.out.count("\n"), 2)


def test_a_skipped_event_is_recorded_and_the_rest_goes_on():
    with Store("dpkg-flows") as store:
        bad, _ = fill(store)
        equal(store.json("retry", "PackageHistory"),
              [{"flow": "PackageHistory", "repair": "retry", "position": bad}])
        store.do("run", "--until-caught-up")
        equal(store.json("flow", "PackageHistory")[0]["status"], "parked", "it fails again")
        expect(f"event {bad} is passed by" in store.do("skip", "PackageHistory"), "skip")
        store.do("run", "--until-caught-up")
        report = store.json("flow", "PackageHistory")[0]
        equal((report["status"], report["skipped"][0]["position"]), ("routing", bad))
        history = store.json("flow", "PackageHistory|bash")[0]
        equal((history["status"], history["checkpoint"], history["lag"]), ("idle", bad + 1, 0))
        equal(history["state"]["installs"], "2")
        equal(store.run("skip", "PackageHistory").code, 4, "not stopped any more")
        store.do("skip", "InstallSession")
        store.do("run", "--until-caught-up")
        states = {e["position"]: e["state"] for e in store.json("inbox", "InstallSession")}
        equal(states[bad], "skipped")


def test_typed_json_is_checked_when_it_is_appended():
    with Store("dpkg-flows") as store:
        store.fails(1, "PackageActionTaken", "append", "PackageActionTaken", BAD)
        store.fails(1, "PackageActionTaken", "append", "PackageActionTaken", '{"nope": 1}')
        found = store.fails(3, "did you mean PackageActionTaken", "append", "PackageActonTaken")
        expect("observes PackageActonTaken" in found.err, found.err)
        expect(not store.path.exists(), "no store was made")


def test_what_is_appended_waits_until_the_flows_run():
    with Store("dpkg-flows") as store:
        store.do("append", "PackageActionTaken", GOOD)
        expect("PackageHistory|bash waits: 1 event is not handled yet; the next is event 0" in
               store.do("flow", "PackageHistory|bash"), "words")
        equal([f["flow"] for f in store.json("flows", "--pending", "--type", "PackageHistory")],
              ["PackageHistory|bash"])
        expect(["PackageHistory", "bash"] in store.json("resume")[0]["routes"], "pending")
        store.do("run", "--until-caught-up")
        equal(store.json("flows", "--pending"), [])
        equal([e["state"] for e in store.json("inbox", "PackageHistory|bash")], ["handled"])
        equal(store.json("verify")[-1]["findings"], 0)
        again = store.json("run", "--until-caught-up")[0]
        equal((again["read"], again["handled"]), (0, 0), "a restart costs what is pending")


def test_a_signal_ends_a_run_in_order():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Store("dpkg-flows") as store:
            store.do("append", "PackageActionTaken", GOOD)
            with store.start("run", "--json") as running:
                while store.run("resume").lines()[0]["routes"]:
                    expect(running.poll() is None, "ended by itself")
                equal(store.run("append", "PackageActionTaken", GOOD).code, 4)
                running.send_signal(number)
                out, err = running.communicate(timeout=60)
            equal(running.returncode, 0, err)
            expect('"handled":' in out, out)
            equal(err, "")
            equal(store.json("verify")[-1]["findings"], 0)


def test_follow_shows_what_another_process_appends():
    with Store() as store:
        store.do("append", "E", '{"n":0}')
        with store.start("timeline", "--follow", "--json") as follower:
            expect('"n":0' in follower.stdout.readline(), "the first")
            for n in (1, 2):
                store.do("append", "E", f'{{"n":{n}}}')
                expect(f'"n":{n}' in follower.stdout.readline(), n)
            follower.send_signal(signal.SIGINT)
            equal(follower.wait(60), 0)
            equal(follower.stderr.read(), "")
        with store.start("timeline", "--follow", "--limit", 2) as follower:
            equal(follower.communicate(timeout=60)[0].count("\n"), 2)
            equal(follower.returncode, 0)


def test_a_reader_that_goes_away_ends_follow():
    with Store() as store:
        store.do("append", "E")
        with store.start("timeline", "--follow") as follower:
            follower.stdout.readline()
            follower.stdout.close()
            equal(follower.wait(60), 0)


main(globals())
