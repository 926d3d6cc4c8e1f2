#!/usr/bin/env bash
# Packs the program that `make deb` built a second time, as a newer version, and tries both (tests/package/run.sh).
set -euo pipefail
cd "$(dirname "$0")/../.."

kept=target/package-test
mkdir -p "$kept"
# cargo-deb keeps the last package alone.
for which in new old; do
	version=()
	[ "$which" = old ] || version=("999.0.0-1")
	package=$(MEDIAKEEP_BINARY=target/release/mediakeep packaging/build.sh "${version[@]}")
	cp "$package" "$kept/$which.deb"
done
[ "$(id -u)" = 0 ] || exec sudo --preserve-env=SUITE,MIRROR tests/package/run.sh "$kept/old.deb" "$kept/new.deb"
exec tests/package/run.sh "$kept/old.deb" "$kept/new.deb"
