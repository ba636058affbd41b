"""Queries and flows through HTTP: states with their tags, repairs, and what the command line
shows."""

import json
import threading
import urllib.parse

from lib_cli import BIN, Store, equal, expect, main
from lib_service import Daemon, until

STOCK = str(BIN / "millrace")
BAD = '{"package": {"not": "text"}}'
NAMES = ["bash", "a/b", "ü|x", "100%", "a b+c", "../..", "q?x=1&y#z", "日本 \"quoted\"", "."]


def installed(package, version="1"):
    return {"type": "PackageActionTaken",
            "data": {"package": package, "action": "INSTALL", "newVersion": version}}


def at(name):
    return "/v1/queries/PackageHistory/" + urllib.parse.quote(name, safe="")


def test_ids_of_any_text_go_through_the_address():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(*map(installed, NAMES), Prefer="wait=30")
        for name in NAMES:
            state = daemon.get(at(name)).json()
            equal(state, store.json("flow", "PackageHistory|" + name)[0]["state"], name)
        listed, target = [], "/v1/queries/PackageHistory?limit=2"
        while target:
            page = daemon.get(target).json()
            listed, target = listed + page["instances"], page["next"]
        equal(sorted(row["id"] for row in listed), sorted(NAMES))
        for row in listed:
            expect(daemon.get(row["href"]).json() == daemon.get(at(row["id"])).json(), row)
        daemon.get(at("nobody"), 404)
        daemon.get("/v1/queries/Nothing/x", 404)
        daemon.get("/v1/queries/InstallSession/", 404)


def test_a_tag_stays_while_nothing_of_the_query_changes():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        first = daemon.append(installed("bash"), Prefer="wait=30")[0]
        tag = daemon.get(at("bash")).header["ETag"]
        equal(tag, f'"{first}-0"' if tag.endswith('-0"') else f'"{first}-1"')
        last = daemon.append(*(installed(f"p{n}") for n in range(200)), Prefer="wait=60")[-1]
        same = daemon.get(f"{at('bash')}?min_position={last}", 304, If_None_Match=tag)
        equal((same.body, same.header["ETag"]), ("", tag))
        expect(int(same.header["Millrace-Scanned"]) >= last, same.header)
        equal(same.header["Millrace-Changed"], str(first))
        expect("no-cache" in same.header["Cache-Control"], same.header)
        daemon.append(installed("bash", "2"), Prefer="wait=30")
        expect(daemon.get(at("bash"), If_None_Match=tag).header["ETag"] != tag, "another tag")


def test_a_reader_waits_for_its_own_writes():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        for count in range(20):
            position = daemon.append(installed("bash", str(count)))[0]
            state = daemon.get(f"{at('bash')}?min_position={position}").json()
            equal(state["installs"], str(count + 1))
        tail = int(daemon.get("/v1/events").header["Millrace-Tail"])
        daemon.refused(daemon.call("GET", f"{at('bash')}?min_position={tail + 5}",
                                   Prefer="wait=1"), 504, "has not seen")


def test_a_state_is_shown_as_it_was():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        positions = [daemon.append(installed("bash", str(n)), Prefer="wait=30")[0]
                     for n in range(3)]
        for count, position in enumerate(positions):
            equal(daemon.get(f"{at('bash')}?at={position}").json()["installs"], str(count + 1))
        daemon.get(f"{at('bash')}?at=1&min_position=1", 400)
        key = urllib.parse.quote("PackageHistory|bash", safe="")
        equal(daemon.get(f"/v1/flows/{key}?at={positions[0]}").json(),
              store.json("flow", "PackageHistory|bash", "--at", positions[0])[0])


def test_flows_are_shown_as_the_command_line_shows_them():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(*map(installed, NAMES))
        daemon.rest()
        equal(daemon.get("/v1/flows?limit=1000").json()["flows"], store.json("flows"))
        listed, target = [], "/v1/flows?limit=3&type=PackageHistory"
        while target:
            page = daemon.get(target).json()
            listed, target = listed + page["flows"], page["next"]
        equal(listed, store.json("flows", "--type", "PackageHistory"))
        for row in listed:
            path = "/v1/flows/" + urllib.parse.quote(row["flow"], safe="")
            equal(daemon.get(path).json(), store.json("flow", row["flow"])[0])
            equal(daemon.get(path + "/inbox").json()["entries"], store.json("inbox", row["flow"]))
            equal(daemon.get(path + "/statistics").json()["lag"], 0)
        equal(daemon.get("/v1/resume").json(), store.json("resume")[0])
        equal(daemon.get("/v1/schedule").json()["schedule"], store.json("schedule"))
        names = [row["name"] for row in daemon.get("/v1/statistics").json()["statistics"]]
        equal(names, [row["name"] for row in store.json("statistics")])
        daemon.get("/v1/flows/Nothing", 404)


