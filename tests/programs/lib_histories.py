"""Random Kurrent histories from a seed, as bytes: keys, numbers, times and spellings that are
awkward on purpose, and with a chance lines that are bad (lib_damage)."""

import random

from lib_fold import Fold, MARK
from lib_lines import Bad, Float, Int, id_of
from lib_spelling import Obj, Raw, Style
import lib_damage

TYPES = ["Scan", "ShiftScheduleTopic", "constructor", "__proto__", "toString", "hasOwnProperty",
         "A", "A!", "A}", "A~", "A-checkpoint", "0", "7", "é", "e\u0301", " ", "\"", "a:b",
         "timeline", "\U0001f600", "\x00", "T\n", "\\", "\\u0041", "$x", "-checkpoint", "[]",
         "null", "ﬀ", "\uffff", "\U0010ffff", "\x7f", "a" * 200, "'", "/"]
IDS = ["a", "b|c", "|", "||", "", ":", "x:y", "\"q\"", "'", "two words", " lead", "trail ", "ä/@",
       "17", "7", "7.0", "constructor", "__proto__", "toString", "hasOwnProperty", "valueOf",
       "\U0001f600", "\U0001f468\u200d\U0001f469", "e\u0301", "é", "\x7f", "\\", "\\\\", "\\n",
       "\n", "\r\n", "\t", "\x00", "\x01\x1f", "a-checkpoint", "-checkpoint", "$x", "ﬀ", "~", "{}",
       "]",
       ",", "null", "true", "-0", "1e3", "\u2028", "\ufeff", "\ufffd", "\ud7ff", "\ue000", "\uffff",
       "\U00010000", "\U0010ffff", "x" * 300, "é" * 150, "%s", "%00", "../..", "*", "?", "--all",
       "1.5", "1000", "1e+21"]
NUMBERS = ["7", "7.0", "7.00", "1e3", "1E3", "1e+3", "1.5", "1.50", "-1", "-0", "-0.0", "0", "0.0",
           "1e21", "1e20", "123456789012345678", "1234567890123456789", "9007199254740993",
           "18446744073709551615", "-9223372036854775808", "1e-7", "0.000001", "1.0e0", "5e-324",
           "1.7976931348623157e308", "0.1e1", "-2.5e-3", "100e-2", "3.14159265358979", "4.35",
           "2e0"]
EVENTS = ["E", "F", "constructor", "Ü", "a\tb", "NewImageDetected", "\U0001f600", "x" * 120,
          "Checkpoint", "\"", " "]
NAMES = ["a", "b", "a", "__proto__", "stream", "position", "", "é", "\"", "data", "x y"]
STREAMS = ["$stats", "other", "$A-checkpoint", "timeline2", "Timeline", "", "$ce-timeline",
           "a-Checkpoint", " timeline", "timeline ", "A-checkpoint "]  # that do not count
NO_ROUTES = [[], [("routeTypes", [])], [("routeTypes", None)],
             [("routeTypes", []), ("routeIds", [])], [("routeTypes", None), ("routeIds", None)]]
JUMP = 10**6  # the furthest that a position leaps


