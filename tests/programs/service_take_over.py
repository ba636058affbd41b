"""Imported types are adopted, and versions switched, while a daemon holds the store."""

import json

from lib_cli import Store, equal, expect, main
from lib_service import Daemon, until
from lib_versions import QUERY, history, made_by_another_version


def imported(store, due=None):
    """A scan of ann's, inert; perhaps with a timer."""
    line = {"stream": "timeline", "position": 3, "type": "ScanRegistered",
            "time": "2025-01-01T00:00:00.000000Z",
            "data": {"scanId": "s1", "user": "ann", "path": "/s1", "images": 2},
            "metadata": {"routeTypes": [QUERY], "routeIds": [{"type": 0, "ids": ["ann"]}],
                         "whenOccurs": due, "cause": None, "fromSchedule": False}}
    store.do("import", "-", "--format", "kurrent", stdin=json.dumps(line) + "\n")


def test_a_type_is_adopted_by_a_call():
    with Store("scans") as store:
        imported(store)
        with Daemon(store) as daemon:
            daemon.get(f"/v1/queries/{QUERY}/ann", 404)
            adopted = daemon.post(f"/v1/types/{QUERY}/adopt").json()
            equal((adopted["adopted"], adopted["flows"]), (QUERY, 1))
            daemon.rest()
            equal(daemon.get(f"/v1/queries/{QUERY}/ann").json()["registered"], "1")
            daemon.refused(daemon.call("POST", f"/v1/types/{QUERY}/adopt"), 409, QUERY)
            daemon.refused(daemon.call("POST", "/v1/types/Nobody/adopt"), 404, "Nobody")


def test_overdue_timers_want_a_word_and_the_command_asks_the_daemon():
    with Store("scans") as store:
        imported(store, due="2025-01-01T00:00:00.000000Z")
        with Daemon(store) as daemon:
            daemon.refused(daemon.call("POST", f"/v1/types/{QUERY}/adopt"), 409, "overdue")
            daemon.refused(daemon.call("POST", f"/v1/types/{QUERY}/adopt?overdue=perhaps"), 400,
                           "fire, skip or keep")
            store.do("adopt", QUERY, "--overdue", "fire")
            daemon.rest()
            until(lambda: daemon.call("GET", f"/v1/queries/{QUERY}/ann").status == 200, "fired")


def test_the_result_of_a_newer_version_is_switched_to_and_the_former_one_dropped():
    with Store("scans") as store:
        history(store)
        made_by_another_version(store)
        with Daemon(store) as daemon:
            daemon.rest()
            until(lambda: daemon.get(f"/v1/queries/{QUERY}/bob").json()["registered"] == "2",
                  "the newer one is served")
            dropped = daemon.post(f"/v1/types/{QUERY}/switch?drop_old=true")
            expect(QUERY in dropped.body, dropped.body)
            daemon.refused(daemon.call("POST", f"/v1/types/{QUERY}/switch"), 409, QUERY)
            store.fails(4, "", "switch", QUERY)
        store.do("verify")


main(globals())
