-- mediakeep's catalog, schema 1.
--
-- The views at the end, plural, are the contract: columns may be added to them, never renamed or
-- removed. The tables, singular, are internal and may change by a later migration.
--
-- Conventions: ids given by the API are TEXT (17 digits do not fit a JavaScript number); times are
-- UTC, TEXT, always `2026-11-22T05:27:00Z`, in columns that end in `_at`; is_/has_ columns are
-- 0 or 1; sizes end in `_bytes`, durations in `_ms`. No token, no secret, no signed address.
-- Sets of words are checked with OR: for IN with more than two words SQLite builds a table each time.
--
-- Four kinds of fact about one field of one answer are kept apart everywhere:
--   v  value       the key was there with a value of its documented type
--   n  null        the key was there with the value null
--   a  absent      the key was asked for and was not in the answer
--   u  unreadable  the key was there with something else
--   -              the key was never asked for (it was refused by the API, or came with a later version)

PRAGMA application_id = 1835754864; -- the letters "mkep"

-- Facts about this file.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY, -- 'archive_id', 'view_version', 'created_at'
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which migrations made this schema, and when.
CREATE TABLE schema_migration (
    version         INTEGER NOT NULL PRIMARY KEY,
    name            TEXT    NOT NULL,
    sha256          TEXT    NOT NULL CHECK (length(sha256) = 64), -- of the migration's text
    applied_at      TEXT    NOT NULL CHECK (applied_at GLOB '????-??-??T??:??:??Z'),
    program_version TEXT    NOT NULL
) STRICT;

-- What each view and each of its columns means; column_name '' is the view itself.
CREATE TABLE schema_doc (
    object_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    description TEXT NOT NULL,
    unit        TEXT, -- 'UTC', 'bytes', 'ms', 'px', NULL where there is none
    PRIMARY KEY (object_name, column_name)
) STRICT, WITHOUT ROWID;

-- One Instagram professional account of the configuration.
CREATE TABLE account (
    account_id       INTEGER NOT NULL PRIMARY KEY,
    name             TEXT    NOT NULL UNIQUE,  -- the operator's label
    login            TEXT    NOT NULL CHECK (login IN ('instagram', 'facebook')),
    user_id          TEXT    NOT NULL,         -- the API's id of the account
    username         TEXT,                     -- handle, as last answered
    display_name     TEXT,                     -- name shown on the profile, as last answered
    account_type     TEXT,                     -- the API's word, as last answered
    state            TEXT    NOT NULL DEFAULT 'new', -- 'new' before the first check, then 'ok' or the trouble
    state_detail     TEXT,                     -- one line for people
    state_since_at   TEXT    CHECK (state_since_at GLOB '????-??-??T??:??:??Z'),
    media_count      INTEGER,                  -- the API's own count of posts
    followers_count  INTEGER,
    follows_count    INTEGER,
    count_offset     INTEGER,                  -- learned steady difference between media_count and what is listed
    token_expires_at TEXT    CHECK (token_expires_at GLOB '????-??-??T??:??:??Z'),
    usage_percent    REAL,                     -- the highest share of the allowance in the last answer
    blocked_until_at TEXT    CHECK (blocked_until_at GLOB '????-??-??T??:??:??Z'), -- no calls before
    first_seen_at    TEXT    NOT NULL CHECK (first_seen_at GLOB '????-??-??T??:??:??Z'),
    checked_at       TEXT    CHECK (checked_at GLOB '????-??-??T??:??:??Z') -- the account itself was last read
) STRICT;

-- Counts of the account as a series: a row only when a value changed.
CREATE TABLE account_metric (
    account_id INTEGER NOT NULL REFERENCES account,
    name       TEXT    NOT NULL, -- 'media_count', 'followers_count', 'follows_count'
    at         TEXT    NOT NULL CHECK (at GLOB '????-??-??T??:??:??Z'),
    value      INTEGER,
    PRIMARY KEY (account_id, name, at)
) STRICT, WITHOUT ROWID;

-- Fields that the API refused for an account and API version; asked again weekly.
CREATE TABLE dropped_field (
    account_id  INTEGER NOT NULL REFERENCES account,
    api_version TEXT    NOT NULL,
    field       TEXT    NOT NULL,
    first_at    TEXT    NOT NULL CHECK (first_at GLOB '????-??-??T??:??:??Z'),
    dropped_at  TEXT    NOT NULL CHECK (dropped_at GLOB '????-??-??T??:??:??Z'), -- refused the last time
    error       TEXT    NOT NULL,
    PRIMARY KEY (account_id, api_version, field)
) STRICT, WITHOUT ROWID;

