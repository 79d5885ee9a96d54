"""The counters of a PostgreSQL store against a count of what is in its tables."""

from __future__ import annotations

from .postgres import Database

RECOUNT = """
SET jit = off;
WITH s AS MATERIALIZED (
  SELECT interaction_id, project, interaction_created_at, sum(octet_length(record_json)) AS bytes, count(*) AS n,
         count(*) FILTER (WHERE kind = 'thumbs_up') AS up, count(*) FILTER (WHERE kind = 'thumbs_down') AS down,
         count(*) FILTER (WHERE kind IN ('edit', 'correction')) AS edits
  FROM gleaner.signals GROUP BY 1, 2, 3),
v AS MATERIALIZED (
  SELECT interaction_id, project, interaction_created_at, gleaner.has_feedback(w) AS with_feedback,
         gleaner.is_positive(w) AS positive, gleaner.is_negative(w) AS negative, gleaner.is_quality(w) AS quality
  FROM gleaner.verdicts w)
SELECT i.project, (i.created_at AT TIME ZONE 'UTC')::date, i.platform, count(*),
       count(*) FILTER (WHERE i.success), count(i.record_zstd), sum(i.raw_bytes + coalesce(s.bytes, 0)),
       sum(coalesce(octet_length(i.record_zstd), octet_length(i.record_json)) + coalesce(s.bytes, 0)),
       coalesce(sum(s.n), 0), coalesce(sum(s.up), 0), coalesce(sum(s.down), 0), coalesce(sum(s.edits), 0),
       count(*) FILTER (WHERE v.with_feedback), count(*) FILTER (WHERE v.positive),
       count(*) FILTER (WHERE v.negative), count(*) FILTER (WHERE v.quality)
FROM gleaner.interactions i
LEFT JOIN s ON (s.interaction_id, s.project, s.interaction_created_at) = (i.id, i.project, i.created_at)
LEFT JOIN v ON (v.interaction_id, v.project, v.interaction_created_at) = (i.id, i.project, i.created_at)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

COUNTERS = """
SELECT project, day, platform, sum(interactions), sum(succeeded), sum(compressed), sum(raw_bytes), sum(stored_bytes),
       sum(signals), sum(thumbs_up), sum(thumbs_down), sum(edits), sum(with_feedback), sum(positive), sum(negative),
       sum(quality)
FROM gleaner.counters GROUP BY 1, 2, 3
HAVING sum(interactions) <> 0 OR sum(signals) <> 0 OR sum(raw_bytes) <> 0 OR sum(with_feedback) <> 0
ORDER BY 1, 2, 3
"""

FACET_RECOUNT = """
SET jit = off;
SELECT i.project, (i.created_at AT TIME ZONE 'UTC')::date, i.platform, f.facet, f.value, count(*)
FROM gleaner.interactions i CROSS JOIN LATERAL (
  VALUES ('kind', i.kind), ('language', i.language), ('intent', i.intent), ('model', i.model),
         ('relevance', i.relevance)
  UNION ALL SELECT 'tag', unnest(i.tags)
) f (facet, value)
WHERE f.value IS NOT NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""

FACETS = """
SELECT project, day, platform, facet, value, sum(n) FROM gleaner.facets
GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4, 5
"""

# Signals of an interaction that its verdict does not count, or counts and does not have; signals without one.
WRONG_VERDICTS = """
SET jit = off;
SELECT coalesce(v.interaction_id, s.interaction_id), v.signals, s.n, v.thumbs_up, s.up, v.thumbs_down, s.down
FROM gleaner.verdicts v FULL JOIN (
  SELECT interaction_id, project, interaction_created_at, count(*) AS n,
         count(*) FILTER (WHERE kind = 'thumbs_up') AS up, count(*) FILTER (WHERE kind = 'thumbs_down') AS down
  FROM gleaner.signals GROUP BY 1, 2, 3
) s USING (interaction_id, project, interaction_created_at)
WHERE (v.signals, v.thumbs_up, v.thumbs_down) IS DISTINCT FROM (s.n, s.up, s.down)
UNION ALL
SELECT s.interaction_id, NULL, count(*), NULL, NULL, NULL, NULL FROM gleaner.signals s
WHERE NOT EXISTS (
  SELECT FROM gleaner.interactions i
  WHERE (i.id, i.project, i.created_at) = (s.interaction_id, s.project, s.interaction_created_at))
GROUP BY 1
UNION ALL
SELECT w.target, NULL, count(*), NULL, NULL, NULL, NULL FROM gleaner.waiting_signals w
JOIN gleaner.interactions i ON i.id = w.target AND i.project = w.project AND NOT w.target_is_item
GROUP BY 1
"""

# Signals that wait for what is there: a moment after a crash there may be some.
LEFT_WAITING = """
SELECT w.id FROM gleaner.waiting_signals w WHERE
  EXISTS (SELECT FROM gleaner.interactions i WHERE i.id = w.target AND i.project = w.project) OR
  EXISTS (SELECT FROM gleaner.items t WHERE w.target_is_item AND t.id = w.target AND t.project = w.project)
"""

# An id that stands in two days, or an id of a client whose day is another one.
TWICE = """
SET jit = off;
SELECT id, count(*)::text FROM gleaner.interactions GROUP BY id, project HAVING count(*) > 1
UNION ALL
SELECT i.id, 'another day' FROM gleaner.interactions i JOIN gleaner.client_ids c USING (id, project)
WHERE c.created_at <> i.created_at
"""


def assert_counted(database: Database) -> None:
    """Counters, facets and verdicts are what the rows say, and no id is there twice."""
    for what, counted, expected in (
        ("counters", COUNTERS, RECOUNT),
        ("facets", FACETS, FACET_RECOUNT),
    ):
        have, want = database.rows(counted), database.rows(expected)
        if have != want:
            wrong = [row for row in have if row not in want][:3], [row for row in want if row not in have][:3]
            raise AssertionError(f"{what} and rows differ: {wrong[0]}, expected {wrong[1]}")
    for what, query in (("verdicts do not fit their signals", WRONG_VERDICTS), ("ids are there twice", TWICE)):
        if wrong_rows := database.rows(query):
            raise AssertionError(f"{what}: {wrong_rows[:3]} and {max(0, len(wrong_rows) - 3)} more")
