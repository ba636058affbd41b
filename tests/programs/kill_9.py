"""The real programs are killed at random moments, again and again, and nothing is lost or doubled.

MILLRACE_SEED=N chooses other moments."""

import collections
import json
import os
import random
import signal
import subprocess
import time

from lib_cli import LIMIT, Store, equal, expect, main

SEED = int(os.environ.get("MILLRACE_SEED", "1"))
INPUTS = 40_000
KILLED_RUNS = 12
KILLED_GENERATORS = 3
KILLED_APPENDS = 40
EARLY_MAX = 0.08  # seconds: while the program starts
LATE_MAX = 0.01   # seconds after the event that was waited for


def has(store, position):
    """Whether the timeline reaches this far, seen beside whoever writes it."""
    seen = store.run("timeline", "--json", "--from", position, "--limit", 1)
    return seen.code == 0 and seen.out != ""


def tail_of(store):
    """The first position that is not written."""
    low, high = 0, 1
    while has(store, high - 1):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if has(store, middle) else (low, middle)
    return low


def run_to(store, position, running):
    """Waits until the timeline reaches the position, or the program has ended."""
    limit = time.monotonic() + LIMIT
    while running.poll() is None and not has(store, position):
        expect(time.monotonic() < limit, "position", position, "never came")


def end(running, number):
    """Sends a signal and waits: exit code, and what was printed."""
    running.send_signal(number)
    out, err = running.communicate(timeout=LIMIT)
    return running.returncode, out, err


def identified(events):
    """What each event is, whatever its position: the how-manieth input, or which reaction to what;
    with what it says. Times, and positions within, are left out."""
    names, inputs, all_of_them = {}, 0, collections.Counter()
    for event in events:
        if "emitter" in event:
            name = hash((names[event["cause"]], event["emitter"], event["ordinal"], event["type"]))
        else:
            expect(event["cause"] is None, "an input with a cause", event)
            name, inputs = inputs, inputs + 1
        names[event["position"]] = name
        said = None if event["type"].startswith("millrace.") else json.dumps(event["data"])
        all_of_them[(name, event["type"], said)] += 1
    return all_of_them


def check_order(events):
    """Positions have no gap, and no reaction is there twice."""
    equal([event["position"] for event in events], list(range(len(events))), "positions")
    reactions = collections.Counter((event["emitter"], event["cause"], event["ordinal"])
                                    for event in events
                                    if "emitter" in event
                                    and not event["type"].startswith("millrace."))
    expect(all(count == 1 for count in reactions.values()), "a reaction is there twice",
           reactions.most_common(3))


def check_at_rest(store):
    """Nothing is wrong, and nothing waits."""
    equal(store.json("verify")[-1]["findings"], 0)
    flows = store.json("flows")
    expect(flows, "there are flows")
    for flow in flows:
        equal(flow["status"], "idle", flow)


def undisturbed(count):
    """Events and report of a run that nobody disturbs."""
    with Store("scans") as store:
        store.do("generate", "--events", count)
        store.do("run", "--until-caught-up")
        check_at_rest(store)
        return store.json("timeline"), store.do("report")


def let_run(running, seconds):
    """For that long, or until it ends by itself."""
    try:
        running.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        pass


