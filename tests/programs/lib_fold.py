"""What the import of a Kurrent history has to come to: a reference fold, line by line, written from
docs/formats/kurrent.md. It shares nothing with the program and takes every line there can be."""

from lib_lines import Bad, Int, POSITION_MAX, id_of, members, need, position_of, time_of

IMPORTED_MAX = POSITION_MAX - 2**32  # room for as many positions after it
KEY_MAX, TYPE_MAX, ROUTES_MAX = 1024, 256, 4096  # the first two in bytes
CHECKPOINT = "-checkpoint"
MARK = b"\xef\xbb\xbf"  # a byte order mark, which may begin a file


def utf8(text):
    return text.encode("utf-8")


def check_key(key):
    if key == "" or key[0] == "|":
        raise Bad("a key without a type")
    if len(utf8(key)) > KEY_MAX:
        raise Bad("a long key")


class Checkpoint:
    """Where a flow is: `position` and `error` may be None, `state` is spelt as in the line."""

    def __init__(self, metadata=None, state=None):
        has = metadata or {}
        at, error = has.get("position"), has.get("errorPosition")
        self.position = None if at is None else position_of(at, "position")
        self.error = None if error is None else position_of(error, "errorPosition")
        self.message = need(has, "errorMessage", str)
        self.done = need(has, "isDone", bool) or False
        self.state = state


class Fold:
    """Events, checkpoints, inboxes and schedule after the lines so far, and which were bad."""

    def __init__(self, next_position=0):
        self.next = next_position
        self.last = None
        self.events = []
        self.inbox = {}  # key -> [positions], of flows with events
        self.checkpoints = {}  # key -> Checkpoint
        self.schedule = {}  # position -> due
        self.types = set()
        self.ignored = self.lines = 0
        self.bad = []  # (number of the line, why)

    def feed(self, text, skip_bad=True):
        """All lines of these bytes. False: it stopped at a bad line, for want of `skip_bad`."""
        pieces = text.removeprefix(MARK).split(b"\n")
        if pieces[-1] == b"":
            pieces.pop()
        for piece in pieces:
            try:
                self.line(piece)
            except Bad as why:
                self.bad.append((self.lines + 1, str(why)))
                if not skip_bad:
                    return False
            self.lines += 1
        return True

    def line(self, line):
        if not line.strip(b" \t\r"):
            return
        try:
            found = members(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Bad("no UTF-8") from error
        has = {name: value for name, value, _ in found}  # of names that repeat the last counts
        data = {name: raw for name, _, raw in found}.get("data")
        stream = need(has, "stream", str)
        if stream is None:
            raise Bad("no stream")
        if stream == "timeline":
            self.event(has, data)
        elif not stream.startswith("$") and stream.endswith(CHECKPOINT):
            self.checkpoint(stream.removesuffix(CHECKPOINT), has, data)
        else:
            self.ignored += 1

    def event(self, has, data):
        at = position_of(has.get("position"), "position")
        if at > IMPORTED_MAX or at < self.next:
            raise Bad("out of order")
        kind = need(has, "type", str)
        if not kind or kind.startswith("millrace.") or len(utf8(kind)) > TYPE_MAX:
            raise Bad("a type")
        metadata = need(has, "metadata", dict) or {}
        due, cause = metadata.get("whenOccurs"), metadata.get("cause")
        made = {"position": at, "type": kind, "time": time_of(has.get("time"), "time"),
                "due": None if due is None else time_of(due, "whenOccurs"),
                "cause": None if cause is None else position_of(cause, "cause"),
                "fired": need(metadata, "fromSchedule", bool) or False,
                "routes": routes_of(metadata), "data": "null" if data is None else data}
        if cause is not None and made["cause"] >= at:
            raise Bad("a cause that comes later")
        self.add(made)

    def add(self, event):
        at = self.last = event["position"]
        self.next = at + 1
        self.events.append(event)
        for key in event["routes"]:
            self.inbox.setdefault(key, []).append(at)
            self.types.add(key.partition("|")[0])
        if event["fired"]:
            self.schedule.pop(event["cause"], None)
        if event["due"] is not None:
            self.schedule[at] = event["due"]

    def checkpoint(self, key, has, data):
        if need(has, "type", str) not in (None, "Checkpoint"):
            self.ignored += 1
            return
        check_key(key)
        metadata = need(has, "metadata", dict)
        if metadata is None:
            raise Bad("no metadata")
        self.checkpoints[key] = Checkpoint(metadata, data)
        self.types.add(key.partition("|")[0])

    # What the commands say of it.

    def keys(self):
        return set(self.inbox) | set(self.checkpoints)

    def at(self, key):
        return self.checkpoints.get(key) or Checkpoint()

    def latest(self, key):
        return self.inbox[key][-1] if key in self.inbox else None

    def waiting(self, key):
        """Positions of the flow's inbox after its checkpoint."""
        done = self.at(key).position
        return [at for at in self.inbox.get(key, []) if done is None or at > done]

    def status(self, key):
        if self.at(key).error is not None:
            return "stopped"
        return "pending" if self.waiting(key) else "idle"

    def manifest(self):
        """As `resume` prints it."""
        found = {}  # type -> [whether it is pending itself, its ids that are]
        for key in self.inbox:
            if self.status(key) == "pending":
                name, bar, identity = key.partition("|")
                entry = found.setdefault(name, [False, []])
                if bar:
                    entry[1].append(identity)
                else:
                    entry[0] = True
        routes = []
        for name in sorted(found, key=utf8):
            single, ids = found[name]
            routes += [name] * single + ([[name] + sorted(ids, key=utf8)] if ids else [])
        return {"checkpoint": self.last, "routes": routes, "schedule": sorted(self.schedule)}


def routes_of(metadata):
    """Keys of the flows that an event reaches, in the order of their bytes."""
    types = need(metadata, "routeTypes", list) or []
    for name in types:
        if type(name) is not str or name == "" or "|" in name:
            raise Bad("a type")
    several, keys = set(), []
    for entry in need(metadata, "routeIds", list) or []:
        if not isinstance(entry, dict):
            raise Bad("an entry")
        place = entry.get("type")
        if not isinstance(place, Int) or not 0 <= int(place) < len(types):
            raise Bad("a place")
        several.add(int(place))
        for each in need(entry, "ids", list) or []:
            keys.append(types[int(place)] + "|" + id_of(each))
    singles = [name for place, name in enumerate(types) if place not in several]
    if {types[place] for place in several} & set(singles):
        raise Bad("both single and multiple")
    keys += singles
    if max(len(types), len(keys)) > ROUTES_MAX:
        raise Bad("too many routes")
    for key in keys:
        check_key(key)
    return sorted(set(keys), key=utf8)
