"""Random Kurrent histories, good and bad, and all that the program says of them against a reference
fold: random_histories.py BIN [MODE FIRST LAST] takes the seeds from FIRST to LAST of one mode."""

import base64
import json
import random
import signal
import subprocess
import sys
import threading
import time

from lib_cli import LIMIT, Result, Store, equal, expect
from lib_fold import Fold, utf8
from lib_histories import history
from lib_lines import time_text

EVENTS = [5, 40, 120]  # of a history, one of them
SEEDS = (1, 2)  # of each mode; others are given by hand
KILLS_MAX = 20
ERROR_MAX = 4096  # bytes that are kept of a flow's error


class Imported(Store):
    """A store and the history beside it; its input and output are bytes, as a history may be no
    UTF-8 and an export must be the same to the byte."""

    def __init__(self):
        super().__init__()
        self.file = self.path.parent / "history.jsonl"

    def command(self, words):
        return [self.program, "--store", str(self.path), *map(str, words)]

    def run(self, *words, stdin=b""):
        return Result(subprocess.run(self.command(words), input=stdin, capture_output=True,
                                     timeout=LIMIT, check=False, env=self.environment()))

    def start(self, *words, **more):
        """Unbuffered: a history comes in pieces of any size."""
        return subprocess.Popen(self.command(words), bufsize=0, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment(), **more)

    def json(self, *words, codes=(0,)):
        result = self.run("--json", *words)
        expect(result.code in codes, words, "exit code", result.code, result.err)
        return values(result.out)

    def bring(self, text, piped, *words):
        self.file.write_bytes(text)
        return self.run(*importing(self, piped), *words, stdin=text if piped else b"")

    def resume(self):
        return json.loads(self.do("resume"))


def importing(store, piped):
    return ["import", "-" if piped else store.file, "--format", "kurrent", "--json"]


def values(text):
    """One JSON value per line; a line ends where JSON says, not where Python would end it too."""
    return [json.loads(line) for line in text.decode().split("\n") if line]


def folded(text):
    fold = Fold()
    fold.feed(text)
    return fold


# The modes: each takes a chance, which the seed decides, and a store.


def clean(chance, store):
    """All lines are good. What is exported is imported again, and all that is folded is rebuilt."""
    text = make(chance, 0)
    fold = folded(text)
    equal(fold.bad, [], "the generator's bad lines")
    check_summary(store.bring(text, False), fold)
    export = check_store(store, fold, chance)
    equal(values(store.bring(text, False).out)[-1]["events"], 0, "events of a second import")
    check_rebuild(store, fold, export)
    check_export_again(store, fold, export, chance)


def bad(chance, store):
    """Bad lines are passed over, and each is listed."""
    text = make(chance, 0.01, 0.05, 0.3)
    fold = folded(text)
    check_summary(store.bring(text, chance.random() < 0.5, "--skip-bad"), fold)
    export = check_store(store, fold, chance)
    if chance.random() < 0.3:
        check_rebuild(store, fold, export)
        check_export_again(store, fold, export, chance)


def stop(chance, store):
    """The import ends at each bad line and names it; it goes on when the line is blank instead."""
    lines = make(chance, 0.05).split(b"\n")
    while True:
        text, fold = b"\n".join(lines), Fold()
        whole = fold.feed(text, skip_bad=False)
        done = store.bring(text, chance.random() < 0.3)
        equal(done.code, 0 if whole else 1, done.err)
        if whole:
            break
        number, why = fold.bad[0]
        expect(b"line %d:" % number in done.err, "line", number, why, done.err)
        if chance.random() < 0.3:
            equal(store.resume(), fold.manifest(), "resume before line", number)
        lines[number - 1] = b" " * chance.choice([0, 5])
    check_store(store, fold, chance)


