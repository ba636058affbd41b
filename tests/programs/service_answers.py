"""POST /v1/commands: a command of the scan shop and its answer, in every form."""

import json
import threading

from lib_cli import Store, equal, expect, main
from lib_service import Daemon, until

JSON = "application/json"


def registry(name):
    return json.dumps({"scans": [{"scanId": name, "user": "u", "path": "/scans/x", "images": 2}]})


def test_a_command_is_answered_by_what_it_leads_to():
    with Store("scans") as store, Daemon(store) as daemon:
        target = "/v1/commands/UpdateScanRegistry?until=ScanRegistered&user=me&timeout=30s"
        answer = daemon.post(target, 200, registry("S1"), Content_Type=JSON, Idempotency_Key="k")
        equal((answer.json()["type"], answer.json()["data"]["scanId"]), ("ScanRegistered", "S1"))
        command = daemon.get(answer.header["Location"]).json()
        equal((command["type"], command["user"]), ("UpdateScanRegistry", "me"))
        equal(command["correlation"], answer.json()["correlation"])
        again = daemon.post(target, 200, registry("S1"), Content_Type=JSON, Idempotency_Key="k")
        equal(again.body, answer.body)
        daemon.refused(daemon.call("POST", target, registry("S2"), Content_Type=JSON,
                                   Idempotency_Key="k"), 422, "another event")


def test_no_answer_in_time_says_where_to_look():
    with Store("scans") as store, Daemon(store) as daemon:
        target = "/v1/commands/UpdateScanRegistry?until=Nothing&timeout=20ms"
        answer = daemon.call("POST", target, registry("S1"), Content_Type=JSON)
        daemon.refused(answer, 504, "in time")
        status = answer.json()["status_url"]
        equal(answer.header["Location"], status)
        expect(daemon.get(status).json()["events"], "its trace")


def test_readers_who_wait_leave_room_for_commands():
    with Store("scans") as store, Daemon(store) as daemon:
        statuses = []

        def read():
            statuses.append(daemon.call("GET", "/v1/queries/ScanActivityQuery/u?min_position=99999",
                                        Prefer="wait=8").status)

        readers = [threading.Thread(target=read) for _ in range(134)]
        for reader in readers:
            reader.start()
        until(lambda: 503 in statuses, "no room for more readers")
        for number in range(5):
            daemon.post("/v1/commands/UpdateScanRegistry?until=ScanRegistered&timeout=30s", 200,
                        registry(f"S{number}"), Content_Type=JSON)
        expect(504 not in statuses, "the readers still wait")
        for reader in readers:
            reader.join()
        equal((statuses.count(503), statuses.count(504)), (6, 128))


main(globals())
