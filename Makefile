# A thin front: each target is one script or one CMake preset.
#
#   make           install what is missing, configure, build into build/
#   make demo      the example on this machine's own package log, killed half-way and restarted
#   make test      build and run the tests
#   make check     what CI does: format, tidy, the page, clang-tidy, sanitizers with -Werror, a
#                  browser
#   make fix       rewrite the sources as clang-format wants them
#   make tsan      the tests under ThreadSanitizer, with a CAF built for it
#   make bench     build and run the benchmarks, in short form; make bench-full: the real sizes
#   make install   into PREFIX (/usr/local)

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
BUILD = scripts/build

.PHONY: all packages demo test check format tidy page lint sanitize consumer fix tsan bench
.PHONY: browser bench-full install clean
.NOTPARALLEL:

all: packages
	@$(BUILD) release -j$(JOBS)

packages:
	@scripts/install-packages build

demo: all
	@scripts/demo

test: all
	@ctest --preset release -j$(JOBS) -LE check

check: packages
	@scripts/install-packages check
	@scripts/check

# The parts of `make check`, one at a time.
format tidy page lint sanitize consumer browser fix: packages
	@scripts/install-packages check
	@scripts/check $@

tsan: packages
	@scripts/build-tsan-caf build-tsan/caf
	@$(BUILD) tsan -j$(JOBS)
	@ctest --preset tsan -LE 'check|tidy|compile_fail'

bench bench-full: packages
	@scripts/install-packages bench
	@[ ! -f build/build.ninja ] || cmake build >/dev/null # may have been without what is there now
	@$(BUILD) release -j$(JOBS) --target benches
	@scripts/bench $(if $(filter bench-full,$@),--full)

install: all
	@cmake --install build --prefix $(PREFIX)

clean:
	rm -rf build build-dev build-tsan
