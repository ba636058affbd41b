"""What /metrics says, figure by figure, after things whose figures are known."""

import json
import re
from datetime import datetime, timedelta, timezone

from lib_cli import BIN, Store, equal, expect, main
from lib_service import Daemon, until
from lib_websocket import Picture, WebSocket

STOCK = str(BIN / "millrace")
BAD = '{"package": {"not": "text"}}'
CAUSES = ("full", "aged", "dry", "reading")


def installed(package):
    return {"type": "PackageActionTaken", "data": {"package": package, "action": "INSTALL"}}


def figures(daemon):
    """All samples; a name with its labels in the order in which they are written."""
    lines = [line for line in daemon.get("/metrics").body.splitlines() if line[:1] != "#"]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def of_type(name, flow_type, **labels):
    more = "".join(f',{label}="{value}"' for label, value in labels.items())
    return f'{name}{{type="{flow_type}"{more}}}'


def test_counts_are_those_of_what_was_done():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        for package in ("bash", "bash", "zsh"):
            daemon.append(installed(package), Prefer="wait=60")
        daemon.rest()
        now = figures(daemon)
        tail = int(daemon.get("/v1/events").header["Millrace-Tail"])
        for name in ("millrace_tail", "millrace_head", "millrace_appended_total",
                     "millrace_routed_total"):
            equal(now[name], tail, name)
        listed = {row["name"]: row for row in daemon.get("/v1/statistics").json()["statistics"]}
        handled = 0
        for name in ("InstallSession", "PackageHistory"):
            row = listed[name]
            handled += row["handled"]
            equal(now[of_type("millrace_batch_events_sum", name)], row["handled"], name)
            for metric in ("millrace_batch_events_count", "millrace_batch_seconds_count"):
                equal(now[of_type(metric, name)], row["batches"], metric, name)
            equal(sum(now[of_type("millrace_batches_total", name, cause=one)] for one in CAUSES),
                  row["batches"], name)
            equal(now[of_type("millrace_state_bytes", name)], row["state_bytes"], name)
        equal(listed["PackageHistory"]["handled"], 3)
        equal(now[of_type("millrace_flows", "PackageHistory")], 2)
        equal(now[of_type("millrace_batch_events_bucket", "PackageHistory", le=1)], 3)
        equal(now["millrace_handled_total"], sum(row["handled"] for row in listed.values()
                                                 if row["name"]))
        expect(handled > 0, listed)
        for name in ("millrace_lag_events", "millrace_flows_pending", "millrace_flows_stopped",
                     "millrace_oldest_unhandled_seconds", "millrace_mailbox_events"):
            equal(now[of_type(name, "PackageHistory")], 0, name)
        equal(now['millrace_http_calls_total{address="/v1/events",method="POST",status="201"}'], 3)


def test_a_commit_and_its_flush_are_told_apart():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        for number in range(20):
            daemon.append(installed(f"p{number}"), Prefer="wait=60")
        daemon.rest()
        now = figures(daemon)
        expect(now["millrace_commits_total"] >= 20, now)
        equal(now["millrace_commit_seconds_count"], now["millrace_commits_total"])
        # Not each is flushed: what would come out again is not.
        expect(20 <= now["millrace_flush_seconds_count"] < now["millrace_commits_total"], now)
        for name in ("commit", "flush"):
            middle, most = (now[f'millrace_{name}_seconds{{quantile="{quantile}"}}']
                            for quantile in ("0.5", "0.99"))
            expect(0 < middle <= most, name, middle, most)
        expect(0 < now["millrace_flush_seconds_sum"] < now["millrace_commit_seconds_sum"], now)


def test_percentiles_are_of_the_batches_there_were():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        for _ in range(10):
            daemon.append(installed("bash"), Prefer="wait=60")
        row = next(row for row in daemon.get("/v1/statistics").json()["statistics"]
                   if row["name"] == "PackageHistory")
        equal(row["batch_events"], {"p50": 1, "p95": 1, "p99": 1})
        times = row["batch_seconds"]
        expect(0 < times["p50"] <= times["p95"] <= times["p99"] < 60, times)
        flow = daemon.get("/v1/flows/PackageHistory%7Cbash/statistics").json()
        equal((flow["handled"], flow["batches"]), (10, 10))
        equal((flow["batch_p50"], flow["batch_p95"], flow["batch_p99"]), (1, 1, 1))


