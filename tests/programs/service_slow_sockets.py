"""Clients that take nothing, send nothing, or have nothing to hear: each is cut off when its time
is over, and nobody else waits for them."""

import re
import selectors
import socket
import threading
import time

from lib_cli import LIMIT, Store, equal, expect, main
from lib_service import Daemon, until
from lib_websocket import Picture, WebSocket

HOST = b"Host: localhost\r\n"
LATE = 15  # seconds that a machine which is busy may be late


def installed(package, version="1"):
    return {"type": "PackageActionTaken",
            "data": {"package": package, "action": "INSTALL", "newVersion": version}}


class Slow:
    """A connection that has sent something, and how long after that it is to be closed."""

    def __init__(self, daemon, what, seconds, sent=b"", room=None, drips=False):
        self.what, self.seconds, self.drips, self.closed = what, seconds, drips, None
        self.connection = socket.socket()
        if room:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.connection.settimeout(LIMIT)
        self.connection.connect(("127.0.0.1", daemon.port))
        self.connection.sendall(sent)
        self.begun = time.monotonic()

    def reads_on(self):
        """False: it was closed."""
        try:
            return bool(self.connection.recv(1 << 16))
        except ConnectionError:
            return False

    def drip(self):
        """A byte, for one that sends without an end."""
        try:
            self.connection.sendall(b"x")
        except ConnectionError:
            pass


def times_of(all_of_them, longest):
    """When each was closed; one that drips sends a byte twice a second."""
    with selectors.DefaultSelector() as ready:
        for one in all_of_them:
            ready.register(one.connection, selectors.EVENT_READ, one)
        limit = time.monotonic() + longest
        while ready.get_map() and time.monotonic() < limit:
            for key, _ in ready.select(0.5):
                if not key.data.reads_on():
                    key.data.closed = time.monotonic() - key.data.begun
                    ready.unregister(key.fileobj)
            for one in all_of_them:
                if one.drips and one.closed is None:
                    one.drip()


def connections(daemon):
    said = daemon.get("/metrics").body
    return int(re.search(r"^millrace_http_connections (\d+)$", said, re.M)[1])


def test_each_way_of_being_slow_has_its_deadline():
    with Store() as store, Daemon(store) as daemon:
        large = [{"type": "Large", "data": {"text": "x" * 60_000}} for _ in range(100)]
        for _ in range(5):
            daemon.append(*large)
        post = (b"POST /v1/events HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
                b"Content-Length: 500\r\n\r\n{")
        get = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
        slow = [Slow(daemon, "says nothing", 60), Slow(daemon, "asks no more", 60, get),
                Slow(daemon, "half a header", 5, get[:20]),
                Slow(daemon, "a header without an end", 5, get[:-2] + b"X: ", drips=True),
                Slow(daemon, "no body", 10, post),
                Slow(daemon, "a slow body", 10, post, drips=True)]
        # What they do not take is in the system's buffers, so that their end cannot be read.
        deaf = [Slow(daemon, "takes no answer", 0, b"GET " + target + b" HTTP/1.1\r\n" + HOST +
                     b"\r\n", room=4096) for target in (b"/v1/events?limit=15", b"/v1/export")]
        until(lambda: connections(daemon) == len(slow) + len(deaf) + 1, "all are there")
        times = threading.Thread(target=times_of, args=(slow, 60 + LATE))
        times.start()
        with WebSocket(daemon, "/v1/subscribe") as stuck, WebSocket(daemon, "/v1/monitor") as mute:
            stuck.say(message="subscribe", **{"from": 0}, credit=1_000_000)
            begun = time.monotonic()
            while mute.connection.recv(1 << 16):  # and answers no ping
                pass
            gone = time.monotonic() - begun
            expect(25 < gone < 30 + LATE, "a WebSocket that answers no ping", gone)
            until(lambda: "millrace_sockets_dropped_total 1\n" in daemon.get("/metrics").body,
                  "who takes nothing is dropped, and counted")
        # These had ten seconds, and one for each 64 KiB.
        until(lambda: connections(daemon) == 2 + 1, "who takes no answer is closed")
        times.join()
        for one in slow:
            expect(one.closed is not None, one.what, "was never closed")
            expect(one.seconds - 1 < one.closed < one.seconds + LATE, one.what, one.closed)
        for one in slow + deaf:
            one.connection.close()
        equal(daemon.get("/v1/events?limit=1").header["Millrace-Tail"], "500", "half is no event")
        daemon.append(*large[:1], Prefer="wait=10")


def resident(daemon):
    with open(f"/proc/{daemon.running.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) << 10


def test_watchers_that_take_nothing_cost_the_same_however_long_and_slow_no_flow():
    rows = 400
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(*(installed(f"p{n}") for n in range(rows)), Prefer="wait=60")
        deaf = [WebSocket(daemon, "/v1/monitor") for _ in range(60)]
        memory, slowest = [], 0
        for count in range(12):
            begun = time.monotonic()
            daemon.append(*(installed(f"p{n}", str(count)) for n in range(rows)), Prefer="wait=60")
            slowest = max(slowest, time.monotonic() - begun)
            with WebSocket(daemon, "/v1/monitor") as quick:
                Picture(quick).until(lambda now: len(now.flows) > rows and all(
                    row["lag"] == 0 for row in now.flows.values()))
            memory.append(resident(daemon))
        grown = (memory[-1] - memory[3]) >> 20
        print("60 that take nothing: MiB", [one >> 20 for one in memory], "slowest append", slowest)
        expect(grown < 30, "it grows while they take nothing", memory)
        expect(slowest < 10, "flows wait for them", slowest)
        for one in deaf:
            one.connection.close()


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
