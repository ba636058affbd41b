"""The monitor and subscriptions over real sockets, also with clients that mean no good."""

import socket
import struct
import threading
import time
import urllib.parse
from datetime import datetime

from lib_cli import BIN, LIMIT, Store, equal, expect, main
from lib_service import Daemon, until
from lib_websocket import (BINARY, CLOSE, PING, TEXT, V1, Closed, Picture, WebSocket, bearer,
                           refusal)

STOCK = str(BIN / "millrace")
BAD = '{"package": {"not": "text"}}'
READ, ALL = "r" * 32, "+/~" * 11


def installed(package, version="1"):
    return {"type": "PackageActionTaken",
            "data": {"package": package, "action": "INSTALL", "newVersion": version}}


def history(package):
    return "/v1/queries/PackageHistory/" + urllib.parse.quote(package, safe="")


def test_a_snapshot_and_its_deltas_show_what_http_shows():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(*(installed(f"p{n}") for n in range(30)), Prefer="wait=60")
        with WebSocket(daemon, "/v1/monitor") as socket_:
            picture = Picture(socket_)
            first = picture.hear()
            equal((first["message"], first["sequence"]), ("snapshot", 0))
            daemon.append(*(installed(f"q{n}") for n in range(30)), Prefer="wait=60")
            rows = {row["flow"]: row for row in daemon.get("/v1/flows?limit=1000").json()["flows"]}
            picture.until(lambda now: set(now.flows) == set(rows) and
                          all(row["latest"] == rows[key]["latest"] and row["lag"] == 0
                              for key, row in now.flows.items()))
            for key, row in rows.items():
                shown = picture.flows[key]
                equal({name: shown[name] for name in row}, row)
            picture.until(lambda now: now.overview["flows"] == len(rows))
            overview = picture.overview
            equal((overview["application"], overview["state"]), ("dpkg-flows", "running"))
            equal(overview["tail"], int(daemon.get("/v1/events").header["Millrace-Tail"]))
            equal((overview["head"], overview["stopped"]), (overview["tail"], 0))
            expect(overview["append_rate"] > 0, overview)
            for name in ("commit", "flush"):  # not every commit is flushed
                expect(overview[name + "_p99"] >= overview[name + "_p50"] > 0, overview)
            listed = daemon.get("/v1/statistics").json()["statistics"]
            equal(set(picture.types), {row["name"] for row in listed if row["name"]})
            for row in listed:
                if row["name"]:
                    expect(row.keys() <= picture.types[row["name"]].keys(), row)
            equal(picture.types["PackageHistory"]["kind"], "query")
            picture.until(lambda now: any(
                edge["event"] == "PackageActionTaken" and edge["type"] == "PackageHistory" and
                edge["rate"] > 0 for edge in now.topology["observes"]))


def test_messages_come_four_times_a_second_at_most_and_once_at_least():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        stop = threading.Event()

        def append():
            count = 0
            while not stop.is_set():
                daemon.append(installed(f"p{count % 50}", str(count)))
                count += 1

        with WebSocket(daemon, "/v1/monitor") as socket_:
            picture = Picture(socket_)
            picture.hear()
            writer = threading.Thread(target=append)
            writer.start()
            # By the clock of the service: this one may be kept from reading for a while.
            times = [datetime.fromisoformat(picture.hear()["at"].rstrip("Z")) for _ in range(13)]
            stop.set()
            writer.join()
            expect((times[-1] - times[0]).total_seconds() >= 0.2 * 12, times)
            daemon.rest()
            for _ in range(8):
                picture.hear()  # also when nothing happens


def test_a_poisoned_event_shows_as_stopped_and_its_repair_too():
    with Store("dpkg-flows") as store:
        bad = int(store.do("append", "PackageActionTaken", BAD, program=STOCK))
        with Daemon(store) as daemon, WebSocket(daemon, "/v1/monitor") as socket_:
            picture = Picture(socket_)
            picture.until(lambda now: "InstallSession" in now.flows and
                          now.flows["InstallSession"]["status"] == "stopped")
            row = picture.flows["InstallSession"]
            equal(row["error_position"], bad)
            expect(row["error_message"], row)
            picture.until(lambda now: now.overview["stopped"] and now.overview["stopped"] > 0)
            picture.until(lambda now: now.types["PackageHistory"]["parked"])
            daemon.post("/v1/flows/InstallSession/skip")
            picture.until(lambda now: now.flows["InstallSession"]["status"] == "idle")
            expect(picture.flows["InstallSession"]["since"], picture.flows["InstallSession"])


