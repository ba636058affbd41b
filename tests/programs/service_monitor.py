"""What somebody is told who begins to watch, and the page that does."""

import gzip
import pathlib
import re

from lib_cli import Store, equal, expect, main
from lib_service import Daemon, until
from lib_websocket import Closed, Picture, WebSocket, refusal

PAGE = pathlib.Path(__file__).parents[2] / "apps" / "monitor" / "dist"


def installed(package):
    return {"type": "PackageActionTaken", "data": {"package": package, "action": "INSTALL"}}


def test_who_begins_to_watch_is_told_what_was_before():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(*(installed(f"p{n}") for n in range(30)), Prefer="wait=60")

        def first_message():
            with WebSocket(daemon, "/v1/monitor?limit=7&contains=p1") as socket_:
                return Picture(socket_).hear()

        # A sample is taken every five seconds, also while nobody watches.
        until(lambda: len(first_message()["history"]["age"]) > 1, "samples")
        told = first_message()
        equal(told["view"], {"type": None, "status": None, "contains": "p1", "limit": 7})
        equal(len(told["flows"]), 7)
        recent = told["history"]
        equal({len(column) for column in recent.values()}, {len(recent["age"])})
        expect(recent["age"] == sorted(recent["age"], reverse=True), recent["age"])
        expect(max(recent["append_rate"]) > 0 and min(recent["disk_free"]) > 0, recent)
        equal((recent["lag"][-1], recent["oldest_age"][-1], recent["stopped"][-1]), (0, 0, 0))
        with WebSocket(daemon, "/v1/monitor") as socket_:
            heard = socket_.hear()
            expect(heard["message"] == "snapshot" and "history" in heard, heard)
            socket_.say(message="view", limit=3)
            heard = socket_.hear_until(lambda message: message["message"] == "snapshot")
            equal(len(heard[-1]["flows"]), 3)
            expect(all("history" not in message for message in heard), "only once")


def test_a_view_that_is_none_is_refused_with_the_reason():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        for wrong, said in (("limit=2001", "at most 2000"), ("status=well", "idle, pending"),
                            ("limit=some", "limit")):
            with WebSocket(daemon, "/v1/monitor?" + wrong) as socket_:
                try:
                    while True:
                        socket_.hear()
                except Closed as closed:
                    equal(closed.code, 1008)
                    expect(said in closed.reason, closed.reason)
        equal(refusal(daemon, "/v1/monitor?nonsense=1"), 400)


def test_the_page_comes_out_of_the_program():
    with Store() as store, Daemon(store) as daemon:
        page = daemon.get("/")
        equal(page.header["Content-Type"], "text/html; charset=utf-8")
        policy = page.header["Content-Security-Policy"]
        expect("default-src 'self'" in policy and "unsafe" not in policy, policy)
        equal((page.header["X-Content-Type-Options"], page.header["Referrer-Policy"]),
              ("nosniff", "no-referrer"))
        equal(page.header["Cache-Control"], "no-cache")
        equal(daemon.get("/", 304, If_None_Match=page.header["ETag"]).body, "")
        equal(daemon.get("/index.html").body, page.body)
        for name in re.findall(r'assets/[^"]+', page.body):
            plain, packed = daemon.get("/" + name), daemon.raw(
                f"GET /{name} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n"
                "Connection: close\r\n\r\n".encode())
            expect("immutable" in plain.header["Cache-Control"], plain.header)
            expect(plain.header["Content-Type"].split("/")[0] in ("text", "image"), name)
            head, body = packed.split(b"\r\n\r\n", 1)
            if b"content-encoding: gzip" in head.lower():
                body = gzip.decompress(body)
                expect(plain.header["ETag"].encode() not in head, "another tag")
            equal(body.decode("utf-8"), plain.body, name)
            equal(plain.body, (PAGE / name).read_text(encoding="utf-8"), name)
        equal(page.body, (PAGE / "index.html").read_text(encoding="utf-8"))
        daemon.get("/nothing.html", 404)
        daemon.refused(daemon.call("GET", "/", Host="evil.example"), 421, "name")
        equal(daemon.call("HEAD", "/").body, "")


main(globals())
