"""The rules of tidy.py. Each takes a Tree and returns the problems it found, one line each."""

import concurrent.futures
import pathlib
import re
import subprocess

from tree import CODE, CPP, read_layers

LINES_MAX = 400
COLUMNS_MAX = 100

# Headers of C and POSIX that have no namespace of their own.
SYSTEM = re.compile(r"(sys|linux|netinet|arpa|net)/\w+\.h|[a-z]+\.h")
THREADS = {"thread", "mutex", "shared_mutex", "condition_variable", "atomic", "future", "semaphore",
           "stop_token", "latch", "barrier"}
NOW = re.compile(r"random_device|system_clock\s*::\s*now")
NOW_ANY = re.compile(r"random_device|_clock\s*::\s*now")
SLEEP = re.compile(r"sleep_for|sleep_until|usleep|\bsleep\s*\(")
LATER = re.compile(r"\b(TODO|FIXME|XXX)\b")


def is_std(include):
    return re.fullmatch(r"[a-z_0-9]+", include) is not None


def exceptions(tree):
    """tests/tidy/exceptions.txt: `rule path: reason` -> {(rule, path)}; and what is wrong there."""
    name, known, problems = "tests/tidy/exceptions.txt", set(), []
    if name not in tree.names:
        return known, problems
    for line in tree.lines(name):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"(\w+) (\S+): (\S.*)", line)
        if not match:
            problems.append(f"{name}: must be 'rule path: reason': {line}")
        elif match.group(2) not in tree.names:
            problems.append(f"{name}: no such file: {match.group(2)}")
        else:
            known.add(match.group(1, 2))
    return known, problems


def layers(tree):
    """What a layer includes is what layers.txt declares, no more and no less."""
    declared = read_layers(tree)
    problems = list(declared.problems)
    used = set()  # (layer, lower layer or library)
    present = set()
    for name in tree.files("libactors/src", ends=CPP):
        layer = name.split("/")[2]
        present.add(layer)
        if layer not in declared.lower:
            problems.append(f"{name}: layers.txt does not name the layer {layer}")
            continue
        for number, include in tree.includes(name):
            why = layer_problem(declared, layer, include, used)
            if why:
                problems.append(f"{name}:{number}: {why}")
    for layer in sorted(present & declared.lower.keys()):
        for other in declared.lower[layer] + declared.uses[layer]:
            if (layer, other) not in used:
                problems.append(f"layers.txt: {layer} declares {other} and never includes it")
    return problems


def layer_problem(declared, layer, include, used):
    first = include.split("/")[0]
    if first in declared.lower and "/" in include:
        used.add((layer, first))
        if first != layer and first not in declared.lower[layer]:
            return f"{layer} must not include {include}"
        return None
    if include.startswith("millrace/") or SYSTEM.fullmatch(include) and not (
            declared.library_of(include)):
        return None
    if is_std(include):
        if layer in declared.pure and include in THREADS:
            return f"{layer} is pure and must not include <{include}>"
        return None
    library = declared.library_of(include)
    if library is None:
        return f"{include} belongs to no library of layers.txt"
    used.add((layer, library))
    if library not in declared.uses[layer] + declared.uses.get("*", []):
        return f"{layer} must not include {library} ({include})"
    return None


def apps(tree):
    """Programs see the public headers, and the libraries that layers.txt allows them."""
    declared = read_layers(tree)
    problems = []
    used = set()
    for name in tree.files("apps", ends=CPP):
        for number, include in tree.includes(name):
            library = declared.library_of(include)
            used.add(library)
            if include.split("/")[0] in declared.lower and "/" in include:
                problems.append(f"{name}:{number}: a program must not include {include}")
            elif library and library not in declared.uses.get("apps", []):
                problems.append(f"{name}:{number}: a program must not include {library}")
    for library in declared.uses.get("apps", []) if used else []:
        if library not in used:
            problems.append(f"layers.txt: apps declares {library} and never includes it")
    return problems


