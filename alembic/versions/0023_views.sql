-- Who may see a saved view, and the notices that work changed. Run by 0023_views.py.

-- Whether the owner of a view and the asker work in one area; who works everywhere does with all.
CREATE FUNCTION work_view_for_asker(owner bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM account_roles(owner) o, account_roles(asker()) a
     WHERE role_may(o.role, 'inside') AND role_may(a.role, 'inside')
       AND (o.areas IS NULL OR a.areas IS NULL OR o.areas && a.areas));
END $$;

ALTER TABLE work_view ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON work_view FOR ALL
  USING (account_id = (SELECT asker())) WITH CHECK (account_id = (SELECT asker()));
CREATE POLICY shared ON work_view FOR SELECT USING (shared AND work_view_for_asker(account_id));

-- Ids and versions alone are told: what they are of, each listener asks under its own session.
CREATE FUNCTION work_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  said text;
  n integer;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT count(*), string_agg(a.complaint_id || '=' || a.version, ',') INTO n, said
      FROM (SELECT complaint_id, version FROM after LIMIT 101) a;
  ELSE
    SELECT count(*), string_agg(a.complaint_id || '=' || a.version, ',') INTO n, said
      FROM (SELECT x.complaint_id, x.version FROM after x JOIN before o USING (complaint_id)
             WHERE x.version <> o.version LIMIT 101) a;
  END IF;
  IF n > 100 THEN
    PERFORM pg_notify('work', '*');
  ELSIF n > 0 THEN
    PERFORM pg_notify('work', said);
  END IF;
  RETURN NULL;
END $$;
-- A trigger with transition tables names no columns: the versions are compared within.
CREATE TRIGGER work_told_new AFTER INSERT ON work
  REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION work_told();
CREATE TRIGGER work_told_again AFTER UPDATE ON work
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION work_told();

-- By which areas and domains work is seen. Asked once for all who listen, so that the database need
-- not be asked for each of them about work that is not theirs; it says nothing of what it is.
CREATE FUNCTION work_seen_by(told uuid[])
RETURNS TABLE (complaint_id uuid, sees bigint[], domain_id smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT w.complaint_id, w.sees, w.domain_id FROM work w WHERE w.complaint_id = ANY (told)
$$;
