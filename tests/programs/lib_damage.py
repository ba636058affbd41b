"""Lines that are probably bad: members of a wrong kind, routes that no event may have, bytes that
are changed, lines that end within a value. Whether they are bad the reference fold has to say."""

from lib_spelling import Obj, Raw

VALUES = [7, True, "x", [], None, "-1", "2025-02-30T00:00:00Z", "2025-01-01T24:00:00Z",
          "2025-01-01", "millrace.X", "", "w" * 300]
SPELT = ["{}", "-1", "1.0", "1.5", "01", "1e400", "NaN", "9007199254740992", "9007199254740991",
         "18446744073709551616", "tru", "'x'", "[1,]", "[[]]"]
METADATA = ["[\"A\"]", "[7]", "[null]", "[{\"type\":99,\"ids\":[\"a\"]}]",
            "[{\"type\":0,\"ids\":[null]}]", "[{\"type\":0,\"ids\":[true]}]",
            "[{\"type\":0,\"ids\":\"a\"}]", "[{\"type\":\"0\",\"ids\":[\"a\"]}]",
            "[{\"ids\":[\"a\"]}]", "[\"A|b\"]", "[\"\"]", "[\"A\",\"A\",\"A\"]"]
WHOLE = ["[]", "7", "\"x\"", "null", "{}", "{", "}", "x", "\u00a0", "\x0c", "//", "\x00",
         "{\"stream\":7}", "{\"stream\":\"-checkpoint\",\"metadata\":{}}",
         "{\"stream\":\"|a-checkpoint\",\"metadata\":{}}"]
BYTES = b"{}[]:,\"\\ \t\r0123456789-+.eEntfu/|\x00\x01\x0c\x1a\x1f\x7f\xc3\x80\xbf\xc0\xed\xf4\xff'"
PIECES = [b"\\ud800", b"\\u12", b"\\x41", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\\",
          b"\"", b"\\\"", b",,", b"}{", b"][", b"null", b"\xef\xbb\xbf", b"\xc2\xa0",
          b"\xe2\x80\xa8"]
FRONTS = [b"", b"1 ", b"1,", b"[", b"]", b"}", b"{", b"{\"a\":", b"\"x\":", b"x", b"null ",
          b"\"\" ", b","]


def lines(made):
    """One or two lines, as bytes, in the manner of this history."""
    if made.chance.random() < 0.15:
        return torn(made)
    return [made.chance.choice([one_less, wrong_value, wrong_metadata, wrong_routes, long_key,
                                too_deep, too_early, no_object] + [damaged] * 5)(made)]


def a_line(made):
    return made.event() if made.chance.random() < 0.6 else made.checkpoint()


def spelt(made, pairs):
    return made.spelt(Obj(pairs)).encode("utf-8")


def one_less(made):
    pairs = a_line(made)
    del pairs[made.chance.randrange(len(pairs))]
    return spelt(made, pairs)


def wrong(made, pairs, values):
    """With another value in one member."""
    if pairs:
        place = made.chance.randrange(len(pairs))
        pairs[place] = (pairs[place][0], made.chance.choice(values))
    return Obj(pairs)


def wrong_value(made):
    return spelt(made, wrong(made, a_line(made), VALUES + raws(SPELT)))


def wrong_metadata(made):
    values = VALUES + [made.position, made.position + 1] + raws(SPELT + METADATA)
    return with_metadata(made, wrong(made, made.metadata(), values))


def raws(texts):
    return [Raw(text) for text in texts]


def wrong_routes(made):
    """A type that comes twice, and has ids at one place perhaps."""
    name = made.chance.choice(sorted(made.kinds))
    ids = Obj([("type", made.chance.randrange(3)), ("ids", ["a"])])
    return with_metadata(made, [("routeTypes", [name, name, "B"]), ("routeIds", [ids])])


def long_key(made):
    long = "x" * made.chance.choice([1021, 1022, 1023, 2000])  # 1022 is the longest that may be
    ids = Obj([("type", 0), ("ids", [long])])
    return with_metadata(made, [("routeTypes", ["T"]), ("routeIds", [ids])])


def with_metadata(made, metadata):
    pairs = [pair for pair in a_line(made) if pair[0] != "metadata"]
    return spelt(made, pairs + [("metadata", Obj(metadata))])


def too_deep(made):
    pairs = a_line(made)
    made.put(pairs, ("deep", Raw("[" * 1200 + "]" * 1200)))
    return spelt(made, pairs)


def no_object(made):
    line = made.spelt(a_line(made))
    return made.chance.choice(WHOLE + ["[" + line + "]", line + line, line + ",",
                                       "\ufeff" + line]).encode("utf-8")


def damaged(made):
    """A line of which some bytes are changed."""
    line = bytearray(spelt(made, a_line(made)))
    for _ in range(made.chance.choice([1, 1, 1, 2, 3])):
        damage(made.chance, line)
    return bytes(line).replace(b"\n", b" ")


def damage(chance, line):
    """Replaces, inserts or drops at one place; cuts before or after it; repeats what it has."""
    at = chance.randrange(len(line) + 1)
    until = at + chance.randrange(1, 5)
    begin = chance.randrange(len(line) + 1)
    byte = bytes([chance.choice(BYTES)])
    first, end, new = chance.choice([
        (at, at + 1, byte), (at, at, byte), (at, until, b""), (at, len(line), b""), (0, at, b""),
        (at, at, line[begin:begin + 60]), (at, at, chance.choice(PIECES))])
    line[first:end] = new


def too_early(made):
    """An event at a position that is taken."""
    pairs = [pair for pair in made.event() if pair[0] != "position"]
    return spelt(made, pairs + [("position", max(made.next - made.chance.randrange(1, 4), 0))])


def torn(made):
    """A line that ends within a value, and one that begins with something else before it."""
    chance = made.chance
    one, two = spelt(made, made.event()), spelt(made, made.event())
    cut = chance.randrange(1, len(one))
    if chance.random() < 0.5:
        cut = chance.choice([at + 1 for at, byte in enumerate(one) if byte in b",:[{"])
    return [one[:cut], chance.choice(FRONTS + [one[cut:], one[:cut]]) + two]
