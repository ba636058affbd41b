"""States of many megabytes and lists of very many flows: memory stays bounded, and what is there
can be had."""

import re
import struct
import threading
import time
import urllib.parse

from lib_cli import LIMIT, Store, equal, expect, main
from lib_service import Daemon, until
from lib_websocket import TEXT, Picture, WebSocket

BIG = 700_000  # of a version; the history of a package has up to 100 of them
COUNT = 40
KEY = urllib.parse.quote("PackageHistory|big", safe="")
STATE = "/v1/queries/PackageHistory/big"


def installed(package, version):
    return {"type": "PackageActionTaken",
            "data": {"package": package, "action": "INSTALL", "newVersion": version}}


def fill(daemon, count=COUNT):
    """The last position."""
    for number in range(count):
        at = daemon.append(installed("big", chr(ord("a") + number % 26) * BIG))[0]
    daemon.get(f"{STATE}?min_position={at}", If_None_Match="*", status=304)
    return at


def memory_of(daemon, name):
    with open(f"/proc/{daemon.running.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) >> 10


def forget_peak(daemon):
    with open(f"/proc/{daemon.running.pid}/clear_refs", "w", encoding="ascii") as refs:
        refs.write("5")


def together(count, what):
    """What so many threads got."""
    got = []
    threads = [threading.Thread(target=lambda n=n: got.append(what(n))) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_large_states_are_read_by_many_in_bounded_memory():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        at = fill(daemon)
        forget_peak(daemon)
        before = memory_of(daemon, "VmHWM")
        targets = [STATE, f"/v1/flows/{KEY}", f"{STATE}?at={at}", f"/v1/flows/{KEY}?at={at}"]
        sizes, later = {}, threading.Event()

        def read(number):
            target = targets[number % len(targets)]
            limit = time.monotonic() + 2 * LIMIT
            while True:
                answer = daemon.call("GET", target)
                if answer.status == 200:
                    sizes[target] = len(answer.body)
                    return target
                daemon.refused(answer, 503, "")
                equal(answer.header["Retry-After"], "1")
                expect(time.monotonic() < limit, "it is never its turn")
                later.wait(0.5)

        equal(len(together(8, read)), 8)
        expect(min(sizes.values()) > COUNT * BIG and len(sizes) == len(targets), sizes)
        most = memory_of(daemon, "VmHWM")
        print("8 readers of 28 MB: MiB before", before, "at most", most)
        expect(most - before < 500, "memory", before, most)
        # Who has it already costs nothing, and small ones are not refused meanwhile.
        tag = daemon.get(STATE).header["ETag"]
        equal(daemon.get(STATE, 304, If_None_Match=tag).body, "")


def counted(daemon, name):
    return int(re.search(rf"^{name} (\d+)$", daemon.get("/metrics").body, re.M)[1])


def wants_the_large_state(daemon):
    made = WebSocket(daemon, "/v1/subscribe")
    made.say(message="subscribe", query="PackageHistory|big", credit=1)
    return made


def test_subscribers_that_take_nothing_hold_bounded_memory_for_a_short_time_and_others_go_on():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        fill(daemon)
        forget_peak(daemon)
        before = memory_of(daemon, "VmHWM")
        stuck = [wants_the_large_state(daemon) for _ in range(40)]
        try:
            daemon.append(installed("bash", "1"), Prefer="wait=10")
            with WebSocket(daemon, "/v1/monitor") as socket_:
                Picture(socket_).until(lambda now: "PackageHistory|big" in now.flows)
            # Some are dropped, as they take nothing, and others turned away until then.
            until(lambda: counted(daemon, "millrace_sockets") == 0, "all are gone")
            most = memory_of(daemon, "VmHWM")
            print("40 that take nothing of 28 MB: MiB before", before, "at most", most)
            expect(most - before < 450, "memory", before, most)
            expect(counted(daemon, "millrace_sockets_dropped_total") > 0, "dropped")
        finally:
            for socket_ in stuck:
                socket_.connection.close()
        daemon.get(STATE)  # the memory is there again
        left = memory_of(daemon, "VmRSS")
        expect(left - before < 300, "memory is kept", before, left)


def test_who_reads_a_large_message_slowly_gets_it_all():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        fill(daemon)
        with wants_the_large_state(daemon) as slow, wants_the_large_state(daemon) as deaf:
            begun = time.monotonic()
            equal(slow.take(2), bytes([0x80 | TEXT, 127]))
            left = struct.unpack(">Q", slow.take(8))[0] - len(slow.received)
            expect(left > COUNT * BIG, left)
            slow.received, pace, dropped = b"", threading.Event(), None
            while left > 0:  # for longer than a client may be silent
                got = len(slow.connection.recv(min(left, 1 << 16)))
                expect(got > 0, "closed after", time.monotonic() - begun, left, "were left")
                left -= got
                pace.wait(0.12)
                if dropped is None and counted(daemon, "millrace_sockets_dropped_total") == 1:
                    dropped = time.monotonic() - begun
            took = time.monotonic() - begun
            print("slow: read in", took, "s; who takes nothing was dropped after", dropped, "s")
            expect(took > 40, "that was not slow", took)
            expect(dropped is not None and 19 < dropped < 40, "who takes nothing", dropped)
            daemon.append(installed("bash", "1"))
            slow.hear_until(lambda said: said["message"] == "position")
            deaf.connection.close()


def test_a_manifest_of_very_many_flows_is_whole_and_costs_little_memory_for_each():
    pending, each = 150_000, 3000
    with Store() as store:
        with Daemon(store) as daemon:
            for begin in range(0, pending, each):
                daemon.append({"type": "Ordered", "data": {},
                               "routes": [f"Away|{n}" for n in range(begin, begin + each)]})
            until(lambda: daemon.get("/v1/progress?wait=60s").json()["caught_up"], "routed")
            forget_peak(daemon)
            before = memory_of(daemon, "VmHWM")
            manifest = daemon.get("/v1/resume").json()
            most = memory_of(daemon, "VmHWM")
            print("a manifest of 150,000 flows: MiB before", before, "at most", most)
            expect(most - before < 2.5 * pending / 1000, "memory", before, most)
            equal(manifest["routes"][0][0], "Away")
            equal(sorted(int(key) for key in manifest["routes"][0][1:]), list(range(pending)))
            equal(manifest, store.json("resume")[0])
        equal(manifest, store.json("resume")[0])


main(globals())
