-- mediakeep's catalog, schema 2: what disappeared, and how we know.

-- What a walk knows of its own beginning and of the end of the list.
ALTER TABLE walk ADD COLUMN server_at TEXT CHECK (server_at GLOB '????-??-??T??:??:??Z'); -- the API's own time when it began
ALTER TABLE walk ADD COLUMN capped_at TEXT CHECK (capped_at GLOB '????-??-??T??:??:??Z'); -- the oldest listed item, when older ones are cut off
ALTER TABLE walk ADD COLUMN known_until INTEGER; -- the newest item_id when it began: it can have missed no later item
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
CREATE INDEX item_left_album ON item (account_id, edge) WHERE parent_item_id IS NOT NULL AND position IS NULL;

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
    request     TEXT,                       -- path and parameters, without token and cursor; NULL: as for the page before
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
CREATE INDEX question_by_response ON question (response_id) WHERE response_id IS NOT NULL;

-- Evidence stays as it is, and pinned evidence stays.
CREATE TRIGGER question_is_never_updated BEFORE UPDATE ON question
BEGIN SELECT RAISE(ABORT, 'a question is evidence and stays as it is'); END;
CREATE TRIGGER question_is_never_deleted BEFORE DELETE ON question
BEGIN SELECT RAISE(ABORT, 'a question is evidence and stays as it is'); END;
CREATE TRIGGER response_is_never_altered
BEFORE UPDATE OF response_id, account_id, digest, size_bytes, body ON response
BEGIN SELECT RAISE(ABORT, 'an answer stays as it is'); END;
CREATE TRIGGER response_stays_pinned BEFORE UPDATE OF is_pinned ON response
WHEN OLD.is_pinned = 1 AND NEW.is_pinned = 0
BEGIN SELECT RAISE(ABORT, 'a pinned answer is evidence and stays'); END;
CREATE TRIGGER pinned_response_is_never_deleted BEFORE DELETE ON response WHEN OLD.is_pinned = 1
BEGIN SELECT RAISE(ABORT, 'a pinned answer is evidence and stays'); END;
CREATE TRIGGER walk_page_is_never_updated BEFORE UPDATE ON walk_page
BEGIN SELECT RAISE(ABORT, 'a page stays as it is'); END;
CREATE TRIGGER pinned_walk_page_is_never_deleted BEFORE DELETE ON walk_page
WHEN (SELECT is_pinned FROM walk WHERE walk_id = OLD.walk_id) = 1
BEGIN SELECT RAISE(ABORT, 'the pages of a pinned walk are evidence and stay'); END;

-- Differences that may be ours or the API's and not the item's, until the walk that met them ends:
-- whether one item lost a value or all of them did is only known then. Rows of a walk that was cut
-- off stay until a walk that ends shows their item.
--
-- In item.kinds there are three letters more, for values that are kept although answers lack them:
--   w  the answer without it was worse as a whole
--   o  the observer: it went from everything at once, or is usually not there any more
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
    doubt    TEXT    NOT NULL CHECK (doubt IN ('lost', 'at_signs', 'at_signs_back', 'back', 'other',
                                             'replaced', 'filled')),
    new_kind TEXT    NOT NULL,
    new      TEXT,
    PRIMARY KEY (item_id, walk_id, field),
    FOREIGN KEY (item_id, walk_id) REFERENCES doubtful_answer ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The contract, version 2: columns and views are added, none is changed or removed.
DROP VIEW accounts;
DROP VIEW items;
DROP VIEW walks;

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
       a.token_expires_at AS token_expires_at,
       CASE WHEN a.state <> 'ok' AND a.state <> 'new' THEN a.state
            WHEN EXISTS (SELECT 1 FROM hold h JOIN walk w ON w.walk_id = h.walk_id
                          WHERE h.ended_at IS NULL AND w.account_id = a.account_id)
            THEN 'a walk is held'
            WHEN a.count_last <> a.count_offset THEN 'the count of posts differs'
       END AS attention,
       (SELECT count(*) FROM gap g
         WHERE g.account_id = a.account_id AND g.closed_at IS NULL) AS gaps
  FROM account a;

