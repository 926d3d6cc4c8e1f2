-- mediakeep's catalog, schema 2: what disappeared, and how we know.

-- What a walk knows of its own beginning and of the end of the list.
ALTER TABLE walk ADD COLUMN server_at TEXT CHECK (server_at GLOB '????-??-??T??:??:??Z'); -- the API's own time when it began
ALTER TABLE walk ADD COLUMN capped_at TEXT CHECK (capped_at GLOB '????-??-??T??:??:??Z'); -- the oldest listed item, when older ones are cut off
ALTER TABLE walk ADD COLUMN is_pinned INTEGER NOT NULL DEFAULT 0 CHECK (is_pinned IN (0, 1)); -- its pages are evidence and are never pruned

-- The difference between the API's count and the listed items in the last walk of everything.
ALTER TABLE account ADD COLUMN count_last INTEGER;

-- A file whose address is absent since a walk, until that walk's losses are believed.
ALTER TABLE asset ADD COLUMN url_missing_walk_id INTEGER REFERENCES walk;
ALTER TABLE asset ADD COLUMN url_last_at TEXT CHECK (url_last_at GLOB '????-??-??T??:??:??Z'); -- the last look that had it; NULL while every look does
CREATE INDEX asset_url_pending ON asset (account_id, asset_id) WHERE url_missing_walk_id IS NOT NULL;

-- Times that an item was not where it had to be: one row from the first walk that did not list it
-- to its return.
CREATE TABLE absence (
    absence_id          INTEGER NOT NULL PRIMARY KEY,
    item_id             INTEGER NOT NULL REFERENCES item,
    last_seen_at        TEXT    NOT NULL CHECK (last_seen_at GLOB '????-??-??T??:??:??Z'),
    last_listed_walk_id INTEGER REFERENCES walk, -- the last walk that listed it: removal lies between this one
    first_missing_at    TEXT    NOT NULL CHECK (first_missing_at GLOB '????-??-??T??:??:??Z'),
    missing_walk_id     INTEGER NOT NULL REFERENCES walk, -- and this one
    asked_at            TEXT    CHECK (asked_at GLOB '????-??-??T??:??:??Z'), -- last asked for by id
    struck_at           TEXT    CHECK (struck_at GLOB '????-??-??T??:??:??Z'), -- first did not exist, beside a control that did
    struck_server_at    TEXT    CHECK (struck_server_at GLOB '????-??-??T??:??:??Z'), -- the same on the API's clock
    unlisted_at         TEXT    CHECK (unlisted_at GLOB '????-??-??T??:??:??Z'), -- answered by its id, in no list
    confirmed_at        TEXT    CHECK (confirmed_at GLOB '????-??-??T??:??:??Z'), -- twice not listed, twice not there
    returned_at         TEXT    CHECK (returned_at GLOB '????-??-??T??:??:??Z')
) STRICT;
CREATE UNIQUE INDEX absence_open ON absence (item_id) WHERE returned_at IS NULL;
CREATE INDEX absence_by_item ON absence (item_id);
CREATE INDEX item_not_present ON item (account_id, state) WHERE state <> 'present';

