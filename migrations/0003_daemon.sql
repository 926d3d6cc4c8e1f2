-- mediakeep's catalog, schema 3: what a daemon that runs for years has to remember.

-- The tick that a walk was run for; NULL for a walk by hand, and for one that was broken off.
ALTER TABLE walk ADD COLUMN due_at TEXT CHECK (due_at GLOB '????-??-??T??:??:??Z');

-- The newest run of each configured walk: what the next one is reckoned from.
CREATE TABLE run (
    account_id  INTEGER NOT NULL REFERENCES account,
    walk        TEXT    NOT NULL, -- the walk's configured name
    due_at      TEXT    NOT NULL CHECK (due_at GLOB '????-??-??T??:??:??Z'), -- the newest tick that was answered
    started_at  TEXT    NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??Z'),
    finished_at TEXT    CHECK (finished_at GLOB '????-??-??T??:??:??Z'), -- NULL while it runs, when it was killed, and while it is to be tried again
    skipped     INTEGER NOT NULL DEFAULT 0, -- ticks before due_at that this one run made up for
    PRIMARY KEY (account_id, walk)
) STRICT, WITHOUT ROWID;

-- The newest run of each thing that is done for the archive as a whole.
CREATE TABLE chore (
    name        TEXT    NOT NULL PRIMARY KEY, -- 'backup', 'verify', 'publish', 'checkpoint'
    due_at      TEXT    NOT NULL CHECK (due_at GLOB '????-??-??T??:??:??Z'),
    started_at  TEXT    NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??Z'),
    finished_at TEXT    CHECK (finished_at GLOB '????-??-??T??:??:??Z'),
    outcome     TEXT    CHECK (outcome IN ('done', 'failed', 'stopped')),
    detail      TEXT    -- one line for people
) STRICT, WITHOUT ROWID;

-- Daemons that opened this archive for writing; the newest without an end runs or was killed.
CREATE TABLE process (
    process_id      INTEGER NOT NULL PRIMARY KEY,
    pid             INTEGER NOT NULL,
    program_version TEXT    NOT NULL,
    started_at      TEXT    NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??Z'),
    stopped_at      TEXT    CHECK (stopped_at GLOB '????-??-??T??:??:??Z')
) STRICT;

-- What is known of each account's token; never the token. Its digest is cut, to tell two apart.
CREATE TABLE token (
    account_id             INTEGER NOT NULL PRIMARY KEY REFERENCES account,
    fingerprint            TEXT    NOT NULL, -- the first 8 hexadecimal digits of its SHA-256
    source                 TEXT    NOT NULL CHECK (source IN ('configured', 'set', 'login', 'refreshed')),
    state                  TEXT    NOT NULL, -- 'ok', 'unknown', or the trouble in one word
    detail                 TEXT,
    first_seen_at          TEXT    NOT NULL CHECK (first_seen_at GLOB '????-??-??T??:??:??Z'),
    issued_at              TEXT    CHECK (issued_at GLOB '????-??-??T??:??:??Z'),
    expires_at             TEXT    CHECK (expires_at GLOB '????-??-??T??:??:??Z'), -- NULL: not known, or never
    never_expires          INTEGER NOT NULL DEFAULT 0 CHECK (never_expires IN (0, 1)),
    data_access_expires_at TEXT    CHECK (data_access_expires_at GLOB '????-??-??T??:??:??Z'),
    scopes                 TEXT,   -- words with commas, as the API answered
    refreshed_at           TEXT    CHECK (refreshed_at GLOB '????-??-??T??:??:??Z'),
    tried_at               TEXT    CHECK (tried_at GLOB '????-??-??T??:??:??Z'), -- the last try to refresh it
    error                  TEXT    -- why that failed
) STRICT;

-- The API's allowances, over restarts: one of each account and one of each app.
CREATE TABLE allowance (
    scope            TEXT NOT NULL PRIMARY KEY, -- 'account NAME' or 'app HOST ID'
    usage_percent    REAL,
    blocked_until_at TEXT CHECK (blocked_until_at GLOB '????-??-??T??:??:??Z'),
    paid_until_at    TEXT CHECK (paid_until_at GLOB '????-??-??T??:??:??Z'), -- our own budget, where the API says nothing
    noted_at         TEXT NOT NULL CHECK (noted_at GLOB '????-??-??T??:??:??Z')
) STRICT, WITHOUT ROWID;