def kill_a_run(store, chance, last):
    """One run, killed when some more events are committed, or while it starts. Whether it was at
    work: not at the last event yet."""
    before = tail_of(store)
    with store.start("run") as running:
        if chance.random() < 0.25:
            let_run(running, chance.uniform(0, EARLY_MAX))
        else:
            more = chance.randrange(INPUTS // KILLED_RUNS)
            run_to(store, min(before + more, last), running)
            let_run(running, chance.uniform(0, LATE_MAX))
        code, _, err = end(running, signal.SIGKILL)
    equal(code, -signal.SIGKILL, "it was killed", err)
    return not has(store, last)


def test_killed_runs_come_to_the_same_as_an_undisturbed_one():
    chance = random.Random(SEED)
    wanted, report = undisturbed(INPUTS)
    with Store("scans") as store:
        store.do("generate", "--events", INPUTS)
        at_work = sum(kill_a_run(store, chance, len(wanted) - 1) for _ in range(KILLED_RUNS))
        expect(at_work >= KILLED_RUNS // 4, "only", at_work, "were killed at work")
        store.do("run", "--until-caught-up")
        check_at_rest(store)
        events = store.json("timeline")
        check_order(events)
        expect(identified(events) == identified(wanted), "other events; MILLRACE_SEED", SEED)
        equal(store.do("report"), report, "MILLRACE_SEED", SEED)
        again = store.json("run", "--until-caught-up")[0]
        equal((again["handled"], again["appended"]), (0, 0), "nothing is left to do")


def test_a_killed_generator_leaves_whole_batches_in_order():
    chance = random.Random(SEED)
    batch, most = 64, 20_000
    with Store("scans") as whole:
        whole.do("generate", "--events", most)
        wanted = [event["data"] for event in whole.json("timeline")]
    for _ in range(KILLED_GENERATORS):
        with Store("scans") as store:
            with store.start("generate", "--events", most, "--batch", batch) as running:
                run_to(store, chance.randrange(most // 2), running)
                end(running, signal.SIGKILL)
            found = [event["data"] for event in store.json("timeline")]
            expect(found == wanted[:len(found)], "a prefix", len(found))
            expect(len(found) == most or len(found) % batch == 0, "whole batches", len(found))
            equal(store.json("verify")[-1]["findings"], 0)


def test_every_printed_position_is_on_the_timeline():
    chance = random.Random(SEED)
    with Store() as store:
        begun = time.monotonic()
        equal(store.do("append", "E", '{"n":-1}'), "0\n")
        usual = time.monotonic() - begun
        printed, killed = {0: -1}, 0
        for number in range(KILLED_APPENDS):
            with store.start("append", "E", json.dumps({"n": number})) as running:
                let_run(running, chance.uniform(0, 1.5 * usual))
                code, out, err = end(running, signal.SIGKILL)
            killed += code != 0
            expect(code in (0, -signal.SIGKILL), code, err)
            if out.endswith("\n"):
                expect(int(out) not in printed, "printed twice", out)
                printed[int(out)] = number
        expect(killed > 0, "nothing was killed")
        events = store.json("timeline")
        check_order(events)
        for position, number in printed.items():
            equal(events[position]["data"], {"n": number}, "position", position)
        numbers = [event["data"]["n"] for event in events]
        equal(numbers, sorted(set(numbers)), "each at most once, in order")
        equal(store.json("verify")[-1]["findings"], 0)


def left_over(store, before):
    """How many inbox entries are after the checkpoints of the flows as they were before."""
    count = 0
    for flow in store.json("flows"):
        known = before.get(flow["flow"])
        if known == flow["checkpoint"]:
            continue
        after = [] if known is None else ["--after", known]
        count += len(store.json("inbox", flow["flow"], "--limit", 1_000_000, *after))
    return count


def test_a_run_that_is_told_to_stop_keeps_what_it_did():
    count = 6_000
    with Store("scans") as store:
        store.do("generate", "--events", count)
        with store.start("run", "--json") as running:
            run_to(store, count + count // 3, running)
            code, out, err = end(running, signal.SIGTERM)
        equal((code, err), (0, ""))
        first = json.loads(out)
        expect(first["handled"] > 0, "it had begun", first)
        equal(store.json("verify")[-1]["findings"], 0)
        before = {flow["flow"]: flow["checkpoint"] for flow in store.json("flows")}
        second = store.json("run", "--until-caught-up")[0]
        check_at_rest(store)
        equal(second["handled"], left_over(store, before), "handled after the stop")
        third = store.json("run", "--until-caught-up")[0]
        equal((third["read"], third["handled"]), (0, 0), "a restart costs what is pending")
        wanted, report = undisturbed(count)
        expect(identified(store.json("timeline")) == identified(wanted), "other events")
        equal(store.do("report"), report)


main(globals())