def kill(chance, store):
    """The import is killed again and again, and once it is not."""
    text = make(chance, 0, 0.02)
    fold, piped = folded(text), chance.random() < 0.5
    store.file.write_bytes(text)
    for number in range(KILLS_MAX):
        if not killed(store, piped, chance.uniform(0.002, 0.05)):
            break
        if number % 5 == 4 and (store.path / "millrace.db").exists():
            check_prefix(store, fold)
    done = store.bring(text, piped, "--skip-bad")
    equal(done.code, 0, done.err)
    export = check_store(store, fold, chance)
    check_rebuild(store, fold, export)


def killed(store, piped, after):
    """Whether the import had to be killed so many seconds after its start."""
    with open(store.file, "rb") as file:
        source = {"stdin": file if piped else subprocess.DEVNULL}
        with store.start(*importing(store, piped), "--skip-bad", **source) as running:
            try:
                _, error = running.communicate(timeout=after)
                equal(running.returncode, 0, error)
                return False
            except subprocess.TimeoutExpired:
                running.kill()
                running.communicate()
                return True


def follow(chance, store):
    """The history comes in pieces while it is followed, in a file or a pipe."""
    text = ended(make(chance, 0, 0.05))
    fold, piped = folded(text), chance.random() < 0.5
    with open(store.file, "wb", buffering=0) as file:
        source = {"stdin": subprocess.PIPE if piped else subprocess.DEVNULL}
        with store.start(*importing(store, piped), "--follow", "--skip-bad", **source) as running:
            said = []
            # Read while it runs: the warnings of many bad lines fill a pipe.
            reader = threading.Thread(target=lambda: said.append(running.stderr.read()))
            reader.start()
            write_in_pieces(chance, store, fold, text, running.stdin if piped else file)
            if piped and chance.random() < 0.5:
                running.stdin.close()
            else:
                wait_for_all(store, fold)
                running.send_signal(chance.choice([signal.SIGINT, signal.SIGTERM]))
            out = running.stdout.read()
            reader.join()
            equal(running.wait(LIMIT), 0, said)
    check_bad_lines(values(out)[-1], fold)
    check_store(store, fold, chance)


def write_in_pieces(chance, store, fold, text, out):
    """Now and then with a look at what has come, which gives the reader the time to see a part."""
    while text:
        text = text[out.write(text[:chance.choice([1, 7, 100, 5000, 70_000, len(text)])]):]
        if chance.random() < 0.1 and (store.path / "millrace.db").exists():
            check_prefix(store, fold)


def wait_for_all(store, fold):
    end, wanted = time.monotonic() + LIMIT, fold.manifest()
    while True:
        found = store.run("resume")
        if found.code == 0 and json.loads(found.out) == wanted:
            return
        expect(time.monotonic() < end, "never came to the end:", found.out, found.err, wanted)


def grow(chance, store):
    """A file, or what is piped, that is longer each time and is cut anywhere."""
    text = ended(make(chance, 0, 0.05, 0.2))
    fold, seen = folded(text), []
    numbers = [number for number, _ in fold.bad]
    cuts = sorted({a_cut(chance, text) for _ in range(chance.randrange(1, 8))})
    for cut in cuts + [len(text)]:
        part = text[:cut]
        done = store.bring(part, chance.random() < 0.4, "--skip-bad")
        equal(done.code, 0, done.err)
        found = [each["line"] for each in values(done.out)[-1]["bad"]]
        if not part.endswith(b"\n") and found and found[-1] == part.count(b"\n") + 1:
            del found[-1]  # it is not whole yet
        expect(set(found) <= set(numbers), "good lines are said to be bad at", cut, found)
        seen += found
    equal(sorted(set(seen)), numbers, "bad lines")
    expect(len(seen) - len(numbers) <= len(cuts), "bad lines are listed again and again", seen)
    check_store(store, fold, chance)


def a_cut(chance, text):
    """Often close to the end of a line."""
    line = chance.choice([at for at, byte in enumerate(text) if byte == ord("\n")])
    near = line + chance.choice([0, 0, 1, -1, 2, -2, -chance.randrange(100)])
    return min(max(chance.choice([near, near, chance.randrange(len(text))]), 0), len(text))