-- Posts and the slides of albums, one row each; a slide left with its post when that is not there.
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
       CASE WHEN i.state = 'present' AND p.state <> 'present' THEN p.state
            WHEN i.state = 'missing' AND p.state = 'gone' THEN p.state
            ELSE i.state END AS state,
       i.first_seen_at AS first_seen_at,
       s.seen_at AS last_seen_at,
       CASE WHEN i.state = 'present' AND p.state <> 'present' THEN p.disappeared_at
            ELSE i.disappeared_at END AS disappeared_at
  FROM item i
  JOIN account a ON a.account_id = i.account_id
  JOIN sighting s ON s.item_id = i.item_id
  LEFT JOIN item p ON p.item_id = i.parent_item_id;

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
       w.detail AS detail,
       (SELECT min(h.kind) FROM hold h
         WHERE h.walk_id = w.walk_id AND h.ended_at IS NULL) AS hold,
       w.capped_at AS capped_at,
       w.server_at AS server_at
  FROM walk w
  JOIN account a ON a.account_id = w.account_id;

-- Absences, one row each: an item that left twice has two.
CREATE VIEW disappeared AS
SELECT i.media_id AS media_id,
       a.name AS account,
       coalesce(i.permalink, p.permalink) AS permalink,
       i.published_at AS published_at,
       CASE WHEN b.returned_at IS NOT NULL THEN 'present'
            WHEN i.state = 'missing' AND p.state = 'gone' THEN p.state
            ELSE i.state END AS state,
       b.last_seen_at AS last_seen_at,
       b.first_missing_at AS first_missing_at,
       CASE WHEN b.returned_at IS NULL AND i.state = 'missing' AND p.state = 'gone'
            THEN (SELECT q.confirmed_at FROM absence q
                   WHERE q.item_id = p.item_id AND q.returned_at IS NULL)
            ELSE b.confirmed_at END AS confirmed_at,
       b.returned_at AS returned_at,
       (SELECT count(*) FROM asset f WHERE f.item_id = i.item_id AND f.state <> 'no_url')
       + (SELECT count(*) FROM item c JOIN asset f ON f.item_id = c.item_id
           WHERE c.parent_item_id = i.item_id AND f.state <> 'no_url') AS files_expected,
       (SELECT count(*) FROM asset f WHERE f.item_id = i.item_id AND f.state = 'held')
       + (SELECT count(*) FROM item c JOIN asset f ON f.item_id = c.item_id
           WHERE c.parent_item_id = i.item_id AND f.state = 'held') AS files_held,
       i.edge AS edge,
       p.media_id AS parent_id,
       b.unlisted_at AS unlisted_at,
       b.asked_at AS asked_at,
       b.last_listed_walk_id AS last_listed_walk_id,
       b.missing_walk_id AS missing_walk_id
  FROM absence b
  JOIN item i ON i.item_id = b.item_id
  JOIN account a ON a.account_id = i.account_id
  LEFT JOIN item p ON p.item_id = i.parent_item_id;

-- Addresses of files that were there and were absent later, one row for each time.
CREATE VIEW lost_urls AS
SELECT i.media_id AS media_id,
       a.name AS account,
       f.role AS role,
       l.last_url_at AS last_url_at,
       l.lost_at AS lost_at,
       l.regained_at AS regained_at,
       CASE WHEN b.verdict = 'intact' THEN 1 ELSE 0 END AS held,
       b.sha256 AS sha256,
       p.media_id AS parent_id,
       b.verified_at AS verified_at
  FROM url_loss l
  JOIN asset f ON f.asset_id = l.asset_id
  JOIN item i ON i.item_id = f.item_id
  JOIN account a ON a.account_id = i.account_id
  LEFT JOIN item p ON p.item_id = i.parent_item_id
  LEFT JOIN asset_version v ON v.asset_id = f.asset_id AND v.version = f.version
  LEFT JOIN blob b ON b.blob_id = v.blob_id;

-- What is not proven now.
CREATE VIEW gaps AS
SELECT a.name AS account,
       g.edge AS edge,
       g.from_at AS from_at,
       g.to_at AS to_at,
       g.reason AS reason,
       g.since_at AS since
  FROM gap g
  JOIN account a ON a.account_id = g.account_id
 WHERE g.closed_at IS NULL;

-- What is proven, and by which walk last.
CREATE VIEW ledger AS
SELECT a.name AS account,
       s.edge AS edge,
       s.from_at AS from_at,
       s.to_at AS to_at,
       s.walk_id AS walk_id,
       s.proven_at AS proven_at
  FROM proven_span s
  JOIN account a ON a.account_id = s.account_id;

