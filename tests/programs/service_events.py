"""Events through HTTP: appended in every form, once however often, and read back as the command
line shows them."""

import base64
import json
import threading

from lib_cli import BIN, Store, equal, expect, main
from lib_service import Daemon

STOCK = str(BIN / "millrace")
JSON = "application/json"
LINES = "application/x-ndjson"


def history(store, *more):
    return store.json("timeline", *more)


def test_one_event_and_many_get_their_positions():
    with Store() as store, Daemon(store) as daemon:
        answer = daemon.post("/v1/events", 201, '{"type":"A","data":{"n":1}}', Content_Type=JSON)
        equal(answer.json(), {"events": [{"position": 0, "repeated": False}], "next": None})
        equal(answer.header["Location"], "/v1/events/0")
        equal(daemon.append({"type": "A"}, {"type": "B", "cause": 0, "user": "u"}), [1, 2])
        shown = [daemon.get(f"/v1/events/{at}").json() for at in range(3)]
        equal(shown, history(store), "the same documents")
        equal((shown[2]["cause"], shown[2]["user"]), (0, "u"))


def test_data_of_an_unknown_type_stays_to_the_letter():
    with Store() as store, Daemon(store) as daemon:
        data = '{"big": 123456789012345678901234567890, "x":1.10, "e":"\\u00e9" }'
        daemon.post("/v1/events", 201, f'{{"type":"A","data":{data}}}', Content_Type=JSON)
        expect(data in daemon.get("/v1/events/0").body, "kept")


def test_lines_cloud_events_and_protobuf_are_taken_too():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        kind = "PackageActionTaken"
        data = {"action": "INSTALL", "package": "bash"}
        line = json.dumps({"type": kind, "data": data})
        daemon.post("/v1/events", 201, line + "\n\n" + line, Content_Type=LINES)
        cloud = {"specversion": "1.0", "id": "7", "source": "/apt", "type": kind, "data": data,
                 "subject": "s"}
        for status in (201, 200):
            daemon.post("/v1/events", status, json.dumps(cloud),
                        Content_Type="application/cloudevents+json; charset=utf-8")
        package = daemon.get("/v1/events/0").json()["data"]["package"]
        equal(package, "bash")
        number = field_of("package")
        payload = bytes([number << 3 | 2, 4]) + b"bash"
        daemon.post(f"/v1/events?type={kind}&user=me", 201, payload,
                    Content_Type="application/protobuf")
        daemon.post(f"/v1/events?type={kind}", 201, delimited(payload, payload),
                    Content_Type="application/x-protobuf-delimited")
        for wrong, said in ((delimited(payload)[:-1], "event 1 is cut off"), (b"", "no event")):
            daemon.refused(daemon.call("POST", f"/v1/events?type={kind}", wrong,
                                       Content_Type="application/x-protobuf-delimited"), 400, said)
        cloud.update(id="8", datacontenttype="application/protobuf",
                     data_base64=base64.b64encode(payload).decode())
        del cloud["data"]
        daemon.post("/v1/events", 201, json.dumps([cloud]),
                    Content_Type="application/cloudevents-batch+json")
        events = history(store, "--type", kind)
        equal([event["data"]["package"] for event in events], ["bash"] * 7)
        equal(events[2]["headers"], [{"name": "ce-subject", "value": "s"}])
        equal((events[2]["id"], events[3]["user"]), ("/apt 7", "me"))


def delimited(*payloads):
    """Each after its length, which is below 128."""
    return b"".join(bytes([len(one)]) + one for one in payloads)


def field_of(name):
    """The number of a field of PackageActionTaken."""
    path = BIN.parent.parent / "apps/dpkg-flows/events.proto"
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) > 3 and words[1:3] == [name, "="]:
            return int(words[3].rstrip(";"))
    raise SystemExit(f"no field {name}")


def test_a_repeated_request_appends_nothing():
    with Store() as store, Daemon(store) as daemon:
        again = {"Idempotency_Key": '"k-1"'}
        equal(daemon.append({"type": "A"}, {"type": "B"}, **again), [0, 1])
        equal(daemon.append({"type": "A"}, {"type": "B"}, status=200, **again), [0, 1])
        equal(daemon.append({"type": "A", "id": "x"}), [2])
        equal(daemon.append({"type": "A", "id": "x"}, status=200), [2])
        daemon.refused(daemon.call("POST", "/v1/events", '{"type":"C","id":"x"}',
                                   Content_Type=JSON), 422, "another event, at position 2")
        daemon.refused(daemon.call("POST", "/v1/events", '{"type":"C"}', Content_Type=JSON,
                                   Idempotency_Key="a b"), 400, "visible")
        mixed = '[{"type":"A","id":"y"},{"type":"C","id":"x"}]'
        daemon.refused(daemon.call("POST", "/v1/events", mixed, Content_Type=JSON), 422,
                       "event 2 belongs to another event, at position 2; nothing was appended")
        equal(len(history(store)), 3)
        equal(daemon.append({"type": "A", "id": "y"}, {"type": "A", "id": "x"}), [3, 2])


