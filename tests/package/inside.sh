#!/usr/bin/env bash
# The life of the package on one machine; tests/package/run.sh boots that machine and starts this in it.
set -uo pipefail

ARCHIVE=/var/lib/mediakeep
CATALOG=$ARCHIVE/catalog.db
CONFIG=/etc/mediakeep/config.toml
CONTROL=http://127.0.0.1:7003/control
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PAGER=cat SYSTEMD_PAGER=cat

# --- saying what is checked -------------------------------------------------------------------------------------

clock() { awk '{ print $1 }' /proc/uptime; }
began=$(clock)
since() { awk -v a="$1" -v b="$(clock)" 'BEGIN { printf "%.1f", b - a }'; }
chapter() { printf '\n%6s  %s\n' "$(since "$began")" "$*"; }
note() { printf '             %s\n' "$*"; }
ok() { printf '%6s  ok   %s\n' "$(since "$began")" "$*"; }
fail() {
	printf '%6s  FAIL %s\n' "$(since "$began")" "$*"
	systemctl status --no-pager --lines=0 mediakeep.service
	journalctl --no-pager -u mediakeep.service -n 40
	finish 1
}
finish() {
	journalctl --no-pager -o short-precise -u mediakeep.service -u mediakeep-sync.service >journal
	[ "$1" != 0 ] || touch passed
	exit "$1"
}
# check WHAT COMMAND…: the command succeeds.
check() {
	local what=$1 said
	shift
	if said=$("$@" 2>&1); then ok "$what"; else note "$said" && fail "$what"; fi
}
# refused WHAT COMMAND…: the command fails.
refused() {
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then fail "refused: $what"; else ok "refused: $what"; fi
}
# equal WHAT EXPECTED FOUND
equal() { if [ "$2" = "$3" ]; then ok "$1: $3"; else fail "$1: $3 instead of $2"; fi; }
# await SECONDS WHAT COMMAND…: the command succeeds before that time is over.
await() {
	local patience=$1 what=$2 start
	shift 2
	start=$(clock)
	until "$@" >/dev/null 2>&1; do
		awk -v s="$(since "$start")" -v p="$patience" 'BEGIN { exit s < p }' && fail "$what (not within $patience s)"
		sleep 0.1
	done
	ok "$what, after $(since "$start") s"
}
mode() { stat -c '%a %U %G' "$1"; }
main_pid() { systemctl show -P MainPID mediakeep.service; }
is() { [ "$(systemctl is-active "$1")" = "$2" ]; }
sql() { sqlite3 -readonly "$CATALOG" "$1"; }
as_reader() { runuser -u reader -- "$@"; }
control() { curl -sS --fail-with-body "$CONTROL$1" ${2:+-d "$2"}; }

# --- what several chapters ask ----------------------------------------------------------------------------------

posts() { sql 'SELECT count(*) FROM posts'; }
everything_held() {
	[ "$(posts)" = "$1" ] &&
		[ "$(sql "SELECT count(*) FROM files WHERE state IN ('pending', 'failed')")" = 0 ] &&
		[ "$(sql "SELECT count(*) FROM files WHERE state = 'held'")" -ge "$1" ]
}
every_view_answers() {
	local view
	for view in $(as_reader sqlite3 -readonly "$CATALOG" \
		"SELECT name FROM sqlite_schema WHERE type = 'view'"); do
		as_reader sqlite3 -readonly "$CATALOG" "SELECT count(*) FROM $view" >/dev/null || return 1
	done
}
blobs_are_what_they_are_called() {
	(cd "$ARCHIVE/blobs" && find . -type f -printf '%f  %p\n' | sha256sum --check --quiet)
}
publish() {
	for _ in $(seq "$1"); do
		control /world/publish "{\"account\":\"harbor.lantern\",\"kind\":\"image\"}" >/dev/null || return 1
	done
}
is_fetching() { [ "$(sql "SELECT count(*) FROM files WHERE state = 'pending'")" -gt 0 ]; }
has_restarted() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ] && is mediakeep.service active; }
journal_says() { journalctl --no-pager -u mediakeep.service --since "$1" | grep -q "$2"; }
now() { date '+%Y-%m-%d %H:%M:%S'; }

# --- the life of the package ------------------------------------------------------------------------------------

cd /package-test || exit 1
# Everything that this test lets the service do sooner than an administrator would: nothing else is changed.
mkdir -p /etc/systemd/system/mediakeep.service.d
cat >/etc/systemd/system/mediakeep.service.d/test.conf <<'END'
[Service]
WatchdogSec=10s
RestartSec=1s
END
await 30 "the machine is up" systemctl is-system-running --quiet
note "$(. /etc/os-release && echo "$PRETTY_NAME"), $(systemctl --version | head -n 1), sqlite3 $(sqlite3 --version | cut -d ' ' -f 1)"