-- Losses that were too many to be believed at once.
CREATE VIEW holds AS
SELECT h.walk_id AS walk_id,
       a.name AS account,
       w.edge AS edge,
       h.kind AS kind,
       h.reason AS reason,
       h.items AS items,
       h.looked_at AS looked_at,
       h.held_at AS held_at,
       h.ended_at AS ended_at,
       h.ended_by AS ended_by
  FROM hold h
  JOIN walk w ON w.walk_id = h.walk_id
  JOIN account a ON a.account_id = w.account_id;

-- The life of items as steps, for questions about the past: an absence from its first day on, the
-- steps that followed, and the times that something was doubted and not believed.
CREATE VIEW steps AS
SELECT i.media_id AS media_id,
       a.name AS account,
       b.first_missing_at AS at,
       b.first_missing_at AS until,
       'missing' AS state,
       0 AS event_id
  FROM absence b
  JOIN item i ON i.item_id = b.item_id
  JOIN account a ON a.account_id = i.account_id
UNION ALL
SELECT i.media_id, a.name, e.at, e.at,
       CASE e.kind WHEN 'returned' THEN 'present' ELSE e.kind END,
       e.event_id
  FROM event e
  JOIN item i ON i.item_id = e.item_id
  JOIN account a ON a.account_id = e.account_id
 WHERE e.kind IN ('unlisted', 'gone', 'expired', 'unreachable', 'returned')
    OR (e.kind = 'missing' AND json_extract(e.detail, '$.from') = 'unlisted')
UNION ALL
SELECT i.media_id, a.name, h.held_at, coalesce(h.ended_at, '9999-12-31T23:59:59Z'), 'held', 0
  FROM held_item t
  JOIN hold h ON h.walk_id = t.walk_id AND h.kind = t.kind
  JOIN item i ON i.item_id = t.item_id
  JOIN account a ON a.account_id = i.account_id
 WHERE t.kind = 'missing' AND (h.ended_by IS NULL OR h.ended_by = 'dropped');

UPDATE schema_doc SET description = 'When it was first not where it had to be; NULL while it is there. What is known of it stands in disappeared.'
 WHERE object_name IN ('posts', 'items') AND column_name = 'disappeared_at';
