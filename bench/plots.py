"""Plots of the benchmarks as SVG: lines with points, logarithmic where it says so."""

import math
import pathlib

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 360, 80, 50, 40, 150
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b")

# name: title, x axis, y axis, x logarithmic, y logarithmic
PLOTS = {
    "batch_size": ("Rate against batch size", "events in a batch", "events a second", True, True),
    "instances": ("Cost against instances", "instances", "microseconds an event", True, False),
    "latency": ("Reaction latency", "events a second offered", "microseconds", True, True),
}


def scale(values, low, high, logarithmic):
    """A function from values to pixels between `low` and `high`, and the places of ticks."""
    least, most = min(values), max(values)
    if logarithmic:
        first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
        last = max(last, first + 1)
        return (lambda v: low + (math.log10(v) - first) / (last - first) * (high - low),
                [10.0 ** e for e in range(first, last + 1)])
    top = most * 1.1 or 1
    step = 10 ** math.floor(math.log10(top))
    step = step if top / step >= 3 else step / 4
    return (lambda v: low + v / top * (high - low),
            [step * i for i in range(int(top / step) + 1)])


def label(value):
    for limit, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{suffix}"
    return f"{value:g}"


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{more}>{words}</text>'


def draw(name, points):
    title, x_name, y_name, x_log, y_log = PLOTS[name]
    at_x, x_ticks = scale([p["x"] for p in points], LEFT, WIDTH - RIGHT, x_log)
    at_y, y_ticks = scale([p["y"] for p in points], HEIGHT - BOTTOM, TOP, y_log)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           text((LEFT + WIDTH - RIGHT) / 2, TOP - 16, title, more=' font-size="15"'),
           text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_name),
           text(0, 0, y_name, more=f' transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) '
                                   'rotate(-90)"')]
    for tick in x_ticks:
        x = at_x(tick)
        out.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        out.append(text(x, HEIGHT - BOTTOM + 16, label(tick)))
    for tick in y_ticks:
        y = at_y(tick)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(text(LEFT - 6, y + 4, label(tick), "end"))
    for number, curve in enumerate(dict.fromkeys(p["curve"] for p in points)):
        colour = COLOURS[number % len(COLOURS)]
        dots = sorted((at_x(p["x"]), at_y(p["y"])) for p in points if p["curve"] == curve)
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in dots)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in dots]
        y = TOP + 10 + 18 * number
        out.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{y - 9}" width="10" height="10" '
                   f'fill="{colour}"/>')
        out.append(text(WIDTH - RIGHT + 28, y, curve, "start"))
    out.append("</svg>\n")
    return "\n".join(out)


def write_all(folder, points):
    """One file for each plot that has points."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in PLOTS:
        own = [p for p in points if p["plot"] == name]
        if own:
            (folder / f"{name}.svg").write_text(draw(name, own), encoding="utf-8")