-- One enumeration of an edge inside a window; kept for ever.
CREATE TABLE walk (
    walk_id              INTEGER NOT NULL PRIMARY KEY,
    account_id           INTEGER NOT NULL REFERENCES account,
    edge                 TEXT    NOT NULL,  -- 'media', 'stories', 'tags'
    name                 TEXT    NOT NULL,  -- the walk's name in the configuration
    since_at             TEXT    CHECK (since_at GLOB '????-??-??T??:??:??Z'), -- window, NULL is open
    until_at             TEXT    CHECK (until_at GLOB '????-??-??T??:??:??Z'),
    started_at           TEXT    NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??Z'),
    finished_at          TEXT    CHECK (finished_at GLOB '????-??-??T??:??:??Z'), -- NULL: running, or cut off by the end of the process
    outcome              TEXT    NOT NULL
                         CHECK (outcome = 'running' OR outcome = 'complete' OR outcome = 'partial'
                                OR outcome = 'failed' OR outcome = 'interrupted'),
    reason               TEXT,              -- why it is less than a proof
    detail               TEXT,              -- one line for people
    coverage_from_at     TEXT    CHECK (coverage_from_at GLOB '????-??-??T??:??:??Z'), -- publication time proven seen
    coverage_to_at       TEXT    CHECK (coverage_to_at GLOB '????-??-??T??:??:??Z'),
    pages                INTEGER NOT NULL DEFAULT 0,
    calls                INTEGER NOT NULL DEFAULT 0,
    known                INTEGER NOT NULL DEFAULT 0, -- items of the window known as present when it began
    listed               INTEGER NOT NULL DEFAULT 0, -- distinct top-level items
    new                  INTEGER NOT NULL DEFAULT 0,
    changed              INTEGER NOT NULL DEFAULT 0,
    missing              INTEGER,           -- newly missing items; NULL: not compared
    login                TEXT    NOT NULL,  -- the observer: how it asked
    host                 TEXT    NOT NULL,
    api_version_asked    TEXT    NOT NULL,
    api_version_answered TEXT,
    field_set            TEXT    NOT NULL,  -- the fields it asked for, as in the request
    program_version      TEXT    NOT NULL,
    CHECK ((coverage_from_at IS NULL) = (coverage_to_at IS NULL)),
    CHECK (coverage_from_at IS NULL OR outcome = 'complete')
) STRICT;
CREATE INDEX walk_by_account ON walk (account_id, edge, walk_id);
CREATE INDEX walk_running ON walk (walk_id) WHERE outcome = 'running';

-- One media item, posts and slides of albums alike: what changes seldom.
CREATE TABLE item (
    item_id            INTEGER NOT NULL PRIMARY KEY,
    account_id         INTEGER NOT NULL REFERENCES account,
    media_id           TEXT    NOT NULL,
    edge               TEXT    NOT NULL, -- the list that showed it; 'media' once the account's own list did
    parent_item_id     INTEGER REFERENCES item CHECK (parent_item_id <> item_id), -- the album of a slide
    position           INTEGER,          -- slide number from 0; NULL: a post, or no longer in its album's list
    state              TEXT    NOT NULL DEFAULT 'present'
                       CHECK (state = 'present' OR state = 'missing' OR state = 'unlisted'
                              OR state = 'gone' OR state = 'expired' OR state = 'unreachable'),
    disappeared_at     TEXT    CHECK (disappeared_at GLOB '????-??-??T??:??:??Z'),
    first_seen_at      TEXT    NOT NULL CHECK (first_seen_at GLOB '????-??-??T??:??:??Z'),
    kinds              TEXT    NOT NULL, -- one letter (see the top) for each of the columns from media_type to caption, in this order
    raw_digest         BLOB    NOT NULL CHECK (length(raw_digest) = 32), -- SHA-256 of item_raw.raw_json
    media_type         TEXT,             -- each of these is the value of the last readable answer
    media_product_type TEXT,
    published_at       TEXT    CHECK (published_at GLOB '????-??-??T??:??:??Z'),
    shortcode          TEXT,
    permalink          TEXT,
    username           TEXT,
    owner              TEXT,
    is_comment_enabled INTEGER CHECK (is_comment_enabled IN (0, 1)),
    is_shared_to_feed  INTEGER CHECK (is_shared_to_feed IN (0, 1)),
    children           TEXT,             -- ids of an album's slides in order, a JSON array
    alt_text           TEXT,
    caption            TEXT,
    UNIQUE (media_id, account_id)
) STRICT;
CREATE INDEX item_by_time ON item (account_id, edge, published_at, state) WHERE parent_item_id IS NULL;
CREATE INDEX item_by_parent ON item (parent_item_id, position) WHERE parent_item_id IS NOT NULL;
CREATE INDEX item_by_shortcode ON item (shortcode) WHERE shortcode IS NOT NULL;

-- The item as last received: compact JSON without signatures, counts and children.
CREATE TABLE item_raw (
    item_id  INTEGER NOT NULL PRIMARY KEY REFERENCES item,
    raw_json TEXT    NOT NULL
) STRICT;

-- Texts of the item that another one has taken the place of: also fields without a history of
-- their own can be looked up as they were.
CREATE TABLE item_raw_former (
    item_id      INTEGER NOT NULL REFERENCES item,
    raw_digest   BLOB    NOT NULL CHECK (length(raw_digest) = 32),
    raw_json     TEXT    NOT NULL,
    last_seen_at TEXT    NOT NULL CHECK (last_seen_at GLOB '????-??-??T??:??:??Z'),
    UNIQUE (item_id, raw_digest)
) STRICT;

