#!/usr/bin/env bash
# Sets up what is missing, builds, and measures; the arguments are those of bench/main.ts.
exec bash "$(dirname "${BASH_SOURCE[0]}")/run.sh" dist/bench/main.js "$@"
