#!/usr/bin/env python3
"""A flow that lives outside of millrace, with nothing but Python's standard library.

    elsewhere.py http://127.0.0.1:7480 'Tally|ada' [--for 10s] [--holder NAME]

It hosts one flow: counts the orders that were routed to it, and answers each with a `Thanked`.
Stop it, kill it, start a second one: one of them has the lease, and each order is thanked for once.
"""

import argparse
import http.client
import json
import signal
import sys
import time
import urllib.parse


class Refused(Exception):
    """An answer that is no 2xx."""

    def __init__(self, status, problem):
        super().__init__(f"{status}: {problem.get('detail')}")
        self.status = status


class Service:
    """Calls to a daemon. A connection for each keeps this short; yours may keep one open."""

    def __init__(self, address, token=None):
        self.host = urllib.parse.urlsplit(address).netloc
        self.header = {"Authorization": "Bearer " + token} if token else {}

    def call(self, method, path, query=None, body=None):
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        header = dict(self.header)
        if body is not None:
            body, header["Content-Type"] = json.dumps(body), "application/json"
        connection = http.client.HTTPConnection(self.host, timeout=90)
        try:
            connection.request(method, target, body, header)
            answer = connection.getresponse()
            document = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 300:
            raise Refused(answer.status, document)
        return document


def decide(state, event):
    """What the flow does with one event: the new state, and what it appends. Your code goes here.
    """
    state = state or {"orders": 0}
    state = {"orders": state["orders"] + 1}
    return state, [{"type": "Thanked", "data": {"order": event["data"], "number": state["orders"]}}]


class Holder:
    """Hosts one flow for as long as it has its lease."""

    def __init__(self, service, key, length="30s", holder=""):
        self.service, self.length, self.holder = service, length, holder
        self.key = urllib.parse.quote(key, safe="")
        self.epoch = None

    def take(self):
        """A new lease. Its answer is the only truth about position and state: what the former
        holder did counts, and so does a turn of our own whose answer was lost."""
        lease = self.service.call("POST", "/v1/leases/" + self.key,
                                  {"for": self.length, "holder": self.holder})
        self.epoch, self.position = lease["epoch"], lease["position"]
        self.state = lease["state"]

    def renew(self):
        self.service.call("POST", "/v1/leases/" + self.key,
                          {"for": self.length, "epoch": self.epoch, "holder": self.holder})

    def end(self):
        if self.epoch is not None:
            self.service.call("DELETE", "/v1/leases/" + self.key, {"epoch": self.epoch})

    def read(self, wait):
        query = {"limit": 100, "wait": wait}
        if self.position is not None:
            query["after"] = self.position
        return self.service.call("GET", "/v1/inbox/" + self.key, query)["entries"]

    def turn(self, events):
        """State, position and reactions of these events, as one request: all of it, or nothing."""
        state, reactions, position = self.state, [], self.position
        failed = None
        for event in events:
            try:
                state, more = decide(state, event)
            except Exception as why:  # pylint: disable=broad-except
                failed = {"position": event["position"], "message": f"{type(why).__name__}: {why}"}
                break
            reactions += [dict(one, cause=event["position"]) for one in more]
            position = event["position"]
        made = {"epoch": self.epoch, "previous": self.position, "position": position}
        if position != self.position:
            made.update(state=state, reactions=reactions)
        if failed:
            made["error"] = failed
        return made

    def commit(self, turn):
        """The same turn may be sent again when its answer was lost."""
        self.service.call("PUT", "/v1/checkpoints/" + self.key, body=turn)
        self.position, self.state = turn["position"], turn.get("state", self.state)

    def go_on(self, wait="2s"):
        """One round; renews the lease when nothing came. False: the flow is stopped on an event.
        """
        events = self.read(wait)
        if not events:
            self.renew()
            return True
        turn = self.turn(events)
        self.commit(turn)
        return "error" not in turn


def run(holder, ends):
    """Until `ends` holds: takes the lease whenever somebody else has not got it."""
    while not ends():
        try:
            if holder.epoch is None:
                holder.take()
                print("holds epoch", holder.epoch, "from position", holder.position, flush=True)
            if not holder.go_on():
                print("stopped; see `flow`", file=sys.stderr)
                return
        except Refused as why:
            # 409: somebody else has it, or ours ended; 412: it went on without us; 503: too much.
            if why.status not in (409, 412, 503):
                raise
            holder.epoch = None
            time.sleep(0.2)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            holder.epoch = None  # the daemon is away; what was sent may have been done, or not
            time.sleep(0.2)
    try:
        holder.end()
    except (Refused, OSError, http.client.HTTPException):
        pass  # it ends by itself


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("address")
    words.add_argument("key")
    words.add_argument("--for", dest="length", default="10s")
    words.add_argument("--holder", default="")
    words.add_argument("--token")
    given = words.parse_args()
    ended = []
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.append(True))
    service = Service(given.address, given.token)
    run(Holder(service, given.key, given.length, given.holder), lambda: bool(ended))


if __name__ == "__main__":
    main()
