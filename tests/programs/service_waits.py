"""Calls that wait for events: many of them at once, while others are served."""

import http.client
import json
import threading
import time

from lib_cli import Store, equal, expect, main
from lib_service import Daemon, until

JSON = {"Content_Type": "application/json"}


def scan(number):
    return {"type": "ImageWritten", "data": {"scanId": f"S{number}"}}


def all_of(count, what):
    """What so many threads got."""
    got = []

    def one(number):
        got.append(what(number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for each in threads:
        each.start()
    return got, threads


def test_a_hundred_readers_of_inboxes_and_as_many_of_queries_starve_nobody():
    with Store("scans") as store, Daemon(store) as daemon:
        def inbox(number):
            return daemon.call("GET", f"/v1/inbox/Away%7C{number}?wait=20s")

        def query(number):
            return daemon.call("GET", f"/v1/queries/ScanActivityQuery/u{number}?min_position=99999",
                               Prefer="wait=20")

        pages, readers = all_of(100, inbox)
        states, waiting = all_of(100, query)
        until(lambda: "millrace_calls_waiting 200\n" in daemon.get("/metrics").body, "all wait")
        slowest = 0
        for number in range(20):
            begun = time.monotonic()
            daemon.append(scan(number), Prefer="wait=10")
            daemon.get("/v1/flows")
            slowest = max(slowest, time.monotonic() - begun)
        expect(slowest < 5, "others are served meanwhile", slowest)
        equal((pages, states), ([], []), "who waits still does")
        # Each hears of its own event, and soon.
        routes = [f"Away|{number}" for number in range(100)]
        daemon.append(dict(scan(1), routes=routes))
        for each in readers:
            each.join()
        equal([answer.status for answer in pages], [200] * 100)
        equal({len(answer.json()["entries"]) for answer in pages}, {1})
        for each in waiting:
            each.join()
        equal({answer.status for answer in states}, {504})


def test_the_places_of_one_kind_are_no_places_of_another():
    with Store("scans") as store, Daemon(store) as daemon:
        def inbox(_):
            return daemon.call("GET", "/v1/inbox/Away%7C1?wait=8s").status

        statuses, readers = all_of(140, inbox)
        until(lambda: statuses.count(503) == 12, "there is a bound")
        answer = daemon.call("GET", "/v1/queries/ScanActivityQuery/u?min_position=9",
                             Prefer="wait=1")
        equal(answer.status, 504, "a reader has a place")
        daemon.append(scan(1), Prefer="wait=10")
        for each in readers:
            each.join()
        equal((statuses.count(200), statuses.count(503)), (128, 12))


def test_no_token_takes_all_places():
    with Store("scans") as store:
        tokens = store.path.parent / "tokens"
        tokens.write_text("all first-client-token\nread second-client-token\n")
        tokens.chmod(0o600)
        with Daemon(store, "--token-file", tokens) as daemon:
            def inbox(name):
                return daemon.call("GET", "/v1/inbox/Away%7C1?wait=8s",
                                   Authorization=f"Bearer {name}-client-token").status

            statuses, readers = all_of(70, lambda _: inbox("first"))
            until(lambda: statuses.count(503) == 6, "there is a bound for each")
            others, more = all_of(70, lambda _: inbox("second"))
            until(lambda: others.count(503) == 6, "which is none for others")
            for each in readers + more:
                each.join()
            equal((statuses.count(200), others.count(200)), (64, 64))


def test_waiting_after_many_events_at_once_answers_when_all_are_handled():
    with Store("scans") as store, Daemon(store) as daemon:
        answer = daemon.call("POST", "/v1/events", json.dumps([scan(n) for n in range(3000)]),
                             Prefer="wait=60", **JSON)
        equal(answer.status, 201, answer.header)
        equal(daemon.get("/v1/flows?pending=true").json()["flows"], [])


def test_leases_are_listed_with_the_time_that_is_left():
    with Store() as store, Daemon(store) as daemon:
        for number in range(3):
            daemon.post(f"/v1/leases/Away%7C{number}?for=60s&holder=me{number}")
        page = daemon.get("/v1/leases?limit=2").json()
        equal([(one["flow"], one["holder"]) for one in page["leases"]],
              [("Away|0", "me0"), ("Away|1", "me1")])
        expect(all(0 < one["seconds_left"] <= 60 for one in page["leases"]), page)
        equal([one["flow"] for one in daemon.get(page["next"]).json()["leases"]], ["Away|2"])
        daemon.call("DELETE", f"/v1/leases/Away%7C0?epoch={page['leases'][0]['epoch']}")
        equal(len(daemon.get("/v1/leases").json()["leases"]), 2)


def test_leases_have_a_bound():
    with Store() as store, Daemon(store) as daemon:
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        statuses = []
        for number in range(10_001):
            connection.request("POST", f"/v1/leases/Away%7C{number}?for=600s")
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
        equal((statuses.count(200), statuses[-1]), (10_000, 503))


main(globals())
