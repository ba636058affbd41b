#!/usr/bin/env python3
"""Load on the service over real sockets: load.py [--seconds N] [--bin DIR] [--record]

  append     wrk: one event a call, flushed before each answer
  queries    wrk: states of a query, of which nothing changed and which are not cached
  not changed   wrk: the same with If-None-Match: 304
  slow readers  the same while 200 connections take 1 kB of an export each second, after the first
                pieces of these were made
  slow senders  the same while 200 connections send a byte of a header each second
  flood      1,000 connections at once, again and again: how many were answered, or turned away

Starts `dpkg-flows serve` on a port of its own and ends it. Latencies are wrk's. --record appends
the table, with date and machine, to bench/RESULTS.md. Needs wrk.
"""
import argparse
import asyncio
import datetime
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
JSON = {"Content-Type": "application/json"}
APPEND = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"type":"PackageActionTaken","data":{"package":"zsh","action":"UPGRADE"}}'
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "bin")
    parser.add_argument("--record", action="store_true")
    return parser.parse_args()


class Daemon:
    def __init__(self, programs, folder):
        self.running = subprocess.Popen(
            [programs / "dpkg-flows", "--store", folder / "store", "serve", "--json",
             "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.running.stdout.readline())["listening"]
        self.port = int(self.address.rsplit(":", 1)[1])

    def call(self, method, target, body=None, **header):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target, body, header)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def processor_time(self):
        with open(f"/proc/{self.running.pid}/stat", encoding="utf-8") as stat:
            user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
        return int(user) + int(system)

    def rest(self):
        """Until it does hardly anything for a second; 30 at most."""
        for _ in range(30):
            before = self.processor_time()
            time.sleep(1)
            if self.processor_time() - before < 5:
                break

    def memory(self):
        with open(f"/proc/{self.running.pid}/status", encoding="utf-8") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) // 1024

    def end(self):
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(timeout=60)


def wrk(daemon, target, seconds, *words, script=None):
    """Requests a second, p50 and p99 in ms, and how many were no 2xx or 3xx."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        if script:
            lua.write(script)
            lua.flush()
            words = (*words, "-s", lua.name)
        said = subprocess.run(["wrk", "-t2", "-c32", f"-d{seconds}s", "--latency", *words,
                               daemon.address + target], capture_output=True, text=True, check=True)
    units = {"us": 1e-3, "ms": 1, "s": 1e3}

    def latency(share):
        found = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)\b", said.stdout)
        return float(found[1]) * units[found[2]]

    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", said.stdout)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said.stdout)[1])
    return [f"{rate:,.0f}/s", f"{latency(50):.2f} ms", f"{latency(99):.2f} ms",
            f"{wrong[1] if wrong else 0} refused"]


async def connect(port, first):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(first)
    return reader, writer


async def slow_reader(port, until):
    # What the system would take for it makes it a fast one.
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=small, limit=1024)
    writer.write(b"GET /v1/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try:
        while not until.is_set() and await reader.read(1024):
            await asyncio.sleep(1)
    except ConnectionError:
        pass
    writer.close()


async def slow_sender(port, until):
    while not until.is_set():
        try:
            _, writer = await connect(port, b"GET / HTTP/1.1\r\n")
            while not until.is_set():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(1)
            writer.close()
        except ConnectionError:
            await asyncio.sleep(0.1)


def beside(daemon, what, count, work):
    """Does the work while so many clients do that."""
    until = threading.Event()

    async def crowd():
        await asyncio.gather(*(what(daemon.port, until) for _ in range(count)))

    thread = threading.Thread(target=lambda: asyncio.run(crowd()))
    thread.start()
    try:
        time.sleep(1)
        daemon.rest()
        return work()
    finally:
        until.set()
        thread.join()


def flood(daemon, seconds):
    counted = {"200": 0, "503": 0, "none": 0}

    async def one():
        try:
            reader, writer = await connect(
                daemon.port, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            head = await reader.read(12)
            counted[head[9:12].decode() or "none"] += 1
            writer.close()
        except ConnectionError:
            counted["none"] += 1

    async def waves():
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await asyncio.gather(*(one() for _ in range(1000)))

    asyncio.run(waves())
    well = daemon.call("GET", "/livez").status == 200
    total = sum(counted.values())
    return [f"{total / seconds:,.0f}/s", f"{counted['200']:,} answered",
            f"{counted['503']:,} told 503", f"{counted['none']:,} dropped; "
            f"{'well' if well else 'NOT WELL'} after it"]


def measure(daemon, seconds):
    event = {"type": "PackageActionTaken", "data": {"package": "bash", "action": "INSTALL"}}
    daemon.call("POST", "/v1/events", json.dumps(event), Prefer="wait=30", **JSON)
    state = "/v1/queries/PackageHistory/bash"
    yield ["append", *wrk(daemon, "/v1/events", seconds, script=APPEND)]
    daemon.call("GET", "/v1/progress?wait=60s")
    answer = daemon.call("GET", state)
    assert answer.status == 200, answer.body
    yield ["queries", *wrk(daemon, state, seconds)]
    tag = answer.getheader("ETag")
    yield ["not changed", *wrk(daemon, state, seconds, "-H", f"If-None-Match: {tag}")]
    yield ["slow readers", *beside(daemon, slow_reader, 200, lambda: wrk(daemon, state, seconds))]
    yield ["slow senders", *beside(daemon, slow_sender, 200, lambda: wrk(daemon, state, seconds))]
    yield ["flood", *flood(daemon, seconds)]


def main():
    options = arguments()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(options.bin, pathlib.Path(folder))
        try:
            for row in measure(daemon, options.seconds):
                lines.append("| " + " | ".join(row) + " |")
                print(lines[-1], flush=True)
            lines.append(f"\nMost memory of the daemon: {daemon.memory()} MiB.")
            print(lines[-1])
        finally:
            code = daemon.end()
    if options.record:
        commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], text=True,
                                capture_output=True, check=True).stdout.strip()
        head = (f"\n## Load on the service, {datetime.date.today()}, {commit}\n\n"
                f"`bench/load.py`: 32 connections of wrk for {options.seconds} s, {os.cpu_count()} "
                f"processors, load {os.getloadavg()[0]:.1f}.\n\n| | rate | p50 | p99 | |\n"
                "|---|---|---|---|---|\n")
        with open(ROOT / "bench" / "RESULTS.md", "a", encoding="utf-8") as results:
            results.write(head + "\n".join(lines) + "\n")
    return code


sys.exit(main())