-- What needs a person: raised once, ended when it is well again.
CREATE TABLE alarm (
    alarm_id   INTEGER NOT NULL PRIMARY KEY,
    account_id INTEGER REFERENCES account, -- NULL: of the archive as a whole
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL, -- tells two of one kind apart; '' where there is but one
    since_at   TEXT    NOT NULL CHECK (since_at GLOB '????-??-??T??:??:??Z'),
    level      INTEGER NOT NULL, -- rises as it gets more urgent
    detail     TEXT    NOT NULL, -- one line for people
    ended_at   TEXT    CHECK (ended_at GLOB '????-??-??T??:??:??Z')
) STRICT;
CREATE UNIQUE INDEX alarm_open ON alarm (coalesce(account_id, 0), kind, subject) WHERE ended_at IS NULL;

-- Each turn of an alarm, in the order in which people are told.
CREATE TABLE alarm_turn (
    turn_id  INTEGER NOT NULL PRIMARY KEY,
    alarm_id INTEGER NOT NULL REFERENCES alarm,
    at       TEXT    NOT NULL CHECK (at GLOB '????-??-??T??:??:??Z'),
    turn     TEXT    NOT NULL CHECK (turn IN ('raised', 'rose', 'ended')),
    detail   TEXT    NOT NULL
) STRICT;

-- Whom to tell, and how far each one has been told.
CREATE TABLE messenger (
    target           TEXT    NOT NULL PRIMARY KEY, -- its kind and the digest of its address, which may be a secret
    name             TEXT    NOT NULL, -- for people; never an address that is a secret
    event_id         INTEGER NOT NULL, -- events up to here were told or are not of interest
    turn_id          INTEGER NOT NULL, -- likewise turns of alarms
    batch_event_id   INTEGER, -- while messages are under way: how far they tell, so that every try makes the same
    batch_turn_id    INTEGER,
    batch_told       TEXT,    -- the id of its last message that arrived
    tries            INTEGER NOT NULL DEFAULT 0,
    next_try_at      TEXT    CHECK (next_try_at GLOB '????-??-??T??:??:??Z'),
    failing_since_at TEXT    CHECK (failing_since_at GLOB '????-??-??T??:??:??Z'),
    told_at          TEXT    CHECK (told_at GLOB '????-??-??T??:??:??Z'),
    error            TEXT
) STRICT, WITHOUT ROWID;

-- What monitors and upkeep count every few minutes, without reading the rows.
CREATE INDEX asset_by_state ON asset (account_id, state);
CREATE INDEX blob_by_time ON blob (held_at, size_bytes);
CREATE INDEX blob_bad ON blob (verdict) WHERE verdict <> 'intact';

-- Checked copies of the catalog.
CREATE TABLE backup (
    backup_id  INTEGER NOT NULL PRIMARY KEY,
    made_at    TEXT    NOT NULL CHECK (made_at GLOB '????-??-??T??:??:??Z'),
    path       TEXT    NOT NULL, -- relative to the archive where it lies inside
    size_bytes INTEGER NOT NULL,
    sha256     TEXT    NOT NULL,
    removed_at TEXT    CHECK (removed_at GLOB '????-??-??T??:??:??Z')
) STRICT;

CREATE VIEW alarms AS
SELECT l.alarm_id AS alarm_id,
       a.name AS account,
       l.kind AS kind,
       l.subject AS subject,
       l.since_at AS since,
       l.level AS level,
       l.detail AS detail,
       l.ended_at AS ended_at
  FROM alarm l
  LEFT JOIN account a ON a.account_id = l.account_id;

CREATE VIEW tokens AS
SELECT a.name AS account,
       t.fingerprint AS fingerprint,
       t.source AS source,
       t.state AS state,
       t.detail AS detail,
       t.first_seen_at AS first_seen_at,
       t.issued_at AS issued_at,
       t.expires_at AS expires_at,
       t.never_expires AS never_expires,
       t.data_access_expires_at AS data_access_expires_at,
       t.scopes AS scopes,
       t.refreshed_at AS refreshed_at,
       t.tried_at AS tried_at,
       t.error AS error
  FROM token t
  JOIN account a ON a.account_id = t.account_id;

CREATE VIEW runs AS
SELECT a.name AS account,
       r.walk AS walk,
       r.due_at AS due_at,
       r.started_at AS started_at,
       r.finished_at AS finished_at,
       r.skipped AS skipped
  FROM run r
  JOIN account a ON a.account_id = r.account_id;

