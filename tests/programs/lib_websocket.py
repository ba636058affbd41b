"""A WebSocket client by hand (RFC 6455), so that it can also do what no client should."""

import base64
import hashlib
import json
import os
import socket
import struct
import time

from lib_cli import LIMIT, equal, expect

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
V1 = "millrace.v1"


def bearer(token):
    """The protocol that brings a token."""
    return "millrace.bearer." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


def handshake(daemon, path, *protocols, **header):
    """The connection after the request, and the head of the answer."""
    connection = socket.create_connection(("127.0.0.1", daemon.port), timeout=LIMIT)
    key = base64.b64encode(os.urandom(16)).decode()
    fields = {"Host": f"127.0.0.1:{daemon.port}", "Upgrade": "websocket", "Connection": "Upgrade",
              "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    if protocols:
        fields["Sec-WebSocket-Protocol"] = ", ".join(protocols)
    fields.update({name.replace("_", "-"): value for name, value in header.items()})
    lines = [f"GET {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in fields.items()]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            break
        head += byte
    accepted = base64.b64encode(hashlib.sha1(
        (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    return connection, head.decode(), accepted


def refusal(daemon, path, *protocols, **header):
    """The status of a handshake that must fail."""
    connection, head, _ = handshake(daemon, path, *protocols, **header)
    connection.close()
    status = int(head.split()[1])
    expect(status != 101, "the handshake was to fail")
    return status


class Closed(Exception):
    """The service has closed: `code` and `reason`, or None when it just ended."""

    def __init__(self, code, reason):
        super().__init__(f"closed {code} {reason}")
        self.code, self.reason = code, reason


class WebSocket:
    """An open one; `with` ends it without a word."""

    def __init__(self, daemon, path, *protocols, **header):
        protocols = protocols or (V1,)
        self.connection, head, accepted = handshake(daemon, path, *protocols, **header)
        equal(head.split()[1], "101", head)
        expect(f"sec-websocket-accept: {accepted}".lower() in head.lower(), head)
        expect("millrace.bearer" not in head, "a token is not repeated", head)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send_frame(self, opcode, payload=b"", final=True, masked=True, size=None):
        """One frame; `size` is what its header says when that is not true."""
        size = len(payload) if size is None else size
        head = bytes([(0x80 if final else 0) | opcode])
        bit = 0x80 if masked else 0
        if size < 126:
            head += bytes([bit | size])
        elif size < 65536:
            head += bytes([bit | 126]) + struct.pack(">H", size)
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", size)
        if masked:
            mask = os.urandom(4)
            head += mask
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.connection.sendall(head + payload)

    def say(self, **members):
        """One message."""
        self.send_frame(TEXT, json.dumps(members).encode())

    def take(self, size):
        while len(self.received) < size:
            try:
                more = self.connection.recv(1 << 16)
            except (ConnectionResetError, BrokenPipeError):
                more = b""
            if not more:
                raise Closed(None, "the connection ended")
            self.received += more
        taken, self.received = self.received[:size], self.received[size:]
        return taken

    def frame(self):
        first, second = self.take(2)
        expect(first & 0x80 and not second & 0x80, "a whole frame that is not masked")
        size = second & 0x7f
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        return first & 0x0f, self.take(size)

    def hear(self):
        """The next message; raises Closed."""
        while True:
            opcode, payload = self.frame()
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if payload else None
                raise Closed(code, payload[2:].decode())
            elif opcode == TEXT:
                return json.loads(payload.decode("utf-8"))

    def hear_until(self, holds, *what):
        """All messages up to the first one for which it is so."""
        limit, heard = time.monotonic() + LIMIT, []
        while True:
            heard.append(self.hear())
            if holds(heard[-1]):
                return heard
            expect(time.monotonic() < limit, "never heard", *what)

    def close_code(self):
        """The code with which the service closes, whatever it says before."""
        try:
            while True:
                self.hear()
        except Closed as closed:
            return closed.code


class Picture:
    """What a client of the monitor knows: a snapshot, and what the deltas changed."""

    def __init__(self, socket_):
        self.socket, self.sequence, self.snapshots = socket_, -1, 0
        self.overview, self.types, self.flows, self.topology, self.view = {}, {}, {}, {}, {}

    def hear(self):
        message = self.socket.hear()
        equal(message["sequence"], self.sequence + 1)
        self.sequence += 1
        self.overview = message["overview"]
        if message["message"] == "snapshot":
            self.snapshots += 1
            self.types, self.flows, self.view = {}, {}, message["view"]
        else:
            equal(message["message"], "delta")
            for name in message["types_gone"]:
                self.types.pop(name, None)
            for key in message["flows_gone"]:
                self.flows.pop(key, None)
        self.types.update({row["name"]: row for row in message["types"]})
        self.flows.update({row["flow"]: row for row in message["flows"]})
        self.topology = message.get("topology", self.topology)
        return message

    def until(self, holds, *what):
        """Hears messages until it is so."""
        limit = time.monotonic() + LIMIT
        while not holds(self):
            expect(time.monotonic() < limit, "never seen", *what)
            self.hear()
        return self