def test_a_view_shows_what_matters_of_what_it_is_asked_for():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(*(installed(f"p{n:02}") for n in range(40)), Prefer="wait=60")
        with WebSocket(daemon, "/v1/monitor") as socket_:
            picture = Picture(socket_)
            picture.hear()
            socket_.say(message="view", type="PackageHistory", limit=7)
            picture.until(lambda now: now.snapshots == 2)
            equal(picture.view, {"type": "PackageHistory", "status": None, "contains": None,
                                 "limit": 7})
            picture.until(lambda now: set(now.flows) ==
                          {f"PackageHistory|p{n}" for n in range(33, 40)})
            daemon.append(installed("p05", "2"), Prefer="wait=60")
            picture.until(lambda now: "PackageHistory|p05" in now.flows)
            equal(len(picture.flows), 7)
            expect("PackageHistory|p33" not in picture.flows, "the least active one is gone")
            socket_.say(message="view", contains="|p1")
            picture.until(lambda now: now.snapshots == 3)
            picture.until(lambda now: len(now.flows) == 10)
            socket_.say(message="view", limit=2001)
            equal(socket_.close_code(), 1008)


def test_a_slow_client_costs_nothing_and_gets_on():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(*(installed(f"p{n}") for n in range(400)), Prefer="wait=60")
        with WebSocket(daemon, "/v1/monitor") as slow, WebSocket(daemon, "/v1/monitor") as quick:
            picture = Picture(quick)
            until_left = time.monotonic() + 3
            count = 0
            while time.monotonic() < until_left:
                daemon.append(*(installed(f"p{n}", str(count)) for n in range(400)))
                count += 1
                picture.hear()
            late = Picture(slow)
            late.until(lambda now: now.overview.get("tail", 0) >= picture.overview["tail"])
            tail = daemon.append(installed("last"), Prefer="wait=60")[0]
            late.until(lambda now: now.flows.get("PackageHistory|last", {}).get("checkpoint") ==
                       tail)
        until(lambda: "millrace_sockets 0\n" in daemon.get("/metrics").body, "both are gone")


def test_who_may_not_ask_gets_no_socket():
    with Store() as store:
        tokens = store.path.parent / "tokens"
        tokens.write_text(f"read {READ}\nall {ALL}\n", encoding="utf-8")
        tokens.chmod(0o600)
        with Daemon(store, "--token-file", str(tokens)) as daemon:
            for path in ("/v1/monitor", "/v1/subscribe"):
                own = f"http://127.0.0.1:{daemon.port}"
                equal(refusal(daemon, path, V1), 401)
                equal(refusal(daemon, path, V1, bearer("x" * 32)), 401)
                equal(refusal(daemon, path, V1, "millrace.bearer." + READ), 401)
                equal(refusal(daemon, path, V1, bearer(READ), Origin="http://evil.example"), 403)
                equal(refusal(daemon, path, V1, bearer(READ), Host="evil.example"), 421)
                equal(refusal(daemon, path, V1, bearer(READ), Sec_WebSocket_Version="12"), 426)
                for token in (READ, ALL):
                    WebSocket(daemon, path, V1, bearer(token), Origin=own).connection.close()
                WebSocket(daemon, path, Authorization=f"Bearer {READ}").connection.close()
            equal(daemon.call("GET", "/v1/monitor", Authorization=f"Bearer {READ}").status, 426)


def test_hostile_frames_end_their_own_connection_alone():
    with Store() as store, Daemon(store) as daemon, WebSocket(daemon, "/v1/monitor") as witness:
        picture = Picture(witness)
        picture.hear()
        for path in ("/v1/monitor", "/v1/subscribe"):
            for code, send in (
                    (1002, lambda s: s.send_frame(TEXT, b"{}", masked=False)),
                    (1002, lambda s: s.send_frame(PING, b"x" * 10, final=False)),
                    (1002, lambda s: s.send_frame(PING, b"x" * 200)),
                    (1002, lambda s: s.send_frame(5, b"x")),
                    (1009, lambda s: s.send_frame(TEXT, b"x" * 20000)),
                    (1009, lambda s: s.send_frame(TEXT, b"x", size=1 << 62)),
                    (1007, lambda s: s.send_frame(TEXT, b"\xff\xfe")),
                    (1003, lambda s: s.send_frame(BINARY, b"{}")),
                    (1008, lambda s: s.send_frame(TEXT, b"[" * 16000)),
                    (1008, lambda s: s.say(message="nothing")),
                    (1008, lambda s: s.say(message="credit", credit=1 << 60))):
                with WebSocket(daemon, path) as socket_:
                    send(socket_)
                    equal(socket_.close_code(), code, path)
        with WebSocket(daemon, "/v1/monitor") as socket_:
            socket_.send_frame(CLOSE, struct.pack(">H", 1000))
            equal(socket_.close_code(), 1000)
        for _ in range(3):
            picture.hear()


