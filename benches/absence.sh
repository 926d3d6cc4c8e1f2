#!/usr/bin/env bash
# What looking for the missing costs on an account of 10 000 posts, and how the catalog grows when
# nothing happens. Prints every figure. Needs: curl sqlite3 python3.
set -euo pipefail
cd "$(dirname "$0")/.."
TARGET=${CARGO_TARGET_DIR:-target}/release
POSTS=${POSTS:-10000}
work=$(mktemp -d "${TMPDIR:-/tmp}/mediakeep-bench.XXXXXX")
sandbox=""
cleanup() { [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

# "Nearly" the cap would take the oldest day out of every proof: one post in a hundred less.
"$TARGET/graph-sandbox" serve --seed 7 --posts $((POSTS - POSTS / 50)) --picture-pool 4 --facebook-accounts 0 >"$work/ready.json" &
sandbox=$!
until [ -s "$work/ready.json" ]; do sleep 0.05; done
python3 - "$work" <<'PY'
import json, os, sys
work = sys.argv[1]
ready = json.load(open(f"{work}/ready.json"))
account = ready["accounts"][0]
for name, value in [("name", account["name"]), ("token", account["token"]), ("control", ready["control_url"])]:
    with open(f"{work}/{name}", "w") as f:
        os.chmod(f.name, 0o600)
        f.write(value)
with open(f"{work}/config.toml", "w") as f:
    f.write(f'[archive]\ndir = "{work}/archive"\n[api]\ninstagram_url = "{ready["instagram_url"]}"\nfacebook_url = "{ready["facebook_url"]}"\n'
            f'[absence]\nconfirm_after = "1s"\n'
            f'[[account]]\nname = "bench"\nlogin = "instagram"\nuser_id = "{account["user_id"]}"\ntoken = {{ file = "{work}/token" }}\ncollect = ["media"]\n')
PY

edit() { curl -sS -o /dev/null "$(cat "$work/control")/control/world/$1" -d "$2"; }
calls() { curl -sS "$(cat "$work/control")/control/counters" | python3 -c 'import json,sys; print(json.load(sys.stdin)["api_calls"])'; }
bytes() { stat -c %s "$work/archive/catalog.db"; }
sql() { sqlite3 -readonly "$work/archive/catalog.db" "$1"; }

# One sync: wall seconds, calls beyond those of a quiet one, growth of the catalog.
quiet=0
sync() {
    local before size began ended
    before=$(calls); size=$([ -e "$work/archive/catalog.db" ] && bytes || echo 0)
    began=$(date +%s.%N)
    "$TARGET/mediakeep" --quiet --config "$work/config.toml" sync --metadata-only "${@:2}" >/dev/null 2>&1 || true
    ended=$(date +%s.%N)
    local made=$(($(calls) - before))
    printf '%-44s %6.2f s  %5d calls (%+d)  catalog %+d bytes\n' "$1" "$(echo "$ended - $began" | bc -l 2>/dev/null || python3 -c "print($ended - $began)")" "$made" $((made - quiet)) $(($(bytes) - size))
    last=$made
}

echo "== the cost of reconciling, $((POSTS - POSTS / 50)) posts =="
sync "first walk"
sync "second walk, nothing missing"
quiet=$last
for n in 3 4 5; do sync "walk $n, nothing missing"; done
edit delete_many "{\"account\":\"$(cat "$work/name")\",\"count\":5}"
sync "5 missing, the first look"
sleep 2
sync "5 missing, the second look"
sync "5 gone"
echo "   states: $(sql 'SELECT group_concat(line, ", ") FROM (SELECT state || " " || count(*) AS line FROM posts GROUP BY state)')"
edit delete_many "{\"account\":\"$(cat "$work/name")\",\"count\":$((POSTS - POSTS / 50 - 105))}"
sync "all but 100 missing: held"
sleep 2
sync "the hold is confirmed, questions are budgeted"
echo "   states: $(sql 'SELECT group_concat(line, ", ") FROM (SELECT state || " " || count(*) AS line FROM posts GROUP BY state)')"

echo "== growth while nothing happens =="
rm -rf "$work/archive"
quiet=0
sync "first walk"; quiet=$last
for n in 1 2 3; do sync "quiet walk of everything, $n"; done
before=$(bytes)
for _ in $(seq 96); do "$TARGET/mediakeep" --quiet --config "$work/config.toml" sync --metadata-only --since 30d >/dev/null 2>&1 || true; done
day=$(($(bytes) - before))
echo "96 quiet walks of the last 30 days (a day at every 15 minutes): $day bytes, $((day / 96)) per walk"
echo "a year of those, before answers are pruned after 30 days: $((day * 365 / 1000)) kB"