chapter "Install"
check "the package installs" apt-get install --yes ./old.deb
note "$(dpkg-query -W mediakeep)"
equal "/etc/mediakeep" "750 root mediakeep" "$(mode /etc/mediakeep)"
equal "$CONFIG" "640 root mediakeep" "$(mode $CONFIG)"
equal "/etc/mediakeep/credentials" "700 root root" "$(mode /etc/mediakeep/credentials)"
equal "$ARCHIVE" "2750 mediakeep mediakeep" "$(mode $ARCHIVE)"
equal "the daemon at boot" enabled "$(systemctl is-enabled mediakeep.service)"
equal "the daemon now, without accounts" inactive "$(systemctl is-active mediakeep.service)"
equal "the timer" disabled "$(systemctl is-enabled mediakeep-sync.timer)"
check "there are manual pages" man --where mediakeep mediakeep-sync
check "there are completions for bash" bash -c '. /usr/share/bash-completion/completions/mediakeep'

chapter "Units"
for unit in mediakeep.service mediakeep-sync.service mediakeep-sync.timer; do
	check "systemd-analyze verify $unit" systemd-analyze verify "$unit"
done
for unit in mediakeep.service mediakeep-sync.service; do
	check "systemd-analyze security $unit: at most 1.2" \
		systemd-analyze security --offline=true --threshold=12 "/usr/lib/systemd/system/$unit"
	note "$(systemd-analyze security --offline=true "/usr/lib/systemd/system/$unit" | tail -n 1)"
done

chapter "Without an account"
check "systemctl start mediakeep" systemctl start mediakeep
equal "the daemon, with nothing to do" active "$(systemctl is-active mediakeep.service)"
check "systemctl stop mediakeep" systemctl stop mediakeep

chapter "Configure two accounts, one for each login"
systemd-run --quiet --unit=graph-sandbox -p StandardOutput=file:/package-test/ready.json \
	/package-test/graph-sandbox serve --listen 127.0.0.1:7000 --posts 20 --picture-pool 12 --album-share 0
await 60 "the sandbox answers" control ""
of() { control "" | sed "s/.*\"name\":\"$1\"[^}]*\"$2\":\"\([^\"]*\)\".*/\1/"; }
cat >>"$CONFIG" <<END

[api]
instagram_url = "http://127.0.0.1:7000"
facebook_url = "http://127.0.0.1:7001"

[http]
listen = "127.0.0.1:8780"

[schedule]
jitter = "0s"

[[account]]
name = "harbor.lantern"
user_id = "$(of harbor.lantern user_id)"
token = { credential = "secret_harbor" }
collect = ["media"]
[[account.walk]]
name = "full"
schedule = "*/5 * * * * *"

[[account]]
name = "tide.museum"
login = "facebook"
user_id = "$(of tide.museum user_id)"
token = { credential = "secret_tide" }
collect = ["media"]
[[account.walk]]
name = "full"
schedule = "*/5 * * * * *"
END
(umask 077
	of harbor.lantern token >/etc/mediakeep/credentials/harbor
	of tide.museum token >/etc/mediakeep/credentials/tide)
useradd --create-home reader && adduser --quiet reader mediakeep
useradd --create-home stranger

check "mediakeep check, with the service's credentials" systemd-run --quiet --pipe --wait -p User=mediakeep \
	-p LoadCredential=secret:/etc/mediakeep/credentials mediakeep check

chapter "A wrong configuration"
cp "$CONFIG" config.good
echo 'nonsense = 1' >>"$CONFIG"
refused "systemctl start mediakeep" systemctl start mediakeep
equal "the daemon's exit code" 10 "$(systemctl show -P ExecMainStatus mediakeep.service)"
sleep 2
equal "the daemon is not tried again" failed "$(systemctl is-active mediakeep.service)"
cat config.good >"$CONFIG"

chapter "Start"
start=$(clock)
check "systemctl enable --now mediakeep" systemctl enable --now mediakeep
note "ready after $(since "$start") s"
equal "the daemon" active "$(systemctl is-active mediakeep.service)"
await 60 "every post of both accounts is held" everything_held 40
note "$(sql 'SELECT account, listed, held FROM accounts' | tr '\n' ' ')"
check "files have the names of their SHA-256" blobs_are_what_they_are_called
equal "a directory made by the confined service" "2750 mediakeep mediakeep" "$(mode $ARCHIVE/blobs/00)"
equal "the catalog" "640 mediakeep mediakeep" "$(mode $CATALOG)"
equal "the token store" "700 mediakeep mediakeep" "$(mode $ARCHIVE/tokens)"
note "$(awk '/VmRSS/ { print $2 " KiB resident" }' "/proc/$(main_pid)/status")"

