-- Take what is to be told of a deadline, once: another round at the same time waits and finds none.
INSERT INTO work_reminder (complaint_id, kind, due_at)
SELECT w.complaint_id, :kind, w.due_at
  FROM work w
 WHERE w.city_id = :city AND w.status <= 3 AND NOT w.due_stale
   AND w.due_at > :after AND w.due_at <= :until
   AND (w.paused_at IS NULL OR :kind <> 'remind')
   AND NOT EXISTS (SELECT FROM work_reminder r
                    WHERE r.complaint_id = w.complaint_id AND r.kind = :kind
                      AND r.due_at = w.due_at)
 ORDER BY w.due_at, w.complaint_id
 LIMIT :most
ON CONFLICT DO NOTHING
RETURNING complaint_id
