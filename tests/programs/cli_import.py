"""import and export on a real store. MILLRACE_SEED=N chooses other random histories."""

import json
import os
import pathlib
import random
import signal
import subprocess

from lib_cli import LIMIT, Store, equal, expect, main
import lib_kurrent as kurrent

SEED = int(os.environ.get("MILLRACE_SEED", "1"))
HISTORIES = 25
KILLS = 12


def line(at, **more):
    metadata = {"routeTypes": ["Multi", "Single"], "routeIds": [{"type": 0, "ids": [str(at % 7)]}]}
    return json.dumps(dict({"stream": "timeline", "position": at, "type": "E",
                            "time": "2025-01-01T00:00:00Z", "data": {"n": at},
                            "metadata": metadata}, **more)) + "\n"


def positions(store):
    return [event["position"] for event in store.json("timeline")]


def wait_for(store, position, running):
    """Until another process sees the event."""
    for _ in range(LIMIT * 20):
        if running.poll() is not None:
            raise SystemExit(f"FAILED: it ended: {running.communicate()}")
        seen = store.run("timeline", "--json", "--from", position, "--limit", 1)
        if seen.code == 0 and seen.out:
            return
    raise SystemExit(f"FAILED: position {position} never came")


def test_random_histories_come_to_the_manifest_of_the_reference_fold():
    for seed in range(SEED * 1000, SEED * 1000 + HISTORIES):
        chance = random.Random(seed)
        lines = kurrent.history(chance, chance.randrange(1, 80))
        with Store() as store:
            summary = store.json("import", "--format", "kurrent", stdin=kurrent.text(lines))[0]
            equal(summary["lines"], len(lines), "seed", seed)
            found = json.loads(store.do("resume"))
            equal(found, kurrent.manifest(lines), "seed", seed)
            equal(store.json("verify")[-1]["findings"], 0, "seed", seed)


def test_positions_times_and_holes_are_kept():
    with Store() as store:
        store.do("import", stdin=line(3) + line(7, time="1999-12-31T23:59:59.5Z"))
        events = store.json("timeline")
        equal([e["position"] for e in events], [3, 7])
        equal(events[1]["time"], "1999-12-31T23:59:59.500000Z")
        equal(store.do("append", "Next"), "8\n")


def test_the_same_again_adds_nothing_and_more_goes_on():
    with Store() as store:
        file = store.path.parent / "history.jsonl"
        file.write_text(line(0) + line(1))
        store.do("import", file)
        equal(store.json("import", file)[0]["events"], 0)
        equal(store.json("import", stdin=line(0) + line(1))[0]["events"], 0)
        file.write_text(line(0) + line(1) + line(5))
        again = store.json("import", file)[0]
        equal((again["events"], again["lines_before"], again["format"]), (1, 2, "kurrent"))
        store.do("import", "-", stdin=line(0) + line(1) + line(5) + line(6))
        equal(positions(store), [0, 1, 5, 6])
        store.do("import", stdin=line(9))
        store.fails(1, "line 1: its position, 2, does not come after 9", "import",
                    stdin=line(2) + line(10))
        store.fails(4, "ends after", "import", stdin=line(0) + line(1))


def test_a_bad_line_ends_the_import_by_number():
    with Store() as store:
        bad = line(0) + line(1) + '{"stream":"timeline"}\n' + line(2)
        result = store.run("import", stdin=bad)
        equal(result.code, 1)
        expect("line 3: it has no position; 2 lines before it are imported" in result.err,
               result.err)
        equal(positions(store), [0, 1])
        mended = store.json("import", stdin=bad.replace('{"stream":"timeline"}', ""))[0]
        equal(mended["events"], 1)
        equal(positions(store), [0, 1, 2])


def test_bad_lines_can_be_passed_over_and_are_listed():
    with Store() as store:
        result = store.run("import", "--skip-bad", "--json",
                           stdin="nonsense\n" + line(0) + line(0) + "\n{}\n" + line(4)[:-20])
        equal(result.code, 0)
        summary = result.lines()[0]
        equal((summary["events"], summary["skipped"]), (1, 4))
        equal([bad["line"] for bad in summary["bad"]], [1, 3, 5, 6])
        for number in (1, 3, 5, 6):
            expect(f"warning: line {number}: " in result.err, result.err)


def test_a_last_line_that_is_not_whole_yet_is_read_when_it_is():
    for as_file in (True, False):
        with Store() as store:
            file = store.path.parent / "history.jsonl"

            def grown(text):
                file.write_text(text)
                source = {} if as_file else {"stdin": text}
                return store.json("import", *([file] if as_file else []), "--skip-bad", **source)[0]

            begun = grown(line(0) + line(1)[:-20])
            equal((begun["events"], begun["skipped"], begun["lines"]), (1, 1, 1))
            whole = grown(line(0) + line(1).rstrip())
            equal((whole["events"], whole["skipped"], whole["lines"]), (1, 0, 1))
            more = grown(line(0) + line(1) + line(2) + "nonsense\n")
            equal((more["events"], more["lines"], more["bad"][0]["line"]), (1, 2, 4))
            equal(positions(store), [0, 1, 2])


def test_what_cannot_be_read_makes_no_store():
    with Store() as store:
        store.fails(3, "there is no file", "import", "/nowhere/at/all")
        store.fails(1, "is a directory", "import", "/")
        equal(store.run("import", "--format", "xml").code, 2)
        expect(not store.path.exists(), "a store was made")