def make(chance, *shares):
    """A history of which one of these shares of the lines is bad."""
    return history(chance.random(), chance.choice(EVENTS), chance.choice(shares),
                   plain=chance.random() < 0.6)


def ended(text):
    return text if text.endswith(b"\n") else text + b"\n"


def check_summary(done, fold):
    equal(done.code, 0, done.err)
    summary = values(done.out)[-1]
    check_bad_lines(summary, fold)
    equal((summary["events"], summary["ignored"], summary["lines"]),
          (len(fold.events), fold.ignored, fold.lines), "summary")


def check_bad_lines(summary, fold):
    whys = {each["line"]: each["why"] for each in summary["bad"]}
    differ = set(whys) ^ {number for number, _ in fold.bad}
    expect(not differ, "bad lines", sorted(differ), "found", whys, "wanted", fold.bad)
    equal(summary["skipped"], len(fold.bad), "skipped")


def check_prefix(store, fold):
    """The store holds the first events and nothing else."""
    found = store.run("resume")
    last = json.loads(found.out)["checkpoint"] if found.code == 0 else None
    if last is not None:
        held = [event for event in fold.events if event["position"] <= last]
        # The import may go on meanwhile and bring more than what `resume` saw.
        equal(store.do("export", "--to", last).count(b"\n"), len(held), "events up to", last)


def check_store(store, fold, chance):
    """All that the commands say of it; returns the export."""
    equal(store.resume(), fold.manifest(), "resume")
    export = store.do("export")
    check_export(export, fold)
    check_flows(store, fold, chance)
    check_statistics(store, fold)
    equal(sorted((timer["position"], timer["due"]) for timer in store.json("schedule")),
          sorted((at, time_text(due)) for at, due in fold.schedule.items()), "schedule")
    for event in chance.sample(fold.events, min(2, len(fold.events))):
        reached = [flow["flow"] for flow in store.json("explain", event["position"])[0]["flows"]]
        equal(sorted(reached, key=utf8), event["routes"], "explain", event["position"])
    return export


def check_export(export, fold):
    lines = export.split(b"\n")
    equal(len(lines), len(fold.events) + 1, "lines exported")
    for line, event in zip(lines, fold.events):
        found = json.loads(line)
        wanted = {"position": event["position"], "type": event["type"],
                  "time": time_text(event["time"]), "routes": event["routes"],
                  "content_type": "application/json"}
        wanted |= {} if event["cause"] is None else {"cause": event["cause"]}
        wanted |= {} if event["due"] is None else {"due": time_text(event["due"])}
        wanted |= {"from_schedule": True} if event["fired"] else {}
        data = found.pop("data")
        if found.pop("encoding", None) == "base64":
            equal(base64.b64decode(data), utf8(event["data"]), "data of", event["position"])
        else:
            expect(line.endswith(b'"data":' + utf8(event["data"]) + b"}"), event["data"], line)
        equal(found, wanted, "exported")


def check_flows(store, fold, chance):
    wanted = {key: row(fold, key) for key in fold.keys()}
    check_rows(store.json("flows"), wanted)
    for status in ("pending", "stopped"):
        check_rows(store.json("flows", "--" + status),
                   {key: each for key, each in wanted.items() if each["status"] == status})
    may_be_words = sorted(key for key in wanted if "\0" not in key)
    for key in chance.sample(may_be_words, min(3, len(may_be_words))):
        check_flow(store, fold, chance, key)


def row(fold, key):
    """As `flows` lists it."""
    name, bar, identity = key.partition("|")
    checkpoint = fold.at(key)
    error = None if checkpoint.error is None else utf8(checkpoint.message or "")[:ERROR_MAX]
    return {"type": name, "id": identity if bar else None, "status": fold.status(key),
            "checkpoint": checkpoint.position, "latest": fold.latest(key),
            "error_position": checkpoint.error,
            "error_message": None if error is None else error.decode(errors="ignore"),
            "done": checkpoint.done}