check "/healthz answers well" curl -sS --fail http://127.0.0.1:8780/healthz
check "/metrics answers well" curl -sS --fail http://127.0.0.1:8780/metrics

chapter "Readers"
check "a member of the group asks every view while it runs" every_view_answers
refused "a member of the group writes" as_reader sqlite3 "$CATALOG" 'DELETE FROM account'
refused "a member of the group sees tokens" as_reader ls $ARCHIVE/tokens
refused "a member of the group sees credentials" as_reader ls /etc/mediakeep/credentials
refused "anybody else asks" runuser -u stranger -- sqlite3 -readonly "$CATALOG" 'SELECT 1 FROM posts'

chapter "Reload"
before=$(main_pid)
check "systemctl reload mediakeep" systemctl reload mediakeep
equal "the process" "$before" "$(main_pid)"
check "it goes on: a new post" publish 1
await 30 "the new post is held" everything_held 41
at=$(now)
echo 'nonsense = 1' >>"$CONFIG"
check "a wrong configuration is tried" systemctl reload mediakeep
sleep 1
equal "the process" "$before" "$(main_pid)"
await 5 "the journal says what is wrong with it" journal_says "$at" nonsense
cat config.good >"$CONFIG"
check "systemctl reload mediakeep" systemctl reload mediakeep

chapter "A frozen daemon (watchdog: 10 s for this test)"
at=$(now) before=$(main_pid)
kill -STOP "$before"
await 25 "it is killed and begins anew" has_restarted "$before"
check "by the watchdog" journal_says "$at" "Watchdog timeout"
check "it goes on: a new post" publish 1
await 30 "the new post is held" everything_held 42

chapter "An upgrade during a sync"
control /faults '{"name":"file_drip","times":4,"args":{"bytes_per_second":1000}}' >/dev/null
check "six posts are published, four of whose files trickle" publish 6
await 30 "files are on their way" is_fetching
before=$(main_pid) at=$(now)
start=$(clock)
check "the newer package installs" apt-get install --yes ./new.deb
note "$(dpkg-query -W mediakeep), after $(since "$start") s; the service meanwhile:"
journalctl --no-pager -o short-precise -u mediakeep.service --since "$at" | grep -E 'systemd\[1\]' | cut -c 8-22,23-120 |
	while read -r line; do note "$line"; done
check "files were on their way until then" grep -q '"file_drip":[1-9]' <(control /counters)
check "the new one runs" has_restarted "$before"
equal "how the old one ended" success "$(systemctl show -P Result mediakeep.service)"
equal "the configuration" "$(cksum <config.good)" "$(cksum <"$CONFIG")"
equal "the mode of the configuration" "640 root mediakeep" "$(mode $CONFIG)"
control /faults >/dev/null && curl -sS -X DELETE $CONTROL/faults >/dev/null
await 60 "every post is held" everything_held 48
check "files have the names of their SHA-256" blobs_are_what_they_are_called

chapter "Killed"
before=$(main_pid)
kill -KILL "$before"
check "a member of the group asks every view meanwhile" every_view_answers
await 15 "it begins anew" has_restarted "$before"
check "it goes on: a new post" publish 1
await 30 "the new post is held" everything_held 49

chapter "Stop"
control /faults '{"name":"file_drip","times":2,"args":{"bytes_per_second":1000}}' >/dev/null
check "two posts are published whose files trickle" publish 2
await 30 "files are on their way" is_fetching
start=$(clock)
check "systemctl stop mediakeep" systemctl stop mediakeep
took=$(since "$start")
check "within 10 s: $took s" awk -v took="$took" 'BEGIN { exit took >= 10 }'
equal "how it ended" "success 0" "$(systemctl show -P Result mediakeep.service) $(systemctl show -P ExecMainStatus mediakeep.service)"
check "a member of the group asks every view after a clean stop" every_view_answers
curl -sS -X DELETE $CONTROL/faults >/dev/null

chapter "The timer instead"
check "a start by hand of the other service" systemctl start mediakeep-sync.service
check "every post is held" everything_held 51
check "systemctl start mediakeep" systemctl start mediakeep
check "systemctl start mediakeep-sync.timer" systemctl start mediakeep-sync.timer
await 10 "the daemon stops for the timer" is mediakeep.service inactive
check "systemctl start mediakeep" systemctl start mediakeep
equal "the timer" inactive "$(systemctl is-active mediakeep-sync.timer)"
equal "the daemon" active "$(systemctl is-active mediakeep.service)"

