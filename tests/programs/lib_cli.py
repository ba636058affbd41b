"""What the tests of the command line share: a store in a folder that goes away, and the program."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

BIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["MILLRACE_BIN"])
LIMIT = 120  # seconds for one command, on a machine that is busy


class Result:
    """How a command ended."""

    def __init__(self, run):
        self.code, self.out, self.err = run.returncode, run.stdout, run.stderr

    def lines(self):
        """One JSON value per line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Store:
    """A store's directory that does not exist yet; `with` removes it."""

    def __init__(self, program="millrace"):
        self.program = str(BIN / program)
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "store"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def environment(self):
        known = {k: v for k, v in os.environ.items() if k not in ("MILLRACE_STORE", "NO_COLOR")}
        return dict(known, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", ""))

    def run(self, *words, stdin="", program=None, store=None):
        """The command with this store; never fails, look at the result."""
        command = [program or self.program, "--store", str(store or self.path), *map(str, words)]
        done = subprocess.run(command, input=stdin, text=True, encoding="utf-8", timeout=LIMIT,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              env=self.environment())
        return Result(done)

    def do(self, *words, **more):
        """The command, which must succeed: what it printed."""
        result = self.run(*words, **more)
        expect(result.code == 0, words, "exit code", result.code, result.err)
        return result.out

    def json(self, *words, **more):
        """The command, which must succeed: the values it printed."""
        return [json.loads(line) for line in self.do(*words, "--json", **more).splitlines()]

    def start(self, *words, **more):
        """The command, left running."""
        return subprocess.Popen([self.program, "--store", str(self.path), *map(str, words)],
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment(), **more)

    def fails(self, code, said, *words, **more):
        """The command ends with this code, says this on stderr in a line, and nothing on stdout."""
        result = self.run(*words, **more)
        expect(result.code == code, words, "exit code", result.code, "not", code, result.err)
        expect(said in result.err, words, repr(said), "not in", result.err)
        expect(result.err.count("\n") == 1, words, "one line:", result.err)
        expect(result.out == "", words, "stdout", result.out)
        return result


def expect(holds, *what):
    """A failed expectation ends the test and shows what is wrong."""
    if not holds:
        raise SystemExit("FAILED: " + " ".join(str(part) for part in what))


def equal(found, wanted, *what):
    """Two values are equal."""
    expect(found == wanted, *what, "found", repr(found), "wanted", repr(wanted))


def main(tests):
    """Runs the functions whose names begin with test_, in order."""
    for name, test in list(tests.items()):
        if name.startswith("test_"):
            test()
            print("ok", name)
