"""Random histories of the Kurrent format, and what `resume` has to say of them: a fold of its own,
which shares nothing with the program but docs/formats/kurrent.md."""

import json
from decimal import Decimal

NAMES = ["Scan", "constructor", "__proto__", "toString", "hasOwnProperty", "A", "A!", "A}", "A~",
         "Scan-checkpoint", "0", "é", " ", "\"", "a:b", "timeline", "\U0001f600", "\x00", "T\n"]
IDS = ["a", "b|c", "|", "", "x:y", "\"q\"", "two words", "ä/@", "17", 17, -4, 0, "constructor",
       "__proto__", "\U0001f600", "\x7f", "\\", "a-checkpoint", "$x", "\n", "ﬀ", "~",
       1.5, "1.5", 1e3, "1000", -0.0, 1e21, "1e+21", 2**53 + 1, 2**64 - 1, -2**63]


def history(chance, events):
    """Lines as Python values, in the order of the file."""
    kinds = {name: chance.random() < 0.6 for name in chance.sample(NAMES, 9)}
    lines, scheduled, at = [], [], chance.choice([0, 0, 5])
    for _ in range(events):
        lines += extras(chance, kinds, at)
        lines.append(event(chance, kinds, at, scheduled))
        at += 1 if chance.random() < 0.8 else chance.randrange(1, 50)
    lines += extras(chance, kinds, at) + extras(chance, kinds, at)
    return lines


def event(chance, kinds, at, scheduled):
    made = {"stream": "timeline", "position": at, "type": chance.choice(["E", "F", "constructor"]),
            "time": "2025-01-01T00:00:00.000000Z", "data": {"n": at}}
    if chance.random() < 0.1:
        if chance.random() < 0.5:
            made["metadata"] = None
        return made
    metadata = made["metadata"] = routes(chance, kinds)
    if chance.random() < 0.15:
        metadata["whenOccurs"] = "2031-01-01T00:00:00Z"
        scheduled.append(at)
    elif scheduled and chance.random() < 0.3:
        metadata["cause"] = chance.choice(scheduled)  # it may have fired before
        metadata["fromSchedule"] = True
    elif chance.random() < 0.5:
        metadata.update({"whenOccurs": None, "fromSchedule": False, "cause": None})
    return made


def routes(chance, kinds):
    if chance.random() < 0.1:
        return {}
    types = chance.sample(sorted(kinds), chance.randrange(0, 4))
    if types and chance.random() < 0.2:
        types.append(types[0])
    lists = [{"type": place, "ids": [an_id(chance) for _ in range(chance.randrange(4))]}
             for place, name in enumerate(types) if kinds[name]]
    return {"routeTypes": types, "routeIds": lists}


def extras(chance, kinds, at):
    """Checkpoints and streams that do not count."""
    lines = []
    while chance.random() < 0.4:
        name = chance.choice(sorted(kinds))
        key = f"{name}|{id_text(an_id(chance))}" if kinds[name] else name
        metadata = {"position": chance.choice([None, max(at - 1, 0), max(at - 3, 0), at + 2])}
        if chance.random() < 0.2:
            metadata.update(errorPosition=at, errorMessage="no")
        elif chance.random() < 0.5:
            metadata.update(errorPosition=None, isDone=chance.random() < 0.4)
        lines.append({"stream": key + "-checkpoint", "type": "Checkpoint", "data": {},
                      "metadata": metadata})
    if chance.random() < 0.1:
        lines.append({"stream": chance.choice(["$stats", "other", "$A-checkpoint", "timeline2"])})
    return lines


def manifest(lines):
    """The reference fold."""
    last, latest, checkpoints, schedule = None, {}, {}, set()
    for line in lines:
        stream = line["stream"]
        metadata = line.get("metadata") or {}
        if stream == "timeline":
            last = line["position"]
            for key in reached(metadata):
                latest[key] = last
            if metadata.get("whenOccurs") is not None:
                schedule.add(last)
            if metadata.get("fromSchedule"):
                schedule.discard(metadata.get("cause"))
        elif stream.endswith("-checkpoint") and not stream.startswith("$"):
            name, bar, identity = stream[:-len("-checkpoint")].partition("|")
            key = (name, identity) if bar else (name, None)
            checkpoints[key] = (metadata.get("position"), metadata.get("errorPosition"))
    pending = sorted((key for key, at in latest.items() if waits(at, checkpoints.get(key))),
                     key=lambda key: (key[0].encode(), key[1] is not None, (key[1] or "").encode()))
    shown = []
    for name, identity in pending:
        if identity is None:
            shown.append(name)
        elif shown and isinstance(shown[-1], list) and shown[-1][0] == name:
            shown[-1].append(identity)
        else:
            shown.append([name, identity])
    return {"checkpoint": last, "routes": shown, "schedule": sorted(schedule)}


def waits(latest, checkpoint):
    if checkpoint is None:
        return True
    position, stopped = checkpoint
    return stopped is None and (position is None or latest > position)


def reached(metadata):
    """The flows of an event: (type, id or None)."""
    types = metadata.get("routeTypes") or []
    lists = metadata.get("routeIds") or []
    several = {entry["type"] for entry in lists}
    names = {types[place] for place in several}
    keys = {(name, None) for name in types if name not in names}
    for entry in lists:
        keys |= {(types[entry["type"]], id_text(identity)) for identity in entry["ids"]}
    return keys


def an_id(chance):
    if chance.random() < 0.9:
        return chance.choice(IDS)
    return round(chance.uniform(-9, 9), chance.randrange(4)) * 10.0 ** chance.randrange(-9, 24)


def id_text(identity):
    """Integers exactly; other numbers as String(number) of JavaScript."""
    if not isinstance(identity, float):
        return str(identity)
    if identity == 0:
        return "0"
    shortest = Decimal(repr(identity)).normalize()
    exponent = shortest.adjusted()
    if -7 < exponent < 21:
        return f"{shortest:f}"
    return f"{shortest.scaleb(-exponent):f}e{exponent:+d}"


def text(lines):
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