-- What moves with every look at an item, kept narrow so that a look costs a few bytes.
CREATE TABLE sighting (
    item_id        INTEGER NOT NULL PRIMARY KEY REFERENCES item,
    seen_at        TEXT    NOT NULL CHECK (seen_at GLOB '????-??-??T??:??:??Z'),
    walk_id        INTEGER REFERENCES walk, -- the last walk of its edge that listed it
    kinds          TEXT    NOT NULL,        -- one letter each for like_count and comments_count
    like_count     INTEGER,
    comments_count INTEGER
) STRICT;

-- Counts of items as a series: a row only when a value changed.
CREATE TABLE item_metric (
    item_id INTEGER NOT NULL REFERENCES item,
    name    TEXT    NOT NULL, -- 'like_count', 'comments_count'
    at      TEXT    NOT NULL CHECK (at GLOB '????-??-??T??:??:??Z'),
    kind    TEXT    NOT NULL CHECK (kind = 'value' OR kind = 'null' OR kind = 'absent'),
    value   INTEGER CHECK ((value IS NOT NULL) = (kind = 'value')),
    PRIMARY KEY (item_id, name, at)
) STRICT, WITHOUT ROWID;

-- History of fields, append-only: what was there before and what took its place.
CREATE TABLE change (
    change_id        INTEGER NOT NULL PRIMARY KEY,
    item_id          INTEGER NOT NULL REFERENCES item,
    field            TEXT    NOT NULL,
    old_kind         TEXT    NOT NULL
                     CHECK (old_kind = 'value' OR old_kind = 'null' OR old_kind = 'absent'
                            OR old_kind = 'unreadable'),
    old              TEXT,
    new_kind         TEXT    NOT NULL
                     CHECK (new_kind = 'value' OR new_kind = 'null' OR new_kind = 'absent'
                            OR new_kind = 'unreadable'),
    new              TEXT,
    previous_seen_at TEXT    NOT NULL CHECK (previous_seen_at GLOB '????-??-??T??:??:??Z'),
    seen_at          TEXT    NOT NULL CHECK (seen_at GLOB '????-??-??T??:??:??Z'),
    walk_id          INTEGER REFERENCES walk
) STRICT;
CREATE INDEX change_by_item ON change (item_id);
CREATE TRIGGER change_is_never_updated BEFORE UPDATE ON change
BEGIN SELECT RAISE(ABORT, 'a change is history and stays as it is'); END;
CREATE TRIGGER change_is_never_deleted BEFORE DELETE ON change
BEGIN SELECT RAISE(ABORT, 'a change is history and stays as it is'); END;

-- Dated facts, append-only, one hash chain per account. digest is the SHA-256, in lower-case
-- hexadecimal, of these lines joined by one newline each, without a last newline: previous_digest,
-- event_id, at, the account's name, media_id, kind, role, walk_id, detail; what is NULL is an
-- empty line. The first event of an account has 64 zeros as previous_digest.
CREATE TABLE event (
    event_id        INTEGER NOT NULL PRIMARY KEY,
    account_id      INTEGER NOT NULL REFERENCES account,
    at              TEXT    NOT NULL CHECK (at GLOB '????-??-??T??:??:??Z'),
    item_id         INTEGER REFERENCES item,
    kind            TEXT    NOT NULL,
    role            TEXT    CHECK (role IN ('media', 'thumbnail')),
    walk_id         INTEGER REFERENCES walk,
    detail          TEXT    NOT NULL, -- JSON object on one line
    previous_digest TEXT    NOT NULL CHECK (length(previous_digest) = 64),
    digest          TEXT    NOT NULL CHECK (length(digest) = 64)
) STRICT;
CREATE INDEX event_by_account ON event (account_id, event_id);
CREATE INDEX event_by_item ON event (item_id) WHERE item_id IS NOT NULL;
CREATE TRIGGER event_is_never_updated BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event is history and stays as it is'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an event is history and stays as it is'); END;

-- Bytes in the store, named by their digest.
CREATE TABLE blob (
    blob_id     INTEGER NOT NULL PRIMARY KEY,
    sha256      TEXT    NOT NULL UNIQUE CHECK (length(sha256) = 64),
    size_bytes  INTEGER NOT NULL CHECK (size_bytes >= 0),
    mime_type   TEXT    NOT NULL, -- read from the bytes
    width_px    INTEGER,
    height_px   INTEGER,
    duration_ms INTEGER,
    held_at     TEXT    NOT NULL CHECK (held_at GLOB '????-??-??T??:??:??Z'),
    verdict     TEXT    NOT NULL DEFAULT 'intact'
                CHECK (verdict = 'intact' OR verdict = 'damaged' OR verdict = 'missing'),
    verified_at TEXT    NOT NULL CHECK (verified_at GLOB '????-??-??T??:??:??Z') -- last hashed, on arrival or since
) STRICT;
CREATE INDEX blob_by_verification ON blob (verified_at, blob_id);

