#!/bin/sh
# Compiles the lock files anew: exact versions with hashes, for every platform, and nothing about where they come from.
#   lock.sh UV [--upgrade]
set -eu
uv=$1
shift

compile() {
  "$uv" pip compile -q --generate-hashes --universal --python-version 3.11 --no-annotate --no-emit-index-url \
    --no-emit-find-links --custom-compile-command "make lock" "$@"
}

compile pyproject.toml tools/requirements-build.in -o requirements.lock "$@"
compile pyproject.toml --extra dev tools/requirements-build.in -c requirements.lock -o requirements-dev.lock "$@"
compile tools/requirements-uv.in -o tools/requirements-uv.lock "$@"

if grep -nE '://|--(extra-)?index|--find-links|file:' requirements.lock requirements-dev.lock tools/requirements-uv.lock; then
  echo "a lock file says where its packages come from" >&2
  exit 1
fi
if grep -nE '^[a-z0-9._-]+==[^ ;]*\+' requirements.lock requirements-dev.lock; then
  echo "a lock file holds a version that is no public release" >&2
  exit 1
fi
wc -l requirements.lock requirements-dev.lock
