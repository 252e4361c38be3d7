-- Work whose deadlines are to be counted, which nobody else counts or changes at the moment.
SELECT w.complaint_id, w.city_id, w.domain_id, w.category_id, w.status, w.urgent,
       w.accepted_at IS NOT NULL AS accepted,
       (extract(epoch FROM w.reported_at) * 1000000)::bigint AS reported,
       (w.reported_at AT TIME ZONE t.timezone)::date AS day,
       CASE WHEN EXISTS (SELECT FROM work_pause p WHERE p.complaint_id = w.complaint_id)
            THEN work_pauses(w.complaint_id) END AS pauses
  FROM work w JOIN city t ON t.id = w.city_id
 WHERE w.due_stale AND w.city_id = ANY (:cities)
 ORDER BY w.complaint_id
 LIMIT :most
   FOR NO KEY UPDATE OF w SKIP LOCKED