CREATE VIEW messengers AS
SELECT target AS target,
       name AS name,
       tries AS tries,
       next_try_at AS next_try_at,
       failing_since_at AS failing_since,
       told_at AS told_at,
       error AS error
  FROM messenger;

CREATE VIEW backups AS
SELECT backup_id AS backup_id,
       made_at AS made_at,
       path AS path,
       size_bytes AS size_bytes,
       sha256 AS sha256
  FROM backup
 WHERE removed_at IS NULL;

INSERT INTO schema_doc (object_name, column_name, description, unit) VALUES
('alarms', '', 'What needs a person, now and before.', NULL),
('alarms', 'alarm_id', 'Its number.', NULL),
('alarms', 'account', 'Label of the account; NULL: of the archive as a whole.', NULL),
('alarms', 'kind', 'What it is about, in one word; docs/operations.md says what to do for each.', NULL),
('alarms', 'subject', 'Tells two of one kind apart, such as the day of a token''s end.', NULL),
('alarms', 'since', 'When it was raised.', 'UTC'),
('alarms', 'level', 'Rises as it gets more urgent.', NULL),
('alarms', 'detail', 'One line for people.', NULL),
('alarms', 'ended_at', 'When it was well again; NULL while it is not.', 'UTC'),
('tokens', '', 'What is known of the tokens; the tokens themselves are in no table.', NULL),
('tokens', 'account', 'Label of the account.', NULL),
('tokens', 'fingerprint', 'The first 8 hexadecimal digits of the token''s SHA-256.', NULL),
('tokens', 'source', '''configured'', ''set'' or ''login'' (by a person), or ''refreshed''.', NULL),
('tokens', 'state', '''ok'', ''unknown'' (not used yet), or the trouble in one word.', NULL),
('tokens', 'detail', 'One line for people.', NULL),
('tokens', 'first_seen_at', 'When this program first met it.', 'UTC'),
('tokens', 'issued_at', 'When it was issued, as far as known.', 'UTC'),
('tokens', 'expires_at', 'When it ends; NULL: not known, or never.', 'UTC'),
('tokens', 'never_expires', '1: the API said that it never ends.', NULL),
('tokens', 'data_access_expires_at', 'When the person has to agree again (Facebook login).', 'UTC'),
('tokens', 'scopes', 'The rights it carries, as the API last answered.', NULL),
('tokens', 'refreshed_at', 'When it was last refreshed.', 'UTC'),
('tokens', 'tried_at', 'When a refresh was last tried.', 'UTC'),
('tokens', 'error', 'Why the last try failed; NULL: it did not.', NULL),
('runs', '', 'The newest scheduled run of each configured walk.', NULL),
('runs', 'account', 'Label of the account.', NULL),
('runs', 'walk', 'The walk''s configured name.', NULL),
('runs', 'due_at', 'The newest tick of its schedule that was answered.', 'UTC'),
('runs', 'started_at', 'When the run began.', 'UTC'),
('runs', 'finished_at', 'When it ended; NULL while it runs, when it was killed, and while it is to be tried again.', 'UTC'),
('runs', 'skipped', 'Earlier ticks that this one run made up for.', NULL),
('messengers', '', 'Who is told, and whether that works.', NULL),
('messengers', 'target', 'Its kind and a digest of its address.', NULL),
('messengers', 'name', 'What it is called in messages and in `mediakeep notify test`.', NULL),
('messengers', 'tries', 'Tries that failed since the last message arrived.', NULL),
('messengers', 'next_try_at', 'When it is tried again; NULL: nothing failed.', 'UTC'),
('messengers', 'failing_since', 'When the first of these tries failed; NULL: none did.', 'UTC'),
('messengers', 'told_at', 'When the last message arrived; NULL: none yet.', 'UTC'),
('messengers', 'error', 'Why the last try failed; NULL: it did not.', NULL),
('backups', '', 'Checked copies of the catalog that are still there.', NULL),
('backups', 'backup_id', 'Its number.', NULL),
('backups', 'made_at', 'When it was made.', 'UTC'),
('backups', 'path', 'Where it is; relative to the archive where it lies inside.', NULL),
('backups', 'size_bytes', 'Its size.', 'bytes'),
('backups', 'sha256', 'SHA-256 of the copy.', NULL);
