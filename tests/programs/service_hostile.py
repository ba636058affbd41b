"""The daemon among people who mean no good: what they send is refused, and nothing changes."""

import os
import re
import socket
import time

from lib_cli import LIMIT, Store, equal, expect, main
from lib_service import Daemon, talk

READ, ALL = "r" * 32, "a" * 32


def status_of(received):
    found = re.match(rb"HTTP/1\.1 (\d+)", received)
    return int(found.group(1)) if found else None


def with_tokens(store, text, mode=0o600):
    path = store.path.parent / "tokens"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_name_that_was_bound_to_our_address_gets_nothing():
    with Store() as store, Daemon(store) as daemon:
        for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.evil",
                     "localhost.evil"):
            daemon.refused(daemon.call("GET", "/v1/events", Host=host), 421, "name")
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1", "127.1.2.3:5", "[::1]:9"):
            daemon.get("/v1/events", Host=host)
        equal(status_of(daemon.raw(b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n")), 400)
        two = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"
        equal(status_of(daemon.raw(two)), 400)


def test_pages_of_other_origins_are_refused():
    with Store() as store, Daemon(store) as daemon:
        own = f"http://127.0.0.1:{daemon.port}"
        for origin in ("http://evil.example", "null", f"https://127.0.0.1:{daemon.port}",
                       "http://127.0.0.1:1", own + "0"):
            answer = daemon.call("POST", "/v1/events", '{"type":"A"}', Origin=origin,
                                 Content_Type="application/json")
            daemon.refused(answer, 403, "origin")
        daemon.get("/v1/events", Origin=own)
        for answer in (daemon.get("/v1/events"), daemon.get("/nothing", 404)):
            expect("default-src 'none'" in answer.header["Content-Security-Policy"], "CSP")
            equal(answer.header["X-Content-Type-Options"], "nosniff")
            equal(answer.header["Access-Control-Allow-Origin"], None)
        equal(daemon.get("/v1/events").json()["events"], [])


def test_tokens_are_for_reading_or_for_everything():
    with Store() as store:
        tokens = with_tokens(store, f"# mine\nread {READ}\nall {ALL}\n")
        with Daemon(store, "--token-file", str(tokens)) as daemon:
            event = {"body": '{"type":"A"}', "Content_Type": "application/json"}
            daemon.get("/livez")
            for wrong in (None, "Bearer", f"Basic {ALL}", f"Bearer {ALL}x", f"Bearer {ALL[1:]}",
                          "Bearer " + "b" * 32):
                header = {"Authorization": wrong} if wrong else {}
                answer = daemon.call("GET", "/v1/events", **header)
                daemon.refused(answer, 401, "token")
                equal(answer.header["WWW-Authenticate"], "Bearer")
                equal(daemon.call("GET", "/nothing", **header).status, 401)
            daemon.get("/v1/events", Authorization=f"Bearer {READ}")
            answer = daemon.call("POST", "/v1/events", Authorization=f"bearer {READ}", **event)
            daemon.refused(answer, 403, "reading only")
            daemon.post("/v1/events", 201, Authorization=f"Bearer {ALL}", **event)
            own = daemon.through_store(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n"
                                       b"Connection: close\r\n\r\n")
            equal(status_of(own), 200, "the store's owner needs none")
        equal(len(store.json("timeline")), 1)


def test_other_addresses_need_tokens_that_nobody_else_can_read():
    with Store() as store:
        store.fails(1, "token file", "serve", "--listen", "0.0.0.0:0")
        open_to_all = with_tokens(store, f"all {ALL}\n", 0o644)
        store.fails(1, "chmod 600", "serve", "--listen", "0.0.0.0:0", "--token-file", open_to_all)
        for text in ("", "all short\n", f"most {ALL}\n", f"all {ALL} x\n"):
            result = store.fails(1, "token file", "serve", "--token-file",
                                 with_tokens(store, text))
            expect(ALL not in result.err, "a secret is not printed")
        for address in ("localhost:1", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "::1:1"):
            store.fails(1, "no address", "serve", "--listen", address)
        expect(not store.path.exists(), "no store is made for it")


def test_the_socket_is_for_the_owner_and_goes_with_the_daemon():
    with Store() as store:
        with Daemon(store) as daemon:
            path = store.path / "service.sock"
            equal(os.stat(path).st_mode & 0o777, 0o600)
            daemon.kill()
        expect(path.exists(), "a killed daemon leaves it")
        with Daemon(store) as daemon:
            own = daemon.through_store(b"GET /livez HTTP/1.1\r\nHost: x\r\n"
                                       b"Connection: close\r\n\r\n")
            equal(status_of(own), 200)
            store.fails(4, str(daemon.running.pid), "serve", "--listen", "127.0.0.1:0")
            taken = store.run("serve", "--listen", f"127.0.0.1:{daemon.port}",
                              store=store.path.parent / "other")
            equal((taken.code, "in use" in taken.err), (1, True), taken.err)
        expect(not path.exists(), "it ended in order")


def test_requests_that_are_none_are_refused_or_dropped():
    with Store() as store, Daemon(store) as daemon:
        end = b"\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        for sent, status in ((b"\x16\x03\x01\x02\x00\r\n\r\n", 400), (b"HELLO\r\n\r\n", 400),
                             (b"GET /livez HTTP/9.9" + end, 400),
                             (b"GET /\x00 HTTP/1.1" + end, 400),
                             (b"GET livez HTTP/1.1" + end, 400),
                             (b"GET http://localhost/livez HTTP/1.1" + end, 400),
                             (b"GET /livez HTTP/1.1\r\nA: " + b"x" * 20_000 + end, 431),
                             (b"POST /v1/events HTTP/1.1\r\nContent-Type: application/json\r\n"
                              b"Content-Length: 99999999999" + end, 413),
                             (b"POST /v1/events HTTP/1.1\r\nContent-Length: 3\r\n"
                              b"Content-Length: 4" + end + b"abcd", 400),
                             (b"BREW /v1/events HTTP/1.1" + end, 405)):
            equal(status_of(daemon.raw(sent)), status, sent[:60])
        for path in ("/v1/../v1/events", "/v1//events", "/v1/events/", "/v1/events/%2e%2e",
                     "//livez", "/LIVEZ", "/v1/events/0/../0"):
            equal(daemon.call("GET", path).status, 404, path)
        for path in ("/v1/queries/A/%ff", "/v1/flows/%c3%28", "/v1/flows/%", "/v1/flows/%4",
                     "/v1/flows/%zz", "/v1/events?limit=0", "/v1/events?limit=1001",
                     "/v1/events?limit=1&limit=2", "/v1/events?from=-1", "/v1/flows?pending=yes"):
            equal(daemon.call("GET", path).status, 400, path)
        equal(daemon.get("/v1/events").json()["events"], [])


def test_a_body_that_is_too_long_is_not_read():
    with Store() as store, Daemon(store) as daemon:
        head = (b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        received = daemon.raw(head + chunk * 80)
        expect(status_of(received) in (413, None), received[:200])
        daemon.get("/livez")


def test_a_slow_sender_is_cut_off_and_others_are_served():
    with Store() as store, Daemon(store) as daemon:
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=LIMIT) as slow:
            slow.sendall(b"GET /livez HTTP/1.1\r\nHost: loc")
            daemon.get("/livez")
            begun = time.monotonic()
            equal(talk(slow, b"alhost\r\n"), b"")
            expect(time.monotonic() - begun < 30, "cut off in time")
        daemon.get("/livez")


def test_a_crowd_is_turned_away_and_comes_again():
    with Store() as store, Daemon(store) as daemon:
        crowd = []
        try:
            turned_away = 0
            for _ in range(600):
                one = socket.create_connection(("127.0.0.1", daemon.port), timeout=LIMIT)
                crowd.append(one)
            for one in crowd[496:]:
                one.settimeout(LIMIT)
                turned_away += status_of(one.recv(4096)) == 503
            equal(turned_away, 104)
            owner = daemon.through_store(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
                                         b"Connection: close\r\n\r\n")
            equal(status_of(owner), 200, "strangers leave room for the store's owner")
        finally:
            for one in crowd:
                one.close()
        limit = time.monotonic() + LIMIT
        while status_of(daemon.raw(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
                                   b"Connection: close\r\n\r\n")) != 200:
            expect(time.monotonic() < limit, "served again")


def test_a_daemon_that_is_told_to_end_answers_what_is_under_way():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=LIMIT) as idle:
            idle.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            equal(status_of(idle.recv(4096)), 200)
            daemon.ask_to_end()
            equal(idle.recv(4096), b"", "an idle connection is closed")
            equal(daemon.running.wait(timeout=LIMIT), 0)


main(globals())