-- One file of an item: item and role, whatever its address is at the moment.
CREATE TABLE asset (
    asset_id          INTEGER NOT NULL PRIMARY KEY,
    account_id        INTEGER NOT NULL REFERENCES account,
    item_id           INTEGER NOT NULL REFERENCES item,
    role              TEXT    NOT NULL CHECK (role IN ('media', 'thumbnail')),
    state             TEXT    NOT NULL
                      CHECK (state = 'pending' OR state = 'held' OR state = 'failed' OR state = 'no_url'),
    version           INTEGER NOT NULL DEFAULT 0, -- the newest of asset_version; 0 is none
    url_path          TEXT,    -- path of the address that the newest version came from; host and query are not kept
    url_seen_at       TEXT    CHECK (url_seen_at GLOB '????-??-??T??:??:??Z'), -- an answer first had an address; NULL: never
    url_missing_since TEXT    CHECK (url_missing_since GLOB '????-??-??T??:??:??Z'), -- answers lack the address since then
    tries             INTEGER NOT NULL DEFAULT 0, -- failures since the last success
    next_try_at       TEXT    CHECK (next_try_at GLOB '????-??-??T??:??:??Z'), -- rests until then
    UNIQUE (item_id, role)
) STRICT;
CREATE INDEX asset_due ON asset (account_id, asset_id) WHERE state IN ('pending', 'failed');

