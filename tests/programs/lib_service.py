"""What the tests of the service share: a daemon over a store, and calls to it."""

import http.client
import json
import select
import signal
import socket
import time

from lib_cli import LIMIT, Store, equal, expect


class Answer:
    """Status, header and body of one answer."""

    def __init__(self, answer):
        self.status, self.header = answer.status, answer.headers
        self.body = answer.read().decode("utf-8")

    def json(self):
        return json.loads(self.body)


class Daemon:
    """`serve`, as a rule on a port that the system picks; `with` ends it in order, and it must end
    well."""

    def __init__(self, store, *words, port=0):
        self.store, self.words, self.wanted = store, words, f"127.0.0.1:{port}"

    def __enter__(self):
        self.asked_to_end = False
        self.running = self.store.start("serve", "--listen", self.wanted, "--json", *self.words)
        ready, _, _ = select.select([self.running.stdout], [], [], LIMIT)
        expect(ready, "the daemon says where it listens")
        line = self.running.stdout.readline()
        if not line:
            raise SystemExit("FAILED: the daemon ended: " + self.running.stderr.read())
        self.address = json.loads(line)["listening"]
        self.port = int(self.address.rsplit(":", 1)[1])
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.ask_to_end()
        else:
            self.running.kill()
        _, err = self.running.communicate(timeout=LIMIT)
        if kind is None and self.running.returncode != -signal.SIGKILL:
            equal((self.running.returncode, err), (0, ""), "how the daemon ended")

    def ask_to_end(self):
        """One SIGTERM and not a second, which would end the daemon at once, with 143."""
        if not self.asked_to_end:
            self.asked_to_end = True
            self.running.terminate()

    def kill(self):
        """kill -9."""
        self.running.send_signal(signal.SIGKILL)
        self.running.wait(timeout=LIMIT)

    def call(self, method, target, body=None, **header):
        """One call on a connection of its own; `_` in the name of a header field is a `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            fields = {name.replace("_", "-"): value for name, value in header.items()}
            connection.request(method, target, body, fields)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, target, status=200, **header):
        """A call that must end like this."""
        answer = self.call("GET", target, **header)
        equal(answer.status, status, target, answer.body)
        return answer

    def post(self, target, status=200, body=None, **header):
        """A call that must end like this."""
        answer = self.call("POST", target, body, **header)
        equal(answer.status, status, target, body, answer.body)
        return answer

    def append(self, *events, status=201, **header):
        """Positions of what was appended."""
        answer = self.post("/v1/events", status, json.dumps(events),
                           **{"Content_Type": "application/json", **header})
        return [event["position"] for event in answer.json()["events"]]

    def rest(self):
        """Waits until no flow has anything to handle."""
        until(lambda: not self.get("/v1/flows?pending=true").json()["flows"], "rest")

    def refused(self, answer, status, said):
        """It is a problem as RFC 9457 has it, which says this."""
        equal(answer.status, status, answer.body)
        equal(answer.header["Content-Type"], "application/problem+json")
        problem = answer.json()
        equal((problem["status"], problem["type"]), (status, "about:blank"))
        expect(said in problem["detail"], repr(said), "not in", problem)

    def raw(self, sent):
        """What comes back for these bytes until the daemon closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT) as connection:
            return talk(connection, sent)

    def through_store(self, sent):
        """The same through the socket in the store's directory."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(LIMIT)
            connection.connect(str(self.store.path / "service.sock"))
            return talk(connection, sent)


def until(holds, *what):
    """Asks again and again until it is so."""
    limit = time.monotonic() + LIMIT
    while not holds():
        expect(time.monotonic() < limit, "never came to pass", *what)


def talk(connection, sent):
    """Sends, and reads until the other side closes or resets."""
    received = b""
    try:
        connection.sendall(sent)
        while True:
            more = connection.recv(65536)
            if not more:
                break
            received += more
    except (ConnectionResetError, BrokenPipeError):
        pass
    return received


__all__ = ["Answer", "Daemon", "Store", "equal", "expect", "until"]
