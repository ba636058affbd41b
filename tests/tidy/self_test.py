"""Proves that each rule of tidy.py can fail, on small trees in a temporary folder.

Argument: the compiler. `good` breaks no rule; each case changes one file of it and names the rule
that must object and what it must say.
"""

import pathlib
import sys
import tempfile

import rules
from tree import Tree

GOOD = {
    "libactors/layers.txt": """library spdlog spdlog/
library fmt fmt/
library zlib zlib.h
layer * : / fmt
layer base : / spdlog
layer flow : base /
apps : / zlib
pure flow
""",
    "libactors/include/millrace/types.hpp": "#pragma once\n#include <string>\n"
                                            "inline std::string name;\n",
    "libactors/src/base/log.cpp": "#include <spdlog/spdlog.h>\n#include <unistd.h>\n"
                                  "// docs/formats/log.md\n"
                                  "auto now() { return std::chrono::system_clock::now(); }\n",
    "libactors/src/flow/inbox.cpp": '#include "base/log.hpp"\n#include <fmt/format.h>\n'
                                    '#include "millrace/types.hpp"\n',
    "apps/x/main.cpp": '#include <zlib.h>\n#include "x.hpp"\n#include <millrace/types.hpp>\n',
    "apps/monitor/dist/assets/page.js": "let x; \t" + "x" * 101,
    "apps/monitor/node_modules/a file.css": " \n",
    "docs/formats/log.md": "# Log\n",
    "tests/unit/base/log_test.cpp": "// it does not sleep(1)\n",
    "tests/tidy/exceptions.txt": "# none\n",
}
LONG = "//\n" * (rules.LINES_MAX + 1)

# rule, file, its new text, what must be said
CASES = [
    ("layers", "libactors/src/base/log.cpp", '#include <spdlog/x.h>\n#include "flow/inbox.hpp"\n',
     "base must not include flow/inbox.hpp"),
    ("layers", "libactors/src/flow/inbox.cpp", '#include "base/a.hpp"\n#include <spdlog/x.h>\n',
     "flow must not include spdlog"),
    ("layers", "libactors/src/flow/inbox.cpp", "", "flow declares base and never includes it"),
    ("layers", "libactors/src/base/log.cpp", "", "base declares spdlog and never includes it"),
    ("layers", "libactors/src/flow/more.cpp", "#include <boost/any.hpp>\n", "no library"),
    ("layers", "libactors/src/flow/more.cpp", "#include <mutex>\n", "flow is pure"),
    ("layers", "libactors/src/flow/more.cpp", "#include <zlib.h>\n", "must not include zlib"),
    ("layers", "libactors/src/extra/a.cpp", "\n", "does not name the layer extra"),
    ("layers", "libactors/layers.txt", "layer base : flow /\nlayer flow : base /\n",
     "base names flow, which is not below it"),
    ("layers", "libactors/layers.txt", "layer base base\n", "cannot read"),
    ("layers", "libactors/layers.txt", "layer base : / qt\n", "qt is not declared"),
    ("layers", "libactors/layers.txt", "layer base : /\npure flow\n", "pure names no layer"),
    ("apps", "apps/x/main.cpp", '#include <zlib.h>\n#include "base/log.hpp"\n',
     "must not include base/log.hpp"),
    ("apps", "apps/x/main.cpp", "#include <zlib.h>\n#include <spdlog/x.h>\n",
     "must not include spdlog"),
    ("apps", "apps/x/main.cpp", "#include <string>\n", "apps declares zlib"),
    ("public_headers", "libactors/include/millrace/types.hpp", "#pragma once\nstd::string name;\n",
     "does not compile alone"),
    ("public_headers", "libactors/include/millrace/types.hpp",
     "#pragma once\n#include <unistd.h>\n", "must not include unistd.h"),
    ("public_headers", "libactors/include/millrace/types.hpp", "", "no #pragma once"),
    ("budget", "libactors/src/base/long.cpp", LONG, "lines, the limit is"),
    ("budget", "libactors/src/base/wide.cpp", "//" + "x" * 99 + "\n", "101 columns"),
    ("budget", "apps/monitor/src/wide.css", "a" * 101 + "\n", "101 columns"),
    ("budget", "tests/tidy/exceptions.txt", "budget libactors/src/base/log.cpp: it grew\n",
     "needs no exception any more"),
    ("budget", "tests/tidy/exceptions.txt", "budget apps/none.cpp: gone\n", "no such file"),
    ("budget", "tests/tidy/exceptions.txt", "budget apps/x/main.cpp\n", "rule path: reason"),
    ("space", "apps/x/main.cpp", "\tint x;\n", "a tab"),
    ("space", "apps/x/main.cpp", "int x; \n", "space at the end"),
    ("space", "apps/x/main.cpp", "int x;", "no newline"),
    ("space", "apps/x/a file.cpp", "\n", "in file names"),
    ("words", "tests/unit/base/log_test.cpp", "std::this_thread::sleep_for(1s);\n", "not sleep"),
    ("words", "tests/programs/kill.py", "time.sleep(1)\n", "not sleep"),
    ("words", "libactors/src/flow/inbox.cpp", "std::random_device chance;\n", "only base"),
    ("words", "libactors/src/flow/inbox.cpp", "auto t = system_clock::now();\n", "only base"),
    ("words", "libactors/src/flow/inbox.cpp", "auto t = steady_clock::now();\n", "no clock"),
    ("words", "apps/x/main.cpp", "// FIXME" + ": later\n", "do it now"),
    ("registered", "tests/unit/base/other_test.cpp", "\n", "does not know this test"),
    ("formats", "docs/formats/page.md", "# Page\n", "no source file names this page"),
]


def make(folder, files, compiler):
    for name, text in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    listed = {"tests/unit/base/log_test.cpp", "tests/programs/kill.py"}
    return Tree(pathlib.Path(folder), registered=listed,
                compile=[compiler, "-std=c++20", "-Ilibactors/include"])


def check_good(compiler):
    with tempfile.TemporaryDirectory() as folder:
        tree = make(folder, GOOD, compiler)
        return [f"the good tree breaks a rule: {problem}"
                for rule in rules.RULES for problem in rule(tree)]


def check_case(compiler, rule, name, text, expected):
    with tempfile.TemporaryDirectory() as folder:
        tree = make(folder, {**GOOD, name: text}, compiler)
        found = next(r for r in rules.RULES if r.__name__ == rule)(tree)
        if any(expected in problem for problem in found):
            return []
        return [f"{rule} lets pass {name!r} = {text[:60]!r}: wanted {expected!r}, got {found}"]


def check_exception(compiler):
    """An exception with a reason lets a long file pass."""
    files = {**GOOD, "apps/x/long.cpp": LONG,
             "tests/tidy/exceptions.txt": "budget apps/x/long.cpp: a table\n"}
    with tempfile.TemporaryDirectory() as folder:
        return rules.budget(make(folder, files, compiler))


def main(compiler):
    wrong = check_good(compiler) + check_exception(compiler)
    for case in CASES:
        wrong += check_case(compiler, *case)
    unproven = {rule.__name__ for rule in rules.RULES} - {case[0] for case in CASES}
    wrong += [f"no case proves that {rule} can fail" for rule in unproven]
    print("\n".join(wrong) if wrong else f"self test: {len(CASES)} cases, each found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
