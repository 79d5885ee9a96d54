-- Who may see and delete what when they connect around Gleaner (PostgREST, psql); docs/postgres.md says it in prose.
-- Whoever runs this owns everything, and none of it binds them.

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['anon', 'authenticated', 'gleaner_project', 'gleaner_admin', 'gleaner_server'] LOOP
    CONTINUE WHEN to_regrole(wanted) IS NOT NULL;
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;  -- made for another database of the server a moment ago
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION USING
          ERRCODE = 'insufficient_privilege',
          MESSAGE = format('the role %I is missing, and %I may not create roles', wanted, current_user),
          HINT = 'Let somebody who may create roles run, once for this server: CREATE ROLE anon; '
                 'CREATE ROLE authenticated; CREATE ROLE gleaner_project; CREATE ROLE gleaner_admin; '
                 'CREATE ROLE gleaner_server; (without those that exist). Then migrate again.';
    END;
  END LOOP;
END $$;

-- What the token says. It is PostgREST's setting: '' once a transaction that set it has ended. What cannot be read says
-- nothing.
CREATE FUNCTION gleaner.claims() RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN nullif(current_setting('request.jwt.claims', true), '')::jsonb;
EXCEPTION
  WHEN OTHERS THEN RETURN NULL;
END $$;

-- The member of that name if it is a string that is not empty.
CREATE FUNCTION gleaner.string_member(object jsonb, name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(object -> name) = 'string' THEN nullif(object ->> name, '') END;

-- RFC 2104, for keys of at most 64 bytes. (pgcrypto may not be there.) Bits can be XORed and bytes cannot; a bit string
-- is sent as four bytes of length and its bits.
CREATE FUNCTION gleaner.hmac_sha256(key bytea, message bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(
  substr(bit_send(('x' || rpad(encode(key, 'hex'), 128, '0'))::bit(512) # ('x' || repeat('5c', 64))::bit(512)), 5)
  || sha256(
    substr(bit_send(('x' || rpad(encode(key, 'hex'), 128, '0'))::bit(512) # ('x' || repeat('36', 64))::bit(512)), 5)
    || message));

-- The project that those claims are for.
CREATE FUNCTION gleaner.project_of(claims jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(gleaner.string_member(claims -> 'app_metadata', 'gleaner_project'), 'default');

-- The four below are all that others than the owner may ask, and all they can be asked about is the token. None of them
-- reads user_metadata, which people write themselves. (plpgsql keeps its plans.)

-- The project a person's token is for.
CREATE FUNCTION gleaner.my_project() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN gleaner.project_of(gleaner.claims());
END $$;

-- The pseudonyms a person has in that project (src/privacy/pseudonym.h): one by each secret it ever had.
CREATE FUNCTION gleaner.my_user_ids() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  said CONSTANT jsonb := gleaner.claims();
  me CONSTANT bytea := convert_to(gleaner.string_member(said, 'sub'), 'UTF8');
  mine CONSTANT text := gleaner.project_of(said);
  one bytea;
  ids text[] := '{}';
BEGIN
  FOR one IN
    SELECT secret FROM gleaner.projects WHERE name = mine
    UNION ALL SELECT secret FROM gleaner.secret_rotations WHERE project = mine
  LOOP
    EXIT WHEN me IS NULL;
    ids := ids || ('u_' || encode(substr(gleaner.hmac_sha256(one, me), 1, 16), 'hex'));
  END LOOP;
  RETURN ids;
END $$;

-- The project whose administrator the token's person is, NULL for nobody's.
CREATE FUNCTION gleaner.my_administered_project() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  said CONSTANT jsonb := gleaner.claims();
BEGIN
  RETURN CASE WHEN gleaner.string_member(said -> 'app_metadata', 'gleaner_role') = 'admin'
    THEN gleaner.project_of(said) END;
END $$;

-- The project that a project's own key opens.
CREATE FUNCTION gleaner.key_project() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN gleaner.string_member(gleaner.claims(), 'project');
END $$;

-- Whether the caller sees that interaction. A function, for a subquery in a policy is planned for every partition.
CREATE FUNCTION gleaner.sees_interaction(wanted_id text, wanted_project text, wanted_created_at timestamptz)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM gleaner.interactions
                 WHERE id = wanted_id AND project = wanted_project AND created_at = wanted_created_at);
END $$;

-- Functions are everybody's until that is taken back, those of later migrations, too.
REVOKE ALL ON SCHEMA gleaner FROM PUBLIC, anon, authenticated;
DO $$
BEGIN
  PERFORM gleaner.close_to_others('pg_class', oid)
    FROM pg_class WHERE relnamespace = 'gleaner'::regnamespace AND relkind IN ('r', 'p', 'S');
  PERFORM gleaner.close_to_others('pg_proc', oid) FROM pg_proc WHERE pronamespace = 'gleaner'::regnamespace;
END $$;

-- The owner alone may do what no policy allows. Partitions have row-level security (make_day) and no policies: rows are
-- reached through the tables or not at all. `schema_migrations` and the like are there to be read by a server.
DO $$
DECLARE
  -- A function in (SELECT ...) is asked once for each query, and its answer may be looked up in an index.
  own CONSTANT text := 'project = (SELECT gleaner.my_project()) AND '
                       'user_id = ANY ((SELECT gleaner.my_user_ids())::text[])';
  -- The test for the name changes nothing but this: the planner makes it, too. So it knows of most people that they
  -- administer nothing, and looks theirs up by user_id.
  administered CONSTANT text := 'project = CASE '
      'WHEN strpos(current_setting(''request.jwt.claims'', true), ''gleaner_role'') > 0 '
      'THEN (SELECT gleaner.my_administered_project()) END';
  of_key CONSTANT text := 'project = (SELECT gleaner.key_project())';
  of_own_interaction CONSTANT text :=
      administered || ' OR gleaner.sees_interaction(interaction_id, project, interaction_created_at)';
  rule record;
  command text;
BEGIN
  FOR rule IN
    SELECT c.relname AS name, c.relname NOT IN ('projects', 'secret_rotations', 'api_keys', 'rejects', 'interactions',
        'signals', 'verdicts', 'client_ids', 'items', 'waiting_signals', 'counters', 'facets', 'archive_metadata',
        'archive_days') AS other
    FROM pg_class c
    WHERE c.relnamespace = 'gleaner'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  LOOP
    EXECUTE format('ALTER TABLE gleaner.%I ENABLE ROW LEVEL SECURITY', rule.name);
    IF rule.other THEN
      EXECUTE format('GRANT SELECT ON gleaner.%I TO gleaner_server', rule.name);
      EXECUTE format('CREATE POLICY server ON gleaner.%I FOR SELECT TO gleaner_server USING (true)', rule.name);
    ELSE
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON gleaner.%I TO gleaner_server', rule.name);
      EXECUTE format('CREATE POLICY server ON gleaner.%I TO gleaner_server USING (true) WITH CHECK (true)', rule.name);
    END IF;
  END LOOP;
  FOR rule IN
    SELECT * FROM (VALUES
      ('interactions', 'own', 'authenticated', own, ARRAY['SELECT', 'DELETE']),
      ('interactions', 'administered', 'authenticated', administered, ARRAY['SELECT', 'DELETE']),
      ('interactions', 'of_key', 'gleaner_project', of_key, ARRAY['SELECT', 'DELETE']),
      ('interactions', 'every', 'gleaner_admin', 'true', ARRAY['SELECT', 'DELETE']),
      ('verdicts', 'own', 'authenticated', of_own_interaction, ARRAY['SELECT']),
      ('signals', 'own', 'authenticated', own, ARRAY['SELECT']),
      ('signals', 'administered', 'authenticated', administered, ARRAY['SELECT']),
      ('waiting_signals', 'own', 'authenticated', own, ARRAY['SELECT']),
      ('waiting_signals', 'administered', 'authenticated', administered, ARRAY['SELECT']),
      ('counters', 'administered', 'authenticated', administered, ARRAY['SELECT']),
      ('facets', 'administered', 'authenticated', administered, ARRAY['SELECT']),
      ('archive_metadata', 'administered', 'authenticated', administered, ARRAY['SELECT'])
    ) AS r (name, who, role, what, commands)
    UNION ALL
    SELECT name, who, role, what, ARRAY['SELECT']
    FROM unnest(ARRAY['verdicts', 'signals', 'waiting_signals', 'counters', 'facets', 'archive_metadata']) AS t (name),
      (VALUES
      ('of_key', 'gleaner_project', of_key),
      ('every', 'gleaner_admin', 'true')) AS r (who, role, what)
  LOOP
    FOREACH command IN ARRAY rule.commands LOOP
      EXECUTE format('GRANT %s ON gleaner.%I TO %I', command, rule.name, rule.role);
      EXECUTE format('CREATE POLICY %I ON gleaner.%I FOR %s TO %I USING (%s)', rule.who || '_' || lower(command),
                     rule.name, command, rule.role, rule.what);
    END LOOP;
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA gleaner TO authenticated, gleaner_project, gleaner_admin, gleaner_server;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gleaner TO gleaner_server;
GRANT EXECUTE ON FUNCTION gleaner.make_day, gleaner.drop_day, gleaner.seal_day TO gleaner_server;
GRANT EXECUTE ON FUNCTION gleaner.my_project, gleaner.my_user_ids, gleaner.my_administered_project,
  gleaner.sees_interaction TO authenticated;
GRANT EXECUTE ON FUNCTION gleaner.key_project TO gleaner_project;
GRANT EXECUTE ON FUNCTION gleaner.has_feedback, gleaner.is_positive, gleaner.is_negative, gleaner.is_quality
  TO authenticated, gleaner_project, gleaner_admin, gleaner_server;

-- The key of a Supabase project's own back end, which no policy binds: as gleaner_admin.
DO $$
BEGIN
  IF to_regrole('service_role') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA gleaner TO service_role;
    GRANT SELECT ON gleaner.interactions, gleaner.signals, gleaner.verdicts, gleaner.waiting_signals, gleaner.counters,
      gleaner.facets, gleaner.archive_metadata TO service_role;
    GRANT DELETE ON gleaner.interactions TO service_role;
    GRANT EXECUTE ON FUNCTION gleaner.has_feedback, gleaner.is_positive, gleaner.is_negative, gleaner.is_quality
      TO service_role;
  END IF;
END $$;
