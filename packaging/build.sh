#!/usr/bin/env bash
# Builds the Debian package: the program, what it writes about itself, and cargo-deb around both.
#
#   packaging/build.sh [VERSION]     a version of the package other than Cargo.toml's (0.2.0-1, say)
#
# MEDIAKEEP_BINARY names a program that is built already. Prints the path of the package.
set -euo pipefail
cd "$(dirname "$0")/.."

CARGO=${CARGO:-cargo}
tools=target/tools/bin
made=target/package

if ! PATH="$tools:$PATH" command -v cargo-deb >/dev/null; then
	# Without optimisation: it packs one file.
	"$CARGO" install cargo-deb --version '^3.8' --locked --debug --root "${tools%/bin}" >&2
fi
if [ -n "${MEDIAKEEP_BINARY:-}" ]; then
	[ "$MEDIAKEEP_BINARY" -ef target/release/mediakeep ] ||
		install -D "$MEDIAKEEP_BINARY" target/release/mediakeep
else
	"$CARGO" build --locked --release --bin mediakeep >&2
fi

rm -rf "$made"
mkdir -p "$made/man"
program=target/release/mediakeep
"$program" man --dir "$made/man" >/dev/null
for shell in bash zsh fish; do
	"$program" completions "$shell" >"$made/mediakeep.$shell"
done

version=${1:-$("$CARGO" metadata --locked --no-deps --format-version 1 |
	sed 's/.*"name":"mediakeep","version":"\([^"]*\)".*/\1/')-1}
maintainer=$(sed -n 's/^maintainer = "\(.*\)"/\1/p' Cargo.toml)
# The same sources give the same package, whenever it is built.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
cat >"$made/changelog" <<END
mediakeep ($version) stable; urgency=medium

  * What is new stands in /usr/share/doc/mediakeep/changelog.gz.

 -- $maintainer  $(date --utc --date="@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S +0000')
END

PATH="$tools:$PATH" cargo deb --quiet --no-build --locked --deb-version "$version"
