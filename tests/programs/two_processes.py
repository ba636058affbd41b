"""One process owns a store: a second owner is refused at once and told who holds it; readers work
beside it."""

import signal
import subprocess

from lib_cli import LIMIT, Store, equal, expect, main

INPUTS = 20_000
OWNING = (["run"], ["run", "--until-caught-up"], ["retry", "SmartScanner"],
          ["skip", "SmartScanner"], ["generate", "--events", "1"], ["report"],
          ["append", "ImageWritten", "{}"])
READING = (["timeline", "--limit", "5"], ["flows"], ["flow", "SmartScanner"], ["schedule"],
           ["inbox", "SmartScanner"], ["resume"], ["trace", "0"], ["verify"])


def opened(store, running):
    """Waits until the running program owns the store: then the lock names it."""
    while str(running.pid) not in (store.path / "lock").read_text(encoding="utf-8"):
        expect(running.poll() is None, "ended by itself", running.returncode)


def finish(running, number=signal.SIGTERM):
    """Ends a program: exit code and stderr."""
    running.send_signal(number)
    _, err = running.communicate(timeout=LIMIT)
    return running.returncode, err


def test_a_second_owner_is_refused_and_told_who_holds_the_store():
    with Store("scans") as store:
        store.do("generate", "--events", 100)
        with store.start("run") as running:
            opened(store, running)
            for words in OWNING:
                refused = store.run(*words)
                equal(refused.code, 4, words, refused.err)
                equal(refused.out, "", words)
                equal(refused.err.count("\n"), 1, words, refused.err)
                expect(str(running.pid) in refused.err, words, "names", running.pid, refused.err)
                expect(str(store.path) in refused.err, words, "names the store", refused.err)
            equal(finish(running), (0, ""))
        store.do("run", "--until-caught-up")


def test_of_many_owners_at_once_one_gets_the_store():
    with Store("scans") as store:
        store.do("generate", "--events", 100)
        for _ in range(5):
            rivals = [store.start("run") for _ in range(4)]
            left = list(rivals)
            while len(left) > 1:
                left = [each for each in left if each.poll() is None]
            equal(len(left), 1, "one stays", [each.returncode for each in rivals])
            opened(store, left[0])
            for each in rivals:
                code, err = finish(each) if each in left else (each.wait(), each.stderr.read())
                equal(code, 0 if each in left else 4, err)
                each.stdout.close()
                each.stderr.close()
        equal(store.json("verify")[-1]["findings"], 0)


def test_an_owner_that_was_killed_holds_nothing():
    with Store("scans") as store:
        store.do("generate", "--events", 100)
        with store.start("run") as running:
            opened(store, running)
            finish(running, signal.SIGKILL)
        store.do("run", "--until-caught-up")


def test_readers_work_beside_a_running_host():
    with Store("scans") as store:
        store.do("generate", "--events", INPUTS)
        follow = [store.program, "--store", str(store.path), "timeline", "--follow", "--json",
                  "--from", str(INPUTS), "--limit", "1000"]
        with store.start("run") as running, \
                subprocess.Popen(follow, stdout=subprocess.PIPE, text=True) as follower:
            opened(store, running)
            tail = 0
            while store.json("resume")[0]["routes"]:
                expect(running.poll() is None, "ended by itself")
                for words in READING:
                    seen = store.run(*words)
                    early = seen.code == 3 and "SmartScanner" in words  # not routed to yet
                    expect(seen.code == 0 or early, words, seen.code, seen.out, seen.err)
                before, tail = tail, store.json("resume")[0]["checkpoint"]
                expect(tail >= before, "the tail never moves back", before, tail)
            positions = [line.split(",")[0] for line in follower.stdout]
            equal(positions, [f'{{"position":{INPUTS + i}' for i in range(1000)])
            equal(follower.wait(LIMIT), 0)
            equal(finish(running), (0, ""))
        events = store.json("timeline")
        equal([event["position"] for event in events], list(range(len(events))))
        equal(store.json("verify")[-1]["findings"], 0)


main(globals())
