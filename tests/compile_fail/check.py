"""Checks one file of tests/compile_fail: check.py FILE -- COMPILER FLAGS...

A file must not compile, and the compiler must say the text of the file's first line:
    // expect: a part of the message
A file named ok_*.cpp must compile: it proves that the others fail for their own reason.
"""

import pathlib
import subprocess
import sys


def main(arguments):
    cut = arguments.index("--")
    path, compiler = pathlib.Path(arguments[0]), arguments[cut + 1:]
    run = subprocess.run(compiler + ["-fsyntax-only", str(path)], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if path.name.startswith("ok_"):
        if run.returncode != 0:
            print(run.stdout)
            return f"{path.name} must compile and does not"
        return None
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    prefix = "// expect: "
    if not first.startswith(prefix) or not first[len(prefix):].strip():
        return f"{path.name}: the first line must be '{prefix}<part of the message>'"
    expected = first[len(prefix):].strip()
    if run.returncode == 0:
        return f"{path.name} compiles; it should fail with: {expected}"
    if expected not in run.stdout:
        print(run.stdout)
        return f"{path.name} fails, but not with: {expected}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