def public_headers(tree):
    """A public header includes std, Protobuf and its like only, and compiles alone."""
    problems = []
    headers = list(tree.files("libactors/include", ends=(".hpp",)))
    for name in headers:
        if "#pragma once" not in tree.text(name):
            problems.append(f"{name}: has no #pragma once")
        for number, include in tree.includes(name):
            ours = include.startswith(("millrace/", "google/protobuf/"))
            if not ours and not is_std(include):
                problems.append(f"{name}:{number}: a public header must not include {include}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, said in zip(headers, pool.map(lambda n: compiles(tree, n), headers)):
            if said:
                problems.append(f"{name}: does not compile alone\n{said}")
    return problems


def compiles(tree, name):
    include = str(pathlib.PurePath(name).relative_to("libactors/include"))
    run = subprocess.run(tree.compile + ["-fsyntax-only", "-x", "c++", "-"], text=True,
                         input=f'#include "{include}"\n', cwd=tree.root, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return run.stdout if run.returncode else ""


def budget(tree):
    """No file is long without a reason, no line is long at all."""
    known, problems = exceptions(tree)
    for name in tree.files(ends=CODE + ("CMakeLists.txt",)):
        count = len(tree.lines(name))
        if count > LINES_MAX and ("budget", name) not in known:
            problems.append(f"{name}: {count} lines, the limit is {LINES_MAX}")
        if count <= LINES_MAX and ("budget", name) in known:
            problems.append(f"{name}: {count} lines, needs no exception any more")
        for number, line in enumerate(tree.lines(name), 1):
            if len(line) > COLUMNS_MAX:
                problems.append(f"{name}:{number}: {len(line)} columns, the limit is {COLUMNS_MAX}")
    return problems


def space(tree):
    """No tabs, no space at the end of a line, a newline at the end of a file, plain file names."""
    problems = []
    for name in tree.names:
        if not re.fullmatch(r"[A-Za-z0-9_./+-]+", name):
            problems.append(f"{name}: only letters, digits and _ . + - in file names")
    for name in tree.files(ends=CODE + ("CMakeLists.txt", ".md")):
        text = tree.text(name)
        if text and not text.endswith("\n"):
            problems.append(f"{name}: no newline at its end")
        for number, line in enumerate(tree.lines(name), 1):
            if "\t" in line:
                problems.append(f"{name}:{number}: a tab")
            if line != line.rstrip():
                problems.append(f"{name}:{number}: space at the end of the line")
    return problems


def words(tree):
    """Tests do not sleep; nothing is left for later; only base asks the clock or for chance."""
    known, problems = exceptions(tree)

    def search(rule, pattern, names, why):
        for name in names:
            if name.startswith("tests/tidy/") or (rule, name) in known:
                continue
            for number, line in tree.code(name):
                if pattern.search(line):
                    problems.append(f"{name}:{number}: {why}")

    search("sleep", SLEEP, tree.files("tests"), "a test must not sleep")
    inner = [n for n in tree.files("libactors/src", ends=CPP)
             if not n.startswith("libactors/src/base/")]
    search("clock", NOW, inner, "only base asks the clock or for chance")
    pure = [n for n in inner if n.split("/")[2] in read_layers(tree).pure]
    search("clock", NOW_ANY, pure, "a pure layer knows no clock")
    for name in tree.files(ends=CODE + ("CMakeLists.txt", ".md")):
        for number, line in enumerate(tree.lines(name), 1):
            if LATER.search(line) and not name.startswith("tests/tidy/"):
                problems.append(f"{name}:{number}: do it now or open an issue")
    return problems


def registered(tree):
    """Every file below tests/ that runs is known to CMake."""
    return [f"{name}: CMake does not know this test"
            for name in tree.files("tests", ends=(".cpp", ".py", ".sh", ".proto"))
            if name not in tree.registered]


def formats(tree):
    """Each page of a durable format is named by the code that writes it."""
    code = "\n".join(tree.text(n) for n in tree.files("libactors", "apps", "proto"))
    return [f"{name}: no source file names this page"
            for name in tree.files("docs/formats", ends=(".md",))
            if not name.endswith("README.md") and name not in code]


RULES = [layers, apps, public_headers, budget, space, words, registered, formats]
