-- What an official sees of one complaint, in one row; row-level security leaves it out for others.
SELECT c.id, c.code, coalesce(w.version, 1) AS version, c.status, t.code AS city, d.code AS domain,
       k.code AS category, c.reported_at, c.closed_at, coalesce(w.urgent, false) AS urgent,
       ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.address, c.text, k.sensitive,
       w.complaint_id IS NOT NULL AS worked, w.assignee_id, w.due_at, w.accept_due_at,
       w.handle_due_at, w.due_stale, w.paused_at, w.pause_reason, coalesce(w.reopened, 0) AS reopened,
       coalesce(w.bounces, 0) AS bounces, coalesce(w.check_state, 'none') AS check_state,
       k.id AS category_id, k.domain_id, w.area_id, w.acts, k.answer_photo, k.answer_photo_m,
       k.answer_check,
       (SELECT a.full_name FROM account a WHERE a.id = w.assignee_id) AS assignee,
       (SELECT jsonb_build_object('set', s.code, 'code', a.code, 'name', a.name, 'name_en', a.name_en)
          FROM area a JOIN area_set s ON s.id = a.set_id WHERE a.id = w.area_id) AS area,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('set', s.code, 'code', a.code, 'name', a.name)
                                  ORDER BY s.since DESC NULLS LAST), '[]')
          FROM area a JOIN area_set s ON s.id = a.set_id WHERE a.id = ANY (w.area_ids)) AS areas,
       (SELECT o.code FROM complaint o WHERE o.id = w.duplicate_of) AS duplicate_of,
       (SELECT coalesce(jsonb_agg(o.code ORDER BY o.code), '[]')
          FROM work x JOIN complaint o ON o.id = x.complaint_id
         WHERE x.duplicate_of = c.id) AS duplicates,
       supporters_of(c.id) AS supporters,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', f.id, 'answer_id', f.answer_id, 'width', f.width, 'height', f.height,
                 'taken_at', o.taken_at,
                 'distance_m', round(ST_Distance(o.geom::geography, c.geom::geography)::numeric),
                 'alike', (SELECT coalesce(jsonb_agg(DISTINCT x.code), '[]')
                             FROM photo_alike l
                             JOIN photo q ON q.id = CASE l.photo_id WHEN f.id THEN l.other_id
                                                                    ELSE l.photo_id END
                             JOIN complaint x ON x.id = q.complaint_id
                            WHERE f.id IN (l.photo_id, l.other_id)))
                 ORDER BY f.position, f.id), '[]')
          FROM photo f LEFT JOIN photo_origin o ON o.photo_id = f.id
         WHERE f.complaint_id = c.id AND NOT f.hidden) AS photos,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', a.id, 'at', a.at, 'text', a.text, 'status', a.status) ORDER BY a.at, a.id),
               '[]')
          FROM answer a WHERE a.complaint_id = c.id) AS answers,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'at', e.at, 'act', e.kind, 'change', e.change, 'public', true)
                 ORDER BY e.at, e.id), '[]')
          FROM event e
         WHERE e.complaint_id = c.id AND e.kind IN ('status', 'category', 'moved')) AS events,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'at', e.at, 'who', a.full_name, 'act', e.act, 'reason', e.reason,
                 'change', e.change, 'public', false) ORDER BY e.id), '[]')
          FROM work_event e LEFT JOIN account a ON a.id = e.account_id
         WHERE e.complaint_id = c.id) AS acts_done,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', n.id, 'at', n.at, 'who', a.full_name, 'text', n.text) ORDER BY n.id), '[]')
          FROM work_note n JOIN account a ON a.id = n.account_id
         WHERE n.complaint_id = c.id) AS notes,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', q.id, 'at', q.at, 'who', a.full_name, 'text', q.text, 'reply', q.reply,
                 'replied_at', q.replied_at) ORDER BY q.id), '[]')
          FROM work_question q JOIN account a ON a.id = q.account_id
         WHERE q.complaint_id = c.id) AS questions,
       -- What those who were not satisfied said, for who answered.
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'at', r.at, 'reason', rating_reason(r.id), 'reopened', r.reopened) ORDER BY r.id),
               '[]')
          FROM rating r
         WHERE r.complaint_id = c.id AND r.verdict = 'dissatisfied') AS disputes,
       (SELECT o.code FROM complaint o WHERE o.id = w.split_from) AS split_from,
       (SELECT coalesce(jsonb_agg(o.code ORDER BY o.code), '[]')
          FROM work x JOIN complaint o ON o.id = x.complaint_id
         WHERE x.split_from = c.id) AS split_into,
       (SELECT jsonb_build_object('at', z.at, 'who', a.full_name, 'text', z.text,
                                  'own', z.account_id = asker(), 'proof', z.proof)
          FROM work_closing z JOIN account a ON a.id = z.account_id
         WHERE z.complaint_id = c.id) AS closing,
       asker_on(c.id, 'inside') AS may_view,
       asker_on(c.id, 'act') AS may_act,
       asker_on(c.id, 'supervise') AS may_supervise
  FROM complaint c
  JOIN category k ON k.id = c.category_id
  JOIN domain d ON d.id = k.domain_id
  JOIN city t ON t.id = c.city_id
  LEFT JOIN work w ON w.complaint_id = c.id
 WHERE c.code = :code
