-- What was said, as the embedded store knows it now: views over its log, the last record of each key, without what was withdrawn.
-- They are temporary and leave the file as it is, so that the daemon may go on writing:
--
--   sqlite3 -readonly -init examples/quotes.sql config/data/dateline.db "SELECT speaker, text FROM quotes ORDER BY time DESC LIMIT 10"
--
-- The store is where `path` in [store] says, counted from the folder of the config file. Where `topics.prefix` is another, write it instead of `dateline`.

CREATE TEMP VIEW latest_articles AS
SELECT key AS id, CAST(value AS TEXT) AS article, max(id) AS place
FROM main.log
WHERE topic = 'dateline.articles'
GROUP BY key;

CREATE TEMP VIEW latest_quotes AS
SELECT key, CAST(value AS TEXT) AS quote, time, max(id) AS place
FROM main.log
WHERE topic = 'dateline.quotes'
GROUP BY key;

-- One row for each current quotation. A tombstone has no value: the latest revision no longer contains the quotation. What is within
-- another quotation is left out, because the other one has its words too.
CREATE TEMP VIEW quotes AS
SELECT
  q.key,
  q.quote ->> '$.speaker.name' AS speaker,
  q.quote ->> '$.speaker.role' AS role,
  q.quote ->> '$.type' AS type,
  q.quote ->> '$.text' AS text,
  q.quote ->> '$.confidence' AS confidence,
  a.article ->> '$.headline' AS headline,
  a.article ->> '$.publisher' AS publisher,
  a.article ->> '$.feed.id' AS feed,
  a.article ->> '$.url' AS url,
  a.article ->> '$.published' AS published,
  datetime(q.time / 1000, 'unixepoch') AS time
FROM latest_quotes AS q
LEFT JOIN latest_articles AS a ON a.id = substr(q.key, 1, 36)
WHERE q.quote IS NOT NULL AND q.quote ->> '$.within' IS NULL;

-- Who speaks most.
CREATE TEMP VIEW speakers AS
SELECT speaker, count(*) AS quotations, count(DISTINCT publisher) AS publishers, max(time) AS last
FROM quotes
WHERE speaker IS NOT NULL
GROUP BY speaker
ORDER BY quotations DESC;
