-- Acts on many complaints at once. Run after the tables by 0018_queue.py.

ALTER TABLE work_bulk ENABLE ROW LEVEL SECURITY;
ALTER TABLE work_bulk_item ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON work_bulk FOR ALL
  USING (account_id = (SELECT asker())) WITH CHECK (account_id = (SELECT asker()));
CREATE POLICY own ON work_bulk_item FOR SELECT
  USING (EXISTS (SELECT FROM work_bulk b WHERE b.id = bulk_id AND b.account_id = (SELECT asker())));
-- What was before is what an undo brings back: nobody may say it but the functions below.
REVOKE INSERT, UPDATE, DELETE ON work_bulk_item FROM phananh_app;
-- What is done stays what it was; only that it was done is written later.
REVOKE UPDATE ON work_bulk FROM phananh_app;
GRANT UPDATE (done_at) ON work_bulk TO phananh_app;

-- Note how a complaint's work is, before the act.
CREATE FUNCTION work_bulk_kept(bulk bigint, number uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT asker_on(number, 'act')
     OR NOT EXISTS (SELECT FROM work_bulk b WHERE b.id = bulk AND b.account_id = asker()) THEN
    RAISE EXCEPTION 'not the asker''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO work_bulk_item (bulk_id, complaint_id, code, before)
  SELECT bulk, w.complaint_id, c.code, jsonb_build_object(
           'status', w.status, 'category_id', w.category_id, 'area_id', w.area_id,
           'handler_ids', w.handler_ids, 'handed', w.handed, 'bounces', w.bounces,
           'assignee_id', w.assignee_id, 'assigned_at', w.assigned_at)
    FROM work w JOIN complaint c ON c.id = w.complaint_id
   WHERE w.complaint_id = number;
END $$;

-- Note the versions that the acts made: some of it may be out of the asker's sight by now.
CREATE FUNCTION work_bulk_done(bulk bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM work_bulk b WHERE b.id = bulk AND b.account_id = asker()) THEN
    RAISE EXCEPTION 'not the asker''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE work_bulk_item i SET after = w.version FROM work w
   WHERE i.bulk_id = bulk AND w.complaint_id = i.complaint_id AND i.after IS NULL;
END $$;

-- Bring a complaint's work back to what it was before an act of the asker's, if nobody changed it
-- since and no more than ten minutes have gone. Returns why it was not done, or null.
CREATE FUNCTION work_bulk_undone(bulk bigint, number uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  b work_bulk%ROWTYPE;
  i work_bulk_item%ROWTYPE;
  was jsonb;
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
  was := i.before;
  PERFORM set_config('phananh.actor', 'official', true);
  IF b.act = 'assign' THEN
    UPDATE work w
       SET assignee_id = (was->>'assignee_id')::bigint,
           assigned_at = (was->>'assigned_at')::timestamptz,
           version = w.version + 1, updated_at = now()
     WHERE w.complaint_id = number;
  ELSIF b.act = 'hand-over' THEN
    -- To another domain it went with another category.
    UPDATE complaint c SET category_id = (was->>'category_id')::smallint, updated_at = now()
     WHERE c.id = number AND c.category_id <> (was->>'category_id')::smallint;
    UPDATE work w
       SET handler_ids = array(SELECT jsonb_array_elements_text(was->'handler_ids')::integer),
           area_id = (was->>'area_id')::integer, handed = (was->>'handed')::boolean,
           bounces = (was->>'bounces')::smallint,
           assignee_id = (was->>'assignee_id')::bigint,
           assigned_at = (was->>'assigned_at')::timestamptz,
           version = w.version + 1, updated_at = now()
     WHERE w.complaint_id = number;
  ELSIF b.act = 'recategorise' THEN
    UPDATE complaint c SET category_id = (was->>'category_id')::smallint, updated_at = now()
     WHERE c.id = number;
  ELSIF b.act IN ('accept', 'start') THEN
    UPDATE complaint c SET status = (was->>'status')::smallint, updated_at = now()
     WHERE c.id = number;
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
