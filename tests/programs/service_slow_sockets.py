"""WebSockets of clients that take nothing, and of those who have nothing to hear."""

import re
import time

from lib_cli import Store, equal, expect, main
from lib_service import Daemon, until
from lib_websocket import WebSocket


def installed(package, version="1"):
    return {"type": "PackageActionTaken",
            "data": {"package": package, "action": "INSTALL", "newVersion": version}}


def test_a_client_that_takes_nothing_is_dropped_and_counted():
    with Store() as store, Daemon(store) as daemon:
        large = [{"type": "Large", "data": {"text": "x" * 60_000}} for _ in range(100)]
        for _ in range(5):
            daemon.append(*large)
        with WebSocket(daemon, "/v1/subscribe") as stuck:
            stuck.say(message="subscribe", **{"from": 0}, credit=1_000_000)
            until(lambda: "millrace_sockets_dropped_total 1\n" in daemon.get("/metrics").body,
                  "it is dropped")
        # Its place is free, and nobody else was held up.
        daemon.append(*large[:1], Prefer="wait=10")


def test_a_query_is_not_read_while_others_change():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(installed("bash"), Prefer="wait=60")
        with WebSocket(daemon, "/v1/subscribe") as socket_:
            socket_.say(message="subscribe", query="PackageHistory|bash", credit=100)
            equal(socket_.hear()["message"], "state")
            begun = time.monotonic()
            while time.monotonic() - begun < 2:
                daemon.append(*(installed(f"p{n}") for n in range(20)), Prefer="wait=10")
            reads = int(re.search(r"^millrace_subscription_reads_total (\d+)$",
                                  daemon.get("/metrics").body, re.M)[1])
            # Once at first, and once a second since a switch of its type is no commit of its own.
            took = time.monotonic() - begun
            expect(reads <= 4 + 2 * took, "reads", reads, "in", took)
            daemon.append(installed("bash", "2"))
            socket_.hear_until(lambda one: one["message"] == "state")


main(globals())
