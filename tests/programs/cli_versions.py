"""Two versions of a query on the real programs: compared, switched and dropped."""

from lib_cli import BIN, Store, equal, expect, main
from lib_versions import QUERY, history, image, made_by_another_version

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

        bob = store.json("flow", QUERY + "|bob")[0]
        served = bob["served"]
        equal((served["version"], served["frozen"], served["until"]), (7, True, tail), "served")
        equal((served["at"], served["state"]["registered"]), (2, "3"), served)
        equal((bob["state"], bob["version"]), (None, None), "the newer one has not begun")
        said = store.do("flow", QUERY + "|bob")
        expect("version 7 (build 1) is, frozen" in said and '"registered":"3"' in said, said)
        early = store.run("switch", QUERY, "--dry-run")
        equal(early.code, 4, "it cannot be switched yet", early.err)
        expect("version 7 (build 1, served, frozen)" in early.out, early.out)
        store.do("run", "--until-caught-up")

        equal(store.json("flow", QUERY + "|bob")[0]["served"], None, "what runs is served")

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