def test_what_waits_behind_an_error_has_a_count_and_an_age():
    with Store("dpkg-flows") as store:
        store.do("append", "PackageActionTaken", BAD, program=STOCK)
        with Daemon(store) as daemon:
            until(lambda: figures(daemon)[of_type("millrace_flows_stopped",
                                                  "PackageHistory")] == 1, "stopped")
            first = figures(daemon)
            daemon.append(installed("bash"))

            def age():
                return figures(daemon)[of_type("millrace_oldest_unhandled_seconds",
                                               "InstallSession")]

            before = age()
            expect(before > 0, first)
            until(lambda: age() > before, "it grows older")


def test_timers_are_counted_before_they_fire():
    def due(**later):
        return (datetime.now(timezone.utc) + timedelta(**later)).isoformat()

    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        before = figures(daemon)
        equal((before["millrace_timers_soon"], before["millrace_timers_overdue"]), (0, 0))
        for later in ({"seconds": 50}, {"hours": 1}):
            daemon.append({**installed("zsh"), "due": due(**later),
                           "routes": ["PackageHistory|zsh"]})
        equal(figures(daemon)["millrace_timers_soon"], 1)


def test_timers_that_are_due_are_counted_until_they_have_fired():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        def is_seen():
            soon = (datetime.now(timezone.utc) + timedelta(milliseconds=300)).isoformat()
            timer = {**installed("zsh"), "due": soon, "routes": ["PackageHistory|zsh"]}
            daemon.append(*[timer] * 5000)
            seen = 0
            while figures(daemon)["millrace_timers_soon"] > 0:
                pass
            while not seen and (now := figures(daemon))["millrace_timers_overdue"]:
                seen = now["millrace_timers_overdue"]
            return 0 < seen <= 1000

        until(is_seen, "some that are due and have not fired")
        until(lambda: figures(daemon)["millrace_timers_overdue"] == 0, "all have fired")


def test_batches_of_many_have_percentiles_of_their_own_flow():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        for size in (1, 3, 3, 9):
            daemon.append(*[installed("bash")] * size, Prefer="wait=60")
        flow = daemon.get("/v1/flows/PackageHistory%7Cbash/statistics").json()
        equal((flow["handled"], flow["batch_p50"], flow["batch_p99"]), (16, 3, 9), flow)


def test_labels_are_bounded_whatever_types_clients_make_up():
    kinds = 300
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        routes = [f"Made{number:03}|{n}" for number in range(kinds) for n in range(2)]
        daemon.append({"type": "PackageActionTaken", "data": {}, "routes": routes})
        until(lambda: daemon.get("/v1/progress?wait=60s").json()["caught_up"], "routed")
        now = figures(daemon)
        flows = {name: value for name, value in now.items() if name.startswith("millrace_flows{")}
        made = [name for name in flows if '"Made' in name]
        equal((made[0], len(made)), (of_type("millrace_flows", "Made000"), 200))
        equal(now[of_type("millrace_flows", "(others)")], 2 * (kinds - 200))
        equal(now[of_type("millrace_lag_events", "(others)")], 2 * (kinds - 200))
        expect(of_type("millrace_flows", "PackageHistory") in flows, "those of the program")
        with WebSocket(daemon, "/v1/monitor") as socket_:
            picture = Picture(socket_).until(lambda seen: "(others)" in seen.types)
            equal(picture.types["(others)"]["flows"], 2 * (kinds - 200))
            expect(len(picture.types) < 220, len(picture.types))


def test_web_sockets_are_counted_while_they_are_open():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        with WebSocket(daemon, "/v1/monitor") as socket_:
            socket_.hear()
            now = figures(daemon)
            equal((now["millrace_sockets"], now["millrace_sockets_opened_total"]), (1, 1))
            expect(now["millrace_socket_messages_total"] >= 1, now)
        until(lambda: figures(daemon)["millrace_sockets"] == 0, "closed")
        equal(figures(daemon)["millrace_sockets_opened_total"], 1)


def test_the_text_is_what_prometheus_reads():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(installed('a"\\b\n'), Prefer="wait=60")
        answer = daemon.get("/metrics")
        expect(answer.header["Content-Type"].startswith("text/plain; version=0.0.4"), "type")
        sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? \S+')
        kinds = {}
        for line in answer.body.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                expect(name not in kinds, "twice", name)
                kinds[name] = kind
            elif not line.startswith("#"):
                expect(sample.fullmatch(line), line)
                name = re.sub(r"_(bucket|sum|count)$", "", re.split(r"[ {]", line)[0])
                expect(name in kinds or name + "_count" in kinds, line)
        equal(json.dumps(sorted(set(kinds.values()))),
              '["counter", "gauge", "histogram", "summary"]')


main(globals())