def test_an_import_that_is_killed_again_and_again_comes_to_the_same():
    chance = random.Random(SEED)
    count = 60_000
    with Store() as store:
        file = store.path.parent / "history.jsonl"
        file.write_text("".join(line(at * 2) for at in range(count)))
        for _ in range(KILLS):
            with store.start("import", file) as running:
                try:
                    running.wait(timeout=chance.uniform(0.01, 0.5))
                except subprocess.TimeoutExpired:
                    running.send_signal(signal.SIGKILL)
        with open(file, encoding="utf-8") as pipe:
            done = subprocess.run([store.program, "--store", str(store.path), "import"],
                                  stdin=pipe, check=False, stderr=subprocess.PIPE)
        equal(done.returncode, 0, done.stderr)
        equal(positions(store), [at * 2 for at in range(count)])
        equal(store.json("verify")[-1]["findings"], 0)
        equal(json.loads(store.do("resume")),
              {"checkpoint": count * 2 - 2, "schedule": [],
               "routes": [["Multi"] + [str(i) for i in range(7)], "Single"]})


def test_follow_keeps_up_with_a_growing_file_until_a_signal():
    with Store() as store:
        file = store.path.parent / "history.jsonl"
        file.write_text(line(0) + line(1)[:20])
        with store.start("import", file, "--follow", "--json") as running:
            wait_for(store, 0, running)
            equal(json.loads(store.do("resume"))["checkpoint"], 0)
            with open(file, "a", encoding="utf-8") as growing:
                growing.write(line(1)[20:] + line(2))
            wait_for(store, 2, running)
            running.send_signal(signal.SIGTERM)
            out, err = running.communicate(timeout=LIMIT)
            equal((running.returncode, err.count("warning")), (0, 0), err)
            equal(json.loads(out)["events"], 3)
        equal(positions(store), [0, 1, 2])


def test_follow_ends_with_an_error_when_the_file_is_cut():
    with Store() as store:
        file = store.path.parent / "history.jsonl"
        file.write_text(line(0) + line(1))
        with store.start("import", file, "--follow") as running:
            wait_for(store, 1, running)
            os.truncate(file, 5)
            _, err = running.communicate(timeout=LIMIT)
            equal(running.returncode, 4, err)
            expect("history.jsonl was cut to 5 bytes" in err, err)
        equal(positions(store), [0, 1])


def test_follow_reads_a_pipe_as_lines_come():
    with Store() as store:
        with store.start("import", "-", "--follow", stdin=subprocess.PIPE) as running:
            for at in (0, 4, 5):
                running.stdin.write(line(at))
                running.stdin.flush()
                wait_for(store, at, running)
            running.stdin.close()
            equal(running.wait(LIMIT), 0)
        equal(positions(store), [0, 4, 5])


def test_an_export_is_imported_to_the_same_timeline():
    with Store("scans") as store, Store() as other, Store() as third:
        store.do("generate", "--events", 3000)
        store.do("run", "--until-caught-up")
        store.do("append", "Odd", '{"a" : 1.50, "b": "\\u0000é"}', "--any-type", "--id", "i",
                 "--due", "2100-01-01T00:00:00Z", "--route", "X|y|z", "--header", "a=b",
                 "--user", "ü")
        text = store.do("export")
        expect(text.count("\n") > 3000, "it exports all")
        other.do("import", stdin=text)
        expect(other.do("export") == text, "the second export differs")
        inert = [dict(timer, inert=True) for timer in store.json("schedule")]
        equal(other.json("schedule"), inert)
        equal(other.json("verify")[-1]["findings"], 0)
        part = store.do("export", "--from", 10, "--to", 19)
        equal(part, "".join(text.splitlines(keepends=True)[10:20]))
        third.do("import", stdin=part)
        equal(positions(third), list(range(10, 20)))


def peak_of_import(count, lines):
    """Kilobytes that an import of these lines takes at most."""
    with Store() as store:
        file = store.path.parent / "history.jsonl"
        with open(file, "w", encoding="utf-8") as out:
            for at in range(count):
                out.write(lines(at))
        with store.start("import", file, "--follow") as running:
            wait_for(store, count - 1, running)
            status = pathlib.Path(f"/proc/{running.pid}/status").read_text(encoding="utf-8")
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=LIMIT)
        return int(status.split("VmHWM:")[1].split()[0])


def new_flow(at):
    return line(at, metadata={"routeTypes": ["Multi"],
                              "routeIds": [{"type": 0, "ids": [f"one of a million: {at}"]}]})


def checkpoint_and_new_flow(at):
    return json.dumps({"stream": f"Multi|one of a million: {at}-checkpoint", "type": "Checkpoint",
                       "data": {"n": at}, "metadata": {"position": at}}) + "\n" + new_flow(at)


def test_memory_does_not_grow_with_the_file():
    peaks = [peak_of_import(count, line) for count in (20_000, 200_000)]
    expect(peaks[1] < 200_000 and peaks[1] < peaks[0] + 100_000, "kilobytes at most", peaks)


def test_memory_is_bounded_whatever_the_number_of_flows():
    """A million of them take 234 MB, and 600,000 with their checkpoints 270."""
    for lines in (new_flow, checkpoint_and_new_flow):
        peak = peak_of_import(300_000, lines)
        expect(peak < 270_000, lines.__name__, "kilobytes", peak)


main(globals())
