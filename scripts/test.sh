#!/usr/bin/env bash
# Sets up what is missing, builds, and runs the test suite: all of it, or the files that are named (a file, a directory or a
# part of a name); options of mocha may follow. Ends non-zero on any failure; the last line counts.
exec bash "$(dirname "${BASH_SOURCE[0]}")/run.sh" dist/test/runner/main.js "$@"
