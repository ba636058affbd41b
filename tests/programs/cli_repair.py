"""retry --all, reset, what-if and flow --at, as people use them: one process after the other."""

import pathlib

from lib_cli import BIN, Store, equal, expect, main

STOCK = str(BIN / "millrace")
SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "apps/dpkg-flows/sample"
GOOD = '{"logged_at":"2025-01-01T10:00:00Z","action":"INSTALL","package":"bash","new_version":"%d"}'
BAD = '{"package": {"not": "text"}}'


def fill(store):
    for version in range(3):
        store.do("append", "PackageActionTaken", GOOD % version)
    store.do("run", "--until-caught-up")


def flow(store, key, *more):
    return store.json("flow", key, *more)[0]


def test_a_reset_flow_folds_its_own_events_again_and_others_none():
    with Store("dpkg-flows") as store:
        fill(store)
        before = flow(store, "PackageHistory|bash")
        others = {row["flow"]: row for row in store.json("flows")}
        equal(store.json("reset", "PackageHistory|bash"),
              [{"flow": "PackageHistory|bash", "repair": "reset", "accept_history": False,
                "skips_forgotten": False}])
        waiting = flow(store, "PackageHistory|bash")
        equal((waiting["status"], waiting["checkpoint"], waiting["lag"]), ("pending", None, 3))
        equal(store.json("verify")[-1]["findings"], 0)
        equal([row["flow"] for row in store.json("flows", "--pending")], ["PackageHistory|bash"])
        equal(store.json("run", "--until-caught-up")[0]["handled"], 3)
        after = flow(store, "PackageHistory|bash")
        equal(after["generation"], before["generation"] + 1)
        equal((after["state"], after["changed"]), (before["state"], before["changed"]))
        equal({row["flow"]: row for row in store.json("flows")}, others)
        equal(store.json("verify")[-1]["findings"], 0)


def test_a_reset_topic_appends_nothing_again():
    with Store("dpkg-flows") as store:
        store.do("import-log", SAMPLE)
        store.do("run", "--until-caught-up")
        timeline = store.do("timeline", "--json")
        for accept in ((), ("--accept-history",)):
            expect("InstallSession begins anew" in store.do("reset", "InstallSession", *accept), "")
            equal(store.json("verify")[-1]["findings"], 0)
            handled = store.json("run", "--until-caught-up")[0]
            expect(handled["handled"] > 100, handled)
            equal(store.do("timeline", "--json"), timeline)
            equal(flow(store, "InstallSession")["status"], "idle")
        equal(flow(store, "InstallSession")["generation"], 2)


def test_a_reset_type_lets_all_its_flows_begin_anew():
    with Store("dpkg-flows") as store:
        store.do("import-log", SAMPLE)
        store.do("run", "--until-caught-up")
        states = {row["flow"]: flow(store, row["flow"])["state"]
                  for row in store.json("flows", "--type", "PackageHistory")}
        answer = store.json("reset", "PackageHistory")[0]
        equal((answer["type"], answer["flows"]), ("PackageHistory", len(states)))
        # The type itself is listed too while its history is still on the way to it.
        pending = [row["flow"] for row in store.json("flows", "--pending")
                   if row["flow"] != "PackageHistory"]
        equal(pending, list(states), "all of them, and no others")
        store.do("run", "--until-caught-up")
        equal({key: flow(store, key)["state"] for key in states}, states)


def test_what_cannot_be_reset_is_refused():
    with Store("dpkg-flows") as store:
        fill(store)
        store.fails(3, "no flow PackageHistory|zsh", "reset", "PackageHistory|zsh")
        store.fails(2, "KEY", "reset")
        store.fails(2, "KEY or --all", "retry")
        store.fails(2, "--all", "retry", "--type", "InstallSession")


def test_all_that_are_stopped_are_tried_again_or_those_that_fit():
    with Store("dpkg-flows") as store:
        fill(store)
        store.do("append", "PackageActionTaken", BAD, program=STOCK)
        store.do("run", "--until-caught-up")
        stopped = len(store.json("flows", "--stopped"))
        expect(stopped > 1, stopped)
        equal(store.json("retry", "--all", "--error", "of another kind"),
              [{"repair": "retry", "flows": 0}])
        equal(store.json("retry", "--all", "--type", "InstallSession"),
              [{"repair": "retry", "flows": 1}])
        equal(len(store.json("flows", "--stopped")), stopped - 1)
        store.do("run", "--until-caught-up")
        equal(store.do("retry", "--all", "--error", "does not decode"),
              f"{stopped} flows will be tried again by the next run\n")


def test_what_if_answers_and_saves_nothing():
    with Store("dpkg-flows") as store:
        fill(store)
        store.fails(4, "nothing waits for InstallSession", "what-if", "InstallSession")
        bad = int(store.do("append", "PackageActionTaken", BAD, program=STOCK))
        store.do("run", "--until-caught-up")
        found = store.json("what-if", "InstallSession")[0]
        equal((found["position"], found["state"], found["reactions"]), (bad, None, []))
        expect("does not decode" in found["error_message"], found)
        good = int(store.do("append", "PackageActionTaken", GOOD % 9))
        store.do("skip", "PackageHistory")
        before = store.do("flow", "PackageHistory|bash", "--json")
        found = store.json("what-if", "PackageHistory|bash")[0]
        equal((found["position"], found["error_message"]), (good, None))
        equal(found["state"]["installs"], "4")
        equal(store.do("flow", "PackageHistory|bash", "--json"), before)
        expect("is handled" in store.do("what-if", "PackageHistory|bash"), "words")


def test_a_flow_is_shown_as_it_was():
    with Store("dpkg-flows") as store:
        fill(store)
        for at in range(3):
            then = flow(store, "PackageHistory|bash", "--at", at)
            equal((then["at"], then["alive"], then["life"]), (at, True, 0))
            equal(then["state"]["installs"], str(at + 1))
        expect("alive since 0" in store.do("flow", "PackageHistory|bash", "--at", 1), "words")
        tail = len(store.json("timeline"))
        store.fails(3, f"there is no position {tail}", "flow", "PackageHistory|bash", "--at", tail)
        store.do("append", "PackageActionTaken", GOOD % 3)
        store.fails(4, f"has not come to {tail}", "flow", "PackageHistory|bash", "--at", tail)


main(globals())
