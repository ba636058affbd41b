"""One line of a Kurrent history as the reference fold reads it: JSON as strictly as the format
wants it, with each number as it is spelt; positions, times and the spelling of ids."""

import datetime
import json.decoder
import math
import re
import sys

POSITION_MAX = 2**53 - 1
DEPTH_MAX = 1000
SPACE = re.compile(r"[ \t\r\n]*")
BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.S)
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
                  r"(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):?([0-9]{2}))\Z")
YEARS_400 = 146097  # days, after which the calendar comes again
DAY_2000 = datetime.date(2000, 1, 1).toordinal()
DAY_1970 = datetime.date(1970, 1, 1).toordinal()

sys.setrecursionlimit(20 * DEPTH_MAX)  # Python's reader takes some frames for each level


class Bad(Exception):
    """The line is bad, and why."""


class Int(str):
    """An integer as it is spelt."""


class Float(str):
    """Another number as it is spelt."""


def a_float(text):
    if math.isinf(float(text)):
        raise Bad("a number beyond a double")
    return Float(text)


def no_constant(text):
    raise Bad("no JSON: " + text)


DECODER = json.decoder.JSONDecoder(parse_int=Int, parse_float=a_float, parse_constant=no_constant)


def members(text):
    """[(name, value, raw text)] of a line that is one JSON object, or Bad."""
    try:
        found = pairs(text)
        for name, value, _ in found:
            check_strings(name)
            check_strings(value, wide=name == "data")
    except RecursionError as error:
        raise Bad("too deep") from error
    except (ValueError, StopIteration) as error:
        raise Bad(f"no JSON: {error}") from error
    if text.count("[") + text.count("{") > DEPTH_MAX and depth_of(text) > DEPTH_MAX:
        raise Bad("too deep")
    return found


def pairs(text):
    """The members, each read alone: Python's reader does not say where a value begins and ends."""
    found = []
    at = after(text, 0, "{")
    if text[at:at + 1] == "}":
        at += 1
    else:
        more = True
        while more:
            name, at = json.decoder.scanstring(text, after(text, at, '"', skip=False), True)
            begin = after(text, at, ":")
            value, at = DECODER.raw_decode(text, begin)
            found.append((name, value, text[begin:at]))
            at = SPACE.match(text, at).end()
            more = text[at:at + 1] == ","
            at = after(text, at, "," if more else "}", skip=more)
    if SPACE.match(text, at).end() != len(text):
        raise Bad("more after it")
    return found


def after(text, at, mark, skip=True):
    """Where the text goes on behind this mark, which must be next, and behind the space there."""
    at = SPACE.match(text, at).end()
    if text[at:at + 1] != mark:
        raise Bad(f"no {mark} at {at}")
    return SPACE.match(text, at + 1).end() if skip else at + 1


def check_strings(value, wide=True):
    """No half of a surrogate pair; and, unless `wide`, no integer of more than 64 bits."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, Int):
            if not wide and not -2**63 <= int(each) < 2**64:
                raise Bad("a wide integer outside of data")
        elif isinstance(each, str):
            each.encode("utf-8")
        elif isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, dict):
            stack.extend(each.keys())
            stack.extend(each.values())


def depth_of(text):
    deepest = depth = 0
    for match in BRACKETS.finditer(text):
        if match.group() in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match.group() in "]}":
            depth -= 1
    return deepest


def need(has, name, kind):
    """The member, which is of this type; None when it is missing or null."""
    value = has.get(name)
    if value is not None and type(value) is not kind:  # an Int is a str, and none is meant
        raise Bad(name + " is of another kind")
    return value


def position_of(value, what):
    if not isinstance(value, Int) or not 0 <= int(value) <= POSITION_MAX:
        raise Bad(what + " is no position")
    return int(value)


def id_of(value):
    """A string, or a number as JavaScript says it, with integers exact."""
    if isinstance(value, Int):
        return str(int(value))
    if isinstance(value, Float):
        return number_as_js(value)
    if not isinstance(value, str):
        raise Bad("an id")
    return value


def number_as_js(text):
    """String(number) of JavaScript, written from ECMA-262's Number::toString."""
    number = float(text)
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    rest = "." + digits[1:] if count > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"


def time_of(value, what):
    """Microseconds since 1970, of an integer or a text of RFC 3339."""
    if isinstance(value, Int) and -2**63 <= int(value) < 2**63:
        return int(value)
    match = TIME.match(value) if type(value) is str else None
    if not match:
        raise Bad(what + " is no time")
    year, month, day, hour, minute, second = (int(match.group(i)) for i in range(1, 7))
    offset_hour, offset_minute = int(match.group(9) or 0), int(match.group(10) or 0)
    if max(hour, offset_hour) > 23 or max(minute, second, offset_minute) > 59:
        raise Bad(what + " is no time")
    cycles, year = divmod(year, 400)  # Python's dates know no year 0
    try:
        days = datetime.date(2000 + year, month, day).toordinal() - DAY_1970
    except ValueError as error:
        raise Bad(what + " is no time") from error
    days += (cycles - 5) * YEARS_400
    minutes = (days * 24 + hour) * 60 + minute
    offset = offset_hour * 60 + offset_minute
    minutes += offset if match.group(8) == "-" else -offset
    return (minutes * 60 + second) * 10**6 + int(((match.group(7) or "") + "000000")[:6])


def time_text(micros):
    """As the program prints it: a text, or the number when the year has not four digits."""
    seconds, micros_left = divmod(micros, 10**6)
    days, seconds = divmod(seconds, 86400)
    cycles, days = divmod(days + DAY_1970 - DAY_2000, YEARS_400)
    date = datetime.date.fromordinal(DAY_2000 + days)
    year = date.year + cycles * 400
    if not 0 <= year <= 9999:
        return micros
    return (f"{year:04d}-{date.month:02d}-{date.day:02d}T{seconds // 3600:02d}:"
            f"{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micros_left:06d}Z")
