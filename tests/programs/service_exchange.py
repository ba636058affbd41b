"""Whole histories through a daemon: import, export, rebuild, verify and run, as the commands do
them, and by HTTP alone."""

import json
import signal
import socket
import subprocess

from lib_cli import LIMIT, Store, equal, expect, main
from lib_service import Daemon, until

LINES = {"Content_Type": "application/x-ndjson"}


def line(at, **more):
    metadata = {"routeTypes": ["Multi", "Single"], "routeIds": [{"type": 0, "ids": [str(at % 7)]}]}
    return json.dumps(dict({"stream": "timeline", "position": at, "type": "E",
                            "time": "2025-01-01T00:00:00Z", "data": {"n": at},
                            "metadata": metadata}, **more)) + "\n"


def made(store):
    """An empty store."""
    store.do("import", stdin="")


def positions(store):
    return [event["position"] for event in store.json("timeline")]


def job(daemon, answer):
    """The job that was begun, when it has ended."""
    at = answer.header["Location"]
    equal(answer.status, 202, answer.body)
    until(lambda: daemon.get(at).json()["state"] != "running", at)
    return daemon.get(at).json()


def test_import_asks_the_daemon_and_goes_on_where_it_ended():
    with Store() as store:
        made(store)
        file = store.path.parent / "history.jsonl"
        with Daemon(store) as daemon:
            file.write_text(line(0) + line(1))
            equal(store.json("import", file)[0]["events"], 2)
            again = store.json("import", file)[0]
            equal((again["events"], again["lines_before"]), (0, 2))
            file.write_text(line(0) + line(1) + line(5))
            more = store.json("import", file)[0]
            equal((more["events"], more["lines_before"], more["format"]), (1, 2, "kurrent"))
            # A pipe begins again, and is known by its bytes.
            piped = store.json("import", stdin=line(0) + line(1) + line(5) + line(6))[0]
            equal((piped["events"], piped["lines_before"]), (1, 3))
            known = daemon.get("/v1/imports").json()["imports"]
            equal([(one["import"], one["lines"]) for one in known], [(1, 4)])
            # The file is another source by now, and its positions are taken.
            store.fails(1, "line 1: ", "import", file)
            daemon.refused(daemon.call("GET", "/v1/imports/current"), 404, "no import")
        equal(positions(store), [0, 1, 5, 6])
        equal(store.json("verify")[-1]["findings"], 0)


def test_bad_lines_are_told_by_number_also_by_http_alone():
    with Store() as store:
        made(store)
        bad = line(0) + line(1) + "nonsense\n" + line(4)
        with Daemon(store) as daemon:
            result = store.run("import", stdin=bad)
            equal(result.code, 1, result.err)
            expect("line 3: " in result.err and "2 lines before it are imported" in result.err,
                   result.err)
            answer = daemon.post("/v1/imports", 422, bad, **LINES)
            problem = answer.json()
            equal((problem["line"], problem["import"]["lines_before"]), (3, 2))
            skipped = store.run("import", "--skip-bad", "--json", stdin=bad)
            equal(skipped.code, 0, skipped.err)
            summary = skipped.lines()[0]
            equal((summary["events"], summary["skipped"]), (1, 1))
            equal(summary["bad"][0]["line"], 3)
            expect("warning: line 3: " in skipped.err, skipped.err)
            daemon.refused(daemon.call("POST", "/v1/imports?continues=7", line(9), **LINES), 404,
                           "number 7")
            daemon.refused(daemon.call("POST", "/v1/imports?continues=1", line(9), **LINES), 409,
                           "does not begin with")
        equal(positions(store), [0, 1, 4])


def test_a_body_without_an_end_is_committed_as_it_comes_and_holds_back_its_client():
    with Store() as store:
        made(store)
        with Daemon(store) as daemon:
            with socket.create_connection(("127.0.0.1", daemon.port), timeout=LIMIT) as client:
                client.sendall(b"POST /v1/imports?follow=true HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Type: application/x-ndjson\r\n"
                               b"Transfer-Encoding: chunked\r\n\r\n")
                for at in (0, 3):
                    text = line(at).encode() + b'{"half of'
                    client.sendall(f"{len(text) - 9:x}\r\n".encode() + text[:-9] + b"\r\n")
                    until(lambda at=at: daemon.call("GET", f"/v1/events/{at}").status == 200, at)
                until(lambda: daemon.get("/v1/imports/current").json().get("events") == 2, "told")
                daemon.refused(daemon.call("POST", "/v1/imports", line(9), **LINES), 409,
                               "another import is under way")
                # The end of the connection is no end of a line.
                client.sendall(b"9\r\n" + b'{"half of' + b"\r\n")
            until(lambda: daemon.call("GET", "/v1/imports/current").status == 404, "it ends")
            equal(daemon.get("/v1/imports").json()["imports"][0]["lines"], 2)
        equal(positions(store), [0, 3])