def test_sockets_have_a_bound_and_a_killed_client_gives_its_place_back():
    with Store() as store, Daemon(store) as daemon:
        every = []
        while len(every) < 128:
            every.append(WebSocket(daemon, "/v1/subscribe"))
        equal(refusal(daemon, "/v1/subscribe"), 503)
        with WebSocket(daemon, "/v1/monitor") as socket_:  # has places of its own
            equal(Picture(socket_).hear()["message"], "snapshot")
        for one in every[:64]:  # reset, as when the process is killed
            one.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
        for one in every:
            one.connection.close()
        until(lambda: "millrace_sockets 0\n" in daemon.get("/metrics").body, "all are gone")
        with WebSocket(daemon, "/v1/monitor") as socket_:
            equal(Picture(socket_).hear()["message"], "snapshot")


def test_the_end_of_the_service_is_told():
    with Store() as store:
        with Daemon(store) as daemon:
            monitor, events = WebSocket(daemon, "/v1/monitor"), WebSocket(daemon, "/v1/subscribe")
            Picture(monitor).hear()
            daemon.ask_to_end()
            for one in (monitor, events):
                equal(one.close_code(), 1001)
                one.connection.close()
            daemon.running.wait(timeout=LIMIT)


def test_a_subscription_gives_each_event_once_while_others_append():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(*(installed(f"a{n}") for n in range(300)), Prefer="wait=60")

        def append(name):
            for count in range(60):
                daemon.append(*(installed(f"{name}{count}-{n}") for n in range(5)))

        def append_all():
            writers = [threading.Thread(target=append, args=[name]) for name in "bc"]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            daemon.append(installed("end"))

        with WebSocket(daemon, "/v1/subscribe") as socket_:
            other = threading.Thread(target=append_all)
            other.start()
            socket_.say(message="subscribe", types=["PackageActionTaken"], credit=100,
                        **{"from": 0})
            got, credit, last = [], 100, None
            while last != "end":
                message = socket_.hear()
                if message["message"] != "event":
                    continue
                got.append(message["event"]["position"])
                last = message["event"]["data"]["package"]
                credit -= 1
                expect(credit >= 0, "more than was granted")
                if credit < 20:
                    credit += 100
                    socket_.say(message="credit", credit=100)
            other.join()
        listed, target = [], "/v1/events?limit=1000&type=PackageActionTaken"
        while target:
            answer = daemon.get(target).json()
            listed, target = listed + [one["position"] for one in answer["events"]], answer["next"]
        equal(got, listed)


def test_events_are_chosen_by_type_prefix_and_flow():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(installed("bash"), installed("zsh"), installed("bash", "2"), Prefer="wait=60")
        tail = int(daemon.get("/v1/events").header["Millrace-Tail"])

        def first_caught_up(**wanted):
            with WebSocket(daemon, "/v1/subscribe") as socket_:
                socket_.say(message="subscribe", credit=1000, **{"from": 0, **wanted})
                heard = socket_.hear_until(lambda one: one["message"] == "caught_up")
                equal(heard[-1]["position"], tail)
                return [one["event"] for one in heard if one["message"] == "event"]

        every = daemon.get("/v1/events?limit=1000").json()["events"]
        equal(first_caught_up(), every)
        equal(first_caught_up(types=["Nothing"]), [])
        equal(first_caught_up(prefix="Package"),
              [one for one in every if one["type"].startswith("Package")])
        equal(first_caught_up(types=["PackageActionTaken"], **{"from": 1}),
              [one for one in every if one["type"] == "PackageActionTaken" and one["position"] > 0])
        inbox = daemon.get("/v1/flows/PackageHistory%7Cbash/inbox").json()["entries"]
        equal([one["position"] for one in first_caught_up(flow="PackageHistory|bash")],
              [one["position"] for one in inbox])
        equal(first_caught_up(flow="PackageHistory|nobody"), [])


