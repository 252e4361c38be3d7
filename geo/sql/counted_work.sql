-- Write what was counted, in microseconds since 1970, and keep what was due before.
WITH counted AS (
  SELECT c.id, timestamptz 'epoch' + c.accept * interval '1 microsecond' AS accept_due_at,
         timestamptz 'epoch' + c.handle * interval '1 microsecond' AS handle_due_at,
         timestamptz 'epoch' + c.due * interval '1 microsecond' AS due_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:accept AS bigint[]), CAST(:handle AS bigint[]),
                CAST(:due AS bigint[])) AS c(id, accept, handle, due)
), kept AS (
  INSERT INTO due_history (complaint_id, accept_due_at, handle_due_at)
  SELECT w.complaint_id, w.accept_due_at, w.handle_due_at
    FROM work w JOIN counted c ON c.id = w.complaint_id
   WHERE num_nonnulls(w.accept_due_at, w.handle_due_at) > 0
     AND (w.accept_due_at, w.handle_due_at) IS DISTINCT FROM (c.accept_due_at, c.handle_due_at)
)
UPDATE work w
   SET accept_due_at = c.accept_due_at, handle_due_at = c.handle_due_at, due_at = c.due_at,
       due_stale = false
  FROM counted c
 WHERE w.complaint_id = c.id