-- Every set of bytes that an asset has had; none is ever removed.
CREATE TABLE asset_version (
    asset_id           INTEGER NOT NULL REFERENCES asset,
    version            INTEGER NOT NULL CHECK (version >= 1),
    blob_id            INTEGER NOT NULL REFERENCES blob,
    held_at            TEXT    NOT NULL CHECK (held_at GLOB '????-??-??T??:??:??Z'),
    is_length_verified INTEGER NOT NULL CHECK (is_length_verified IN (0, 1)), -- the host announced this length
    PRIMARY KEY (asset_id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_version_by_blob ON asset_version (blob_id);

-- Times when an address that had been there was absent from an answer.
CREATE TABLE url_loss (
    asset_id    INTEGER NOT NULL REFERENCES asset,
    lost_at     TEXT    NOT NULL CHECK (lost_at GLOB '????-??-??T??:??:??Z'),
    last_url_at TEXT    NOT NULL CHECK (last_url_at GLOB '????-??-??T??:??:??Z'), -- the look before
    regained_at TEXT    CHECK (regained_at GLOB '????-??-??T??:??:??Z'),
    PRIMARY KEY (asset_id, lost_at)
) STRICT, WITHOUT ROWID;

-- What failed and has not succeeded since.
CREATE TABLE failure (
    failure_id  INTEGER NOT NULL PRIMARY KEY,
    account_id  INTEGER NOT NULL REFERENCES account,
    stage       TEXT    NOT NULL, -- 'account', 'walk', 'item', 'file', 'verify'
    subject     TEXT    NOT NULL, -- what failed within the stage: '', a walk's name, a media id, or media id and role
    media_id    TEXT,             -- text, because what failed may be no item of ours yet
    asset_id    INTEGER REFERENCES asset,
    class       TEXT    NOT NULL,
    code        INTEGER,
    subcode     INTEGER,
    http_status INTEGER,
    tries       INTEGER NOT NULL CHECK (tries >= 1),
    first_at    TEXT    NOT NULL CHECK (first_at GLOB '????-??-??T??:??:??Z'),
    last_at     TEXT    NOT NULL CHECK (last_at GLOB '????-??-??T??:??:??Z'),
    next_try_at TEXT    CHECK (next_try_at GLOB '????-??-??T??:??:??Z'),
    error       TEXT    NOT NULL,
    UNIQUE (account_id, stage, subject)
) STRICT;
CREATE INDEX failure_by_asset ON failure (asset_id) WHERE asset_id IS NOT NULL;

-- Items of a page that could not be read at all, kept as they came.
CREATE TABLE unreadable_item (
    unreadable_item_id INTEGER NOT NULL PRIMARY KEY,
    account_id         INTEGER NOT NULL REFERENCES account,
    edge               TEXT    NOT NULL,
    raw_digest         BLOB    NOT NULL CHECK (length(raw_digest) = 32),
    raw                TEXT    NOT NULL, -- without signatures and tokens, cut to 64 KiB
    reason             TEXT    NOT NULL,
    times              INTEGER NOT NULL CHECK (times >= 1),
    first_seen_at      TEXT    NOT NULL CHECK (first_seen_at GLOB '????-??-??T??:??:??Z'),
    last_seen_at       TEXT    NOT NULL CHECK (last_seen_at GLOB '????-??-??T??:??:??Z'),
    walk_id            INTEGER NOT NULL REFERENCES walk, -- the last walk that met it
    resolved_at        TEXT    CHECK (resolved_at GLOB '????-??-??T??:??:??Z'), -- a complete walk no longer met it
    UNIQUE (account_id, edge, raw_digest)
) STRICT;

-- Full text: captions and alt texts of all items, permalinks and shortcodes of posts. rowid is
-- 4 * item_id + 0 caption, 1 alt_text, 2 permalink, 3 shortcode; negative rowids are free for
-- comments. A shortcode has a row of its own only where the permalink does not contain it. Query: SELECT media_id, text FROM search WHERE search MATCH 'word';
-- a word with - or _ in it, or an address, goes between double quotes inside the quotes.
CREATE VIRTUAL TABLE search USING fts5 (
    media_id UNINDEXED,
    account UNINDEXED,
    kind UNINDEXED,
    text,
    tokenize = 'unicode61 remove_diacritics 2',
    columnsize = 0
);

-- Many small transactions: merge late.
INSERT INTO search (search, rank) VALUES ('automerge', 16);
INSERT INTO search (search, rank) VALUES ('crisismerge', 32);

-- The contract begins here.

-- The configured accounts.
CREATE VIEW accounts AS
SELECT a.name AS account,
       a.user_id AS user_id,
       a.username AS username,
       a.login AS login,
       a.state AS state,
       a.media_count AS api_media_count,
       (SELECT count(*) FROM item i
         WHERE i.account_id = a.account_id AND i.edge = 'media' AND i.parent_item_id IS NULL
           AND i.state = 'present') AS listed,
       (SELECT count(*) FROM item i
         WHERE i.account_id = a.account_id AND i.edge = 'media' AND i.parent_item_id IS NULL
           AND i.state = 'present')
       - (SELECT count(DISTINCT p.item_id)
            FROM asset s
            JOIN item i ON i.item_id = s.item_id
            JOIN item p ON p.item_id = coalesce(i.parent_item_id, i.item_id)
           WHERE s.account_id = a.account_id AND s.state IN ('pending', 'failed')
             AND p.edge = 'media' AND p.state = 'present') AS held,
       a.count_offset AS count_offset,
       (SELECT max(w.finished_at) FROM walk w
         WHERE w.account_id = a.account_id AND w.edge = 'media'
           AND w.outcome = 'complete') AS last_complete_walk_at,
       a.token_expires_at AS token_expires_at
  FROM account a;

-- Posts, stories and tagged posts: the top-level items.
CREATE VIEW posts AS
SELECT i.media_id AS media_id,
       a.name AS account,
       i.edge AS edge,
       i.shortcode AS shortcode,
       i.permalink AS permalink,
       i.media_type AS media_type,
       i.media_product_type AS media_product_type,
       i.caption AS caption,
       i.alt_text AS alt_text,
       i.published_at AS published_at,
       s.like_count AS like_count,
       s.comments_count AS comments_count,
       (SELECT count(*) FROM item c
         WHERE c.parent_item_id = i.item_id AND c.position IS NOT NULL) AS child_count,
       (SELECT count(*) FROM asset f WHERE f.item_id = i.item_id AND f.state <> 'no_url')
       + (SELECT count(*) FROM item c JOIN asset f ON f.item_id = c.item_id
           WHERE c.parent_item_id = i.item_id AND f.state <> 'no_url') AS files_expected,
       (SELECT count(*) FROM asset f WHERE f.item_id = i.item_id AND f.state = 'held')
       + (SELECT count(*) FROM item c JOIN asset f ON f.item_id = c.item_id
           WHERE c.parent_item_id = i.item_id AND f.state = 'held') AS files_held,
       i.state AS state,
       i.first_seen_at AS first_seen_at,
       s.seen_at AS last_seen_at,
       i.disappeared_at AS disappeared_at
  FROM item i
  JOIN account a ON a.account_id = i.account_id
  JOIN sighting s ON s.item_id = i.item_id
 WHERE i.parent_item_id IS NULL;

-- Posts and the slides of albums, one row each.
CREATE VIEW items AS
SELECT i.media_id AS media_id,
       a.name AS account,
       i.edge AS edge,
       p.media_id AS parent_id,
       i.position AS position,
       i.shortcode AS shortcode,
       i.permalink AS permalink,
       i.media_type AS media_type,
       i.media_product_type AS media_product_type,
       i.caption AS caption,
       i.alt_text AS alt_text,
       i.published_at AS published_at,
       s.like_count AS like_count,
       s.comments_count AS comments_count,
       (SELECT count(*) FROM item c
         WHERE c.parent_item_id = i.item_id AND c.position IS NOT NULL) AS child_count,
       (SELECT count(*) FROM asset f
         WHERE f.item_id = i.item_id AND f.state <> 'no_url') AS files_expected,
       (SELECT count(*) FROM asset f
         WHERE f.item_id = i.item_id AND f.state = 'held') AS files_held,
       i.state AS state,
       i.first_seen_at AS first_seen_at,
       s.seen_at AS last_seen_at,
       i.disappeared_at AS disappeared_at
  FROM item i
  JOIN account a ON a.account_id = i.account_id
  JOIN sighting s ON s.item_id = i.item_id
  LEFT JOIN item p ON p.item_id = i.parent_item_id;

-- Files of items, one row for each version that was ever held, and one for each file that is not.
CREATE VIEW files AS
SELECT i.media_id AS media_id,
       a.name AS account,
       p.media_id AS parent_id,
       i.position AS position,
       f.role AS role,
       v.version AS version,
       CASE WHEN v.version IS NOT NULL AND b.verdict = 'intact' THEN 'held'
            WHEN v.version IS NOT NULL AND f.state = 'held' THEN 'failed'
            ELSE f.state END AS state,
       b.sha256 AS sha256,
       'blobs/' || substr(b.sha256, 1, 2) || '/' || b.sha256 AS path,
       b.size_bytes AS size_bytes,
       b.mime_type AS mime_type,
       b.width_px AS width,
       b.height_px AS height,
       b.duration_ms AS duration_ms,
       v.held_at AS held_at,
       b.verified_at AS verified_at,
       (SELECT e.error FROM failure e WHERE e.asset_id = f.asset_id
         ORDER BY e.last_at DESC, e.failure_id DESC LIMIT 1) AS last_error
  FROM asset f
  JOIN item i ON i.item_id = f.item_id
  JOIN account a ON a.account_id = i.account_id
  LEFT JOIN item p ON p.item_id = i.parent_item_id
  LEFT JOIN asset_version v ON v.asset_id = f.asset_id
  LEFT JOIN blob b ON b.blob_id = v.blob_id;

-- The history of fields.
CREATE VIEW changes AS
SELECT i.media_id AS media_id,
       a.name AS account,
       c.field AS field,
       c.old AS old,
       c.new AS new,
       c.previous_seen_at AS previous_seen_at,
       c.seen_at AS seen_at,
       c.old_kind AS old_kind,
       c.new_kind AS new_kind
  FROM change c
  JOIN item i ON i.item_id = c.item_id
  JOIN account a ON a.account_id = i.account_id;

-- Dated facts, chained.
CREATE VIEW events AS
SELECT e.event_id AS id,
       e.at AS at,
       a.name AS account,
       i.media_id AS media_id,
       e.kind AS kind,
       e.role AS role,
       e.walk_id AS walk_id,
       e.detail AS detail,
       e.digest AS digest,
       e.previous_digest AS previous_digest
  FROM event e
  JOIN account a ON a.account_id = e.account_id
  LEFT JOIN item i ON i.item_id = e.item_id;

-- Enumerations and what they prove.
CREATE VIEW walks AS
SELECT w.walk_id AS walk_id,
       a.name AS account,
       w.edge AS edge,
       w.name AS name,
       w.since_at AS since,
       w.until_at AS until,
       w.started_at AS started_at,
       w.finished_at AS finished_at,
       w.outcome AS outcome,
       w.reason AS reason,
       w.coverage_from_at AS coverage_from,
       w.coverage_to_at AS coverage_to,
       w.pages AS pages,
       w.calls AS calls,
       w.listed AS listed,
       w.new AS new,
       w.changed AS changed,
       w.missing AS missing,
       w.detail AS detail
  FROM walk w
  JOIN account a ON a.account_id = w.account_id;

-- What failed and has not succeeded since.
CREATE VIEW failures AS
SELECT a.name AS account,
       e.media_id AS media_id,
       s.role AS role,
       e.stage AS stage,
       e.class AS class,
       e.code AS code,
       e.subcode AS subcode,
       e.tries AS tries,
       e.first_at AS first_at,
       e.last_at AS last_at,
       e.next_try_at AS next_try_at,
       e.error AS error
  FROM failure e
  JOIN account a ON a.account_id = e.account_id
  LEFT JOIN asset s ON s.asset_id = e.asset_id
UNION ALL
SELECT a.name, NULL, NULL, 'page', 'unreadable', NULL, NULL, u.times, u.first_seen_at,
       u.last_seen_at, NULL, u.reason
  FROM unreadable_item u
  JOIN account a ON a.account_id = u.account_id
 WHERE u.resolved_at IS NULL;

-- Counts as a series.
CREATE VIEW metrics AS
SELECT i.media_id AS media_id,
       a.name AS account,
       m.at AS at,
       m.name AS name,
       m.value AS value,
       m.kind AS kind
  FROM item_metric m
  JOIN item i ON i.item_id = m.item_id
  JOIN account a ON a.account_id = i.account_id
UNION ALL
SELECT NULL, a.name, m.at, m.name, m.value, 'value'
  FROM account_metric m
  JOIN account a ON a.account_id = m.account_id;

INSERT INTO schema_doc (object_name, column_name, description, unit) VALUES
('accounts', '', 'The configured accounts.', NULL),
('accounts', 'account', 'The operator''s label of the account.', NULL),
('accounts', 'user_id', 'The API''s id of the professional account.', NULL),
('accounts', 'username', 'The handle as last answered; NULL before the first answer.', NULL),
('accounts', 'login', '''instagram'' (graph.instagram.com) or ''facebook'' (graph.facebook.com).', NULL),
('accounts', 'state', '''new'' before the first check, ''ok'', or the trouble in one word, like ''token_expired''.', NULL),
('accounts', 'api_media_count', 'The API''s own count of the account''s posts.', NULL),
('accounts', 'listed', 'Posts of the media list that are known and present.', NULL),
('accounts', 'held', 'Those of listed of which every expected file is held.', NULL),
('accounts', 'count_offset', 'The steady difference between api_media_count and listed, once learned.', NULL),
('accounts', 'last_complete_walk_at', 'When a walk of the media list last reached its end without an error.', 'UTC'),
('accounts', 'token_expires_at', 'When the account''s token ends, as far as known.', 'UTC'),
('posts', '', 'Posts, stories and tagged posts: the top-level items, one row each.', NULL),
('posts', 'media_id', 'The API''s id of the item.', NULL),
('posts', 'account', 'Label of the account whose list showed it.', NULL),
('posts', 'edge', 'The list that showed it: ''media'', ''stories'' or ''tags''.', NULL),
('posts', 'shortcode', 'The code in the public address.', NULL),
('posts', 'permalink', 'The public address.', NULL),
('posts', 'media_type', '''IMAGE'', ''VIDEO'', ''CAROUSEL_ALBUM'', or a new word of the API.', NULL),
('posts', 'media_product_type', 'Where it was published: ''FEED'', ''REELS'', ''STORY'', ''AD'', or a new word of the API.', NULL),
('posts', 'caption', 'The caption of the last readable answer; earlier ones stand in changes.', NULL),
('posts', 'alt_text', 'The description for people who cannot see the picture.', NULL),
('posts', 'published_at', 'When it was published.', 'UTC'),
('posts', 'like_count', 'Likes; NULL when hidden or never given, which is not 0.', NULL),
('posts', 'comments_count', 'Comments with their replies; NULL when hidden or never given, which is not 0.', NULL),
('posts', 'child_count', 'Slides in an album''s present list; 0 for anything else.', NULL),
('posts', 'files_expected', 'Files of the post and its slides that the API has ever given an address for.', NULL),
('posts', 'files_held', 'Files of the post and its slides that are held.', NULL),
('posts', 'state', '''present'', ''missing'', ''unlisted'', ''gone'', ''expired'' or ''unreachable''.', NULL),
('posts', 'first_seen_at', 'When an answer first showed it.', 'UTC'),
('posts', 'last_seen_at', 'When an answer last showed it.', 'UTC'),
('posts', 'disappeared_at', 'When it was found to be gone; NULL while it is there.', 'UTC'),
('items', '', 'Posts and the slides of albums, one row each; files_* count an item''s own files only.', NULL),
('items', 'media_id', 'The API''s id of the item.', NULL),
('items', 'account', 'Label of the account whose list showed it.', NULL),
('items', 'edge', 'The list that showed it: ''media'', ''stories'' or ''tags''.', NULL),
('items', 'parent_id', 'The album''s media_id for a slide, NULL for a post.', NULL),
('items', 'position', 'The slide''s place in its album, from 0; NULL for a post and for a slide that left the list.', NULL),
('items', 'shortcode', 'The code in the public address.', NULL),
('items', 'permalink', 'The public address.', NULL),
('items', 'media_type', '''IMAGE'', ''VIDEO'', ''CAROUSEL_ALBUM'', or a new word of the API.', NULL),
('items', 'media_product_type', 'Where it was published: ''FEED'', ''REELS'', ''STORY'', ''AD'', or a new word of the API.', NULL),
('items', 'caption', 'The caption of the last readable answer; the API gives none for slides.', NULL),
('items', 'alt_text', 'The description for people who cannot see the picture.', NULL),
('items', 'published_at', 'When it was published.', 'UTC'),
('items', 'like_count', 'Likes; NULL when hidden or never given, which is not 0.', NULL),
('items', 'comments_count', 'Comments with their replies; NULL when hidden or never given, which is not 0.', NULL),
('items', 'child_count', 'Slides in an album''s present list; 0 for anything else.', NULL),
('items', 'files_expected', 'Files of this item that the API has ever given an address for.', NULL),
('items', 'files_held', 'Files of this item that are held.', NULL),
('items', 'state', '''present'', ''missing'', ''unlisted'', ''gone'', ''expired'' or ''unreachable''.', NULL),
('items', 'first_seen_at', 'When an answer first showed it.', 'UTC'),
('items', 'last_seen_at', 'When an answer last showed it.', 'UTC'),
('items', 'disappeared_at', 'When it was found to be gone; NULL while it is there.', 'UTC'),
('files', '', 'Files of items: one row for each version that was ever held, one for each file that is not held.', NULL),
('files', 'media_id', 'The item that the file belongs to.', NULL),
('files', 'account', 'Label of the account.', NULL),
('files', 'parent_id', 'The album''s media_id when the item is a slide.', NULL),
('files', 'position', 'The slide''s place in its album, from 0.', NULL),
('files', 'role', '''media'': the picture or video; ''thumbnail'': the still picture of a video.', NULL),
('files', 'version', '1 for the first bytes held, 2 when the API later gave other bytes, and so on; NULL when none is held.', NULL),
('files', 'state', '''held'', ''pending'' (to be fetched), ''failed'' (tried without success) or ''no_url'' (the API never gave an address).', NULL),
('files', 'sha256', 'SHA-256 of the bytes, which is also their name in the store.', NULL),
('files', 'path', 'Where the bytes are, relative to the archive directory.', NULL),
('files', 'size_bytes', 'Length of the file.', 'bytes'),
('files', 'mime_type', 'Type, read from the bytes.', NULL),
('files', 'width', 'Width, where known.', 'px'),
('files', 'height', 'Height, where known.', 'px'),
('files', 'duration_ms', 'Length of a video, where known.', 'ms'),
('files', 'held_at', 'When this version was kept.', 'UTC'),
('files', 'verified_at', 'When the bytes were last read and hashed.', 'UTC'),
('files', 'last_error', 'The last failure that has not been followed by a success.', NULL),
('changes', '', 'The history of fields: what an answer showed instead of what the one before it showed.', NULL),
('changes', 'media_id', 'The item that changed.', NULL),
('changes', 'account', 'Label of the account.', NULL),
('changes', 'field', 'Which field; ''children'' is the list of an album''s slides in order.', NULL),
('changes', 'old', 'The value before; NULL unless old_kind is ''value''.', NULL),
('changes', 'new', 'The value after; NULL unless new_kind is ''value''.', NULL),
('changes', 'previous_seen_at', 'The last answer with the old value: the change lies between this and seen_at.', 'UTC'),
('changes', 'seen_at', 'The first answer with the new value.', 'UTC'),
('changes', 'old_kind', '''value'', ''null'', ''absent'' (not in the answer) or ''unreadable''.', NULL),
('changes', 'new_kind', '''value'', ''null'', ''absent'' (not in the answer) or ''unreadable''.', NULL),
('events', '', 'Dated facts, never altered; each account''s events form a hash chain.', NULL),
('events', 'id', 'Number of the event, increasing.', NULL),
('events', 'at', 'When the fact was recorded.', 'UTC'),
('events', 'account', 'Label of the account.', NULL),
('events', 'media_id', 'The item it is about, when it is about one.', NULL),
('events', 'kind', 'What happened, like ''first_seen'', ''changed'', ''url_absent'', ''damaged''.', NULL),
('events', 'role', 'The file it is about, when it is about one.', NULL),
('events', 'walk_id', 'The walk that brought it to light, when one did.', NULL),
('events', 'detail', 'Particulars as a JSON object.', NULL),
('events', 'digest', 'SHA-256 over this event and the digest before it.', NULL),
('events', 'previous_digest', 'The digest of the account''s event before; 64 zeros for the first.', NULL),
('walks', '', 'Enumerations of a list, one row each, and what they prove.', NULL),
('walks', 'walk_id', 'Number of the walk, increasing.', NULL),
('walks', 'account', 'Label of the account.', NULL),
('walks', 'edge', 'The list: ''media'', ''stories'' or ''tags''.', NULL),
('walks', 'name', 'The walk''s name in the configuration.', NULL),
('walks', 'since', 'Beginning of the window of publication time that was asked for; NULL is open.', 'UTC'),
('walks', 'until', 'End of that window, not included; NULL is open.', 'UTC'),
('walks', 'started_at', 'When it began.', 'UTC'),
('walks', 'finished_at', 'When it ended; NULL while it runs and when the process ended first.', 'UTC'),
('walks', 'outcome', '''running'', ''complete'', ''partial'', ''failed'' or ''interrupted''.', NULL),
('walks', 'reason', 'Why it is less than a proof, in one word.', NULL),
('walks', 'coverage_from', 'Beginning of the publication time that it has proven to have seen; NULL unless complete.', 'UTC'),
('walks', 'coverage_to', 'End of that time.', 'UTC'),
('walks', 'pages', 'Pages recorded.', NULL),
('walks', 'calls', 'Calls of the API, repeated ones included.', NULL),
('walks', 'listed', 'Distinct top-level items that it listed.', NULL),
('walks', 'new', 'Items seen for the first time.', NULL),
('walks', 'changed', 'Items with a changed field.', NULL),
('walks', 'missing', 'Items newly missing; NULL when nothing was compared.', NULL),
('walks', 'detail', 'One line more, for people.', NULL),
('failures', '', 'What failed and has not succeeded since.', NULL),
('failures', 'account', 'Label of the account.', NULL),
('failures', 'media_id', 'The item it is about, when it is about one.', NULL),
('failures', 'role', 'The file it is about, when it is about one.', NULL),
('failures', 'stage', 'Where: ''account'', ''walk'', ''page'', ''item'', ''file'' or ''verify''.', NULL),
('failures', 'class', 'What kind of failure, in one word.', NULL),
('failures', 'code', 'The API''s error code.', NULL),
('failures', 'subcode', 'The API''s error subcode.', NULL),
('failures', 'tries', 'How often it has failed.', NULL),
('failures', 'first_at', 'The first failure.', 'UTC'),
('failures', 'last_at', 'The last failure.', 'UTC'),
('failures', 'next_try_at', 'Not tried again before; NULL: with the next pass.', 'UTC'),
('failures', 'error', 'One line for people, without secrets.', NULL),
('metrics', '', 'Counts as a series: a row only when a value changed.', NULL),
('metrics', 'media_id', 'The item; NULL for a count of the account itself.', NULL),
('metrics', 'account', 'Label of the account.', NULL),
('metrics', 'at', 'When the value was first seen.', 'UTC'),
('metrics', 'name', '''like_count'', ''comments_count'', ''media_count'', ''followers_count'' or ''follows_count''.', NULL),
('metrics', 'value', 'The count; NULL when it became hidden, which is not 0.', NULL),
('metrics', 'kind', '''value'', ''null'' or ''absent'' (hidden).', NULL),
('search', '', 'Full text over captions and alt texts, and over addresses and shortcodes of posts: WHERE search MATCH ''words''.', NULL),
('search', 'media_id', 'The item.', NULL),
('search', 'account', 'Label of the account.', NULL),
('search', 'kind', 'Where the words are: ''caption'', ''alt_text'', ''permalink'' or ''shortcode''.', NULL),
('search', 'text', 'The text itself.', NULL);
