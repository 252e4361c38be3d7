-- Pauses, and what makes a deadline stale. Run after the tables by 0019_deadlines.py.

-- Whatever changes a row of work: its open pause has a row of its own, and no deadline is shown
-- that is known to be wrong: it is null until it is counted.
CREATE FUNCTION work_clock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (NEW.paused_at, NEW.pause_reason) IS DISTINCT FROM (OLD.paused_at, OLD.pause_reason) THEN
    UPDATE work_pause
       SET until = greatest(since, coalesce(NEW.paused_at, now()))
     WHERE complaint_id = NEW.complaint_id AND until IS NULL;
    IF NEW.paused_at IS NOT NULL THEN
      INSERT INTO work_pause (complaint_id, since, reason, account_id)
      VALUES (NEW.complaint_id, NEW.paused_at, coalesce(NEW.pause_reason, ''), asker());
    END IF;
    NEW.due_stale := true;
    NEW.due_at := NULL;
  END IF;
  IF (NEW.category_id, NEW.urgent, NEW.reported_at, NEW.city_id)
     IS DISTINCT FROM (OLD.category_id, OLD.urgent, OLD.reported_at, OLD.city_id) THEN
    NEW.due_stale := true;
    NEW.due_at := NULL;
  ELSIF NEW.due_stale AND NEW.due_at IS NOT NULL THEN
    IF NEW.status > 3 THEN
      NEW.due_at := NULL;
    ELSIF (NEW.accepted_at IS NULL) <> (OLD.accepted_at IS NULL) OR OLD.status > 3 THEN
      -- Whether acceptance is due or handling has changed.
      NEW.due_at := NULL;
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER work_clock BEFORE UPDATE ON work FOR EACH ROW EXECUTE FUNCTION work_clock();

-- Wakes whoever counts deadlines; a notice of a transaction is told once.
CREATE FUNCTION work_stale() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  NOTIFY work_stale;
  RETURN NULL;
END $$;
CREATE TRIGGER work_stale_new AFTER INSERT ON work
  FOR EACH STATEMENT EXECUTE FUNCTION work_stale();
CREATE TRIGGER work_stale_again AFTER UPDATE ON work
  FOR EACH ROW WHEN (NEW.due_stale AND NOT OLD.due_stale) EXECUTE FUNCTION work_stale();

-- A clock of which nobody knows how it goes now: of all open ones, and of those that were to be
-- done on the changed days.
CREATE FUNCTION work_recounted(since date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n integer;
BEGIN
  UPDATE work SET due_stale = true, due_at = NULL
   WHERE NOT due_stale
     AND (coalesce(handle_due_at, accept_due_at) IS NULL
          OR greatest(handle_due_at, accept_due_at) >= since - 1);
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
REVOKE ALL ON FUNCTION work_recounted FROM PUBLIC;

CREATE FUNCTION work_rules_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'calendar_version' OR TG_TABLE_NAME = 'policy_version' THEN
    PERFORM work_recounted(NEW.valid_from);
  ELSIF TG_TABLE_NAME = 'category' THEN
    UPDATE work SET due_stale = true, due_at = NULL WHERE category_id = NEW.id;
  ELSE
    UPDATE work SET due_stale = true, due_at = NULL WHERE city_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER work_rules_changed AFTER INSERT ON calendar_version
  FOR EACH ROW EXECUTE FUNCTION work_rules_changed();
CREATE TRIGGER work_rules_changed AFTER INSERT ON policy_version
  FOR EACH ROW EXECUTE FUNCTION work_rules_changed();
CREATE TRIGGER work_rules_changed AFTER UPDATE OF deadline ON category
  FOR EACH ROW WHEN (OLD.deadline IS DISTINCT FROM NEW.deadline)
  EXECUTE FUNCTION work_rules_changed();
CREATE TRIGGER work_rules_changed AFTER UPDATE OF working_time, timezone ON city
  FOR EACH ROW WHEN ((OLD.working_time, OLD.timezone) IS DISTINCT FROM
                     (NEW.working_time, NEW.timezone))
  EXECUTE FUNCTION work_rules_changed();

-- Pauses of what is erased go with it.
CREATE FUNCTION work_clock_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM work_pause p USING removed r WHERE p.complaint_id = r.complaint_id;
  DELETE FROM work_reminder p USING removed r WHERE p.complaint_id = r.complaint_id;
  DELETE FROM due_history p USING removed r WHERE p.complaint_id = r.complaint_id;
  RETURN NULL;
END $$;
CREATE TRIGGER work_clock_gone AFTER DELETE ON work
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION work_clock_gone();

-- The times (no reasons' authors) for which the public promise of one complaint stood still.
CREATE FUNCTION work_pauses(of_complaint uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_array(since, until, reason) ORDER BY since, id), '[]')
    FROM work_pause WHERE complaint_id = of_complaint
$$;

ALTER TABLE calendar_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE reminder_setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE work_pause ENABLE ROW LEVEL SECURITY;
ALTER TABLE work_reminder ENABLE ROW LEVEL SECURITY;
ALTER TABLE due_history ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE ON calendar_version, policy_version FROM phananh_app;
REVOKE INSERT, UPDATE, DELETE ON work_pause, work_reminder, due_history FROM phananh_app;
-- The public promise is counted by them: everybody may read the rules.
CREATE POLICY everybody ON calendar_version FOR SELECT USING (true);
CREATE POLICY everybody ON policy_version FOR SELECT USING (true);
CREATE POLICY admins ON calendar_version FOR INSERT
  WITH CHECK ((SELECT asker_may('admin')) AND account_id = (SELECT asker()));
CREATE POLICY admins ON policy_version FOR INSERT
  WITH CHECK ((SELECT asker_may('admin')) AND account_id = (SELECT asker()));
CREATE POLICY officials ON reminder_setting FOR SELECT USING ((SELECT asker()) IS NOT NULL);
CREATE POLICY admins ON reminder_setting FOR ALL
  USING ((SELECT asker_may('admin'))) WITH CHECK ((SELECT asker_may('admin')));
CREATE POLICY see ON work_pause FOR SELECT USING (asker_on(complaint_id, 'inside'));
CREATE POLICY see ON work_reminder FOR SELECT USING (asker_on(complaint_id, 'inside'));
CREATE POLICY see ON due_history FOR SELECT USING (asker_on(complaint_id, 'inside'));

-- How many open ones a change may move, for an admin, who sees no work: dates and codes alone.
CREATE FUNCTION work_clocks() RETURNS TABLE (
  code text, city_id smallint, domain_id smallint, category_id smallint, reported_at timestamptz,
  urgent boolean, accepted_at timestamptz, status smallint, pauses jsonb,
  accept_due_at timestamptz, handle_due_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.code, w.city_id, w.domain_id, w.category_id, w.reported_at, w.urgent, w.accepted_at,
         w.status, work_pauses(w.complaint_id), w.accept_due_at, w.handle_due_at
    FROM work w JOIN complaint c ON c.id = w.complaint_id
   WHERE w.status <= 3 AND asker_may('admin')
$$;
