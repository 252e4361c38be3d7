-- Who handles what when boundaries change, and changes of administration that write themselves
-- down. Run after the tables by 0021_administration.py.

-- The areas whose officials handle what is handed to an area: it, and those of other sets that hold
-- its middle.
CREATE FUNCTION handed_to(to_area integer, of_city smallint) RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT array_agg(held.id ORDER BY held.id)
    FROM (SELECT to_area AS id
          UNION
          SELECT held.id FROM area a, unnest(areas_at(a.label, of_city)) AS held(id)
            JOIN area other ON other.id = held.id
           WHERE a.id = to_area AND other.set_id <> a.set_id) AS held
$$;

-- Some of a city's work after others, by who handles it now: a batch of `work_routed` for many, each
-- in a transaction of its own, and before and after a set is shown. An area whose set was replaced is
-- the one with its code in the new set: roles, hand-overs and what is closed stay as they were.
CREATE FUNCTION work_routed_part(of_city smallint, after uuid, most integer)
RETURNS TABLE (last uuid, n bigint, moved bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY
  WITH part AS MATERIALIZED (
    SELECT w.complaint_id, w.status, w.area_id, w.handed
      FROM work w WHERE w.city_id = of_city AND w.complaint_id > after
     ORDER BY w.complaint_id LIMIT most
  ), placed AS MATERIALIZED (
    SELECT p.*, areas_at(c.geom, of_city) AS ids, held.id AS now_id, held.stands, held.was
      FROM part p JOIN complaint c ON c.id = p.complaint_id JOIN city t ON t.id = of_city
      LEFT JOIN LATERAL (
        SELECT b.id, s.code || ':' || a.code AS was,
               (r.since IS NULL OR r.since <= (now() AT TIME ZONE t.timezone)::date)
               AND (r.until IS NULL OR r.until > (now() AT TIME ZONE t.timezone)::date) AS stands
          FROM area a JOIN area_set s ON s.id = a.set_id
          LEFT JOIN area_set r ON r.code = split_part(s.code, '~', 1) AND r.ready
          LEFT JOIN area b ON b.set_id = r.id AND b.code = a.code
         WHERE a.id = p.area_id) AS held ON true
  ), handled AS MATERIALIZED (
    SELECT p.*, p.handed AND p.now_id IS NOT NULL AS kept,
           CASE WHEN p.handed AND p.now_id IS NOT NULL THEN handed_to(p.now_id, of_city)
                ELSE p.ids END AS handlers
      FROM placed p
  ), routed AS MATERIALIZED (
    SELECT h.*,
           CASE WHEN h.status > 3 AND h.now_id IS NOT NULL THEN h.now_id
                WHEN h.kept AND h.stands THEN h.now_id
                ELSE handling_area(h.handlers, of_city, now()) END AS to_id
      FROM handled h
  ), done AS (
    UPDATE work w
       SET area_ids = r.ids, handler_ids = r.handlers, handed = r.kept, area_id = r.to_id,
           assignee_id = CASE WHEN r.status <= 3 AND r.to_id IS DISTINCT FROM r.now_id
                               AND NOT account_may_act(
                                 w.assignee_id, work_keys(r.handlers, w.domain_id), w.domain_id)
                              THEN NULL ELSE w.assignee_id END,
           version = w.version + (r.status <= 3 AND r.to_id IS DISTINCT FROM r.now_id)::int,
           updated_at = now()
      FROM routed r
     WHERE r.complaint_id = w.complaint_id
       AND (w.area_ids, w.handler_ids, w.handed, w.area_id)
           IS DISTINCT FROM (r.ids, r.handlers, r.kept, r.to_id)
    RETURNING w.complaint_id
  ), told AS (
    INSERT INTO work_event (complaint_id, act, reason, change)
    SELECT r.complaint_id, 're-route', 'ranh giới thay đổi / boundaries changed',
           jsonb_build_object(
             'from', regexp_replace(r.was, '~[^:]*', ''),
             'to', (SELECT s.code || ':' || a.code
                      FROM area a JOIN area_set s ON s.id = a.set_id WHERE a.id = r.to_id))
      FROM routed r JOIN done d ON d.complaint_id = r.complaint_id
     WHERE r.status <= 3 AND r.to_id IS DISTINCT FROM r.now_id
    RETURNING 1
  )
  SELECT (SELECT p.complaint_id FROM part p ORDER BY p.complaint_id DESC LIMIT 1),
         (SELECT count(*) FROM done), (SELECT count(*) FROM told);
END $$;
REVOKE ALL ON FUNCTION work_routed_part, work_routed FROM PUBLIC;

-- Between which areas how many open complaints would move, were a draft in force from a day on.
CREATE FUNCTION boundary_moves_of(of_draft bigint, on_day date, ending text[])
RETURNS TABLE (was text, goes text, handed boolean, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH draft AS MATERIALIZED (
    SELECT d.*, coalesce((SELECT s.since FROM area_set s WHERE s.code = d.code), on_day) AS since,
           EXISTS (SELECT FROM area_set s WHERE s.code = d.code) AS replaces
      FROM boundary_draft d WHERE d.id = of_draft
  ), standing AS MATERIALIZED (
    SELECT s.id, s.code, s.since
      FROM area_set s JOIN draft d ON s.city_id = d.city_id AND s.code <> d.code
     WHERE s.ready AND s.code <> ALL (ending)
       AND (s.since IS NULL OR s.since <= on_day) AND (s.until IS NULL OR s.until > on_day)
  ), open AS MATERIALIZED (
    SELECT w.handed, a.id AS area_id, s.code || ':' || a.code AS was,
           w.handed AND (stands.id IS NOT NULL OR (s.code = d.code AND EXISTS (
             SELECT FROM boundary_draft_area n WHERE n.draft_id = d.id AND n.code = a.code)))
             AS stays,
           CASE WHEN w.handed AND s.code <> d.code THEN a.label ELSE c.geom END AS place,
           CASE WHEN w.handed AND s.code <> d.code THEN w.handler_ids ELSE w.area_ids END AS ids
      FROM draft d JOIN work w ON w.city_id = d.city_id AND w.status <= 3
      JOIN complaint c ON c.id = w.complaint_id
      LEFT JOIN area a ON a.id = w.area_id LEFT JOIN area_set s ON s.id = a.set_id
      LEFT JOIN standing stands ON stands.id = s.id
  ), moved AS (
    SELECT o.was, o.handed,
           CASE WHEN o.stays THEN o.was ELSE (
             SELECT found.code FROM (
               SELECT d.code || ':' || a.code AS code, d.since, 2147483647 AS number
                 FROM draft d JOIN boundary_draft_area a ON a.id = (
                        SELECT min(p.area_id) FROM boundary_draft_part p
                         WHERE p.draft_id = d.id AND ST_Intersects(p.geom, o.place))
                WHERE d.replaces IS FALSE OR d.since IS NULL OR d.since <= on_day
               UNION ALL
               SELECT s.code || ':' || a.code, s.since, s.id
                 FROM area a JOIN standing s ON s.id = a.set_id WHERE a.id = ANY (o.ids)
             ) AS found ORDER BY found.since DESC NULLS LAST, found.number LIMIT 1) END AS goes
      FROM open o
  )
  SELECT m.was, m.goes, m.handed, count(*) FROM moved m GROUP BY 1, 2, 3
$$;
REVOKE ALL ON FUNCTION boundary_moves_of FROM PUBLIC;

-- The same for an admin, who sees no work: numbers alone.
CREATE FUNCTION boundary_moves(of_draft bigint, on_day date, ending text[])
RETURNS TABLE (was text, goes text, handed boolean, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.was, m.goes, m.handed, m.n FROM boundary_moves_of(of_draft, on_day, ending) m
   WHERE (SELECT asker_may('admin'))
$$;

CREATE FUNCTION boundary_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  NOTIFY boundary_draft;
  RETURN NULL;
END $$;
CREATE TRIGGER boundary_waits AFTER INSERT OR UPDATE OF state ON boundary_draft
  FOR EACH ROW WHEN (NEW.state IN ('uploaded', 'planned', 'undoing'))
  EXECUTE FUNCTION boundary_waits();

-- Every change of an administered table is in the log, whoever makes it and by whatever way. Values
-- of columns that are named to the trigger are left out: secrets and persons; those after '!' are not
-- worth an entry by themselves. What a new instance is shipped with is put in by nobody.
CREATE FUNCTION audited() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  whole jsonb := coalesce(after, before);
  hidden text[] := string_to_array(TG_ARGV[0], ' ');
  quiet text[] := string_to_array(TG_ARGV[1], ' ');
  concerned text[];
  named text := coalesce(current_setting('phananh.command', true), '');
BEGIN
  IF TG_OP = 'INSERT' AND TG_ARGV[2] = 'shipped' AND named = '' AND asker() IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(key ORDER BY key) INTO concerned FROM jsonb_object_keys(whole) AS key
   WHERE key <> ALL (quiet) AND before -> key IS DISTINCT FROM after -> key
     AND (TG_OP = 'UPDATE' OR coalesce(whole -> key, 'null') <> 'null');
  IF concerned IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM audit_append(
    coalesce(nullif(named, ''), 'system'),
    'row.' || TG_TABLE_NAME,
    TG_TABLE_NAME || ':'
      || coalesce(whole ->> 'code', whole ->> 'name', whole ->> 'id', whole ->> 'city_id'),
    jsonb_strip_nulls(jsonb_build_object(
      'op', lower(TG_OP),
      'old', CASE WHEN TG_OP <> 'INSERT' THEN (
        SELECT jsonb_object_agg(key, before -> key) FROM unnest(concerned) AS key
         WHERE key <> ALL (hidden)) END,
      'new', CASE WHEN TG_OP <> 'DELETE' THEN (
        SELECT jsonb_object_agg(key, after -> key) FROM unnest(concerned) AS key
         WHERE key <> ALL (hidden)) END,
      'hidden', (SELECT jsonb_agg(key) FROM unnest(concerned) AS key WHERE key = ANY (hidden)))));
  RETURN NULL;
END $$;

DO $$
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT * FROM (VALUES
      ('account', 'full_name unit email password totp totp_step issuer subject',
       'failures locked_until totp_step language created_at', ''),
      ('account_role', 'reason', 'created_at', ''),
      ('domain', '', '', 'shipped'), ('category', '', '', 'shipped'),
      ('city', 'outline', 'created_at', 'shipped'), ('setting', '', 'changed_at', ''),
      ('calendar_version', '', 'created_at', ''), ('policy_version', '', 'created_at', ''),
      ('reminder_setting', '', '', ''), ('answer_template', '', 'changed_at', ''),
      ('refusal_ground', '', 'changed_at', 'shipped')
    ) AS listed (name, hidden, quiet, shipped)
  LOOP
    IF to_regclass(one.name) IS NOT NULL THEN
      EXECUTE format(
        'CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION audited(%L, %L, %L)',
        one.name, one.hidden, one.quiet, one.shipped);
    END IF;
  END LOOP;
END $$;
-- At the end of their transactions, which may be long: whoever else appends need not wait so long.
CREATE CONSTRAINT TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON area_set
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audited(
    'report checksum', 'loaded_at', 'shipped');
-- What is done with a draft has entries of its own; how the worker gets on with it needs none.
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON boundary_draft
  FOR EACH ROW EXECUTE FUNCTION audited(
    'file report comparison former',
    'state problem done of moved report comparison file former changed_at created_at activated_at', '');

INSERT INTO audit_watched (one, entry) SELECT true, id FROM audit_head;

-- The end of the chain, which the service's role does not read itself: no secret, but nobody's to
-- change.
CREATE FUNCTION audit_end() RETURNS TABLE (id bigint, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id, hash FROM audit_head
$$;

-- Whether a category was ever used, whatever the asker may see of that.
CREATE FUNCTION category_used(category smallint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM complaint c WHERE c.category_id = category)
      OR EXISTS (SELECT FROM work w WHERE w.category_id = category)
      OR EXISTS (SELECT FROM policy_version p WHERE p.category_id = category)
$$;

-- Kinds of complaints and boundaries are everybody's to read; the service changes kinds for admins,
-- and boundaries not at all: the worker does.
ALTER TABLE domain ENABLE ROW LEVEL SECURITY;
ALTER TABLE category ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON domain FOR SELECT USING (true);
CREATE POLICY everybody ON category FOR SELECT USING (true);
CREATE POLICY admins ON domain FOR ALL
  USING ((SELECT asker_may('admin'))) WITH CHECK ((SELECT asker_may('admin')));
CREATE POLICY admins ON category FOR ALL
  USING ((SELECT asker_may('admin'))) WITH CHECK ((SELECT asker_may('admin')));
REVOKE INSERT, UPDATE, DELETE ON city, area_set, area, area_part, area_shape FROM phananh_app;

ALTER TABLE boundary_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE boundary_draft_area ENABLE ROW LEVEL SECURITY;
ALTER TABLE boundary_draft_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE boundary_day ENABLE ROW LEVEL SECURITY;
ALTER TABLE setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_watched ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON boundary_draft FOR ALL
  USING ((SELECT asker_may('admin'))) WITH CHECK ((SELECT asker_may('admin')));
CREATE POLICY admins ON boundary_draft_area FOR SELECT USING ((SELECT asker_may('admin')));
REVOKE UPDATE ON boundary_draft FROM phananh_app;
GRANT UPDATE (state, starts, ends, changed_at) ON boundary_draft TO phananh_app;
REVOKE INSERT, UPDATE, DELETE ON boundary_draft_area, boundary_draft_part FROM phananh_app;
REVOKE ALL ON boundary_day, audit_watched FROM phananh_app;
CREATE POLICY everybody ON setting FOR SELECT USING (true);
CREATE POLICY admins ON setting FOR ALL
  USING ((SELECT asker_may('admin'))) WITH CHECK ((SELECT asker_may('admin')));
CREATE POLICY admins ON audit_alert FOR SELECT USING ((SELECT asker_may('admin')));
CREATE POLICY acknowledge ON audit_alert FOR UPDATE
  USING ((SELECT asker_may('admin'))) WITH CHECK (seen_by = (SELECT asker()));
REVOKE INSERT, UPDATE, DELETE ON audit_alert FROM phananh_app;
GRANT UPDATE (seen_at, seen_by, note) ON audit_alert TO phananh_app;
