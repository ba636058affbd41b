"""How one line of a history is spelt, which a chance decides: space, escapes, order of members."""

SHORT = {"\"": "\\\"", "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
         "\t": "\\t", "/": "\\/"}


class Raw(str):
    """JSON as it is to be spelt."""


class Obj(list):
    """An object as its pairs, in order; names may repeat."""


class Style:
    """The spelling of one line; a `plain` history is mostly spelt as usual."""

    def __init__(self, chance, plain):
        self.chance = chance
        self.space = chance.choice([0, 0, 0, 0.3, 1])
        self.escaped_names = chance.random() < 0.06
        self.escaped = chance.random() < 0.12
        self.shuffled = chance.random() < 0.2
        if plain and chance.random() < 0.9:
            self.space = 0
            self.escaped = self.escaped_names = self.shuffled = False

    def gap(self):
        if self.space and self.chance.random() < self.space:
            return self.chance.choice([" ", "  ", "\t", " \t ", "\r", " \r"])
        return ""

    def within(self, text):
        return self.gap() + text + self.gap()

    def spell(self, value):
        if isinstance(value, Raw):
            return value
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, str):
            return self.text(value, self.escaped)
        if isinstance(value, Obj):
            return "{" + (self.members(value) or self.gap()) + "}"
        return "[" + (",".join(self.within(self.spell(each)) for each in value) or self.gap()) + "]"

    def members(self, value):
        pairs = list(value)
        if self.shuffled and len({name for name, _ in pairs}) == len(pairs):
            self.chance.shuffle(pairs)
        return ",".join(self.within(self.text(name, self.escaped_names)) + ":"
                        + self.within(self.spell(each)) for name, each in pairs)

    def text(self, text, escaped):
        return "\"" + "".join(self.character(c, escaped) for c in text) + "\""

    def character(self, c, escaped):
        must = ord(c) < 0x20 or c in "\"\\"
        if not must and not (escaped and self.chance.random() < 0.3):
            return c
        if c in SHORT and self.chance.random() < 0.7:
            return SHORT[c]
        if ord(c) <= 0xffff:
            return self.escape(ord(c))
        code = ord(c) - 0x10000
        return self.escape(0xd800 + (code >> 10)) + self.escape(0xdc00 + (code & 0x3ff))

    def escape(self, code):
        return "\\u" + "".join(self.chance.choice([c, c.upper()]) for c in f"{code:04x}")
