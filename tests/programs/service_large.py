"""States of many megabytes and lists of very many flows: memory stays bounded, and what is there
can be had."""

import threading
import time
import urllib.parse

from lib_cli import LIMIT, Store, equal, expect, main
from lib_service import Daemon, until

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
        expect(most - before < 900, "memory", before, most)
        # Who has it already costs nothing, and small ones are not refused meanwhile.
        tag = daemon.get(STATE).header["ETag"]
        equal(daemon.get(STATE, 304, If_None_Match=tag).body, "")


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
