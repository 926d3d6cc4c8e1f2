#!/usr/bin/env python3
"""Checks a folder that `mediakeep prove` wrote: python3 check.py [FOLDER]"""
import hashlib, json, os, sys
here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
read = lambda name: open(os.path.join(here, name), "rb").read()
rows = lambda name: [json.loads(line) for line in read(name).splitlines()]
sha256 = lambda data: hashlib.sha256(data).hexdigest()
covered = ("previous_digest", "id", "at", "account", "media_id", "kind", "role", "walk_id", "detail")
chain, requests, bad, before = rows("chain.jsonl"), rows("requests.jsonl"), [], None
for event in chain:  # each digest covers these values, one line each, and so the digest before
    lines = "\n".join("" if event[key] is None else str(event[key]) for key in covered)
    if sha256(lines.encode()) != event["digest"] or before not in (None, event["previous_digest"]):
        bad.append(f"event {event['id']} is not what was written, or not in its place")
    before = event["digest"]
chained = {event["id"]: dict(event, detail=json.loads(event["detail"])) for event in chain}
named = {row["response_sha256"] for row in requests}
for event in rows("events.jsonl"):
    if any(chained.get(event["id"], {}).get(key) != event[key] for key in event):
        bad.append(f"event {event['id']} is not in the chain like this")
    named |= {question.get("response_sha256") for question in event["detail"].get("asked") or []}
    if event["detail"].get("pages_sha256"):  # all pages of the walk that did not list the item
        pages = [r["response_sha256"] for r in requests if r["page"] and r["walk_id"] == event["detail"]["walk"]]
        if sha256("\n".join(pages).encode()) != event["detail"]["pages_sha256"]:
            bad.append(f"event {event['id']} rests on other pages than these")
answers = sorted(named - {None})
bad += [f"answer {a} is missing or another text" for a in answers
        if not os.path.exists(f"{here}/responses/{a}.json") or sha256(read(f"responses/{a}.json")) != a]
print("\n".join(bad) or f"good; events chained: {len(chain)}, up to {before}; answers compared: {len(answers)}")
sys.exit(1 if bad else 0)