class History:
    """Makes the lines of one history; `bad` is the chance of a bad one, `plain` keeps to the usual
    spelling and fewer checkpoints."""

    def __init__(self, chance, bad=0.0, plain=False):
        self.chance, self.bad, self.plain = chance, bad, plain
        names = chance.sample(TYPES, chance.randrange(3, 10))
        self.kinds = {name: chance.random() < 0.6 for name in names}  # whether it has ids
        self.mixed = chance.random() < 0.15  # a type may have ids here and none there
        self.ids = chance.sample(IDS, chance.randrange(4, 30))
        self.many = chance.choice([0, 0, 10, 1000])
        self.position = chance.choice([0, 0, 0, 1, 5, 10**6, 2**40])
        self.next = self.position  # the first that may still come
        self.scheduled = []

    def text(self, events):
        """Bytes of a history with so many events; its last line may lack its end."""
        end = self.chance.choice([b"\n", b"\n", b"\r\n", None])
        out = [MARK] if self.chance.random() < 0.15 else []
        for line in self.lines(events):
            if self.may_follow(line):
                out += [line, end or self.chance.choice([b"\n", b"\r\n"])]
        if len(out) > 1 and self.chance.random() < 0.3:
            out.pop()
        return b"".join(out)

    def may_follow(self, line):
        """Damage may leave a position so high that all after it would be out of order."""
        fold = Fold(self.next)
        try:
            fold.line(line)
        except Bad:
            return self.bad > 0
        if fold.last is None:
            return True
        if fold.last > self.position + JUMP:
            return False
        self.next = fold.next
        self.position = max(self.position, self.next)
        return True

    def lines(self, events):
        chance, made = self.chance, 0
        while made < events:
            if chance.random() < self.bad:
                yield from lib_damage.lines(self)
                continue
            x = chance.random()
            if x < 0.03:
                yield chance.choice([b"", b" ", b"\t \r", b""])
            elif x < 0.06:
                yield self.spelt(self.other()).encode()
            elif x < (0.15 if self.plain else 0.3):
                yield self.spelt(self.checkpoint()).encode()
            else:
                yield self.spelt(self.event()).encode()
                made += 1
                self.position += chance.choice([1, 1, 1, 1, 1, 1, 2, 3, 50, 100_000])

    def spelt(self, value):
        style = Style(self.chance, self.plain)
        return style.within(style.spell(value))

    # Lines.

    def event(self):
        chance = self.chance
        pairs = [("stream", "timeline"), ("position", self.position),
                 ("type", chance.choice(EVENTS if chance.random() < 0.3 else EVENTS[:2])),
                 ("time", self.time())]
        if chance.random() < 0.95:
            pairs.append(("data", self.data()))
        x = chance.random()
        if x > 0.05:
            pairs.append(("metadata", self.metadata()))
        elif x > 0.03:
            pairs.append(("metadata", None))
        return self.with_more(pairs)

    def metadata(self):
        chance, found = self.chance, self.routes()
        if chance.random() < 0.12:
            found.append(("whenOccurs", self.time()))
            self.scheduled.append(self.position)
        elif chance.random() < 0.5:
            found.append(("whenOccurs", None))
        if self.scheduled and chance.random() < 0.15:
            cause = chance.choice(self.scheduled)  # it may have fired before
            if cause < self.position:
                found += [("cause", cause), ("fromSchedule", True)]
        elif chance.random() < 0.5:
            before = [chance.randrange(self.position)] if self.position else []
            found.append(("cause", chance.choice([None] + before)))
            found.append(("fromSchedule", chance.choice([None, False, chance.random() < 0.2])))
        if chance.random() < 0.05:
            self.put(found, ("other", self.narrow()))
        if found and chance.random() < 0.02:
            name, value = chance.choice(found)
            self.put(found, (name, chance.choice([value, None])))
        return found

    def routes(self):
        chance = self.chance
        if chance.random() < 0.1:
            return Obj(chance.choice(NO_ROUTES))
        types = chance.sample(sorted(self.kinds), min(len(self.kinds), chance.randrange(5)))
        if types and chance.random() < 0.08:
            types.append(types[0])
        odd = {name: self.mixed and chance.random() < 0.3 for name in types}
        lists = []
        for place, name in enumerate(types):
            if self.kinds[name] != odd[name]:
                lists += [self.ids_of(place) for _ in range(chance.choice([1, 1, 1, 2]))]
        if chance.random() < 0.1:
            chance.shuffle(lists)
        return Obj([("routeTypes", types), ("routeIds", lists)])

    def ids_of(self, place):
        chance = self.chance
        ids = [self.an_id() for _ in range(chance.choice([0, 1, 1, 1, 2, 4]))]
        pairs = Obj([("type", place), ("ids", None if chance.random() < 0.03 else ids)])
        if chance.random() < 0.05:
            self.put(pairs, ("other", self.narrow()))
        return pairs

    def checkpoint(self):
        chance, at = self.chance, self.position
        back = max(at - chance.choice([1, 1, chance.randrange(1, 40)]), 0)
        place = chance.choice([None, back, back, back, at + 2, 0, 2**53 - 1])
        metadata = Obj([("position", place)])
        if chance.random() < 0.2:
            said = chance.choice(["no", "", None, "Ü\n\"", "z" * 5000])
            metadata += [("errorPosition", at), ("errorMessage", said)]
        elif chance.random() < 0.5:
            metadata += [("errorPosition", None), ("errorMessage", None)]
        if chance.random() < 0.5:
            metadata.append(("isDone", chance.choice([True, False, False, None])))
        if chance.random() < 0.03:
            del metadata[0]
        kind = "Checkpoint"
        if chance.random() < 0.05:
            kind = chance.choice(["Other", "checkpoint", None, "$metadata"])
        pairs = [("stream", self.key() + "-checkpoint"), ("type", kind), ("data", self.data()),
                 ("metadata", metadata)]
        if chance.random() < 0.05:
            del pairs[2]
        return self.with_more(pairs)

    def other(self):
        chance = self.chance
        return Obj([("stream", chance.choice(STREAMS)),
                    ("position", chance.choice([0, None, "x", -1])),
                    ("metadata", chance.choice([None, 7, "x", []]))])

    def with_more(self, pairs):
        """With a member that is not known, or one that comes twice."""
        chance = self.chance
        if chance.random() < 0.05:
            name = chance.choice(["id", "Position", "Stream", "eventNumber", "", "$a"])
            self.put(pairs, (name, self.narrow()))
        if chance.random() < 0.02:
            name, value = chance.choice(pairs)
            self.put(pairs, (name, chance.choice([value, value, None])))
        return Obj(pairs)

    def put(self, pairs, pair):
        pairs.insert(self.chance.randrange(len(pairs) + 1), pair)

    # Values.

    def key(self):
        name = self.chance.choice(sorted(self.kinds))
        if not self.kinds[name]:
            return name
        identity = self.an_id()
        if isinstance(identity, Raw):
            whole = identity.removeprefix("-").isdecimal()
            identity = id_of(Int(identity) if whole else Float(identity))
        return name + "|" + identity

    def an_id(self):
        chance, x = self.chance, self.chance.random()
        if self.many and x < 0.5:
            return f"i{chance.randrange(self.many)}"
        if x < 0.8:
            return chance.choice(self.ids)
        if x < 0.95:
            return Raw(chance.choice(NUMBERS))
        return "".join(self.any_character() for _ in range(chance.choice([1, 2, 5, 40])))

    def any_character(self):
        first, end = self.chance.choice([(0, 0x80), (0xa0, 0x800), (0x800, 0xd800),
                                         (0xe000, 0x10000), (0x10000, 0x110000)])
        return chr(self.chance.randrange(first, end))

    def data(self):
        x = self.chance.random()
        if x < 0.5:
            return Obj([("n", self.position), ("t", "some text"), ("ok", True)])
        if x < 0.53:
            return self.deep()
        if x < 0.54:
            return "y" * self.chance.choice([1000, 60000, 66000])
        return self.value()

    def deep(self):
        count = self.chance.choice([30, 60, 64, 65, 70, 200, 900])
        return Raw(self.chance.choice(["[" * count + "]" * count,
                                       '{"a":' * count + "1" + "}" * count,
                                       '[{"a":' * (count // 2) + "1" + "}]" * (count // 2)]))

    def value(self, depth=0):
        chance, x = self.chance, self.chance.random()
        if depth > 4 or x < 0.4:
            wide = Raw("123456789012345678901234567890")
            return chance.choice([None, True, False, 0, chance.randrange(-9, 10**9), wide,
                                  Raw(chance.choice(NUMBERS)), chance.choice(IDS), "", "text"])
        if x < 0.7:
            return [self.value(depth + 1) for _ in range(chance.randrange(4))]
        return Obj((chance.choice(NAMES), self.value(depth + 1))
                   for _ in range(chance.randrange(4)))

    def narrow(self):
        """A value whose integers fit 64 bits, as they must outside of the data."""
        return self.chance.choice([None, 0, "x", [1, [2]], Obj([("a", 5), ("k", [Obj([])])]),
                                   Raw("-1.5e3"), True, "\\\"}"])

    def time(self):
        chance = self.chance
        year = chance.choice([2025, 2025, 1999, 1970, 1969, 2400, 1582])
        zone = chance.choice(["+01:00", "-0530", "+00:00", "-23:59"])
        return (f"{year}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
                + ("T" if chance.random() < 0.95 else " ")
                + f"{chance.randrange(24):02d}:{chance.randrange(60):02d}:"
                + f"{chance.randrange(60):02d}"
                + chance.choice(["", ".5", ".000000", ".123456", ".1234567", ".123456789012", ".0"])
                + ("Z" if chance.random() < 0.9 else zone))


def history(seed, events, bad=0.0, plain=False):
    """Bytes of the history that this seed makes."""
    return History(random.Random(seed), bad, plain).text(events)
