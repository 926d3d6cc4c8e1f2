# The two commands a newcomer needs: `make demo` and `make test`. Each installs what it needs.

CARGO ?= cargo
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Debian packages that the tests drive the program with; the program itself needs none of them.
TEST_PACKAGES := sqlite3 strace curl openssl python3
# What is drawn at random is drawn alike at every run of the tests; `make torture` draws anew and
# `make test SEED=7` another way.
SEED ?= 20261123
.DEFAULT_GOAL := help

# And those that building and trying the Debian package needs, each known by a program that it brings.
DEB_PACKAGES := dpkg-shlibdeps=dpkg-dev lintian=lintian
NSPAWN_PACKAGES := debootstrap=debootstrap systemd-nspawn=systemd-container systemd-analyze=systemd

.PHONY: help demo test lint layers doc bench torture mutants coverage units deb package-test packages

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Archive two sandbox accounts into a temporary folder and look at the result
	$(CARGO) run --locked --quiet -- demo

test: packages ## Install what the tests need and run all of them
	PROPTEST_RNG_SEED=$(SEED) $(CARGO) test --locked --workspace

lint: ## Formatting and lints, as CI sees them
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

layers: ## The direction of dependencies alone
	$(CARGO) test --locked --test layers

doc: ## Documentation without a warning
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

bench: packages ## Measure against the tools one would use instead, and print every figure
	$(CARGO) build --locked --release --workspace
	benches/side_by_side.sh
	benches/absence.sh

torture: packages ## Kill, starve and lie to the real binary, long
	MEDIAKEEP_TORTURE=1 $(CARGO) test --locked --test kill --test living_account -- --nocapture

mutants: ## Break the decisions in every small way and see a test fail each time
	benches/decisions.sh mutants

coverage: ## Lines and branches of the decisions that the tests reach
	benches/decisions.sh coverage

units: ## How well the systemd units are confined, and whether they make sense
	systemd/check.sh

deb: ## Build the Debian package, and let lintian look at it
	@$(call install,$(DEB_PACKAGES))
	@package=$$(packaging/build.sh) && echo "$$package" && lintian --allow-root --fail-on error,warning "$$package"

package-test: deb ## Install, freeze, upgrade, kill, remove and purge that package on a machine of its own (as root)
	@$(call install,$(NSPAWN_PACKAGES))
	$(CARGO) build --locked --package graph-sandbox
	tests/package/both.sh

# install PROGRAM=PACKAGE…: what is missing comes from Debian.
define install
missing=""; for p in $(1); do command -v "$${p%=*}" >/dev/null || missing="$$missing $${p#*=}"; done; \
if [ -n "$$missing" ]; then \
	$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
fi
endef

packages:
	@missing=""; for p in $(TEST_PACKAGES); do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
		$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
	fi