-- Losses of a walk that are too many to be believed at once.
CREATE TABLE hold (
    walk_id    INTEGER NOT NULL REFERENCES walk,
    kind       TEXT    NOT NULL CHECK (kind IN ('missing', 'url')), -- items not listed, or addresses absent
    reason     TEXT    NOT NULL CHECK (reason IN ('too_many', 'observer_changed')),
    items      INTEGER NOT NULL,  -- how many are lost
    looked_at  INTEGER NOT NULL,  -- of how many
    held_at    TEXT    NOT NULL CHECK (held_at GLOB '????-??-??T??:??:??Z'),
    ended_at   TEXT    CHECK (ended_at GLOB '????-??-??T??:??:??Z'),
    ended_by   TEXT    CHECK (ended_by IN ('confirmed', 'accepted', 'dropped')),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    PRIMARY KEY (walk_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_open ON hold (walk_id) WHERE ended_at IS NULL;

-- What a hold is about.
CREATE TABLE held_item (
    walk_id INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    item_id INTEGER NOT NULL REFERENCES item,
    role    TEXT    NOT NULL CHECK (role IN ('', 'media', 'thumbnail')), -- '' for the item itself
    PRIMARY KEY (walk_id, kind, item_id, role),
    FOREIGN KEY (walk_id, kind) REFERENCES hold
) STRICT, WITHOUT ROWID;
CREATE INDEX held_item_by_item ON held_item (item_id);

-- The ledger: spans of publication time and the newest walk that proved each; ends included,
-- spans of one list never overlap.
CREATE TABLE proven_span (
    account_id INTEGER NOT NULL REFERENCES account,
    edge       TEXT    NOT NULL,
    from_at    TEXT    NOT NULL CHECK (from_at GLOB '????-??-??T??:??:??Z'),
    to_at      TEXT    NOT NULL CHECK (to_at GLOB '????-??-??T??:??:??Z'),
    walk_id    INTEGER NOT NULL REFERENCES walk,
    proven_at  TEXT    NOT NULL CHECK (proven_at GLOB '????-??-??T??:??:??Z'),
    PRIMARY KEY (account_id, edge, from_at)
) STRICT, WITHOUT ROWID;

-- Spans that are not proven, from the walk that left them open to the one that closed them.
CREATE TABLE gap (
    gap_id     INTEGER NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account,
    edge       TEXT    NOT NULL,
    from_at    TEXT    CHECK (from_at GLOB '????-??-??T??:??:??Z'), -- NULL: from the beginning
    to_at      TEXT    CHECK (to_at GLOB '????-??-??T??:??:??Z'),   -- NULL: until now
    reason     TEXT    NOT NULL,
    since_at   TEXT    NOT NULL CHECK (since_at GLOB '????-??-??T??:??:??Z'),
    closed_at  TEXT    CHECK (closed_at GLOB '????-??-??T??:??:??Z')
) STRICT;
CREATE INDEX gap_open ON gap (account_id, edge) WHERE closed_at IS NULL;

-- Answers of the API as they are kept: compact JSON in the order received, without tokens,
-- signatures, cursors and counts, so that an answer that says the same again is the same body.
CREATE TABLE response (
    response_id INTEGER NOT NULL PRIMARY KEY,
    account_id  INTEGER NOT NULL REFERENCES account,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32), -- SHA-256 of the text
    size_bytes  INTEGER NOT NULL,
    body        BLOB    NOT NULL,           -- the text, zlib
    first_at    TEXT    NOT NULL CHECK (first_at GLOB '????-??-??T??:??:??Z'),
    last_at     TEXT    NOT NULL CHECK (last_at GLOB '????-??-??T??:??:??Z'), -- came again
    is_pinned   INTEGER NOT NULL DEFAULT 0 CHECK (is_pinned IN (0, 1)), -- an event refers to it: never pruned
    UNIQUE (account_id, digest)
) STRICT;
CREATE INDEX response_by_age ON response (last_at) WHERE is_pinned = 0;

-- The pages of walks, in order; pruned with their bodies unless the walk is evidence.
CREATE TABLE walk_page (
    walk_id     INTEGER NOT NULL REFERENCES walk,
    page        INTEGER NOT NULL,           -- from 1
    at          TEXT    NOT NULL CHECK (at GLOB '????-??-??T??:??:??Z'),
    request     TEXT    NOT NULL,           -- path and parameters, without token and cursor
    response_id INTEGER NOT NULL REFERENCES response,
    PRIMARY KEY (walk_id, page)
) STRICT, WITHOUT ROWID;
CREATE INDEX walk_page_by_response ON walk_page (response_id);

-- What was asked beside a walk before a step of the ladder, for the event that it led to.
CREATE TABLE question (
    question_id INTEGER NOT NULL PRIMARY KEY,
    event_id    INTEGER NOT NULL REFERENCES event,
    purpose     TEXT    NOT NULL CHECK (purpose IN ('item', 'list', 'control_before', 'control_after')),
    media_id    TEXT    NOT NULL,           -- what was asked for
    at          TEXT    NOT NULL CHECK (at GLOB '????-??-??T??:??:??Z'),
    server_at   TEXT    CHECK (server_at GLOB '????-??-??T??:??:??Z'),
    request     TEXT    NOT NULL,
    outcome     TEXT    NOT NULL,           -- 'exists', 'listed', 'not_listed', 'does_not_exist', or the class of a failure
    http_status INTEGER,
    code        INTEGER,
    subcode     INTEGER,
    response_id INTEGER REFERENCES response
) STRICT;
CREATE INDEX question_by_event ON question (event_id);

-- Differences that may be ours or the API's and not the item's, until the walk that met them ends:
-- whether one item lost a value or all of them did is only known then. Rows of a walk that was cut
-- off stay until a walk that ends shows their item.
--
-- In item.kinds there are three letters more, for values that are kept although answers lack them:
--   w  the answer without it was worse as a whole
--   o  the observer: it went from everything at once
--   s  its '@' signs went from everything at once
CREATE TABLE doubtful_answer (
    item_id          INTEGER NOT NULL REFERENCES item,
    walk_id          INTEGER NOT NULL REFERENCES walk,
    is_degraded      INTEGER NOT NULL CHECK (is_degraded IN (0, 1)), -- it lacks what a living item always has
    raw_digest       BLOB    NOT NULL CHECK (length(raw_digest) = 32),
    raw_json         TEXT    NOT NULL,
    previous_seen_at TEXT    NOT NULL CHECK (previous_seen_at GLOB '????-??-??T??:??:??Z'),
    seen_at          TEXT    NOT NULL CHECK (seen_at GLOB '????-??-??T??:??:??Z'),
    PRIMARY KEY (item_id, walk_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX doubtful_answer_by_walk ON doubtful_answer (walk_id);
CREATE TABLE doubtful_change (
    item_id  INTEGER NOT NULL,
    walk_id  INTEGER NOT NULL,
    field    TEXT    NOT NULL,
    doubt    TEXT    NOT NULL CHECK (doubt IN ('lost', 'at_signs', 'at_signs_back', 'back', 'other')),
    new_kind TEXT    NOT NULL,
    new      TEXT,
    PRIMARY KEY (item_id, walk_id, field),
    FOREIGN KEY (item_id, walk_id) REFERENCES doubtful_answer ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The contract, version 2: columns and views are added, none is changed or removed.
