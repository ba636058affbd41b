"""Lag contracts: appends that come while flows are too far behind."""

import http.client
import itertools
import json
import threading
import time

from lib_cli import BIN, LIMIT, Store, equal, expect, main
from lib_service import Answer, Daemon, until

STOCK = str(BIN / "millrace")
JSON = "application/json"
BAD = '{"package": {"not": "text"}}'
# The scanner emits an event for each scan that is new to it: flows have far more to do with a call
# than the daemon with refusing it.
BOUND, CALL, SCANS = 50, 100, 4


fresh = itertools.count()


def registry(number):
    return {"type": "UpdateScanRegistry",
            "data": {"scans": [{"scanId": f"S{number}-{next(fresh)}", "user": "u", "path": "/x",
                                "images": 1} for _ in range(SCANS)]}}


def test_ten_times_the_load_is_refused_with_retry_after_and_the_bound_holds():
    with Store("scans") as store, Daemon(store, "--max-lag", str(BOUND)) as daemon:
        bodies = [json.dumps([registry(number) for number in range(CALL)]) for _ in range(64)]
        refused, taken = [], []

        def is_enough():
            return len(taken) >= 20 and len(refused) >= 9 * len(taken)

        def work():
            connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=LIMIT)
            while not is_enough():
                body = bodies[len(taken) % len(bodies)]  # so that scans are new ones mostly
                connection.request("POST", "/v1/events", body, {"Content-Type": JSON})
                answer = Answer(connection.getresponse())
                if answer.status == 503:
                    daemon.refused(answer, 503, "behind")
                    equal(answer.header["Retry-After"], "1")
                    refused.append(1)
                else:
                    equal(answer.status, 201, answer.body)
                    taken.append(1)
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(10)]
        for thread in threads:
            thread.start()
        limit = time.monotonic() + LIMIT
        while any(thread.is_alive() for thread in threads):
            expect(time.monotonic() < limit, "ten times the load", len(refused), len(taken))
            seen = daemon.get("/v1/admission").json()
            expect(seen["room"] <= BOUND, seen)
            scanner = [one for one in seen["contracts"] if one["type"] == "SmartScanner"]
            # What it emits itself comes on top: an event for each scan at most.
            expect(not scanner or scanner[0]["lag"] <= (1 + SCANS) * (BOUND + CALL), seen)
        expect(is_enough(), len(refused), len(taken))
        daemon.rest()
        until(lambda: daemon.get("/v1/admission").json()["room"] > 0, "room again")
        expect("millrace_admission_room" in daemon.get("/metrics").body, "metrics")


def test_a_flow_that_stops_leaves_its_contract_loudly():
    with Store("dpkg-flows") as store:
        bad = int(store.do("append", "PackageActionTaken", BAD, program=STOCK))
        daemon = Daemon(store, "--max-lag", "InstallSession=5", "--max-lag", "PackageHistory=5")
        daemon.__enter__()
        until(lambda: daemon.call("GET", "/v1/flows/InstallSession").json().get("error_position")
              == bad, "stopped")
        event = {"type": "PackageActionTaken", "data": {"action": "INSTALL", "package": "bash"}}
        for _ in range(20):
            daemon.append(event)
        left = {one["type"]: one["left"]
                for one in daemon.get("/v1/admission").json()["contracts"]}
        equal(left, {"InstallSession": 1, "PackageHistory": 1})
        expect('millrace_contracts_left{type="InstallSession"} 1' in daemon.get("/metrics").body,
               "metrics")
        daemon.ask_to_end()
        _, err = daemon.running.communicate(timeout=LIMIT)
        equal(daemon.running.returncode, 0)
        for name in ("InstallSession", "PackageHistory"):
            expect(f"{name} is stopped on event {bad} and has left its lag contract (5 events)"
                   in err, err)


def test_contracts_that_make_no_sense_are_wrong_usage():
    with Store("dpkg-flows") as store:
        store.fails(2, "N or TYPE=N", "serve", "--max-lag", "many")
        store.fails(2, "no flow type Nobody", "serve", "--max-lag", "Nobody=3")
        expect(not store.path.exists(), "no store was made")


main(globals())