UPDATE schema_doc SET description = '''present'', ''missing'', ''unlisted'', ''gone'', ''expired'' or ''unreachable''; a slide has the state of its post when that is not present, and is gone with it when it was missing.'
 WHERE object_name = 'items' AND column_name = 'state';
UPDATE schema_doc SET description = 'What happened, like ''first_seen'', ''changed'', ''missing'', ''gone'', ''returned'', ''url_lost'', ''walk_held''.'
 WHERE object_name = 'events' AND column_name = 'kind';
UPDATE schema_doc SET description = 'Items newly missing or unlisted; NULL when nothing was compared, and while the walk is held.'
 WHERE object_name = 'walks' AND column_name = 'missing';

INSERT INTO schema_doc (object_name, column_name, description, unit) VALUES
('accounts', 'attention', 'What a person should look at, in a few words; NULL when there is nothing.', NULL),
('accounts', 'gaps', 'How many spans of the account''s lists are not proven.', NULL),
('walks', 'hold', '''missing'' or ''url'' while its losses are too many to be believed; NULL otherwise.', NULL),
('walks', 'capped_at', 'When the oldest item was published that the API listed, when it has older ones that it never lists.', 'UTC'),
('walks', 'server_at', 'The API''s own time when the walk began, where it said so.', 'UTC'),
('disappeared', '', 'Times that an item was not where it had to be, one row each: it left between last_seen_at and first_missing_at.', NULL),
('disappeared', 'media_id', 'The item.', NULL),
('disappeared', 'account', 'Label of the account.', NULL),
('disappeared', 'permalink', 'The public address; of a slide, that of its album.', NULL),
('disappeared', 'published_at', 'When it was published.', 'UTC'),
('disappeared', 'state', '''missing'' (not listed, not confirmed), ''unlisted'' (answers by its id, in no list), ''gone'' (no longer available to this token), ''expired'' (a story whose day ended meanwhile), or ''present'' once it returned. A missing slide is gone with its post.', NULL),
('disappeared', 'last_seen_at', 'The last answer that showed it before; never later than first_missing_at.', 'UTC'),
('disappeared', 'first_missing_at', 'The end of the first walk that had to list it and did not.', 'UTC'),
('disappeared', 'confirmed_at', 'When it became gone: twice not listed and twice not there by its id.', 'UTC'),
('disappeared', 'returned_at', 'When it was seen again; NULL while it is away.', 'UTC'),
('disappeared', 'files_expected', 'Files of the item and its slides that the API has ever given an address for.', NULL),
('disappeared', 'files_held', 'Files of the item and its slides that are held.', NULL),
('disappeared', 'edge', 'The list that showed it: ''media'', ''stories'' or ''tags''.', NULL),
('disappeared', 'parent_id', 'The album''s media_id when the item is a slide.', NULL),
('disappeared', 'unlisted_at', 'When it last answered by its id while no list had it.', 'UTC'),
('disappeared', 'asked_at', 'When it was last asked for by its id.', 'UTC'),
('disappeared', 'last_listed_walk_id', 'The last walk that listed it.', NULL),
('disappeared', 'missing_walk_id', 'The first walk that did not list it.', NULL),
('lost_urls', '', 'Times that a file''s address was absent from answers after it had been there, one row each.', NULL),
('lost_urls', 'media_id', 'The item that the file belongs to.', NULL),
('lost_urls', 'account', 'Label of the account.', NULL),
('lost_urls', 'role', '''media'' or ''thumbnail''.', NULL),
('lost_urls', 'last_url_at', 'The last answer that had an address.', 'UTC'),
('lost_urls', 'lost_at', 'The first answer that was asked for one and had none.', 'UTC'),
('lost_urls', 'regained_at', 'When an answer had an address again; NULL while none has.', 'UTC'),
('lost_urls', 'held', '1 when the file is held and was intact when last read, otherwise 0.', NULL),
('lost_urls', 'sha256', 'SHA-256 of the newest version held; NULL when none is.', NULL),
('lost_urls', 'parent_id', 'The album''s media_id when the item is a slide.', NULL),
('lost_urls', 'verified_at', 'When the bytes were last read and hashed.', 'UTC'),
('gaps', '', 'Spans of publication time that are not proven to be complete, now.', NULL),
('gaps', 'account', 'Label of the account.', NULL),
('gaps', 'edge', 'The list: ''media'', ''stories'' or ''tags''.', NULL),
('gaps', 'from_at', 'Beginning of the span, included; NULL: from the beginning.', 'UTC'),
('gaps', 'to_at', 'End of the span, included; NULL: until now.', 'UTC'),
('gaps', 'reason', '''not_walked'', ''beyond_cap'', ''stories_over'', ''no_proof'', ''held'', or the reason of the walk that proved nothing, as in walks.', NULL),
('gaps', 'since', 'When the gap was first found.', 'UTC'),
('ledger', '', 'Spans of publication time that were proven to be complete, and the last walk that did; spans of a list never overlap.', NULL),
('ledger', 'account', 'Label of the account.', NULL),
('ledger', 'edge', 'The list: ''media'' or ''stories''.', NULL),
('ledger', 'from_at', 'Beginning of the span, included.', 'UTC'),
('ledger', 'to_at', 'End of the span, included.', 'UTC'),
('ledger', 'walk_id', 'The walk that proved it; neighbours proven within a day are joined under the older one.', NULL),
('ledger', 'proven_at', 'When that walk ended; by the API''s clock where ours was ahead.', 'UTC'),
('holds', '', 'Losses of a walk that were too many, or came with another way of asking, and were not believed at once.', NULL),
('holds', 'walk_id', 'The walk.', NULL),
('holds', 'account', 'Label of the account.', NULL),
('holds', 'edge', 'The list: ''media'', ''stories'' or ''tags''.', NULL),
('holds', 'kind', '''missing'': items that it did not list; ''url'': addresses of files that were absent.', NULL),
('holds', 'reason', '''too_many'', or ''observer_changed'': the first look with another login, host or API version.', NULL),
('holds', 'items', 'How many were lost.', NULL),
('holds', 'looked_at', 'Of how many.', NULL),
('holds', 'held_at', 'When the walk ended.', 'UTC'),
('holds', 'ended_at', 'When the hold ended; NULL while it lasts.', 'UTC'),
('holds', 'ended_by', '''confirmed'' (a later walk missed the same), ''accepted'' (by a person) or ''dropped'' (the walk was wrong).', NULL),
('steps', '', 'The lives of items as steps, for questions about the past.', NULL),
('steps', 'media_id', 'The item.', NULL),
('steps', 'account', 'Label of the account.', NULL),
('steps', 'at', 'When it took the step.', 'UTC'),
('steps', 'until', 'As at; for ''held'' the end of the doubt.', 'UTC'),
('steps', 'state', 'The state from then on; ''held'' is no state but a doubt: a held walk did not list it.', NULL),
('steps', 'event_id', 'Number of the event; 0 where the step is dated by something else.', NULL);
