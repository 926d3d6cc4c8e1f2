#!/usr/bin/env python3
"""The walk that a person would write by hand: requests, json, one sqlite3 upsert per item, a commit per page.

    plain_walk.py BASE_URL USER_ID TOKEN DATABASE FIELDS
"""
import json
import sqlite3
import sys

import requests

base, user_id, token, path, fields = sys.argv[1:6]
columns = ["id", "timestamp", "caption", "media_type", "media_url", "thumbnail_url", "permalink", "like_count", "raw"]
db = sqlite3.connect(path)
db.execute("PRAGMA journal_mode=WAL")
db.execute("PRAGMA synchronous=FULL")
db.execute(f"CREATE TABLE IF NOT EXISTS media(id TEXT PRIMARY KEY, {', '.join(columns[1:])})")
upsert = (
    f"INSERT INTO media({','.join(columns)}) VALUES({','.join('?' * len(columns))}) ON CONFLICT(id) DO UPDATE SET "
    + ",".join(f"{c}=excluded.{c}" for c in columns[1:])
)
session = requests.Session()
session.headers["Authorization"] = f"Bearer {token}"
url, params, items, nodes = f"{base}/v25.0/{user_id}/media", {"fields": fields, "limit": 100}, 0, 0
while url:
    answer = session.get(url, params=params, timeout=30)
    answer.raise_for_status()
    page = answer.json()
    for item in page["data"]:
        children = item.pop("children", {}).get("data", [])
        for node in [item, *children]:
            db.execute(upsert, [node.get(c) for c in columns[:-1]] + [json.dumps(node)])
            nodes += 1
        items += 1
    db.commit()
    url, params = page.get("paging", {}).get("next"), None
print(f"{items} items, {nodes} nodes")
