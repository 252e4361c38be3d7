-- What of the work that changed is the asker's to hear of, with the act that came last. An act is
-- of this change where it is not older than it; changes by reporters and by the system have none.
SELECT c.id, c.code, w.version,
       coalesce(e.act, CASE WHEN w.version = 1 THEN 'new' ELSE 'changed' END) AS act, a.full_name AS who,
       coalesce(e.account_id = asker(), false) AS own
  FROM work w
  JOIN complaint c ON c.id = w.complaint_id
  LEFT JOIN LATERAL (
       SELECT x.act, x.account_id FROM work_event x
        WHERE x.complaint_id = w.complaint_id AND x.at >= w.updated_at
        ORDER BY x.id DESC LIMIT 1) AS e ON true
  LEFT JOIN account a ON a.id = e.account_id
 WHERE w.complaint_id = ANY (:ids) AND (SELECT asker_may('inside'))
 ORDER BY c.code