chapter "Verify with the program itself, as its user"
check "systemctl stop mediakeep" systemctl stop mediakeep
check "mediakeep verify" runuser -u mediakeep -- mediakeep verify
check "systemctl start mediakeep" systemctl start mediakeep

chapter "Another disk"
check "systemctl stop mediakeep" systemctl stop mediakeep
mkdir /srv/archive /srv/disk
cat >/etc/systemd/system/srv-archive.mount <<'END'
[Mount]
What=/srv/disk
Where=/srv/archive
Options=bind
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
check "the disk is mounted" systemctl start srv-archive.mount
check "the archive is copied" cp -a $ARCHIVE /srv/archive/
install -m 644 /usr/share/doc/mediakeep/examples/another-disk.conf /etc/systemd/system/mediakeep.service.d/
id=$(sed -n 's/^id *= *"*\([0-9a-f]*\)"*/\1/p' $ARCHIVE/STORE)
sed -i "s|^dir = .*|dir = \"/srv/archive/mediakeep\"\nid = \"$id\"|" "$CONFIG"
systemctl daemon-reload
check "systemctl start mediakeep" systemctl start mediakeep
check "it goes on: a new post" publish 1
CATALOG=/srv/archive/mediakeep/catalog.db await 30 "the new post is held there" everything_held 52
equal "posts where the archive was" 51 "$(posts)"
check "the disk is unmounted" systemctl stop srv-archive.mount
equal "the daemon, stopped before" "inactive success" \
	"$(systemctl is-active mediakeep.service) $(systemctl show -P Result mediakeep.service)"
check "systemctl start mediakeep" systemctl start mediakeep
equal "the disk" active "$(systemctl is-active srv-archive.mount)"
check "systemctl stop mediakeep" systemctl stop mediakeep
equal "what a mount point without its disk is to it" "16" \
	"$(systemctl stop srv-archive.mount; mkdir -p /srv/archive/mediakeep && chown mediakeep /srv/archive/mediakeep
	runuser -u mediakeep -- mediakeep --quiet sync >/dev/null 2>&1; echo $?)"
equal "files written there" 0 "$(find /srv/archive/mediakeep -type f | wc -l)"
rm /etc/systemd/system/mediakeep.service.d/another-disk.conf
cat config.good >"$CONFIG"
systemctl daemon-reload
check "back to where it was" systemctl start mediakeep
await 30 "the post is held there, too" everything_held 52

chapter "Remove"
held=$(sql "SELECT count(*) FROM files WHERE state = 'held'")
echo 'kept by the daemon' >$ARCHIVE/tokens/mark
check "the package is removed" apt-get remove --yes mediakeep
equal "the daemon" inactive "$(systemctl is-active mediakeep.service)"
check "the configuration stays" test -e "$CONFIG"
check "the package installs again" apt-get install --yes ./new.deb
check "systemctl start mediakeep" systemctl start mediakeep

chapter "Purge"
check "the package is purged" apt-get purge --yes mediakeep
check "the configuration is gone" test ! -e "$CONFIG"
check "the credentials stay" test -s /etc/mediakeep/credentials/harbor
check "the token store stays" test -e $ARCHIVE/tokens/mark
equal "files in the catalog" "$held" "$(sql "SELECT count(*) FROM files WHERE state = 'held'")"
check "files have the names of their SHA-256" blobs_are_what_they_are_called
check "a member of the group asks every view" every_view_answers
equal "left of the units" "" "$(find /etc/systemd/system -name "mediakeep*" ! -name "*.d")"
equal "writing calls that the sandbox saw" 0 "$(control /counters | sed 's/.*"write_calls":\([0-9]*\).*/\1/')"

chapter "By hand"
dpkg-deb -x new.deb unpacked
install -m 755 unpacked/usr/bin/mediakeep /usr/local/bin/
check "manual pages" mediakeep man --dir /usr/local/share/man/man1
install -D -m 644 systemd/mediakeep.sysusers /etc/sysusers.d/mediakeep.conf
check "systemd-sysusers" systemd-sysusers
install -D -m 644 packaging/config.toml /etc/mediakeep/config.toml
install -D -m 644 systemd/mediakeep.tmpfiles /etc/tmpfiles.d/mediakeep.conf
check "systemd-tmpfiles" systemd-tmpfiles --create mediakeep.conf
equal "$CONFIG" "640 root mediakeep" "$(mode $CONFIG)"
install -m 644 systemd/mediakeep.service systemd/mediakeep-sync.service systemd/mediakeep-sync.timer /etc/systemd/system/
cat config.good >"$CONFIG"
check "systemctl enable" systemctl enable mediakeep
check "systemctl start mediakeep" systemctl start mediakeep
check "it goes on: a new post" publish 1
await 30 "the new post is held" everything_held 53

chapter "Passed"
finish 0
