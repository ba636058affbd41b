"""A disk that is full: appends are refused as such, and go on when there is room. The store lies in
a file system of its own, in a mount namespace of the daemon's; without such namespaces, no test."""

import pathlib
import subprocess

from lib_cli import BIN, LIMIT, equal, expect, main
from lib_service import Daemon, Store, until

SIZE = 96 << 20
EVENT = {"type": "A", "data": {"text": "x" * 200_000}}


class SmallDisk(Store):
    """Its programs see a disk of 96 MiB at the store's parent directory."""

    def __init__(self):
        super().__init__()
        self.path = pathlib.Path(self.folder.name) / "disk" / "store"
        self.path.parent.mkdir()

    def start(self, *words, **more):
        mount = f"mount -t tmpfs -o size={SIZE} none {self.path.parent} && exec \"$@\""
        command = ["unshare", "-rm", "sh", "-c", mount, "sh", self.program, "--store",
                   str(self.path), *map(str, words)]
        return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment(), **more)


def filler(daemon, store):
    """A file beside the store, as the daemon sees it."""
    return pathlib.Path(f"/proc/{daemon.running.pid}/root{store.path.parent}/filler")


def ready(daemon):
    """What the check of the disk says; None: it is well, and so is the whole."""
    answer = daemon.call("GET", "/readyz")
    said = answer.json()
    why = next(one["reason"] for one in said["checks"] if one["check"] == "disk")
    equal((answer.status, said["ready"]), (503, False) if why else (200, True), said)
    return why


def test_a_full_disk_is_told_and_ends_nothing():
    with SmallDisk() as store, Daemon(store) as daemon:
        daemon.append(EVENT)
        equal(ready(daemon), None)
        other = filler(daemon, store)
        try:
            with open(other, "wb") as file:
                while True:
                    file.write(bytes(1 << 16))
                    file.flush()
        except OSError:
            pass
        answers = [daemon.call("POST", "/v1/events", b'{"type":"A","data":"' + b"x" * 200_000 +
                               b'"}', Content_Type="application/json") for _ in range(40)]
        refused = [one for one in answers if one.status != 201]
        expect(refused, "it is full")
        for one in refused:
            daemon.refused(one, 507, "")
            expect(one.header["Retry-After"], "when to try again")
        expect("are free on the disk" in ready(daemon), ready(daemon))
        other.unlink()
        until(lambda: daemon.call("POST", "/v1/events", '{"type":"B"}',
                                  Content_Type="application/json").status == 201, "room again")
        equal(ready(daemon), None)
        taken = sum(one.status == 201 for one in answers)
        tail = int(daemon.get("/v1/events?limit=1").header["Millrace-Tail"])
        expect(tail >= taken + 2, "what was acknowledged is there", tail, taken)


def may_mount():
    """Whether this machine lets its users have namespaces."""
    with SmallDisk() as store:
        tried = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none",
                                str(store.path.parent)], check=False, timeout=LIMIT,
                               stderr=subprocess.DEVNULL)
        return tried.returncode == 0


if may_mount():
    main(globals())
else:
    print("no mount namespaces here: nothing tested with", BIN)
