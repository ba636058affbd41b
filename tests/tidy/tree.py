"""What the rules of tidy.py look at: the files of a source tree and its layers.txt."""

import dataclasses
import pathlib
import re

FOLDERS = (".ci", "apps", "bench", "cmake", "docs", "libactors", "proto", "scripts", "tests")
CPP = (".cpp", ".hpp")
CODE = CPP + (".proto", ".py", ".sh", ".cmake", ".ts", ".tsx", ".mjs", ".css")
MADE = re.compile(r"(^|/)(__pycache__|node_modules)/|^apps/monitor/dist/")  # not written by hand


@dataclasses.dataclass
class Tree:
    """A source tree. `compile` is a compiler with its flags; `registered` is CMake's list."""

    root: pathlib.Path
    compile: list = dataclasses.field(default_factory=list)
    registered: set = dataclasses.field(default_factory=set)

    def __post_init__(self):
        found = [p for p in self.root.iterdir() if p.is_file()]
        for folder in FOLDERS:
            found += [p for p in (self.root / folder).rglob("*") if p.is_file()]
        names = sorted(str(p.relative_to(self.root)) for p in found)
        self.names = [n for n in names if not MADE.search(n)]
        self.texts = {}

    def files(self, *folders, ends=CODE):
        """Names below one of the folders, or all, that end in one of `ends`."""
        for name in self.names:
            inside = not folders or any(name.startswith(f + "/") for f in folders)
            if inside and name.endswith(tuple(ends)):
                yield name

    def text(self, name):
        if name not in self.texts:
            self.texts[name] = (self.root / name).read_text(encoding="utf-8", errors="replace")
        return self.texts[name]

    def lines(self, name):
        return self.text(name).splitlines()

    def code(self, name):
        """The lines of a file without line comments, numbered from 1."""
        mark = "//" if name.endswith(CPP + (".proto", ".ts", ".tsx", ".mjs")) else "#"
        for number, line in enumerate(self.lines(name), 1):
            yield number, line.split(mark, 1)[0] if mark == "//" or name.endswith(".py") else line

    def includes(self, name):
        """(line number, what is included) for each include of a C++ file."""
        for number, line in enumerate(self.lines(name), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^">]+)[">]', line)
            if match:
                yield number, match.group(1)


@dataclasses.dataclass
class Layers:
    """layers.txt: what each layer may include."""

    libraries: dict = dataclasses.field(default_factory=dict)  # name -> include prefixes
    lower: dict = dataclasses.field(default_factory=dict)  # layer -> layers, in data order
    uses: dict = dataclasses.field(default_factory=dict)  # layer, "*" or "apps" -> libraries
    pure: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)

    def library_of(self, include):
        for name, prefixes in self.libraries.items():
            for prefix in prefixes:
                if include == prefix or (prefix.endswith("/") and include.startswith(prefix)):
                    return name
        return None


def read_layers(tree):
    layers = Layers()
    for line in tree.lines("libactors/layers.txt"):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "library" and len(words) > 2:
            layers.libraries[words[1]] = words[2:]
        elif words[0] == "pure":
            layers.pure = words[1:]
        else:
            read_layer(layers, line)
    for names in [*layers.uses.values()]:
        for name in names:
            if name not in layers.libraries:
                layers.problems.append(f"layers.txt: {name} is not declared as a library")
    for name in layers.pure:
        if name not in layers.lower:
            layers.problems.append(f"layers.txt: pure names no layer: {name}")
    return layers


def read_layer(layers, line):
    match = re.match(r"(?:layer +([a-z]+|\*)|(apps)) *: *([a-z ]*)/ *([a-z0-9 ]*)$", line)
    if not match:
        layers.problems.append(f"layers.txt: cannot read: {line}")
        return
    name = match.group(1) or match.group(2)
    layers.uses[name] = match.group(4).split()
    if name in ("*", "apps"):
        return
    for lower in match.group(3).split():
        if lower not in layers.lower:
            layers.problems.append(f"layers.txt: {name} names {lower}, which is not below it")
    layers.lower[name] = match.group(3).split()
