"""The timeline in pieces of ten seconds: who may keep which of them, and how they hang together."""

import json

from lib_cli import Store, equal, expect, main
from lib_service import Daemon

LINES = "application/x-ndjson"
FOREVER = "private, max-age=31536000, immutable"
# Seconds after 2014-09-29T23:59:00Z; position 3 has a clock that went back.
SECONDS = (1, 9, 12, 5, 19, 45, 70, 71)


def made(store):
    """A store with those events."""
    lines = [json.dumps({"position": at, "type": "AB"[at % 2],
                         "time": f"2014-09-{29 if s < 60 else 30}T{'23:59' if s < 60 else '00:00'}"
                                 f":{s % 60:02}.000000Z",
                         "content_type": "application/json", "data": {"n": at}})
             for at, s in enumerate(SECONDS)]
    store.do("import", "-", "--format", "events", stdin="\n".join(lines) + "\n")


def links(answer):
    """Address by relation."""
    found = {}
    for link in (answer.header["Link"] or "").split(", "):
        if link:
            target, relation = link.split("; rel=")
            found[relation.strip('"')] = target.strip("<>")
    return found


def positions(answer):
    return [event["position"] for event in answer.json()["events"]]


class Cache:
    """Keeps what it may, as a browser does."""

    def __init__(self, daemon):
        self.daemon, self.kept, self.asked = daemon, {}, 0

    def get(self, target):
        if target not in self.kept:
            answer = self.daemon.get(target)
            self.asked += 1
            if "immutable" not in answer.header["Cache-Control"]:
                return answer
            self.kept[target] = answer
        return self.kept[target]


def test_pieces_have_their_rules_header_by_header():
    with Store() as store:
        made(store)
        with Daemon(store) as daemon:
            newest = daemon.get("/v1/series")
            equal(positions(newest), [5])
            equal((newest.header["Cache-Control"], newest.header["ETag"]), ("no-store", None))
            equal(links(newest), {"prev": "/v1/series/before/2014_09_29_23_59_20",
                                  "next": "/v1/series/after/2014_09_29_23_59_50"})
            older = daemon.get(links(newest)["prev"])
            equal(positions(older), [2, 3, 4], "a clock that goes back changes nothing")
            equal((older.header["Cache-Control"], older.header["Vary"]), (FOREVER, "Accept"))
            equal(links(older), {"prev": "/v1/series/before/2014_09_29_23_59_10",
                                 "next": "/v1/series/before/2014_09_29_23_59_50"})
            first = daemon.get(links(older)["prev"])
            equal((positions(first), links(first)),
                  ([0, 1], {"next": "/v1/series/before/2014_09_29_23_59_20"}))
            tag = older.header["ETag"]
            expect(tag.startswith('"') and tag.endswith('"'), tag)
            again = daemon.get("/v1/series/before/2014_09_29_23_59_20", 304, If_None_Match=tag)
            equal((again.header["ETag"], again.header["Cache-Control"]), (tag, FOREVER))
            empty = daemon.get("/v1/series/before/2014_09_29_23_59_30")
            equal((positions(empty), empty.header["Cache-Control"]), ([], FOREVER))
            equal(links(empty), {"prev": "/v1/series/before/2014_09_29_23_59_20",
                                 "next": "/v1/series/before/2014_09_29_23_59_50"})


def test_what_is_not_settled_is_kept_by_nobody():
    with Store() as store:
        made(store)
        with Daemon(store) as daemon:
            after = daemon.get("/v1/series/after/2014_09_29_23_59_50")
            equal(positions(after), [6, 7])
            equal((after.header["Cache-Control"], after.header["Millrace-Settled"]),
                  ("no-store", "false"))
            equal(links(after), {"prev": "/v1/series/before/2014_09_29_23_59_50"})
            for target in ("/v1/series/before/2014_09_30_00_00_20",
                           "/v1/series/before/2099_01_01_00_00_00"):
                open_one = daemon.get(target, If_None_Match="*")
                equal((open_one.header["Cache-Control"], open_one.header["ETag"]),
                      ("no-store", None))
            # One more event, of now: what was open is settled by it.
            daemon.append({"type": "A"})
            settled = daemon.get("/v1/series/before/2014_09_30_00_00_20")
            equal((positions(settled), settled.header["Cache-Control"]), ([6, 7], FOREVER))
            expect("/v1/series/after/" in links(settled)["next"], "the newest")
            equal(positions(daemon.get("/v1/series")), [6, 7])
            equal(positions(daemon.get(links(settled)["next"])), [8])