def stops_again(daemon, name, position):
    """Waits until the flow, or the type, is stopped on the event."""
    until(lambda: daemon.call("GET", "/v1/flows/" + name).json().get("error_position") == position,
          name)


def test_a_stopped_flow_is_repaired_in_place():
    with Store("dpkg-flows") as store:
        bad = int(store.do("append", "PackageActionTaken", BAD, program=STOCK))
        with Daemon(store) as daemon:
            good = daemon.append(installed("bash"))[0]
            stops_again(daemon, "InstallSession", bad)
            equal(daemon.post("/v1/flows/InstallSession/what-if").json()["position"], bad)
            daemon.post("/v1/flows/InstallSession/retry")
            stops_again(daemon, "InstallSession", bad)
            equal(daemon.post("/v1/flows/InstallSession/skip").json(),
                  {"flow": "InstallSession", "repair": "skip", "position": bad})
            daemon.refused(daemon.call("POST", "/v1/flows/InstallSession/skip"), 409, "")
            daemon.refused(daemon.call("POST", "/v1/flows/Nobody%7Cx/retry"), 404, "")
            equal(daemon.post("/v1/retry?error=of+another+kind").json()["flows"], 0)
            stops_again(daemon, "PackageHistory", bad)
            daemon.post("/v1/flows/PackageHistory/skip")
            daemon.get(f"{at('bash')}?min_position={good}")
            reset = daemon.post("/v1/flows/PackageHistory/reset").json()
            equal((reset["type"], reset["repair"], reset["flows"]), ("PackageHistory", "reset", 1))
            expect(daemon.post("/v1/retry").json()["flows"] > 0, "others are stopped")
            daemon.refused(daemon.call("POST", "/v1/types/InstallSession/adopt"), 409, "")
            daemon.refused(daemon.call("POST", "/v1/types/Nothing/switch"), 404, "")
        equal(store.run("verify", "--json").lines()[-1]["findings"], 1, "the bad event alone")


def test_what_is_offered_is_what_is_described():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(installed("bash"), Prefer="wait=30")
        described = daemon.get("/openapi.json").json()
        equal(described["openapi"], "3.1.0")
        names = {"position": "0", "type": "PackageHistory", "id": "bash",
                 "key": "PackageHistory%7Cbash", "time": "2014_09_29_23_59_10", "job": "1",
                 "command": "report"}
        # None is under way; there is one version alone.
        absent = {"/v1/imports/current": 404, "/v1/types/{type}/compare": 409}
        daemon.post("/v1/verify", 202)
        for path, methods in described["paths"].items():
            elsewhere = {"key": "Tally%7Cada"} if path == "/v1/inbox/{key}" else {}
            target = path.format(**{**names, **elsewhere})
            if "get" in methods:
                status = 426 if "101" in methods["get"]["responses"] else 200
                status = absent.get(path, status)
                equal(daemon.call("GET", target).status, status, path)
                head = daemon.call("HEAD", target)
                equal((head.status, head.body), (status, ""), path)
            for wrong in {"GET", "POST", "DELETE"} - {name.upper() for name in methods}:
                answer = daemon.call(wrong, target)
                equal(answer.status, 405, wrong, path)
                expect(answer.header["Allow"], path)
            for method in methods:
                answer = daemon.call(method.upper(), target + "?nonsense=1")
                expect(answer.status in (400, 415), method, path, answer.status)


def test_the_process_tells_how_it_is():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        equal(daemon.get("/livez").json(), {"status": "alive"})
        ready = daemon.get("/readyz").json()
        expect(ready["ready"] and all(one["since"] for one in ready["checks"]), ready)
        expect(daemon.get("/version").json()["version"], "a version")
        daemon.append(installed("bash"), Prefer="wait=30")
        text = daemon.get("/metrics").body
        for line in ("millrace_tail ", 'millrace_flows{type="PackageHistory"} 1',
                     'millrace_batch_events_count{type="PackageHistory"} 1',
                     'le="+Inf"', 'address="/v1/events",method="POST",status="201"} 1'):
            expect(line in text, line, "not in", text)


def test_many_readers_and_writers_get_along():
    with Store("dpkg-flows") as store, Daemon(store) as daemon:
        daemon.append(installed("bash"), Prefer="wait=30")
        wrong = []

        def work(number):
            for count in range(25):
                if number % 2:
                    status = daemon.call("GET", at("bash")).status
                else:
                    status = daemon.call("POST", "/v1/events", json.dumps(installed("bash")),
                                         Content_Type="application/json").status
                if status not in (200, 201):
                    wrong.append((number, count, status))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(wrong, [])
        tail = int(daemon.get("/v1/events").header["Millrace-Tail"])
        state = daemon.get(f"{at('bash')}?min_position={tail - 1}").json()
        equal(int(state["installs"]), 1 + 8 * 25)


main(globals())