def test_without_credit_a_subscription_falls_behind_and_loses_nothing():
    with Store() as store, Daemon(store) as daemon, WebSocket(daemon, "/v1/subscribe") as socket_:
        socket_.say(message="subscribe", types=["A"], credit=1)
        equal(socket_.hear(), {"message": "caught_up", "position": 0})
        daemon.append({"type": "B", "data": {}})
        equal(socket_.hear(), {"message": "position", "position": 1})
        daemon.append(*({"type": name, "data": {}} for name in "AAB"))
        equal(socket_.hear()["event"]["position"], 1)
        equal(socket_.hear(), {"message": "fell_behind", "position": 2})
        socket_.say(message="credit", credit=5)
        equal(socket_.hear()["event"]["position"], 2)
        equal(socket_.hear(), {"message": "caught_up", "position": 4})
        socket_.say(message="subscribe", credit=1)
        equal(socket_.close_code(), 1008)


def test_a_query_tells_its_changes_with_the_tag_that_http_has():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        with WebSocket(daemon, "/v1/subscribe") as socket_:
            socket_.say(message="subscribe", query="PackageHistory|bash", credit=100)
            equal(socket_.hear()["message"], "gone")
            daemon.append(installed("bash"), Prefer="wait=60")
            first = socket_.hear_until(lambda one: one["message"] == "state")[-1]
            answer = daemon.get(history("bash"))
            equal((first["etag"], first["state"]), (answer.header["ETag"], answer.json()))
            for count in range(20):
                daemon.append(installed("bash", str(count)), installed("zsh", str(count)))
            daemon.rest()
            answer = daemon.get(history("bash"))
            heard = socket_.hear_until(lambda one: one.get("etag") == answer.header["ETag"])
            equal(heard[-1]["state"], answer.json())
            tags = [one["etag"] for one in heard if one["message"] == "state"]
            equal(len(set(tags)), len(tags), "each change once")
            tail = daemon.append(installed("zsh", "last"), Prefer="wait=60")[0]
            heard = socket_.hear_until(lambda one: one["message"] == "position" and
                                       one["position"] > tail)
            expect(all(one["message"] == "position" for one in heard), heard)
        with WebSocket(daemon, "/v1/subscribe") as socket_:
            tag = daemon.get(history("bash")).header["ETag"]
            socket_.say(message="subscribe", query="PackageHistory|bash", etag=tag, credit=1)
            equal(socket_.hear()["message"], "position", "the client has that state")
            daemon.append(installed("bash", "new"))
            state = socket_.hear_until(lambda one: one["message"] == "state")[-1]
            expect(state["etag"] != tag, "another tag")
        with WebSocket(daemon, "/v1/subscribe") as socket_:
            socket_.say(message="subscribe", query="InstallSession", credit=1)
            try:
                socket_.hear()
                expect(False, "a topic has no state to read")
            except Closed as closed:
                equal(closed.code, 1011)


def test_no_change_is_missed_between_a_read_and_a_subscription_beside_a_writer():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(installed("bash"), Prefer="wait=60")
        stop = threading.Event()

        def append():
            count = 0
            while not stop.is_set():
                daemon.append(installed("bash", str(count)))
                count += 1

        writer = threading.Thread(target=append)
        writer.start()
        followers = []
        for _ in range(25):
            known = daemon.get(history("bash")).header["ETag"]
            follower = WebSocket(daemon, "/v1/subscribe")
            follower.say(message="subscribe", query="PackageHistory|bash", etag=known,
                         credit=1_000_000)
            followers.append((known, follower))
        stop.set()
        writer.join()
        daemon.rest()
        answer = daemon.get(history("bash"))
        for known, follower in followers:
            with follower:
                if known == answer.header["ETag"]:
                    continue
                heard = follower.hear_until(lambda one: one.get("etag") == answer.header["ETag"])
                equal(heard[-1]["state"], answer.json())
                changed = [one["changed"] for one in heard if one["message"] == "state"]
                equal(changed, sorted(set(changed)), "in order, each once")
                expect(changed[0] > int(known.strip('"').split("-")[0]), "later than it knew")


main(globals())
