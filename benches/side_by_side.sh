#!/usr/bin/env bash
# Measures mediakeep beside the tools one would use instead, on the same sandbox in the same run.
# Prints every figure; compare ratios, not seconds. Needs: curl openssl sqlite3 python3 (with venv), root or not.
set -euo pipefail
cd "$(dirname "$0")/.."
TARGET=${CARGO_TARGET_DIR:-target}/release
RUNS=${RUNS:-3}
work=$(mktemp -d "${TMPDIR:-/tmp}/mediakeep-bench.XXXXXX")
sandbox=""
cleanup() { [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

# Wall seconds, CPU seconds (user + system) and peak memory in MB of one command.
measure() {
    python3 - "$@" <<'PY'
import os, resource, subprocess, sys, time
began = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdout=open(os.environ.get("OUT", "/dev/null"), "w"), stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(f"{time.monotonic() - began:.2f} {usage.ru_utime + usage.ru_stime:.2f} {usage.ru_maxrss / 1024:.1f} {os.waitstatus_to_exitcode(status)}")
PY
}

start_sandbox() {
    "$TARGET/graph-sandbox" serve --seed 7 "$@" >"$work/ready.json" &
    sandbox=$!
    until [ -s "$work/ready.json" ]; do sleep 0.05; done
    python3 - "$work" <<'PY'
import json, os, sys
work = sys.argv[1]
ready = json.load(open(f"{work}/ready.json"))
account = next(a for a in ready["accounts"] if a["login"] == "instagram")
for name, value in [("url", ready["instagram_url"]), ("user", account["user_id"]), ("token", account["token"]), ("control", ready["control_url"])]:
    with open(f"{work}/{name}", "w") as f:
        os.chmod(f.name, 0o600)
        f.write(value)
with open(f"{work}/config.toml", "w") as f:
    f.write(f'[archive]\ndir = "{work}/archive"\n[api]\ninstagram_url = "{ready["instagram_url"]}"\nfacebook_url = "{ready["facebook_url"]}"\n'
            f'[[account]]\nname = "bench"\nlogin = "instagram"\nuser_id = "{account["user_id"]}"\ntoken = {{ file = "{work}/token" }}\ncollect = ["media"]\n')
PY
}
stop_sandbox() { kill "$sandbox"; wait "$sandbox" 2>/dev/null || true; sandbox=""; }
keep() { "$TARGET/mediakeep" --quiet --config "$work/config.toml" "$@"; }
sql() { sqlite3 -readonly "$work/archive/catalog.db" "$1"; }
counters() { curl -sS "$(cat "$work/control")/control/counters"; }

python3 -m venv "$work/venv" && "$work/venv/bin/pip" -q install --disable-pip-version-check requests 2>/dev/null

echo "== 1. metadata of 10 000 items, albums included =="
start_sandbox --posts 10000 --picture-pool 4
fields='id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,shortcode,timestamp,username,owner,like_count,comments_count,is_comment_enabled,is_shared_to_feed,alt_text,children{id,media_type,media_url,thumbnail_url,permalink,shortcode,timestamp,alt_text}'
for run in $(seq "$RUNS"); do
    rm -rf "$work/archive" "$work"/plain.db*
    before=$(counters | python3 -c 'import json,sys; print(json.load(sys.stdin)["api_calls"])')
    echo "mediakeep, first walk      $(measure "$TARGET/mediakeep" --quiet --config "$work/config.toml" sync --metadata-only)"
    after=$(counters | python3 -c 'import json,sys; print(json.load(sys.stdin)["api_calls"])')
    size=$(stat -c %s "$work/archive/catalog.db")
    echo "mediakeep, second walk     $(measure "$TARGET/mediakeep" --quiet --config "$work/config.toml" sync --metadata-only)"
    grown=$(( $(stat -c %s "$work/archive/catalog.db") - size ))
    echo "python, first walk         $(measure "$work/venv/bin/python" benches/plain_walk.py "$(cat "$work/url")" "$(cat "$work/user")" "$(cat "$work/token")" "$work/plain.db" "$fields")"
    echo "python, second walk        $(measure "$work/venv/bin/python" benches/plain_walk.py "$(cat "$work/url")" "$(cat "$work/user")" "$(cat "$work/token")" "$work/plain.db" "$fields")"
    echo "  API calls of the first walk: $((after - before)); items and slides: $(sql 'SELECT count(*) FROM items'); catalog: $size bytes; grown by the second walk: $grown bytes"
done
stop_sandbox

echo "== 2. 1 000 files of 200 KB to 2 MB, durable =="
rm -rf "$work/archive"
start_sandbox --posts 1000 --picture-pool 16 --album-share 0 --reel-share 0 --file-bytes 200000-2000000
python3 - "$work" <<'PY'
import json, sys, urllib.request
work = sys.argv[1]
read = lambda name: open(f"{work}/{name}").read()
url = f"{read('url')}/v25.0/{read('user')}/media?fields=media_url&limit=100"
links = []
while url:
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + read("token")})
    page = json.load(urllib.request.urlopen(request))
    links += [item["media_url"] for item in page["data"] if "media_url" in item]
    url = page.get("paging", {}).get("next")
with open(f"{work}/urls", "w") as f:
    for n, link in enumerate(links):
        f.write(f'url = "{link}"\noutput = "{n:04}"\n')
print(f"{len(links)} files")
PY
cat >"$work/curl.sh" <<EOF
set -e
mkdir "$work/curl" && cd "$work/curl"
curl -q -sS --no-progress-meter --parallel --parallel-immediate --parallel-max 8 --http1.1 -K "$work/urls"
sync -f .
ls | xargs -n 32 -P 2 openssl dgst -sha256 >/dev/null
EOF
sh "$work/curl.sh" # The sandbox paints its pictures when they are first asked for: that is not measured.
for run in $(seq "$RUNS"); do
    rm -rf "$work/archive" "$work/curl"; sync; sleep 3
    echo "mediakeep sync             $(measure "$TARGET/mediakeep" --quiet --config "$work/config.toml" sync)"
    rm -rf "$work/curl"; sync; sleep 3
    echo "curl + sync -f + openssl   $(measure sh "$work/curl.sh")"
done
echo "  held: $(sql "SELECT count(*) || ' files, ' || sum(size_bytes) || ' bytes' FROM files WHERE state = 'held'")"
stop_sandbox
echo "(columns: wall s, CPU s, peak MB, exit code)"