def check_rows(rows, wanted):
    found = {each["flow"]: each for each in rows}
    equal(len(found), len(rows), "flows that are listed, and rows")
    for key in found.keys() | wanted.keys():
        mine, its = wanted.get(key), found.get(key)
        equal(its and {name: its[name] for name in mine or its}, mine, "flow", repr(key))


def check_flow(store, fold, chance, key):
    inbox, waiting, checkpoint = fold.inbox.get(key, []), fold.waiting(key), fold.at(key)
    said = store.json("flow", "--", key)[0]
    equal((said["status"], said["checkpoint"], said["latest"], said["lag"]),
          (fold.status(key), checkpoint.position, fold.latest(key), len(waiting)), "flow", key)
    kept = checkpoint.position is not None and not checkpoint.done
    if kept and "state" in said and checkpoint.state is not None:
        equal(said["state"], json.loads(checkpoint.state), "state of", key)
    if inbox:
        after = chance.choice([-1] + inbox)
        words = ["--after", after] if after >= 0 else []
        found = store.json("inbox", *words, "--limit", 1000, "--", key)
        equal([each["position"] for each in found if "position" in each],
              [at for at in inbox if at > after], "inbox of", key, "after", after)


def check_statistics(store, fold):
    """Recounted, of each type and of all."""
    found = {each["name"]: each for each in store.json("statistics")}
    for name in [*fold.types, None]:
        keys = [key for key in fold.keys() if name in (None, key.partition("|")[0])]
        states = [fold.status(key) for key in keys]
        waiting = [at for key in keys for at in fold.waiting(key)]
        wanted = {"flows": len(keys), "pending": states.count("pending"),
                  "stopped": states.count("stopped"), "lag": len(waiting),
                  "oldest": min(waiting, default=None),
                  "checkpoint": highest(fold.at(key).position for key in keys),
                  "latest": highest(fold.latest(key) for key in keys)}
        said = found.get(name, {})
        equal({each: said.get(each) for each in wanted}, wanted, "statistics of", repr(name))


def highest(positions):
    return max((at for at in positions if at is not None), default=None)


def check_rebuild(store, fold, export):
    for words in (["rebuild", "--check"], ["rebuild"]):
        equal(store.json(*words, codes=(0, 1))[-1]["differences"], 0, *words)
    equal(store.resume(), fold.manifest(), "resume after rebuild")
    expect(store.do("export") == export, "the export after rebuild differs")
    check_sound(store)


def check_sound(store):
    found = store.json("verify", codes=(0, 1))
    equal(found[-1]["findings"], 0, "verify", found[:3])


def check_export_again(store, fold, export, chance):
    """An export has the events alone: every flow with any is pending where it is imported."""
    with Imported() as other:
        equal(other.run("import", "-", stdin=export).code, 0)
        expect(other.do("export") == export, "the second export differs")
        events = Fold()
        events.inbox, events.last, events.schedule = fold.inbox, fold.last, fold.schedule
        equal(other.resume(), events.manifest(), "resume of the imported export")
        check_sound(other)
    if fold.events:
        at = [event["position"] for event in fold.events]
        first, last = sorted(chance.choices(range(len(at)), k=2))
        part = store.do("export", "--from", at[first], "--to", at[last])
        wanted = export.split(b"\n")[first:last + 1]
        expect(part == b"\n".join(wanted) + b"\n", "the export of a part differs")


MODES = {mode.__name__: mode for mode in (clean, bad, stop, kill, follow, grow)}


def run(name, seeds):
    for seed in seeds:
        print(name, seed, flush=True)  # the last one that is printed is the one that failed
        with Imported() as store:
            MODES[name](random.Random(f"{name} {seed}"), store)


if len(sys.argv) > 2:
    run(sys.argv[2], range(int(sys.argv[3]), int(sys.argv[4]) + 1))
else:
    for mode_name in MODES:
        run(mode_name, SEEDS)
