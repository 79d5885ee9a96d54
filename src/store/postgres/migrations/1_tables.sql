-- The tables of the store. Interactions, their signals and their verdicts are partitioned by the UTC day of the
-- interaction, so that a day is dropped in the same time whatever it holds. Every key begins with the id of the
-- interaction, which is what a hash distribution (Citus) distributes and co-locates by.

CREATE TABLE gleaner.projects (
  name text COLLATE "C" PRIMARY KEY,
  secret bytea NOT NULL CHECK (octet_length(secret) = 32)
);
CREATE TABLE gleaner.secret_rotations (
  project text COLLATE "C" NOT NULL,
  valid_from timestamptz NOT NULL,
  secret bytea NOT NULL CHECK (octet_length(secret) = 32),
  PRIMARY KEY (project, valid_from)
);
CREATE TABLE gleaner.api_keys (
  id text COLLATE "C" PRIMARY KEY,
  project text COLLATE "C" NOT NULL,
  name text NOT NULL,
  scopes text[] NOT NULL,
  hash text COLLATE "C" NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE TABLE gleaner.rejects (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project text COLLATE "C" NOT NULL,
  rejected_at timestamptz NOT NULL,
  reason text NOT NULL,
  content bytea NOT NULL
);
CREATE INDEX rejects_by_project ON gleaner.rejects (project, seq);

-- Arrival. Without a cache, so that what one client sends one after the other has that order on whichever connections.
CREATE SEQUENCE gleaner.arrival;

CREATE TABLE gleaner.interactions (
  id text COLLATE "C" NOT NULL,
  project text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  seq bigint NOT NULL DEFAULT nextval('gleaner.arrival'),
  content_hash bigint NOT NULL,
  platform text NOT NULL,
  kind text,
  session_id text,
  user_id text COLLATE "C",
  model text,
  provider text,
  success boolean NOT NULL,
  latency_ms double precision,
  cost_usd double precision,
  language text,
  intent text,
  relevance text,
  tags text[],
  quality_score double precision,
  auto_score double precision,
  prompt_chars bigint,
  response_chars bigint,
  usage jsonb,
  metadata jsonb,
  raw_bytes integer NOT NULL,
  -- The whole record as JSON: readable below the compression threshold, one zstd frame above.
  record_json text,
  record_zstd bytea,
  PRIMARY KEY (id, project, created_at),
  CHECK ((record_json IS NULL) <> (record_zstd IS NULL))
) PARTITION BY RANGE (created_at);
CREATE INDEX interactions_by_arrival ON gleaner.interactions (project, seq);
CREATE INDEX interactions_by_user ON gleaner.interactions (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE gleaner.signals (
  interaction_id text COLLATE "C" NOT NULL,
  project text COLLATE "C" NOT NULL,
  interaction_created_at timestamptz NOT NULL,
  id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL DEFAULT nextval('gleaner.arrival'),
  content_hash bigint NOT NULL,
  kind text NOT NULL,
  user_id text COLLATE "C",
  created_at timestamptz NOT NULL,
  record_json text NOT NULL,
  PRIMARY KEY (interaction_id, project, interaction_created_at, id)
) PARTITION BY RANGE (interaction_created_at);
CREATE INDEX signals_by_user ON gleaner.signals (user_id) WHERE user_id IS NOT NULL;
-- Who has viewed an interaction: it counts people.
CREATE INDEX signals_by_viewer ON gleaner.signals (interaction_id, user_id) WHERE kind = 'view';

-- What an interaction's signals add up to; no row until there is one.
CREATE TABLE gleaner.verdicts (
  interaction_id text COLLATE "C" NOT NULL,
  project text COLLATE "C" NOT NULL,
  interaction_created_at timestamptz NOT NULL,
  signals bigint NOT NULL DEFAULT 0,
  thumbs_up bigint NOT NULL DEFAULT 0,
  thumbs_down bigint NOT NULL DEFAULT 0,
  edits bigint NOT NULL DEFAULT 0,
  reports bigint NOT NULL DEFAULT 0,
  ratings bigint NOT NULL DEFAULT 0,
  rating_sum double precision NOT NULL DEFAULT 0,
  comments bigint NOT NULL DEFAULT 0,
  likes bigint NOT NULL DEFAULT 0,
  dismissals bigint NOT NULL DEFAULT 0,
  bookmarks bigint NOT NULL DEFAULT 0,
  shares bigint NOT NULL DEFAULT 0,
  viewers bigint NOT NULL DEFAULT 0,
  corrections bigint NOT NULL DEFAULT 0,
  validations_passed bigint NOT NULL DEFAULT 0,
  validations_failed bigint NOT NULL DEFAULT 0,
  approvals bigint NOT NULL DEFAULT 0,
  rejections bigint NOT NULL DEFAULT 0,
  scores bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (interaction_id, project, interaction_created_at)
) PARTITION BY RANGE (interaction_created_at);

-- Which interaction has an id that its client chose. An id that Gleaner made (UUID version 7) says its day itself. A row
-- may outlive its day; the id is then free again.
CREATE TABLE gleaner.client_ids (
  id text COLLATE "C" NOT NULL,
  project text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  content_hash bigint NOT NULL,
  PRIMARY KEY (id, project)
);
-- Addressable parts of an interaction's output.
CREATE TABLE gleaner.items (
  id text COLLATE "C" NOT NULL,
  project text COLLATE "C" NOT NULL,
  interaction_id text COLLATE "C" NOT NULL,
  interaction_created_at timestamptz NOT NULL,
  PRIMARY KEY (id, project)
);
CREATE INDEX items_by_interaction ON gleaner.items (interaction_id);
-- Signals whose interaction or item has not come yet.
CREATE TABLE gleaner.waiting_signals (
  target text COLLATE "C" NOT NULL,
  project text COLLATE "C" NOT NULL,
  target_is_item boolean NOT NULL,
  id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL DEFAULT nextval('gleaner.arrival'),
  content_hash bigint NOT NULL,
  user_id text COLLATE "C",
  record_json text NOT NULL,
  PRIMARY KEY (target, project, target_is_item, id)
);
CREATE INDEX waiting_signals_by_user ON gleaner.waiting_signals (user_id) WHERE user_id IS NOT NULL;

-- What is counted, in the transaction that changes it. `slot` keeps writers out of each other's way: the rows of all
-- slots add up.
CREATE TABLE gleaner.counters (
  project text COLLATE "C" NOT NULL,
  day date NOT NULL,
  platform text NOT NULL,
  slot smallint NOT NULL,
  interactions bigint NOT NULL DEFAULT 0,
  succeeded bigint NOT NULL DEFAULT 0,
  compressed bigint NOT NULL DEFAULT 0,
  raw_bytes bigint NOT NULL DEFAULT 0,
  stored_bytes bigint NOT NULL DEFAULT 0,
  signals bigint NOT NULL DEFAULT 0,
  thumbs_up bigint NOT NULL DEFAULT 0,
  thumbs_down bigint NOT NULL DEFAULT 0,
  edits bigint NOT NULL DEFAULT 0,
  with_feedback bigint NOT NULL DEFAULT 0,
  positive bigint NOT NULL DEFAULT 0,
  negative bigint NOT NULL DEFAULT 0,
  quality bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (project, day, platform, slot)
) WITH (fillfactor = 50);
-- How often each value of a facet ("kind", "language", "intent", "model", "relevance", "tag") occurs.
CREATE TABLE gleaner.facets (
  project text COLLATE "C" NOT NULL,
  day date NOT NULL,
  platform text NOT NULL,
  facet text NOT NULL,
  value text NOT NULL,
  slot smallint NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (project, day, platform, facet, slot, value)
) WITH (fillfactor = 50);

-- The objects of the archive, "parts" in the program. Who imports what another collector archived inserts the first
-- nine columns; counters know nothing of such records.
CREATE TABLE gleaner.archive_metadata (
  project text COLLATE "C" NOT NULL DEFAULT 'default',
  s3_key text COLLATE "C" NOT NULL,
  platform text NOT NULL,
  date date NOT NULL,
  records_count bigint NOT NULL,
  uncompressed_size bigint NOT NULL,
  compressed_size bigint NOT NULL,
  -- Percent saved.
  compression_ratio numeric GENERATED ALWAYS AS (
    CASE WHEN uncompressed_size > 0 THEN round(100 - 100.0 * compressed_size / uncompressed_size, 1) ELSE 0 END) STORED,
  archived_at timestamptz NOT NULL DEFAULT now(),
  id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- Among the parts of the platform and day.
  number integer NOT NULL DEFAULT 1,
  format text NOT NULL DEFAULT 'jsonl.gz',
  signals_count bigint NOT NULL DEFAULT 0,
  sha256 text NOT NULL DEFAULT '',
  lines_sha256 text NOT NULL DEFAULT '',
  -- created_at of its records.
  first_created_at timestamptz NOT NULL DEFAULT 'epoch',
  last_created_at timestamptz NOT NULL DEFAULT 'epoch',
  schema_version integer NOT NULL DEFAULT 1,
  -- What finds a record in it.
  find_index bytea NOT NULL DEFAULT '',
  PRIMARY KEY (project, s3_key)
);
CREATE INDEX archive_metadata_by_day ON gleaner.archive_metadata (project, date);
-- How often the parts of a day have changed. Who changes them, or what late signals there are beside them, has the row
-- locked. It outlives its parts, so that no number comes twice.
CREATE TABLE gleaner.archive_days (
  project text COLLATE "C" NOT NULL,
  day date NOT NULL,
  generation bigint NOT NULL,
  PRIMARY KEY (project, day)
);

-- Takes back what default privileges gave to others than the owner of a table, sequence or function: no row-level
-- security stops TRUNCATE.
CREATE FUNCTION gleaner.close_to_others(catalog regclass, thing oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  command text;
BEGIN
  FOR command IN
    SELECT DISTINCT format('REVOKE ALL ON %s FROM %s', o.name,
                           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
    FROM (
      SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || oid::regclass, relacl, relowner
      FROM pg_class WHERE catalog = 'pg_class'::regclass AND oid = thing
      UNION ALL
      SELECT 'FUNCTION ' || oid::regprocedure, coalesce(proacl, acldefault('f', proowner)), proowner
      FROM pg_proc WHERE catalog = 'pg_proc'::regclass AND oid = thing) AS o (name, acl, owner), aclexplode(o.acl) a
    WHERE a.grantee <> o.owner
  LOOP
    EXECUTE command;
  END LOOP;
END $$;

-- Makes the partitions of a day if they are not there. Made aside and attached, which stops nobody's reads or writes.
-- SECURITY DEFINER: a server need not own the tables to add a day to them.
CREATE FUNCTION gleaner.make_day(wanted date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  parent text;
  part text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('gleaner.days'));
  FOREACH parent IN ARRAY ARRAY['interactions', 'signals', 'verdicts'] LOOP
    part := parent || to_char(wanted, '_YYYYMMDD');
    CONTINUE WHEN to_regclass('gleaner.' || part) IS NOT NULL;
    EXECUTE format('CREATE TABLE gleaner.%I (LIKE gleaner.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
                   'INCLUDING STORAGE INCLUDING COMPRESSION)', part, parent);
    EXECUTE format('ALTER TABLE gleaner.%I ENABLE ROW LEVEL SECURITY', part);
    PERFORM gleaner.close_to_others('pg_class', format('gleaner.%I', part)::regclass);
    EXECUTE format('ALTER TABLE gleaner.%I ATTACH PARTITION gleaner.%I FOR VALUES FROM (%L) TO (%L)',
                   parent, part, wanted::timestamptz, (wanted + 1)::timestamptz);
  END LOOP;
END $$;

-- Removes a day and all it holds. False if there is no such day.
CREATE FUNCTION gleaner.drop_day(unwanted date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  parent text;
  part text;
  known boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('gleaner.days'));
  known := EXISTS (SELECT FROM gleaner.counters WHERE day = unwanted);
  UPDATE gleaner.archive_days SET generation = generation + 1 WHERE day = unwanted;
  -- In the order in which writers come to them.
  FOREACH parent IN ARRAY ARRAY['interactions', 'signals', 'verdicts'] LOOP
    part := parent || to_char(unwanted, '_YYYYMMDD');
    EXECUTE format('DROP TABLE IF EXISTS gleaner.%I', part);
  END LOOP;
  DELETE FROM gleaner.counters WHERE day = unwanted;
  DELETE FROM gleaner.facets WHERE day = unwanted;
  DELETE FROM gleaner.archive_metadata WHERE date = unwanted;
  RETURN known;
END $$;

-- The rules of src/record/verdict.h.
CREATE FUNCTION gleaner.has_feedback(v gleaner.verdicts) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(v.thumbs_up + v.thumbs_down + v.edits + v.reports + v.ratings + v.comments + v.corrections + v.approvals
                  + v.rejections > 0, false) $$;
CREATE FUNCTION gleaner.is_positive(v gleaner.verdicts) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(v.thumbs_up + v.approvals > v.thumbs_down + v.reports + v.rejections, false) $$;
CREATE FUNCTION gleaner.is_negative(v gleaner.verdicts) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(v.thumbs_up + v.approvals < v.thumbs_down + v.reports + v.rejections, false) $$;
CREATE FUNCTION gleaner.is_quality(v gleaner.verdicts) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce((v.thumbs_up > 0 OR v.edits + v.corrections > 0 OR v.approvals > 0) AND v.rejections <= v.approvals,
                  false) $$;

-- However an interaction is deleted, what belongs to it goes with it and the counters follow. Slot 0 is that of
-- deletions.
CREATE FUNCTION gleaner.forget_interaction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  v gleaner.verdicts;
  on_day CONSTANT date := OLD.created_at::date;
  signal_bytes bigint;
  counted record;
BEGIN
  DELETE FROM gleaner.verdicts
    WHERE interaction_id = OLD.id AND project = OLD.project AND interaction_created_at = OLD.created_at
    RETURNING * INTO v;
  WITH gone AS (
    DELETE FROM gleaner.signals
      WHERE interaction_id = OLD.id AND project = OLD.project AND interaction_created_at = OLD.created_at
      RETURNING octet_length(record_json) AS bytes)
  SELECT coalesce(sum(bytes), 0) INTO signal_bytes FROM gone;
  DELETE FROM gleaner.client_ids WHERE id = OLD.id AND project = OLD.project AND created_at = OLD.created_at;
  DELETE FROM gleaner.items WHERE interaction_id = OLD.id AND project = OLD.project;
  INSERT INTO gleaner.counters AS c (project, day, platform, slot, interactions, succeeded, compressed, raw_bytes,
      stored_bytes, signals, thumbs_up, thumbs_down, edits, with_feedback, positive, negative, quality)
  VALUES (OLD.project, on_day, OLD.platform, 0, -1, -OLD.success::int, -(OLD.record_zstd IS NOT NULL)::int,
      -OLD.raw_bytes - signal_bytes,
      -coalesce(octet_length(OLD.record_zstd), octet_length(OLD.record_json)) - signal_bytes,
      -coalesce(v.signals, 0), -coalesce(v.thumbs_up, 0), -coalesce(v.thumbs_down, 0),
      -coalesce(v.edits + v.corrections, 0), -gleaner.has_feedback(v)::int, -gleaner.is_positive(v)::int,
      -gleaner.is_negative(v)::int, -gleaner.is_quality(v)::int)
  ON CONFLICT (project, day, platform, slot) DO UPDATE SET
      interactions = c.interactions + excluded.interactions, succeeded = c.succeeded + excluded.succeeded,
      compressed = c.compressed + excluded.compressed, raw_bytes = c.raw_bytes + excluded.raw_bytes,
      stored_bytes = c.stored_bytes + excluded.stored_bytes, signals = c.signals + excluded.signals,
      thumbs_up = c.thumbs_up + excluded.thumbs_up, thumbs_down = c.thumbs_down + excluded.thumbs_down,
      edits = c.edits + excluded.edits, with_feedback = c.with_feedback + excluded.with_feedback,
      positive = c.positive + excluded.positive, negative = c.negative + excluded.negative,
      quality = c.quality + excluded.quality;
  FOR counted IN
    SELECT 'kind' AS facet, OLD.kind AS value UNION ALL SELECT 'language', OLD.language
    UNION ALL SELECT 'intent', OLD.intent UNION ALL SELECT 'model', OLD.model
    UNION ALL SELECT 'relevance', OLD.relevance UNION ALL SELECT 'tag', unnest(OLD.tags)
  LOOP
    CONTINUE WHEN counted.value IS NULL;
    -- A value that was one too many to be told apart is counted as "(other)".
    UPDATE gleaner.facets SET n = n - 1 WHERE ctid = (
      SELECT ctid FROM gleaner.facets
      WHERE project = OLD.project AND day = on_day AND platform = OLD.platform AND facet = counted.facet
        AND value IN (counted.value, '(other)') AND n > 0
      ORDER BY (value = counted.value) DESC, slot LIMIT 1 FOR UPDATE);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_interaction AFTER DELETE ON gleaner.interactions
  FOR EACH ROW EXECUTE FUNCTION gleaner.forget_interaction();

-- Takes a project's rows of a day out, for parts that the same transaction notes in their stead. Counters and facets go
-- on counting them; only what the store itself held changes. False, and nothing is changed, if the day is not what
-- the caller has read. Signals without an interaction here belong to records that were taken out before, and stay.
-- SECURITY DEFINER: a server need not own the tables to empty a day of them.
CREATE FUNCTION gleaner.seal_day(
  of_project text, of_day date, known_generation bigint, known_interactions bigint, known_xor bigint, known_last bigint,
  known_signals bigint, known_signals_xor bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '3s'
SET enable_seqscan = on SET enable_hashjoin = on SET enable_bitmapscan = on AS $$
DECLARE
  interactions CONSTANT regclass := to_regclass('gleaner.interactions' || to_char(of_day, '_YYYYMMDD'));
  signals CONSTANT regclass := to_regclass('gleaner.signals' || to_char(of_day, '_YYYYMMDD'));
  verdicts CONSTANT regclass := to_regclass('gleaner.verdicts' || to_char(of_day, '_YYYYMMDD'));
  joined CONSTANT text := format('%s s JOIN %s i ON i.id = s.interaction_id AND i.project = s.project '
                                 'AND i.created_at = s.interaction_created_at WHERE s.project = $1',
                                 signals, interactions);
  have record;
  alone boolean;
BEGIN
  IF interactions IS NULL OR signals IS NULL OR verdicts IS NULL THEN RETURN false; END IF;
  INSERT INTO gleaner.archive_days AS d (project, day, generation) VALUES (of_project, of_day, 0)
    ON CONFLICT (project, day) DO UPDATE SET generation = d.generation RETURNING d.generation INTO have;
  IF have.generation <> known_generation THEN RETURN false; END IF;
  -- In the order in which writers come to them. Readers go on; who has written here has ended, and nobody begins.
  EXECUTE format('LOCK TABLE %s, %s, %s IN EXCLUSIVE MODE', interactions, signals, verdicts);

  EXECUTE format('SELECT count(*) AS n, coalesce(bit_xor(content_hash), 0) AS x, coalesce(max(seq), 0) AS last '
                 'FROM %s WHERE project = $1', interactions) INTO have USING of_project;
  IF (have.n, have.x, have.last) <> (known_interactions, known_xor, known_last) THEN RETURN false; END IF;
  EXECUTE 'SELECT count(*) AS n, coalesce(bit_xor(s.content_hash), 0) AS x FROM ' || joined INTO have USING of_project;
  IF (have.n, have.x) <> (known_signals, known_signals_xor) THEN RETURN false; END IF;

  EXECUTE format('
    INSERT INTO gleaner.counters AS c (project, day, platform, slot, compressed, stored_bytes)
    SELECT $1, $2, platform, 0, -sum(compressed), -sum(bytes)
    FROM (
      SELECT platform, (record_zstd IS NOT NULL)::int AS compressed,
        coalesce(octet_length(record_zstd), octet_length(record_json)) AS bytes
      FROM %s WHERE project = $1
      UNION ALL SELECT i.platform, 0, octet_length(s.record_json) FROM %s) AS held
    GROUP BY platform
    ON CONFLICT (project, day, platform, slot) DO UPDATE SET
      compressed = c.compressed + excluded.compressed, stored_bytes = c.stored_bytes + excluded.stored_bytes',
    interactions, joined) USING of_project, of_day;
  EXECUTE format('DELETE FROM gleaner.client_ids c USING %s i '
                 'WHERE i.project = $1 AND c.id = i.id AND c.project = $1 AND c.created_at = i.created_at',
                 interactions) USING of_project;
  EXECUTE format('DELETE FROM gleaner.items t USING %s i WHERE i.project = $1 AND t.interaction_id = i.id '
                 'AND t.project = $1 AND t.interaction_created_at = i.created_at', interactions) USING of_project;
  EXECUTE format('DELETE FROM %s s USING %s i WHERE i.project = $1 AND s.interaction_id = i.id AND s.project = $1 '
                 'AND s.interaction_created_at = i.created_at', signals, interactions) USING of_project;
  EXECUTE format('DELETE FROM %s WHERE project = $1', verdicts) USING of_project;

  -- Alone in the day, and nobody reading it (pg_dump does, with a snapshot that is older than the parts): at once.
  EXECUTE format('SELECT min(project) = $1 AND max(project) = $1 FROM %s', interactions) INTO alone USING of_project;
  IF alone THEN
    BEGIN
      PERFORM set_config('lock_timeout', '300ms', true);
      EXECUTE format('TRUNCATE %s', interactions);
    EXCEPTION
      WHEN lock_not_available OR deadlock_detected THEN alone := false;
    END;
  END IF;
  IF alone IS NOT TRUE THEN
    -- Without forget_interaction, which would count. The lock keeps others from deleting here meanwhile.
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER forget_interaction', interactions);
    EXECUTE format('DELETE FROM %s WHERE project = $1', interactions) USING of_project;
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER forget_interaction', interactions);
  END IF;
  UPDATE gleaner.archive_days SET generation = generation + 1 WHERE project = of_project AND day = of_day;
  RETURN true;
END $$;
