-- Acts on many complaints, with answers that can be taken back. Run after the columns by
-- 0026_answers_undone.py; before it they were as 0018_queue.sql has them.

-- Note how a complaint's work is, before the act, and which answer it has.
CREATE OR REPLACE FUNCTION work_bulk_kept(bulk bigint, number uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT asker_on(number, 'act')
     OR NOT EXISTS (SELECT FROM work_bulk b WHERE b.id = bulk AND b.account_id = asker()) THEN
    RAISE EXCEPTION 'not the asker''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO work_bulk_item (bulk_id, complaint_id, code, before)
  SELECT bulk, w.complaint_id, c.code,
         to_jsonb(w) || jsonb_build_object(
           'last_answer', (SELECT max(a.id) FROM answer a WHERE a.complaint_id = number))
    FROM work w JOIN complaint c ON c.id = w.complaint_id
   WHERE w.complaint_id = number;
END $$;

-- Note the versions and answers that the acts made: some may be out of the asker's sight by now.
CREATE OR REPLACE FUNCTION work_bulk_done(bulk bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM work_bulk b WHERE b.id = bulk AND b.account_id = asker()) THEN
    RAISE EXCEPTION 'not the asker''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE work_bulk_item i
     SET after = w.version,
         answer_id = (SELECT max(a.id) FROM answer a
                       WHERE a.complaint_id = i.complaint_id
                         AND a.id > coalesce((i.before ->> 'last_answer')::bigint, 0))
    FROM work w
   WHERE i.bulk_id = bulk AND w.complaint_id = i.complaint_id AND i.after IS NULL;
END $$;

-- Bring a complaint's work back to what it was before an act of the asker's, if nobody changed it
-- since and no more than ten minutes have gone. Returns why it was not done, or null.
CREATE OR REPLACE FUNCTION work_bulk_undone(bulk bigint, number uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  b work_bulk%ROWTYPE;
  i work_bulk_item%ROWTYPE;
  was work%ROWTYPE;
  version_now integer;
BEGIN
  SELECT * INTO b FROM work_bulk x
   WHERE x.id = bulk AND x.account_id = asker() AND x.done_at > now() - interval '10 minutes';
  IF NOT FOUND THEN
    RETURN 'late';
  END IF;
  -- The complaint first, as all that change it do.
  PERFORM FROM complaint c WHERE c.id = number FOR UPDATE;
  SELECT w.version INTO version_now FROM work w WHERE w.complaint_id = number FOR UPDATE;
  SELECT * INTO i FROM work_bulk_item x
   WHERE x.bulk_id = bulk AND x.complaint_id = number FOR UPDATE;
  IF version_now IS NULL OR i.bulk_id IS NULL THEN
    RETURN 'gone';
  ELSIF i.undone THEN
    RETURN 'undone';
  ELSIF i.after IS DISTINCT FROM version_now THEN
    RETURN 'changed';
  END IF;
  was := jsonb_populate_record(NULL::work, i.before);
  PERFORM set_config('phananh.actor', 'official', true);
  IF b.act = 'assign' THEN
    UPDATE work w
       SET assignee_id = was.assignee_id, assigned_at = was.assigned_at,
           version = w.version + 1, updated_at = now()
     WHERE w.complaint_id = number;
  ELSIF b.act = 'hand-over' THEN
    -- To another domain it went with another category.
    UPDATE complaint c SET category_id = was.category_id, updated_at = now()
     WHERE c.id = number AND c.category_id <> was.category_id;
    UPDATE work w
       SET handler_ids = was.handler_ids, area_id = was.area_id, handed = was.handed,
           bounces = was.bounces, assignee_id = was.assignee_id, assigned_at = was.assigned_at,
           arrived_at = was.arrived_at, handed_from = was.handed_from,
           version = w.version + 1, updated_at = now()
     WHERE w.complaint_id = number;
  ELSIF b.act = 'recategorise' THEN
    UPDATE complaint c SET category_id = was.category_id, updated_at = now() WHERE c.id = number;
  ELSIF b.act IN ('accept', 'start') THEN
    UPDATE complaint c SET status = was.status, updated_at = now() WHERE c.id = number;
  ELSIF b.act = 'answer' THEN
    IF EXISTS (SELECT FROM rating r WHERE r.complaint_id = number AND r.at >= b.done_at) THEN
      RETURN 'judged';
    END IF;
    PERFORM work_answer_undone(number, i.answer_id, was, b.done_at + interval '10 minutes');
  ELSE
    RETURN 'never';
  END IF;
  -- Rights may have been taken away since: then nothing of this stays.
  IF NOT asker_on(number, 'act') THEN
    RAISE EXCEPTION 'not the asker''s complaint' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE work_bulk_item x SET undone = true WHERE x.bulk_id = bulk AND x.complaint_id = number;
  RETURN NULL;
END $$;

-- Take an answer of which nobody was told yet out of the public, with what it did to the work.
CREATE FUNCTION work_answer_undone(
  number uuid, said bigint, was work, told timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  -- Of the way back nobody is told either.
  PERFORM set_config('phananh.told_from', 'infinity', true);
  DELETE FROM answer a WHERE a.id = said AND a.complaint_id = number;
  UPDATE complaint c SET status = was.status, closed_at = NULL, updated_at = now()
   WHERE c.id = number AND c.status <> was.status;
  -- The closing ended a pause, which goes on: it is written down anew with its own beginning.
  DELETE FROM work_pause p
   WHERE p.complaint_id = number AND p.since = was.paused_at AND p.until IS NOT NULL;
  -- As it was, whatever triggers made of the way there and back; a closing that waited for a check
  -- is over with its state.
  UPDATE work w
     SET assignee_id = was.assignee_id, assigned_at = was.assigned_at,
         accepted_at = was.accepted_at, finished_at = was.finished_at, reopened = was.reopened,
         closed_by = was.closed_by, check_state = was.check_state, paused_at = was.paused_at,
         pause_reason = was.pause_reason, due_stale = true,
         version = w.version + 1, updated_at = now()
   WHERE w.complaint_id = number;
  -- After it: the row's own trigger counts the pause, and a first reaction of what is accepted.
  UPDATE work w SET reacted_at = was.reacted_at, pauses = was.pauses
   WHERE w.complaint_id = number
     AND (w.reacted_at, w.pauses) IS DISTINCT FROM (was.reacted_at, was.pauses);
  DELETE FROM progress p USING participant t
   WHERE t.id = p.participant_id AND t.complaint_id = number
     AND p.told_from IN (told, 'infinity');
  DELETE FROM happening h WHERE h.complaint_id = number AND h.told_from IN (told, 'infinity');
  PERFORM set_config('phananh.told_from', '', true);
END $$;
REVOKE ALL ON FUNCTION work_answer_undone FROM PUBLIC, phananh_app;

-- Work changes all day and is looked at all day: what is written to an index at once is not read
-- through from its list of what is still to be sorted in. That took three quarters of a queue's
-- count. One index answers all that asks by keys; the views that figures are counted from ask it.
ALTER INDEX ix_work_sight SET (fastupdate = off);
DROP INDEX ix_work_sees;
ALTER TABLE work SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE OR REPLACE VIEW work_measured WITH (security_barrier) AS
SELECT w.complaint_id, w.city_id, w.domain_id, w.category_id, w.status, w.reported_at, w.urgent,
       w.area_id, w.handler_ids, w.due_at, w.accept_due_at, w.handle_due_at, w.reacted_at,
       w.finished_at, w.arrived_at, w.reopened, w.paused_at, w.pauses,
       CASE WHEN w.pauses > 0 THEN work_pauses(w.complaint_id) END AS stood,
       coalesce(CASE WHEN w.status IN (4, 5) THEN w.closed_by END, w.assignee_id) AS handled_by,
       coalesce(w.acts && (SELECT asker_keys('inside'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('inside'))::smallint[]), false)
         AS inside,
       coalesce(w.acts && (SELECT asker_keys('supervise'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('supervise'))::smallint[]), false)
         AS supervised
  FROM work w
 WHERE array_append(w.sees, w.domain_id::bigint) && (SELECT asker_keys('view'))
   AND w.acts && (SELECT asker_keys('view'))
   AND NOT w.domain_id = ANY ((SELECT asker_everywhere('view'))::smallint[])
UNION ALL
SELECT w.complaint_id, w.city_id, w.domain_id, w.category_id, w.status, w.reported_at, w.urgent,
       w.area_id, w.handler_ids, w.due_at, w.accept_due_at, w.handle_due_at, w.reacted_at,
       w.finished_at, w.arrived_at, w.reopened, w.paused_at, w.pauses,
       CASE WHEN w.pauses > 0 THEN work_pauses(w.complaint_id) END,
       coalesce(CASE WHEN w.status IN (4, 5) THEN w.closed_by END, w.assignee_id),
       coalesce(w.acts && (SELECT asker_keys('inside'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('inside'))::smallint[]), false),
       coalesce(w.acts && (SELECT asker_keys('supervise'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('supervise'))::smallint[]), false)
  FROM work w
 WHERE cardinality((SELECT asker_everywhere('view'))) > 0
   AND w.domain_id = ANY ((SELECT asker_everywhere('view'))::smallint[]);

-- As 0023_views.sql has it, but that the two are never compared row by row: a change of the calendar
-- touches every open complaint at once, and 40,000 took three minutes.
CREATE OR REPLACE FUNCTION work_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_nestloop = off AS $$
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

-- Show a session's token for the rest of the transaction, and who that is: one question, where each
-- takes as long to ask as to answer. `one`: what follows is about one complaint, for which plans of
-- any other will do.
CREATE FUNCTION asker_opened(token text, one boolean) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('phananh.session', token, true);
  IF one THEN
    PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
  END IF;
  RETURN (
    SELECT jsonb_build_object(
             'id', a.id, 'name', a.name, 'full_name', a.full_name, 'language', a.language,
             'must_change', a.must_change,
             'roles', coalesce((SELECT jsonb_agg(jsonb_build_array(r.role, r.areas, r.domains,
                                                                   r.delegated_by IS NOT NULL)
                                                 ORDER BY r.id)
                                  FROM account_roles(a.id) r), '[]'))
      FROM account a WHERE a.id = asker());
END $$;

-- Lock a complaint and its work for an act of the asker's, who is shown only what is theirs: no row
-- where it is not to be seen, and no lock where it is not to be changed. The complaint first, as
-- what citizens do locks it, and its work by triggers after it. Every right is the caller's own.
CREATE FUNCTION work_held(called text)
RETURNS TABLE (id uuid, code text, may_view boolean, may_act boolean, may_supervise boolean,
               status smallint, version integer, acts bigint[], domain_id smallint,
               category_id smallint, area_id integer, paused boolean, check_state text, own boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  SELECT c.id, c.code, asker_on(c.id, 'inside'), asker_on(c.id, 'act'),
         asker_on(c.id, 'supervise')
    INTO work_held.id, work_held.code, work_held.may_view, work_held.may_act,
         work_held.may_supervise
    FROM complaint c WHERE c.code = called;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF work_held.may_act THEN
    SELECT c.status INTO work_held.status FROM complaint c WHERE c.id = work_held.id FOR UPDATE;
    SELECT w.version, w.acts, w.domain_id, w.category_id, w.area_id, w.paused_at IS NOT NULL,
           w.check_state
      INTO work_held.version, work_held.acts, work_held.domain_id, work_held.category_id,
           work_held.area_id, work_held.paused, work_held.check_state
      FROM work w WHERE w.complaint_id = work_held.id FOR UPDATE;
    work_held.own := work_held.check_state = 'asked' AND coalesce(
      (SELECT z.account_id = asker() FROM work_closing z WHERE z.complaint_id = work_held.id),
      false);
  END IF;
  RETURN NEXT;
END $$;
