"""What a test can check of the style guide: tidy.py ROOT REGISTERED [--only RULE] -- COMPILER...

REGISTERED is CMake's list of test files. Prints each problem and fails when there is one.
"""

import pathlib
import sys

import rules
from tree import Tree


def main(arguments):
    cut = arguments.index("--")
    root, listed = pathlib.Path(arguments[0]), pathlib.Path(arguments[1])
    only = arguments[3:cut] if "--only" in arguments[:cut] else None
    known = {str(pathlib.Path(line).relative_to(root))
             for line in listed.read_text(encoding="utf-8").split("\n") if line}
    tree = Tree(root, compile=arguments[cut + 1:], registered=known)
    count = 0
    for rule in rules.RULES:
        if only and rule.__name__ not in only:
            continue
        found = rule(tree)
        count += len(found)
        if found:
            print(f"{rule.__name__}: {rule.__doc__.splitlines()[0]}")
        for problem in found:
            print(f"  {problem}")
    print(f"tidy: {count} problems" if count else f"tidy: {len(tree.names)} files are in order")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
