"""Builds and runs the consumer project: check.py installed|subdirectory BUILD SOURCE FOLDER FLAG...

installed: installs BUILD into FOLDER/prefix and lets the consumer find the package there.
subdirectory: the consumer builds SOURCE as a part of itself, without optimisation and without
precompiled headers, which would hide a missing include.
"""

import pathlib
import shutil
import subprocess
import sys


def run(*command):
    done = subprocess.run([str(c) for c in command], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print(done.stdout)
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return done.stdout


def main(mode, build, source, folder, *flags):
    folder, consumer = pathlib.Path(folder), pathlib.Path(source) / "tests" / "consumer"
    made = folder / "build"
    settings = ["-GNinja", *flags]
    if mode == "installed":
        shutil.rmtree(folder, ignore_errors=True)
        run("cmake", "--install", build, "--prefix", folder / "prefix",
            "--component", "development")
        settings += [f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}", "-DCMAKE_BUILD_TYPE=Debug"]
    else:
        settings += [f"-DMILLRACE_SOURCE={source}", "-DCMAKE_CXX_FLAGS=-O0", "-DMILLRACE_PCH=OFF"]
    run("cmake", "-S", consumer, "-B", made, *settings)
    run("cmake", "--build", made)
    print(run(made / "consumer"), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