def peak_of(pid):
    """Bytes that a process had at the most."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        for text in status:
            if text.startswith("VmHWM:"):
                return int(text.split()[1]) * 1024
    return 0


def test_memory_does_not_grow_with_the_body():
    peaks = []
    for count in (20_000, 200_000):
        with Store() as store:
            made(store)
            file = store.path.parent / "history.jsonl"
            file.write_text("".join(line(at) for at in range(count)))
            with Daemon(store) as daemon:
                equal(store.json("import", file)[0]["events"], count)
                peaks.append(peak_of(daemon.running.pid))
                exported = store.path.parent / "exported.jsonl"
                with open(exported, "wb") as to:
                    subprocess.run(["curl", "-sSf", f"{daemon.address}/v1/export"], stdout=to,
                                   check=True, timeout=LIMIT)
                expect(exported.read_text() == store.do("export"), "the same as the command")
                peaks.append(peak_of(daemon.running.pid))
    expect(peaks[3] - peaks[0] < 150 << 20, "memory grew", peaks)


def test_an_import_that_is_killed_again_and_again_comes_to_the_same():
    count = 40_000
    with Store() as store:
        made(store)
        file = store.path.parent / "history.jsonl"
        file.write_text("".join(line(at * 2) for at in range(count)))
        for kill in range(4):
            with Daemon(store) as daemon:
                with store.start("import", file) as running:
                    try:
                        running.wait(timeout=0.05 + 0.05 * kill)
                    except subprocess.TimeoutExpired:
                        pass
                    # The daemon, or the one who asks it.
                    if kill % 2 == 0:
                        daemon.kill()
                    else:
                        running.send_signal(signal.SIGKILL)
                    running.wait(timeout=LIMIT)
                if kill % 2 == 1:
                    until(lambda: daemon.call("GET", "/v1/imports/current").status == 404, "ends")
        with Daemon(store):
            store.do("import", file)
        equal(positions(store), [at * 2 for at in range(count)])
        equal(store.json("verify")[-1]["findings"], 0)


def test_follow_keeps_up_with_a_file_through_a_daemon_until_a_signal():
    with Store() as store:
        made(store)
        file = store.path.parent / "history.jsonl"
        file.write_text(line(0) + line(1)[:20])
        with Daemon(store) as daemon:
            with store.start("import", file, "--follow", "--json") as running:
                until(lambda: daemon.call("GET", "/v1/events/0").status == 200, "the first")
                with open(file, "a", encoding="utf-8") as growing:
                    growing.write(line(1)[20:] + line(2) + line(3)[:20])
                until(lambda: daemon.call("GET", "/v1/events/2").status == 200, "the last")
                running.send_signal(signal.SIGTERM)
                out, err = running.communicate(timeout=LIMIT)
                equal(running.returncode, 0, err)
                equal(json.loads(out)["events"], 3)
        equal(positions(store), [0, 1, 2])


def test_an_export_by_http_is_a_part_of_the_timeline_and_is_imported_again():
    with Store("scans") as store, Store() as other:
        store.do("generate", "--events", 3000)
        store.do("run", "--until-caught-up")
        made(other)
        with Daemon(store) as daemon, Daemon(other) as second:
            whole = daemon.get("/v1/export").body
            expect(whole == store.do("export"), "the command exports the same")
            part = daemon.get("/v1/export?from=10&to=19").body
            equal(part, "".join(whole.splitlines(keepends=True)[10:20]))
            equal(daemon.get("/v1/export?from=999999").body, "")
            equal(daemon.call("HEAD", "/v1/export").body, "")
            second.post("/v1/imports", 200, whole.encode(), **LINES)
            expect(other.do("export") == whole, "the same timeline")
            # HTTP/1.0 has no chunks: the connection ends with the answer.
            old = daemon.raw(b"GET /v1/export?to=0 HTTP/1.0\r\nHost: localhost\r\n\r\n")
            head, body = old.split(b"\r\n\r\n", 1)
            expect(b"chunked" not in head.lower(), head)
            equal(body.decode(), whole.splitlines(keepends=True)[0])


def test_rebuild_verify_and_run_are_calls_and_the_commands_use_them():
    with Store("scans") as store:
        store.do("generate", "--events", 3000)
        with Daemon(store) as daemon:
            done = store.json("run", "--until-caught-up", "--statistics")[0]
            expect(done["statistics"][-1]["pending"] == 0, done)
            equal(daemon.get("/v1/progress").json()["caught_up"], True)
            expect("handled and" in store.do("run", "--until-caught-up"), "words")
            summary = store.json("rebuild")[-1]
            equal((summary["differences"], summary["unmended"]), (0, 0))
            expect("nothing differs" in store.do("rebuild"), "words")
            ended = job(daemon, daemon.call("POST", "/v1/rebuild?check=true"))
            equal((ended["does"], ended["state"]), ("check", "done"), ended)
            equal(ended["result"]["events"], summary["events"])
            ended = job(daemon, daemon.call("POST", "/v1/verify"))
            equal((ended["found"], ended["result"]["findings"]), (0, 0), ended)
            equal([one["job"] for one in daemon.get("/v1/jobs").json()["jobs"]], [4, 3, 2, 1])
            daemon.refused(daemon.call("GET", "/v1/jobs/77"), 404, "77")


main(globals())
