#!/usr/bin/env bash
# Measures the tests of the decisions (src/domain and the model of a living account):
#   benches/decisions.sh mutants    break the code in every small way and see a test fail
#   benches/decisions.sh coverage   lines and branches that the tests reach
# The decisions need no other part of mediakeep, so they are built as a crate of their own: a change
# of one line is built and tested in seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?mutants or coverage}
modules="absence around brake coverage expected ledger reconcile walk"
export MEDIAKEEP_HISTORIES=${MEDIAKEEP_HISTORIES:-300}

root=$PWD
crate=$root/target/decisions
rm -rf "$crate/src" "$crate/tests"
mkdir -p "$crate/src" "$crate/tests/proptest-regressions"
cp -R src/domain "$crate/src/"
cp -R tests/living_account "$crate/tests/"
cp tests/proptest-regressions/* "$crate/tests/proptest-regressions/"
echo 'pub mod domain;' >"$crate/src/lib.rs"
{
	printf '[workspace]\n[package]\nname = "mediakeep"\nversion = "0.1.0"\nedition = "2024"\n[dependencies]\n'
	printf 'thiserror = "2"\njiff = { version = "0.2", features = ["serde"] }\n[dev-dependencies]\n'
	grep '^proptest = ' Cargo.toml
	sed -n '/^\[profile.dev\]/,/^$/p; /^\[profile.dev.package."\*"\]/,/^$/p' Cargo.toml
} >"$crate/Cargo.toml"
cp Cargo.lock "$crate/Cargo.lock"
cd "$crate"

case $what in
mutants)
	command -v cargo-mutants >/dev/null || cargo install cargo-mutants --locked --debug
	files=()
	for module in $modules; do files+=(--file "src/domain/$module.rs"); done
	cargo mutants --in-place "${files[@]}" --output "$crate" --minimum-test-timeout 120
	;;
coverage)
	rustup component add llvm-tools >/dev/null 2>&1
	tools=$(dirname "$(find "$(rustc --print sysroot)" -name llvm-profdata)")
	rm -f ./*.profraw
	export RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cinstrument-coverage -Zcoverage-options=branch"
	export CARGO_TARGET_DIR=$crate/covered LLVM_PROFILE_FILE=$crate/%p-%m.profraw
	cargo test --quiet
	"$tools/llvm-profdata" merge -sparse ./*.profraw -o all.profdata
	objects=$(cargo test --no-run --message-format=json 2>/dev/null |
		sed -n 's/.*"executable":"\([^"]*\)".*/--object=\1/p')
	files=()
	for module in $modules; do files+=("$crate/src/domain/$module.rs"); done
	# shellcheck disable=SC2086
	"$tools/llvm-cov" report ${objects#--object=} --instr-profile=all.profdata --show-branch-summary \
		--show-region-summary=false --show-functions=false --sources "${files[@]}"
	;;
*)
	echo "mutants or coverage" >&2
	exit 2
	;;
esac
