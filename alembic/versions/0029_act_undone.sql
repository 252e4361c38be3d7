-- Single acts that can be taken back as acts on many are; run by 0029_act_undone.py. Before it the
-- two functions at the end were as 0026_answers_undone.sql has them.

-- Note how a complaint's work is before an act of the asker's: an act on one alone. Who may be told
-- of an answer is told after the ten minutes. Returns its number.
CREATE FUNCTION work_act_kept(act text, number uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  made bigint;
BEGIN
  DELETE FROM work_bulk b WHERE b.account_id = asker() AND b.created_at < now() - interval '1 day';
  INSERT INTO work_bulk (account_id, hash, act, body, items, created_at, done_at)
  SELECT asker(), sha256(uuid_send(gen_random_uuid())), work_act_kept.act, '{}',
         jsonb_build_array(jsonb_build_array(c.code, w.version)), now(), now()
    FROM work w JOIN complaint c ON c.id = w.complaint_id
   WHERE w.complaint_id = number
  RETURNING id INTO made;
  PERFORM work_bulk_kept(made, number);
  IF work_act_kept.act IN ('answer', 'refuse') THEN
    PERFORM set_config('phananh.told_from', (now() + interval '10 minutes')::text, true);
  END IF;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION work_act_kept FROM PUBLIC;
GRANT EXECUTE ON FUNCTION work_act_kept TO phananh_app;

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
  ELSIF b.act IN ('answer', 'refuse') THEN
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
CREATE OR REPLACE FUNCTION work_answer_undone(
  number uuid, said bigint, was work, told timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  -- Of the way back nobody is told either.
  PERFORM set_config('phananh.told_from', 'infinity', true);
  -- With its photos: their files go with the rows.
  DELETE FROM photo p WHERE p.answer_id = said AND p.complaint_id = number;
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
