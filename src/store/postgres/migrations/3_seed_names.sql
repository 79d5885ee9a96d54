-- The names that teams' own collectors had in schema public, over Gleaner's tables. What somebody sees and deletes here
-- is decided by the row-level security of those tables (security_invoker).

DO $$
DECLARE
  taken text;
BEGIN
  SELECT string_agg(format('public.%s', name), ', ') INTO taken
  FROM (
    SELECT unnest(ARRAY['training_data', 'validation_logs', 'user_feedback', 'workflow_examples', 'training_metrics',
                        'archive_metadata'])
    INTERSECT SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('public')
    UNION ALL
    SELECT DISTINCT proname || '()' FROM pg_proc
    WHERE pronamespace = to_regnamespace('public') AND proname = 'get_storage_stats') AS found (name);
  IF taken IS NOT NULL THEN
    RAISE EXCEPTION USING
      ERRCODE = 'duplicate_object',
      MESSAGE = format('there already: %s', taken),
      HINT = 'Gleaner makes views and a function of these names and overwrites nothing. Move the old ones away '
             '(CREATE SCHEMA old; ALTER TABLE public.training_data SET SCHEMA old; ...), or give Gleaner another '
             'database.';
  END IF;
  IF NOT coalesce(has_schema_privilege(to_regnamespace('public'), 'CREATE'), false) THEN
    RAISE EXCEPTION USING
      ERRCODE = 'insufficient_privilege',
      MESSAGE = format('%I may not create anything in schema public', current_user),
      HINT = format('Let the owner of the database run: CREATE SCHEMA IF NOT EXISTS public; '
                    'GRANT USAGE, CREATE ON SCHEMA public TO %I;', current_user);
  END IF;
END $$;

