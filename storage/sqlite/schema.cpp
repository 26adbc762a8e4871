#include "storage/sqlite/schema.hpp"

#include <array>
#include <charconv>
#include <string>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;

namespace {

// Times are nanoseconds since 1970, UTC. Cursors are positions in the one log of the server; a
// table keyed by them grows at its end only. STRICT lets quick_check see values of a wrong type.
constexpr std::string_view version_1 = R"sql(
CREATE TABLE state (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  batch      INTEGER NOT NULL, -- Number of the last committed batch.
  high_water INTEGER NOT NULL  -- Highest cursor ever given out.
) STRICT;
INSERT INTO state VALUES (1, 0, 0);

CREATE TABLE projects (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- Addresses of agents. A recipient need not be registered.
CREATE TABLE names (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE messages (
  cursor       INTEGER PRIMARY KEY, -- Also of its first message.created event.
  project      INTEGER NOT NULL,    -- projects.key
  id           ANY NOT NULL,        -- 16 bytes if it is a canonical lowercase UUID, else text.
  sender       INTEGER NOT NULL,    -- names.key
  created_at   INTEGER NOT NULL,
  ack_required INTEGER NOT NULL,
  checksum     INTEGER NOT NULL,    -- See message_row.cpp.
  recipients   BLOB NOT NULL,       -- See message_row.cpp.
  importance   TEXT NOT NULL,
  thread       TEXT NOT NULL,
  topic        TEXT NOT NULL,
  subject      TEXT NOT NULL,
  body         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX messages_by_id ON messages (project, id);
CREATE INDEX messages_by_thread ON messages (project, thread, cursor) WHERE thread <> '';
CREATE INDEX messages_by_topic ON messages (project, topic, cursor) WHERE topic <> '';

CREATE TABLE inbox (
  project INTEGER NOT NULL, -- projects.key
  agent   INTEGER NOT NULL, -- names.key
  cursor  INTEGER NOT NULL, -- Of the entry.
  kind    INTEGER NOT NULL, -- 0 to, 1 cc, 2 bcc
  read_at INTEGER,
  ack_at  INTEGER,
  message INTEGER,          -- messages.cursor; null when it equals cursor.
  PRIMARY KEY (project, agent, cursor)
) STRICT, WITHOUT ROWID;

-- The log, but for the first message.created of a message: that is its row in messages.
CREATE TABLE events (
  cursor     INTEGER PRIMARY KEY,
  project    INTEGER NOT NULL, -- projects.key
  kind       INTEGER NOT NULL, -- 1 created (late recipients), 2 read, 3 ack
  message_id ANY NOT NULL,     -- As messages.id; need not exist there.
  agent      INTEGER,          -- names.key; who read or acknowledged, if it was told.
  created_at INTEGER NOT NULL,
  message    INTEGER           -- messages.cursor, for kind 1.
) STRICT;
CREATE INDEX events_by_project ON events (project, cursor);

CREATE TABLE agents (
  key          INTEGER PRIMARY KEY, -- In the order of registration.
  id           TEXT NOT NULL UNIQUE,
  session_id   TEXT UNIQUE,         -- Null when there is none.
  name         TEXT NOT NULL,
  project      TEXT NOT NULL,
  token_hash   BLOB NOT NULL,
  capabilities TEXT,                -- JSON array of strings.
  metadata     TEXT,                -- JSON object of strings.
  status       TEXT NOT NULL,
  policy       INTEGER NOT NULL,    -- 0 open, 1 auto, 2 contacts_only, 3 block_all
  live_policy  INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  last_seen    INTEGER NOT NULL
) STRICT;
)sql";

// Events have three more kinds: 4 reservation created, 5 released, 6 expired. Their message_id is
// the reservation's id, their agent its holder, and the pattern is looked up by that id.
//
// The tables are filled row by row and without sorting, so that a file of any size is brought
// here with little memory.
constexpr std::string_view version_2 = R"sql(
ALTER TABLE agents ADD COLUMN retired_at INTEGER;
CREATE INDEX agents_by_project ON agents (project) WHERE retired_at IS NULL;
INSERT OR IGNORE INTO projects (name) SELECT project FROM agents ORDER BY key;

CREATE TABLE contacts (
  agent      INTEGER NOT NULL, -- agents.key
  contact    INTEGER NOT NULL, -- names.key; need not be registered.
  created_at INTEGER NOT NULL,
  PRIMARY KEY (agent, contact)
) STRICT, WITHOUT ROWID;

-- The threads of each agent: of the messages that it sent or received.
CREATE TABLE threads (
  project     INTEGER NOT NULL, -- projects.key
  agent       INTEGER NOT NULL, -- names.key
  thread      TEXT NOT NULL,
  last_cursor INTEGER NOT NULL, -- Of its newest entry, or of the newest message that it sent.
  message     INTEGER NOT NULL, -- messages.cursor of that one.
  messages    INTEGER NOT NULL, -- How many; each once.
  PRIMARY KEY (project, agent, thread)
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_by_activity ON threads (project, agent, last_cursor);
INSERT INTO threads
SELECT project, sender, thread, cursor, cursor, 1 FROM messages WHERE thread <> ''
ON CONFLICT (project, agent, thread) DO UPDATE SET
  last_cursor = max(last_cursor, excluded.last_cursor),
  message = CASE WHEN excluded.last_cursor > last_cursor THEN excluded.message ELSE message END,
  messages = messages + 1;
INSERT INTO threads
SELECT i.project, i.agent, m.thread, i.cursor, m.cursor, 1
FROM inbox AS i JOIN messages AS m ON m.cursor = ifnull(i.message, i.cursor)
WHERE m.thread <> ''
ON CONFLICT (project, agent, thread) DO UPDATE SET
  last_cursor = max(last_cursor, excluded.last_cursor),
  message = CASE WHEN excluded.last_cursor > last_cursor THEN excluded.message ELSE message END,
  -- What an agent sent to itself was counted above.
  messages = messages
    + ((SELECT sender FROM messages WHERE cursor = excluded.message) <> excluded.agent);

-- The messages of a thread that got late recipients, once more for each time.
CREATE TABLE late_entries (
  project INTEGER NOT NULL, -- projects.key
  thread  TEXT NOT NULL,
  cursor  INTEGER NOT NULL, -- Of the late entries.
  message INTEGER NOT NULL, -- messages.cursor
  PRIMARY KEY (project, thread, cursor)
) STRICT, WITHOUT ROWID;
INSERT INTO late_entries
SELECT m.project, m.thread, e.cursor, m.cursor
FROM events AS e JOIN messages AS m ON m.cursor = e.message
WHERE e.kind = 1 AND m.thread <> '';

-- The entries of inboxes that want an acknowledgement and have none.
CREATE TABLE pending_acks (
  project    INTEGER NOT NULL, -- projects.key
  agent      INTEGER NOT NULL, -- names.key
  created_at INTEGER NOT NULL, -- Of the message.
  cursor     INTEGER NOT NULL, -- Of the entry.
  PRIMARY KEY (project, agent, created_at, cursor)
) STRICT, WITHOUT ROWID;
INSERT INTO pending_acks
SELECT i.project, i.agent, m.created_at, i.cursor
FROM inbox AS i JOIN messages AS m ON m.cursor = ifnull(i.message, i.cursor)
WHERE m.ack_required <> 0 AND i.ack_at IS NULL;

CREATE TABLE reservations (
  cursor      INTEGER PRIMARY KEY, -- Of its event reservation_created.
  id          ANY NOT NULL,        -- As messages.id.
  project     INTEGER NOT NULL,    -- projects.key
  agent       INTEGER NOT NULL,    -- names.key of the holder.
  pattern     TEXT NOT NULL,
  exclusive   INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  released_at INTEGER,             -- Null until it ends.
  ended       INTEGER              -- 1 released, 2 expired, 3 retired
) STRICT;
CREATE UNIQUE INDEX reservations_by_id ON reservations (id);
CREATE INDEX reservations_by_agent ON reservations (agent, cursor);
CREATE INDEX open_by_project ON reservations (project, cursor) WHERE released_at IS NULL;
CREATE INDEX open_by_agent ON reservations (agent, expires_at) WHERE released_at IS NULL;

-- Replies kept for requests with an Idempotency-Key. With a key of its own, since a reply of some
-- KiB would make a wide and shallow tree a deep one.
CREATE TABLE replays (
  key        INTEGER PRIMARY KEY,
  scope      BLOB NOT NULL UNIQUE, -- Names the request.
  body       BLOB NOT NULL,        -- SHA-256 of the request's body.
  reply      BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX replays_by_expiry ON replays (expires_at);
)sql";

constexpr std::array<migration, 2> all_migrations{{{1, version_1}, {2, version_2}}};

result<int> user_version(const connection& db) {
  const auto text = db.value("PRAGMA user_version");
  if (!text)
    return text.why();
  int version = 0;
  std::from_chars(text->data(), text->data() + text->size(), version);
  return version;
}

result<void> apply(connection& db, const migration& step) {
  const auto sql = "BEGIN IMMEDIATE;" + std::string{step.sql}
                   + "PRAGMA user_version = " + std::to_string(step.version) + ";COMMIT";
  auto done = db.execute(sql);
  if (!done && db.in_transaction())
    if (auto undone = db.execute("ROLLBACK"); !undone)
      return undone.why();
  return done;
}

constexpr std::string_view objects_sql = R"sql(
  SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)sql";

constexpr std::string_view object_sql = R"sql(
  SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2)sql";

} // namespace

std::span<const migration> migrations() noexcept { return all_migrations; }

int schema_version() noexcept { return all_migrations.back().version; }

result<void> migrate(connection& db) {
  const auto found = user_version(db);
  if (!found)
    return found.why();
  for (const auto& step : all_migrations)
    if (step.version > *found)
      if (auto applied = apply(db, step); !applied)
        return applied;
  const auto reached = user_version(db);
  if (!reached)
    return reached.why();
  if (*reached != schema_version())
    return {errc::storage_failed, "The database says it has schema version "
                                    + std::to_string(*reached) + " after migrating to "
                                    + std::to_string(schema_version())
                                    + ". Restore the backup made before the upgrade."};
  return check_schema(db);
}

result<void> check_schema(const connection& db) {
  auto model = connection::open_memory();
  if (!model)
    return model.why();
  for (const auto& step : all_migrations)
    if (auto made = model->execute(std::string{step.sql}); !made)
      return made;
  const auto expected = model->prepare(objects_sql);
  if (!expected)
    return expected.why();
  const auto lookup = db.prepare(object_sql);
  if (!lookup)
    return lookup.why();
  run want{*expected};
  for (;;) { // Ends: the model has finitely many tables and indexes.
    const auto more = want.next();
    if (!more)
      return more.why();
    if (!*more)
      return {};
    run have{*lookup, want.text(0), want.text(1)};
    const auto found = have.next();
    if (!found)
      return found.why();
    if (!*found || have.text(0) != want.text(2))
      return {errc::storage_corrupt, "The database's " + std::string{want.text(0)} + " '"
                                       + std::string{want.text(1)} + "' is "
                                       + (*found ? "not as this version made it" : "missing")
                                       + ". Restore the last good backup."};
  }
}

} // namespace intermute::storage::sqlite
