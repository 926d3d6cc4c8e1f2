#!/usr/bin/env bash
# Boots a minimal Debian with systemd as its first process, without network, and takes the package through its life in
# it (tests/package/inside.sh): installed, started, frozen, upgraded during a sync, killed, removed, purged.
#
#   tests/package/run.sh OLD.deb NEW.deb     as root; prints what was checked, and keeps the journal beside it
#
# SUITE and MIRROR choose another Debian; the tree that debootstrap makes is kept for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."

old=$1 new=$2
codename=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME" || echo bookworm)
SUITE=${SUITE:-$codename}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
PACKAGES=systemd,systemd-sysv,dbus,procps,man-db,ca-certificates,tzdata,sqlite3,curl
# Longest time for everything inside, in seconds.
PATIENCE=600

kept=target/package-test
base=$kept/$SUITE
if [ ! -e "$base/complete" ]; then
	rm -rf "$base" && mkdir -p "$base"
	echo "debootstrap $SUITE (once)"
	debootstrap --variant=minbase --include="$PACKAGES" "$SUITE" "$base/root" "$MIRROR" >"$base/log" ||
		{ tail -n 20 "$base/log" && exit 1; }
	touch "$base/complete"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/mediakeep-package.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -a --reflink=auto "$base/root" "$work/root"
mkdir "$work/shared"
install -m 755 tests/package/inside.sh "$work/shared/"
install -m 755 "${SANDBOX:-target/debug/graph-sandbox}" "$work/shared/graph-sandbox"
install -m 644 "$old" "$work/shared/old.deb"
install -m 644 "$new" "$work/shared/new.deb"
cp -r --parents systemd packaging/config.toml "$work/shared/"
cat >"$work/root/etc/systemd/system/package-test.service" <<'END'
[Service]
WorkingDirectory=/package-test
ExecStart=/package-test/inside.sh
StandardOutput=append:/package-test/log
StandardError=append:/package-test/log
ExecStopPost=systemctl poweroff --no-block
[Install]
WantedBy=multi-user.target
END
ln -s ../package-test.service "$work/root/etc/systemd/system/multi-user.target.wants/"
# A machine of its own, as dbus and the journal want it.
systemd-machine-id-setup --root="$work/root" >/dev/null 2>&1

: >"$work/shared/log"
tail -n +1 -f "$work/shared/log" &
tail=$!
began=$SECONDS
timeout --kill-after=20 "$PATIENCE" systemd-nspawn --quiet --register=no --keep-unit --private-network \
	--boot --console=pipe --directory="$work/root" --bind="$work/shared:/package-test" \
	</dev/null >"$kept/console.log" 2>&1 || echo "systemd-nspawn ended with $? (see $kept/console.log)"
sleep 0.3
kill "$tail"
cp "$work/shared/log" "$kept/log"
cp "$work/shared/journal" "$kept/journal" 2>/dev/null || true
echo "$((SECONDS - began)) s from boot to power off; journal of the service: $kept/journal"
[ -e "$work/shared/passed" ]