-- How a model did, as whoever measures it writes it down.
CREATE TABLE gleaner.training_metrics (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project text COLLATE "C" NOT NULL DEFAULT 'default',
  platform text,
  model text NOT NULL,
  metric text NOT NULL,
  value double precision NOT NULL,
  dataset text,
  run text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX training_metrics_by_model ON gleaner.training_metrics (project, model, metric, created_at);

SELECT gleaner.close_to_others('pg_class', 'gleaner.training_metrics_id_seq'::regclass);
SELECT gleaner.close_to_others('pg_class', 'gleaner.training_metrics'::regclass);
ALTER TABLE gleaner.training_metrics ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON gleaner.training_metrics TO gleaner_server;
GRANT SELECT ON gleaner.training_metrics TO authenticated, gleaner_project, gleaner_admin;
CREATE POLICY server ON gleaner.training_metrics TO gleaner_server USING (true) WITH CHECK (true);
CREATE POLICY administered_select ON gleaner.training_metrics FOR SELECT TO authenticated
  USING (project = (SELECT gleaner.my_administered_project()));
CREATE POLICY of_key_select ON gleaner.training_metrics FOR SELECT TO gleaner_project
  USING (project = (SELECT gleaner.key_project()));
CREATE POLICY every_select ON gleaner.training_metrics FOR SELECT TO gleaner_admin USING (true);

-- Records are whatever clients sent: NULL for JSON that jsonb does not take (\u0000 in a string, 1e200000).
CREATE FUNCTION gleaner.try_jsonb(value text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN value::pg_catalog.jsonb;
EXCEPTION
  WHEN OTHERS THEN RETURN NULL;
END $$;

-- The text of a message's content: a string, or parts as src/record/texts.h joins them. (plpgsql, here and below: an
-- SQL function that is not inlined costs a hundred times as much to call.)
CREATE FUNCTION gleaner.content_text(content jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF jsonb_typeof(content) = 'string' THEN RETURN content #>> '{}'; END IF;
  IF jsonb_typeof(content) IS DISTINCT FROM 'array' THEN RETURN NULL; END IF;
  RETURN (
    SELECT string_agg(p.part #>> CASE jsonb_typeof(p.part) WHEN 'object' THEN '{text}'::text[] ELSE '{}' END, E'\n'
                      ORDER BY p.n)
    FROM jsonb_array_elements(content) WITH ORDINALITY AS p (part, n)
    WHERE 'string' IN (jsonb_typeof(p.part), jsonb_typeof(p.part -> 'text')));
END $$;

-- The text of the last user message.
CREATE FUNCTION gleaner.last_user_text(messages jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN gleaner.content_text(
  jsonb_path_query_array(messages, '$[*] ? (@.role == "user")', silent => true) -> -1 -> 'content');

CREATE FUNCTION gleaner.json_number(value jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric END;

-- Usage as OpenAI and others count it.
CREATE FUNCTION gleaner.total_tokens(usage jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(gleaner.json_number(usage -> 'total_tokens'),
                gleaner.json_number(usage -> 'prompt_tokens') + gleaner.json_number(usage -> 'completion_tokens'),
                gleaner.json_number(usage -> 'input_tokens') + gleaner.json_number(usage -> 'output_tokens'));

-- What a validation's value says: the rules of signal_passed() in src/record/signal.cc.
CREATE FUNCTION gleaner.passed(value jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  said CONSTANT jsonb := CASE jsonb_typeof(value) WHEN 'object' THEN value -> 'passed' ELSE value END;
BEGIN
  RETURN CASE jsonb_typeof(said)
    WHEN 'boolean' THEN said::boolean
    WHEN 'number' THEN said::numeric > 0
    WHEN 'string' THEN CASE WHEN said #>> '{}' IN ('approved', 'passed', 'pass') THEN true
                            WHEN said #>> '{}' IN ('rejected', 'failed', 'fail') THEN false END
  END;
END $$;

-- JSON that was sent as text, or the text.
CREATE FUNCTION gleaner.text_or_json(value text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN coalesce(gleaner.try_jsonb(value), to_jsonb(value));
END $$;

-- The verdict of an interaction if the caller sees it. A function, for a subquery would be planned for every partition.
CREATE FUNCTION gleaner.verdict_of(wanted_id text, wanted_project text, wanted_created_at timestamptz)
RETURNS gleaner.verdicts
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v gleaner.verdicts;
BEGIN
  SELECT * INTO v FROM gleaner.verdicts
  WHERE interaction_id = wanted_id AND project = wanted_project AND interaction_created_at = wanted_created_at;
  RETURN v;
END $$;

-- What people last made of the answer, of those signals that the caller sees.
CREATE FUNCTION gleaner.last_correction(wanted_id text, wanted_project text, wanted_created_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN (
    SELECT gleaner.text_or_json(gleaner.content_text(r.output -> 'content'))
    FROM gleaner.signals s, LATERAL (SELECT gleaner.try_jsonb(s.record_json) -> 'output' AS output OFFSET 0) r
    WHERE s.interaction_id = wanted_id AND s.project = wanted_project AND s.interaction_created_at = wanted_created_at
      AND s.kind IN ('correction', 'edit') AND r.output IS NOT NULL
    ORDER BY s.seq DESC LIMIT 1);
END $$;

-- One table in FROM, so that rows can be deleted here.
CREATE VIEW public.training_data WITH (security_invoker = true) AS
SELECT
  i.id, i.project, i.user_id, i.session_id, i.platform, i.kind AS interaction_type,
  gleaner.last_user_text(gleaner.try_jsonb(i.record_json) -> 'messages') AS user_input,
  gleaner.content_text(gleaner.try_jsonb(i.record_json) -> 'output' -> 'content') AS ai_response,
  gleaner.try_jsonb(i.record_json) -> 'artifact' AS generated_workflow,
  i.success,
  gleaner.try_jsonb(i.record_json) #>> '{error}' AS error_message,
  i.model, i.provider,
  gleaner.total_tokens(i.usage) AS tokens_used,
  i.latency_ms AS processing_time_ms,
  i.cost_usd, i.language, i.intent, i.tags, i.relevance, i.quality_score, i.auto_score, i.metadata,
  i.record_zstd IS NOT NULL AS is_compressed,
  i.raw_bytes AS uncompressed_size,
  octet_length(i.record_zstd) AS compressed_size,
  false AS is_archived,
  NULL::text AS archive_location,
  coalesce((gleaner.verdict_of(i.id, i.project, i.created_at)).thumbs_up, 0) AS thumbs_up_count,
  coalesce((gleaner.verdict_of(i.id, i.project, i.created_at)).thumbs_down, 0) AS thumbs_down_count,
  coalesce((gleaner.verdict_of(i.id, i.project, i.created_at)).edits
           + (gleaner.verdict_of(i.id, i.project, i.created_at)).corrections, 0) AS edited_count,
  gleaner.has_feedback(gleaner.verdict_of(i.id, i.project, i.created_at)) AS has_feedback,
  gleaner.is_quality(gleaner.verdict_of(i.id, i.project, i.created_at)) AS is_quality,
  i.created_at,
  gleaner.try_jsonb(i.record_json) AS record
FROM gleaner.interactions i;

CREATE VIEW public.user_feedback WITH (security_invoker = true) AS
SELECT
  s.id, s.interaction_id, s.project, s.user_id, s.kind AS feedback_type,
  r.record ->> 'text' AS feedback_text,
  gleaner.json_number(r.record -> 'value') AS sentiment_score,
  gleaner.text_or_json(gleaner.content_text(r.record -> 'output' -> 'content')) AS corrected_workflow,
  r.record ->> 'reason' AS correction_notes,
  s.created_at
FROM gleaner.signals s, LATERAL (SELECT gleaner.try_jsonb(s.record_json) AS record OFFSET 0) r
WHERE s.kind IN ('thumbs_up', 'thumbs_down', 'edit', 'report', 'rating', 'comment', 'correction', 'review');

-- What a validation has to say stands in its `value`, what no field has a place for in its `metadata`.
CREATE VIEW public.validation_logs WITH (security_invoker = true) AS
SELECT
  s.id, s.interaction_id, s.project, s.user_id,
  (SELECT i.platform FROM gleaner.interactions i WHERE i.id = s.interaction_id AND i.project = s.project
   AND i.created_at = s.interaction_created_at) AS platform,
  coalesce(r.said -> 'workflow_json', r.said -> 'edited',
           gleaner.text_or_json(gleaner.content_text(r.output -> 'content'))) AS workflow_json,
  gleaner.passed(r.value) AS is_valid,
  gleaner.json_number(r.said -> 'score') AS validation_score,
  r.said -> 'errors' AS errors,
  r.said -> 'warnings' AS warnings,
  coalesce(r.said -> 'user_edited' = 'true', r.said ? 'edited') AS user_edited,
  coalesce(r.said -> 'original_workflow', r.said -> 'original') AS original_workflow,
  s.created_at
FROM gleaner.signals s, LATERAL (
  SELECT
    j.record -> 'value' AS value,
    j.record -> 'output' AS output,
    CASE jsonb_typeof(j.record -> 'metadata') WHEN 'object' THEN j.record -> 'metadata' ELSE '{}' END
    || CASE jsonb_typeof(j.record -> 'value') WHEN 'object' THEN j.record -> 'value' ELSE '{}' END AS said
  FROM (SELECT gleaner.try_jsonb(s.record_json) AS record) j OFFSET 0) r
WHERE s.kind = 'validation';

-- Interactions good enough to learn from, with what people made of the answer where they changed it.
CREATE VIEW public.workflow_examples WITH (security_invoker = true) AS
SELECT
  i.id, i.project, i.user_id, i.platform, i.kind AS interaction_type,
  gleaner.last_user_text(r.record -> 'messages') AS user_input,
  gleaner.content_text(r.record -> 'output' -> 'content') AS ai_response,
  r.record -> 'artifact' AS workflow_json,
  gleaner.last_correction(i.id, i.project, i.created_at) AS corrected_workflow,
  i.intent, i.tags, i.quality_score,
  v.thumbs_up AS thumbs_up_count, v.edits + v.corrections AS edited_count, v.approvals AS approved_count,
  i.model, i.success, i.created_at
FROM gleaner.verdicts v
JOIN gleaner.interactions i
  ON i.id = v.interaction_id AND i.project = v.project AND i.created_at = v.interaction_created_at,
  LATERAL (SELECT gleaner.try_jsonb(i.record_json) AS record OFFSET 0) r
WHERE gleaner.is_quality(v);

CREATE VIEW public.training_metrics WITH (security_invoker = true) AS SELECT * FROM gleaner.training_metrics;
-- All but the index.
CREATE VIEW public.archive_metadata WITH (security_invoker = true) AS
SELECT
  project, s3_key, platform, date, records_count, uncompressed_size, compressed_size, compression_ratio, archived_at,
  id, number, format, signals_count, sha256, lines_sha256, first_created_at, last_created_at, schema_version
FROM gleaner.archive_metadata;

COMMENT ON VIEW public.training_data IS
  'Interactions of the last days. user_input, ai_response, generated_workflow, error_message and record are NULL where '
  'is_compressed: records over COMPRESSION_THRESHOLD_KB are kept as zstd frames, which SQL does not read.';
COMMENT ON VIEW public.workflow_examples IS
  'Interactions of quality. user_input, ai_response and workflow_json are NULL where the record is a zstd frame, as '
  'those over COMPRESSION_THRESHOLD_KB are.';

-- "50.00 MB", as display_bytes() in src/base/text.cc.
CREATE FUNCTION gleaner.display_bytes(bytes numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
  SELECT round(bytes / u.size, 2) || ' ' || u.name
  FROM (VALUES (1099511627776, 'TB'), (1073741824, 'GB'), (1048576, 'MB'), (1024, 'KB'), (1, 'B')) AS u (size, name)
  WHERE bytes >= u.size OR u.size = 1 ORDER BY u.size DESC LIMIT 1);

-- The figures of GET /api/feedback/stats, by the rules of docs/readiness.md. `database_size` is what the tables and
-- their indexes take on disk: all projects together, and NULL for who may see one only.
CREATE FUNCTION public.get_storage_stats(
  of_project text DEFAULT NULL, hot_price_per_gb numeric DEFAULT 0.125, cold_price_per_gb numeric DEFAULT 0.015)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  sees_all CONSTANT boolean := NOT row_security_active('gleaner.counters') OR pg_has_role('gleaner_admin', 'USAGE')
                               OR pg_has_role('gleaner_server', 'USAGE');
  gb CONSTANT numeric := 1024 ^ 3;
  one text := of_project;
  sums record;
  active numeric;
  archived record;
  by_platform jsonb;
  hot numeric;
  cold numeric;
  without_archiving numeric;
  on_disk numeric;
BEGIN
  IF NOT sees_all THEN
    one := NULL;
    IF pg_has_role('gleaner_project', 'USAGE') THEN one := gleaner.key_project(); END IF;
    IF one IS NULL AND pg_has_role('authenticated', 'USAGE') THEN one := gleaner.my_administered_project(); END IF;
    IF one IS NULL OR of_project <> one THEN
      RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = 'the figures of a project are for its administrators';
    END IF;
  END IF;

  SELECT coalesce(sum(c.compressed), 0) AS compressed, coalesce(sum(c.with_feedback), 0) AS with_feedback,
    coalesce(sum(c.stored_bytes), 0) AS bytes
  INTO sums FROM gleaner.counters c WHERE one IS NULL OR c.project = one;
  -- Counters count what is archived, too, unless another collector archived it.
  SELECT coalesce(sum(greatest(p.here, 0)), 0) INTO active
  FROM (
    SELECT sum(n) AS here
    FROM (
      SELECT project, day, platform, interactions AS n FROM gleaner.counters
      UNION ALL SELECT project, date, platform, -records_count FROM gleaner.archive_metadata) AS r
    WHERE one IS NULL OR r.project = one
    GROUP BY r.project, r.day, r.platform) AS p;
  SELECT coalesce(sum(a.records_count), 0) AS records, coalesce(sum(a.compressed_size), 0) AS bytes
  INTO archived FROM gleaner.archive_metadata a WHERE one IS NULL OR a.project = one;
  SELECT coalesce(jsonb_object_agg(p.platform, jsonb_build_object(
      'total_interactions', p.total, 'successful_interactions', p.succeeded,
      'success_rate', trim_scale(coalesce(round(100 * p.succeeded / nullif(p.total, 0), 2), 0)),
      'thumbs_up_count', p.thumbs_up, 'thumbs_down_count', p.thumbs_down, 'edited_count', p.edits,
      'total_feedback_count', p.with_feedback, 'quality_count', p.quality, 'stored_bytes', p.stored_bytes,
      'raw_bytes', p.raw_bytes)), '{}')
  INTO by_platform FROM (
    SELECT c.platform, sum(c.interactions) AS total, sum(c.succeeded) AS succeeded, sum(c.thumbs_up) AS thumbs_up,
      sum(c.thumbs_down) AS thumbs_down, sum(c.edits) AS edits, sum(c.with_feedback) AS with_feedback,
      sum(c.quality) AS quality, sum(c.stored_bytes) AS stored_bytes, sum(c.raw_bytes) AS raw_bytes
    FROM gleaner.counters c WHERE one IS NULL OR c.project = one GROUP BY c.platform) p;
  IF sees_all THEN
    SELECT sum(pg_total_relation_size(c.oid)) INTO on_disk
    FROM pg_class c WHERE c.relnamespace = 'gleaner'::regnamespace AND c.relkind = 'r';
  END IF;

  hot := sums.bytes / gb * hot_price_per_gb;
  cold := archived.bytes / gb * cold_price_per_gb;
  without_archiving := (sums.bytes + archived.bytes) / gb * hot_price_per_gb;
  RETURN jsonb_build_object(
    'overview', jsonb_build_object(
      'total_records', active + archived.records, 'active_records', active,
      'archived_records', archived.records, 'compressed_records', sums.compressed,
      'records_with_feedback', sums.with_feedback),
    'storage', jsonb_build_object(
      'supabase_size_bytes', sums.bytes, 'supabase_size_display', gleaner.display_bytes(sums.bytes),
      'archived_size_bytes', archived.bytes, 'archived_size_display', gleaner.display_bytes(archived.bytes),
      'total_size_bytes', sums.bytes + archived.bytes,
      'total_size_display', gleaner.display_bytes(sums.bytes + archived.bytes),
      'database_size_bytes', on_disk, 'database_size_display', gleaner.display_bytes(on_disk)),
    'costs', jsonb_build_object(
      'supabase_monthly_usd', trim_scale(round(hot, 6)), 'r2_monthly_usd', trim_scale(round(cold, 6)),
      'total_monthly_usd', trim_scale(round(hot + cold, 6)),
      'cost_without_archiving_usd', trim_scale(round(without_archiving, 6)),
      'savings_monthly_usd', trim_scale(round(without_archiving - hot - cold, 6)),
      'savings_percentage', trim_scale(coalesce(
          round(100 * (without_archiving - hot - cold) / nullif(without_archiving, 0), 1), 0))),
    'by_platform', by_platform);
END $$;

-- Each to be read and called by those who read the tables. (Supabase gives whatever is made in public to everybody.)
DO $$
DECLARE
  readers CONSTANT text := 'authenticated, gleaner_project, gleaner_admin, gleaner_server'
                           || CASE WHEN to_regrole('service_role') IS NULL THEN '' ELSE ', service_role' END;
  names CONSTANT regclass[] := ARRAY['public.training_data', 'public.validation_logs', 'public.user_feedback',
    'public.workflow_examples', 'public.training_metrics', 'public.archive_metadata'];
  functions CONSTANT regproc[] := ARRAY['gleaner.try_jsonb', 'gleaner.content_text', 'gleaner.last_user_text',
    'gleaner.json_number', 'gleaner.total_tokens', 'gleaner.passed', 'gleaner.text_or_json', 'gleaner.verdict_of',
    'gleaner.last_correction', 'gleaner.display_bytes', 'public.get_storage_stats'];
  name regclass;
  called regproc;
BEGIN
  FOREACH name IN ARRAY names LOOP
    PERFORM gleaner.close_to_others('pg_class', name);
    EXECUTE format('GRANT SELECT ON %s TO %s', name, readers);
  END LOOP;
  FOREACH called IN ARRAY functions LOOP
    PERFORM gleaner.close_to_others('pg_proc', called);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', called, readers);
  END LOOP;
  EXECUTE format('GRANT DELETE ON public.training_data TO %s', readers);
  GRANT INSERT, UPDATE, DELETE ON public.training_metrics, public.archive_metadata TO gleaner_server;
  IF to_regrole('service_role') IS NOT NULL THEN
    GRANT SELECT ON gleaner.training_metrics TO service_role;
  END IF;
END $$;
