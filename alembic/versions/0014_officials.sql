-- Who asks, what they may, the work on complaints, and the chain of the audit log. Run after the
-- tables by 0014_officials.py.
--
-- The service's own role is `phananh_app`. It owns nothing, so row-level security binds it. Who
-- asks is shown by the token of a session in `phananh.session`: what an account may is looked up
-- here, and nothing that a request says of itself is believed. Functions that look at more than
-- their caller may are SECURITY DEFINER and named so that it shows: asker_..., work_..., audit_...

-- The account whose session is shown, or null.
CREATE FUNCTION asker() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  token text := current_setting('phananh.session', true);
  found bigint;
BEGIN
  IF coalesce(token, '') = '' THEN
    RETURN NULL;
  END IF;
  SELECT s.account_id INTO found
    FROM account_session s JOIN account a ON a.id = s.account_id
   WHERE (s.hash = sha256(convert_to(token, 'UTF8'))
          OR (s.former = sha256(convert_to(token, 'UTF8')) AND s.former_until > now()))
     AND s.whole AND s.ended_at IS NULL AND s.expires_at > now() AND a.enabled;
  RETURN found;
END $$;

-- The roles of an account that are in force; a delegation is while the role it stands for is.
CREATE FUNCTION account_roles(account bigint)
RETURNS TABLE (id bigint, role text, areas text[], domains text[], delegated_by bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN QUERY
    SELECT r.id, r.role, r.areas, r.domains, r.delegated_by
      FROM account_role r
      LEFT JOIN account_role o ON o.id = r.stands_for
      LEFT JOIN account giver ON giver.id = r.delegated_by
     WHERE r.account_id = account
       AND r.since <= now() AND (r.until IS NULL OR r.until > now())
       AND (r.stands_for IS NULL
            OR (giver.enabled AND o.since <= now() AND (o.until IS NULL OR o.until > now())));
END $$;

-- Which roles may what.
CREATE FUNCTION role_may(role text, need text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE need
  WHEN 'view' THEN role IN ('viewer', 'officer', 'supervisor', 'planner')
  WHEN 'inside' THEN role IN ('viewer', 'officer', 'supervisor')
  WHEN 'personal' THEN role IN ('officer', 'supervisor')
  WHEN 'act' THEN role IN ('officer', 'supervisor')
  WHEN 'supervise' THEN role = 'supervisor'
  WHEN 'plan' THEN role IN ('planner', 'supervisor')
  WHEN 'admin' THEN role = 'admin'
  ELSE false
END;

-- The keys of the areas and domains in which the asker may do what is needed.
CREATE FUNCTION asker_keys(need text) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN (
    SELECT coalesce(array_agg(DISTINCT work_key(a.id, d.id)), '{}')
      FROM account_roles(asker()) r
     CROSS JOIN unnest(r.areas) AS named(code)
      JOIN area_set s ON s.code = split_part(named.code, ':', 1)
      JOIN area a ON a.set_id = s.id
       AND a.code = substr(named.code, length(split_part(named.code, ':', 1)) + 2)
      JOIN domain d ON r.domains IS NULL OR d.code = ANY (r.domains)
     WHERE role_may(r.role, need));
END $$;

-- The domains for which the asker may do what is needed everywhere.
CREATE FUNCTION asker_everywhere(need text) RETURNS smallint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN (
    SELECT coalesce(array_agg(DISTINCT d.id), '{}')
      FROM account_roles(asker()) r
      JOIN domain d ON r.domains IS NULL OR d.code = ANY (r.domains)
     WHERE r.areas IS NULL AND role_may(r.role, need));
END $$;

-- Whether the asker may do what is needed anywhere at all.
CREATE FUNCTION asker_may(need text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN (
    SELECT EXISTS (SELECT FROM account_roles(asker()) r WHERE role_may(r.role, need)));
END $$;

-- The area that handles what lies in these areas: of the newest set in force on a local day.
CREATE FUNCTION handling_area(areas integer[], city smallint, at timestamptz) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN (
    SELECT a.id
      FROM area a JOIN area_set s ON s.id = a.set_id JOIN city t ON t.id = s.city_id
     WHERE a.id = ANY (areas) AND s.ready AND s.city_id = city
       AND (s.since IS NULL OR s.since <= (at AT TIME ZONE t.timezone)::date)
       AND (s.until IS NULL OR s.until > (at AT TIME ZONE t.timezone)::date)
     ORDER BY s.since DESC NULLS LAST, s.id
     LIMIT 1);
END $$;

-- Whether the asker may do what is needed with a complaint.
CREATE FUNCTION asker_on(complaint uuid, need text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  keys bigint[];
  kind smallint;
BEGIN
  IF asker() IS NULL THEN
    RETURN false;
  END IF;
  SELECT CASE WHEN need IN ('act', 'supervise') THEN w.acts ELSE w.sees END, w.domain_id
    INTO keys, kind FROM work w WHERE w.complaint_id = complaint;
  IF NOT FOUND THEN
    -- Closed before anyone here handled it: it is where it lies.
    SELECT work_keys(areas_at(c.geom, c.city_id), k.domain_id), k.domain_id INTO keys, kind
      FROM complaint c JOIN category k ON k.id = c.category_id WHERE c.id = complaint;
  END IF;
  RETURN coalesce(keys && asker_keys(need) OR kind = ANY (asker_everywhere(need)), false);
END $$;

-- Work --------------------------------------------------------------------------------------

-- One plan for all calls: making one costs more than running it, and each report calls this.
CREATE FUNCTION work_begun(opened uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  INSERT INTO work (complaint_id, city_id, domain_id, category_id, status, cell, reported_at,
                    urgent, area_ids, area_id, handler_ids, accepted_at)
  SELECT c.id, c.city_id, k.domain_id, c.category_id, c.status, c.cell, c.reported_at,
         coalesce(s.urgent, false), lies.ids, handling_area(lies.ids, c.city_id, now()), lies.ids,
         CASE WHEN c.status > 1 THEN c.updated_at END
    FROM complaint c
    JOIN category k ON k.id = c.category_id
    LEFT JOIN submission s ON s.complaint_id = c.id
   CROSS JOIN LATERAL (SELECT areas_at(c.geom, c.city_id) AS ids) AS lies
   WHERE c.id = ANY (opened) AND c.status <= 3
  ON CONFLICT (complaint_id) DO NOTHING;
END $$;

CREATE FUNCTION complaint_work_begun() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM work_begun(array(SELECT id FROM added WHERE status <= 3));
  RETURN NULL;
END $$;

CREATE FUNCTION complaint_work_went_on() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE work w
     SET status = n.status, category_id = n.category_id, domain_id = k.domain_id, cell = n.cell,
         reported_at = n.reported_at, city_id = n.city_id,
         area_ids = lies.ids,
         area_id = CASE WHEN w.handed THEN w.area_id
                        WHEN lies.ids = w.area_ids THEN w.area_id
                        ELSE handling_area(lies.ids, n.city_id, now()) END,
         handler_ids = CASE WHEN w.handed THEN w.handler_ids ELSE lies.ids END,
         accepted_at = CASE WHEN n.status = 1 THEN NULL
                            ELSE coalesce(w.accepted_at, now()) END,
         finished_at = CASE WHEN n.status IN (4, 5) AND n.status <> o.status
                            THEN coalesce(n.closed_at, now()) ELSE w.finished_at END,
         reopened = w.reopened + (o.status IN (4, 5, 6) AND n.status <= 3)::int,
         check_state = CASE WHEN n.status > 3 THEN 'none' ELSE w.check_state END,
         paused_at = CASE WHEN n.status > 3 THEN NULL ELSE w.paused_at END,
         pause_reason = CASE WHEN n.status > 3 THEN NULL ELSE w.pause_reason END,
         duplicate_of = CASE WHEN n.status = 6 THEN w.duplicate_of END,
         due_stale = true, version = w.version + 1, updated_at = now()
    FROM before o JOIN after n USING (id)
    JOIN category k ON k.id = n.category_id
   CROSS JOIN LATERAL (
         SELECT CASE WHEN o.geom IS DISTINCT FROM n.geom THEN areas_at(n.geom, n.city_id) END AS moved
         ) AS again
   CROSS JOIN LATERAL (
         SELECT coalesce(again.moved, (SELECT x.area_ids FROM work x WHERE x.complaint_id = n.id)) AS ids
         ) AS lies
   WHERE w.complaint_id = n.id
     AND ((o.city_id, o.cell, o.category_id, o.status, o.reported_at, o.text)
          IS DISTINCT FROM (n.city_id, n.cell, n.category_id, n.status, n.reported_at, n.text)
          OR o.geom IS DISTINCT FROM n.geom);
  PERFORM work_begun(array(
    SELECT n.id FROM before o JOIN after n USING (id) WHERE n.status <= 3 AND o.status > 3));
  RETURN NULL;
END $$;

CREATE FUNCTION complaint_work_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM work w USING removed r WHERE w.complaint_id = r.id;
  DELETE FROM work_note w USING removed r WHERE w.complaint_id = r.id;
  RETURN NULL;
END $$;

CREATE FUNCTION submission_urgent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE work SET urgent = NEW.urgent, due_stale = true
   WHERE complaint_id = NEW.complaint_id AND urgent <> NEW.urgent;
  RETURN NULL;
END $$;

-- After complaint_inserted and complaint_updated: triggers fire in the order of their names.
CREATE TRIGGER complaint_work_begun AFTER INSERT ON complaint
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION complaint_work_begun();
CREATE TRIGGER complaint_work_went_on AFTER UPDATE ON complaint
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION complaint_work_went_on();
CREATE TRIGGER complaint_work_gone AFTER DELETE ON complaint
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION complaint_work_gone();
CREATE TRIGGER submission_urgent AFTER INSERT OR UPDATE OF urgent ON submission
  FOR EACH ROW EXECUTE FUNCTION submission_urgent();

-- What lies in areas whose boundaries changed goes to who handles it now, unless it was handed
-- over. Call it once a set is shown, hidden or comes into force. Returns how many moved.
CREATE FUNCTION work_routed(of_city smallint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moved integer;
BEGIN
  WITH placed AS MATERIALIZED (
    SELECT w.complaint_id, areas_at(c.geom, c.city_id) AS ids
      FROM work w JOIN complaint c ON c.id = w.complaint_id
     WHERE w.city_id = of_city AND w.status <= 3
  ), routed AS (
    SELECT p.*, handling_area(p.ids, of_city, now()) AS handler FROM placed p
  )
  UPDATE work w
     SET area_ids = r.ids,
         area_id = CASE WHEN w.handed AND EXISTS (SELECT FROM area WHERE id = w.area_id)
                        THEN w.area_id ELSE r.handler END,
         handler_ids = CASE WHEN w.handed AND EXISTS (SELECT FROM area WHERE id = w.area_id)
                            THEN w.handler_ids ELSE r.ids END,
         handed = w.handed AND EXISTS (SELECT FROM area WHERE id = w.area_id),
         version = w.version + 1, updated_at = now()
    FROM routed r
   WHERE r.complaint_id = w.complaint_id
     AND (w.area_ids IS DISTINCT FROM r.ids
          OR (NOT w.handed AND w.area_id IS DISTINCT FROM r.handler));
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;

-- Audit -------------------------------------------------------------------------------------

-- What is hashed of an entry. jsonb has one text for one value, so it can be made again.
CREATE FUNCTION audit_hash(
  before bytea, id bigint, at timestamptz, account_id bigint, actor text, act text, subject text,
  details jsonb) RETURNS bytea
LANGUAGE sql STABLE
RETURN sha256(before || convert_to(jsonb_build_array(
  id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), account_id, actor, act, subject,
  details)::text, 'UTF8'));

-- Write an entry: of the asker where there is one, else of the actor that is named.
CREATE FUNCTION audit_append(named text, act text, subject text, details jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head audit_head%ROWTYPE;
  who bigint := asker();
  called text := coalesce((SELECT name FROM account WHERE account.id = asker()), named);
  moment timestamptz := clock_timestamp();
  made bytea;
BEGIN
  SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
  made := audit_hash(head.hash, head.id + 1, moment, who, called, act, subject, details);
  INSERT INTO audit (id, at, account_id, actor, act, subject, details, hash)
  VALUES (head.id + 1, moment, who, called, act, subject, details, made);
  UPDATE audit_head SET id = head.id + 1, hash = made;
  RETURN head.id + 1;
END $$;

INSERT INTO audit_head (one, id, hash) VALUES (true, 0, sha256('phananh'::bytea));

CREATE FUNCTION is_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION is_append_only();
CREATE TRIGGER work_event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON work_event
  FOR EACH STATEMENT EXECUTE FUNCTION is_append_only();

-- Whatever an official does with a complaint is in the log by the database itself.
CREATE FUNCTION work_event_audited() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM audit_append(
    coalesce((SELECT name FROM account WHERE account.id = NEW.account_id), 'system'),
    'work.' || NEW.act,
    coalesce((SELECT code FROM complaint WHERE complaint.id = NEW.complaint_id),
             NEW.complaint_id::text),
    jsonb_strip_nulls(jsonb_build_object('event', NEW.id, 'reason', NEW.reason)));
  RETURN NULL;
END $$;
CREATE TRIGGER work_event_audited AFTER INSERT ON work_event
  FOR EACH ROW EXECUTE FUNCTION work_event_audited();

-- The service's role -------------------------------------------------------------------------

DO $$
BEGIN
  -- Roles belong to the whole server: another database of it may have made this one.
  PERFORM pg_advisory_xact_lock(1887, 14);
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'phananh_app') THEN
    CREATE ROLE phananh_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
  IF NOT pg_has_role(current_user, 'phananh_app', 'MEMBER') THEN
    EXECUTE format('GRANT phananh_app TO %I', current_user);
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE EXCEPTION 'the service needs a role of its own, and this one may not make it'
    USING HINT = 'as a superuser, once: CREATE ROLE phananh_app LOGIN NOBYPASSRLS;'
                 ' GRANT phananh_app TO the role that migrates';
END $$;

GRANT USAGE ON SCHEMA public TO phananh_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO phananh_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO phananh_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO phananh_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO phananh_app;

REVOKE INSERT, UPDATE, DELETE ON audit, audit_head, alembic_version FROM phananh_app;
REVOKE SELECT ON audit_head FROM phananh_app;
REVOKE UPDATE, DELETE ON work_event FROM phananh_app;
REVOKE INSERT, DELETE ON work FROM phananh_app;
-- Secrets of accounts and sessions are for functions alone.
REVOKE ALL ON account, account_session FROM phananh_app;
GRANT SELECT (id, name, full_name, unit, email, language, must_change, issuer, enabled,
              locked_until, created_at)
  ON account TO phananh_app;
GRANT SELECT (id, account_id, client, whole, created_at, seen_at, rotated_at, expires_at, ended_at)
  ON account_session TO phananh_app;
GRANT UPDATE (ended_at) ON account_session TO phananh_app;

ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_role ENABLE ROW LEVEL SECURITY;
ALTER TABLE work ENABLE ROW LEVEL SECURITY;
ALTER TABLE work_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE work_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;

-- Officials know each other's names; (SELECT ...) is asked once a statement, not once a row.
CREATE POLICY officials ON account FOR SELECT USING ((SELECT asker()) IS NOT NULL);
CREATE POLICY officials ON account_role FOR SELECT USING ((SELECT asker()) IS NOT NULL);
CREATE POLICY admins ON account_role FOR ALL
  USING ((SELECT asker_may('admin'))) WITH CHECK ((SELECT asker_may('admin')));
CREATE POLICY own ON account_session FOR SELECT
  USING (account_id = (SELECT asker()) OR (SELECT asker_may('admin')));
CREATE POLICY own_end ON account_session FOR UPDATE
  USING (account_id = (SELECT asker()) OR (SELECT asker_may('admin')));
CREATE POLICY see ON work FOR SELECT
  USING (sees && (SELECT asker_keys('inside'))
         OR domain_id = ANY ((SELECT asker_everywhere('inside'))::smallint[]));
CREATE POLICY act ON work FOR UPDATE
  USING (acts && (SELECT asker_keys('act'))
         OR domain_id = ANY ((SELECT asker_everywhere('act'))::smallint[]));
CREATE POLICY see ON work_event FOR SELECT USING (asker_on(complaint_id, 'inside'));
CREATE POLICY act ON work_event FOR INSERT
  WITH CHECK (account_id = (SELECT asker()) AND asker_on(complaint_id, 'inside'));
CREATE POLICY see ON work_note FOR SELECT USING (asker_on(complaint_id, 'inside'));
CREATE POLICY act ON work_note FOR INSERT
  WITH CHECK (account_id = (SELECT asker()) AND asker_on(complaint_id, 'act'));
CREATE POLICY admins ON audit FOR SELECT USING ((SELECT asker_may('admin')));