def test_an_append_can_depend_on_the_tail():
    with Store() as store, Daemon(store) as daemon:
        equal(daemon.append({"type": "A"}, If_Match='"0"'), [0])
        answer = daemon.call("POST", "/v1/events", '{"type":"B"}', Content_Type=JSON,
                             If_Match='"0"')
        daemon.refused(answer, 412, "1")
        daemon.refused(daemon.call("POST", "/v1/events", '{"type":"B"}', Content_Type=JSON,
                                   If_Match="0"), 400, "If-Match")
        equal(len(history(store)), 1)


def test_what_was_acknowledged_survives_a_kill():
    with Store() as store:
        with Daemon(store) as daemon:
            positions, done = [], threading.Event()

            def work(number):
                for count in range(1000):
                    try:
                        answer = daemon.call("POST", "/v1/events", json.dumps({
                            "type": "A", "id": f"{number} {count}", "data": {"n": count}}),
                            Content_Type=JSON)
                    except OSError:
                        return
                    positions.append((answer.json()["events"][0]["position"], number, count))
                    if len(positions) > 60:
                        done.set()

            threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
            for thread in threads:
                thread.start()
            expect(done.wait(60), "appends go on")
            daemon.kill()
            for thread in threads:
                thread.join()
        with Daemon(store) as daemon:
            events = {event["position"]: event["id"] for event in history(store)}
            for position, number, count in positions:
                equal(events.get(position), f"{number} {count}", "acknowledged")
            equal(daemon.append({"type": "A", "id": "0 0", "data": {"n": 0}}, status=200),
                  [next(at for at, name in events.items() if name == "0 0")])
        equal(store.json("verify")[-1]["findings"], 0)


def test_the_timeline_is_read_in_pages():
    with Store() as store, Daemon(store) as daemon:
        daemon.append(*({"type": "AB"[n % 2], "data": {"n": n}} for n in range(25)))
        target, seen = "/v1/events?limit=10", []
        while target:
            answer = daemon.get(target)
            equal(answer.header["Millrace-Tail"], "25")
            seen += answer.json()["events"]
            target = answer.json()["next"]
            equal(answer.header["Link"], target and f'<{target}>; rel="next"')
        equal(seen, history(store))
        odd = daemon.get("/v1/events?type=B&limit=1000", Accept=LINES)
        equal([json.loads(line)["data"]["n"] for line in odd.body.splitlines()],
              list(range(1, 25, 2)))
        equal(daemon.get("/v1/events?from=99").json(), {"events": [], "next": None})


def test_causes_and_reach_are_told_as_the_command_line_tells_them():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        event = {"type": "PackageActionTaken", "data": {"package": "bash", "action": "INSTALL"}}
        at = daemon.append(event)[0]
        daemon.rest()
        equal(daemon.get(f"/v1/events/{at}/explain").json(), store.json("explain", at)[0])
        equal(daemon.get(f"/v1/events/{at}/trace").json()["events"], store.json("trace", at))
        for path in ("", "/trace", "/explain"):
            daemon.get(f"/v1/events/999{path}", 404)
            daemon.get(f"/v1/events/x{path}", 404)


def test_waiting_ends_when_the_flows_have_handled_it_or_cannot():
    with Store("dpkg-flows") as store:
        store.do("append", "PackageActionTaken", '{"package": {"not": "text"}}', program=STOCK)
        with Daemon(store) as daemon:
            event = {"type": "PackageActionTaken", "data": {"package": "zsh", "action": "INSTALL"}}
            answer = daemon.post("/v1/events", 202, json.dumps(event), Content_Type=JSON,
                                 Prefer="wait=20")
            equal(answer.header["Preference-Applied"], "wait")
            expect("stopped" in answer.header["Millrace-Unhandled"], answer.header)


def test_a_bad_body_changes_nothing():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        good = '{"type":"PackageActionTaken"}'
        bad = [("", 400), ("[]", 400), ("{", 400), ('{"type":1}', 400), ('{"data":1}', 400),
               ('{"type":"PackageActionTaken","data":{"nope":1}}', 422),
               ('{"type":"PackageActionTaken","tipe":1}', 400), ('{"type":"Unknown"}', 422),
               ('{"type":"PackageActionTaken","type":"PackageActionTaken"}', 400),
               (f'[{good},{{"type":"millrace.X"}}]', 400), (f"[{good},7]", 400),
               ('{"type":"PackageActionTaken","cause":5}', 400),
               ('{"type":"PackageActionTaken","due":"soon"}', 400),
               ("[" * 100_000 + "]" * 100_000, 400), (b'{"type":"\xff"}', 400)]
        for body, status in bad:
            answer = daemon.call("POST", "/v1/events", body, Content_Type=JSON)
            equal((answer.status, answer.header["Content-Type"]),
                  (status, "application/problem+json"), body[:80], answer.body)
        equal(daemon.call("POST", "/v1/events", good).status, 415)
        equal(daemon.call("POST", "/v1/events?type=A", good, Content_Type=JSON).status, 400)
        equal(history(store), [])


main(globals())
