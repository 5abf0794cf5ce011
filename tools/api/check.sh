#!/bin/sh
# check.sh holds the API of a demo to its OpenAPI document with schemathesis (PyPI, in a virtual environment outside of
# the repository): check.sh PROGRAM [ARGUMENT...]. Streams have no end and are left out.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$1
shift
tools=${STREAMD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/streamd}/schemathesis
[ -x "$tools/bin/schemathesis" ] || { python3 -m venv "$tools" && "$tools/bin/pip" -q install schemathesis==4.32.5; }
work=$(mktemp -d)
cd "$work"
"$program" demo --no-open --loop --listen 127.0.0.1:0 > demo.log &
demo=$!
trap 'kill $demo; rm -rf "$work"' EXIT
until [ -s demo.log ]; do sleep 0.2; done
base=$(head -n 1 demo.log)
until curl -fs "${base}readyz" > ready.log; do sleep 0.2; done
"$tools/bin/schemathesis" --config-file "$here/schemathesis.toml" run "${base}api/v1/openapi.json" \
	--exclude-path-regex 'stream$' --exclude-path /-/reload --request-timeout 15 "$@"