def test_a_second_walk_into_the_past_costs_one_request():
    with Store() as store:
        made(store)
        with Daemon(store) as daemon:
            cache = Cache(daemon)

            def walk():
                seen, target = [], "/v1/series"
                while target:
                    answer = cache.get(target)
                    seen = positions(answer) + seen
                    target = links(answer).get("prev")
                return seen

            equal(walk(), [0, 1, 2, 3, 4, 5])
            equal(cache.asked, 3)
            cache.asked = 0
            equal(walk(), [0, 1, 2, 3, 4, 5])
            equal(cache.asked, 1)


def test_a_type_is_filtered_and_a_large_piece_comes_in_pages():
    with Store() as store:
        made(store)
        with Daemon(store) as daemon:
            odd = daemon.get("/v1/series?type=B")
            equal(positions(odd), [5])
            prev = daemon.get(links(odd)["prev"])
            equal((positions(prev), links(odd)["prev"]),
                  ([3], "/v1/series/before/2014_09_29_23_59_20?type=B"))
            target, seen = "/v1/series/before/2014_09_29_23_59_20?limit=1", []
            while "23_59_20" in target:
                answer = daemon.get(target)
                equal(answer.header["Cache-Control"], FOREVER)
                seen += positions(answer)
                target = links(answer)["next"]
            equal((seen, target), ([2, 3, 4], "/v1/series/before/2014_09_29_23_59_50?limit=1"))
            lines = daemon.get("/v1/series/before/2014_09_29_23_59_20", Accept=LINES)
            equal(len(lines.body.splitlines()), 3)
            plain = daemon.get("/v1/series/before/2014_09_29_23_59_20")
            expect(lines.header["ETag"] != plain.header["ETag"], "other bytes, another tag")


def test_times_that_are_none_are_refused_and_nothing_settled_is_an_empty_piece():
    with Store() as store, Daemon(store) as daemon:
        for time in ("2014_09_29_23_59_11", "2014_09_29", "now", "2014_13_01_00_00_00"):
            for way in ("before", "after"):
                daemon.refused(daemon.call("GET", f"/v1/series/{way}/{time}"), 400, "multiple")
        none = daemon.get("/v1/series")
        equal((positions(none), links(none), none.header["Cache-Control"]), ([], {}, "no-store"))
        daemon.append({"type": "A"})
        none = daemon.get("/v1/series")
        equal((positions(none), none.header["Millrace-Settled"]), ([], "false"))
        equal(positions(daemon.get(links(none)["next"])), [0])
        equal(daemon.get("/v1/series/after/2014_01_01_00_00_00").json()["events"][0]["position"], 0)


def test_a_history_that_no_daemon_saw_is_known_to_the_next_one_at_once():
    line = '{{"position":{0},"type":"A","time":"2025-01-01T00:00:00Z","content_type":' \
           '"application/json","data":{{}}}}\n'
    with Store() as store:
        kept = store.path / "series"
        store.do("import", "-", "--format", "events",
                 stdin="".join(line.format(at) for at in range(5000)))
        equal(kept.stat().st_size, 24 * 5, "an entry for each 1,024 events")
        store.do("append", "A")  # one more, which is read by whoever comes next
        store.do("import", "-", "--format", "events",
                 stdin="".join(line.format(at) for at in range(6000, 9000)))
        equal(kept.stat().st_size, 24 * 8)
        with Daemon(store) as daemon:
            equal(daemon.get("/v1/series").status, 200)
    with Store("scans") as store:
        store.do("generate", "--events", 3000)
        equal((store.path / "series").stat().st_size, 24 * 3, "what an own command appends")


main(globals())
