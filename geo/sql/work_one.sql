-- What an official sees of one complaint, in one row; row-level security leaves it out for others.
SELECT c.id, c.code, coalesce(w.version, 1) AS version, c.status, t.code AS city, d.code AS domain,
       k.code AS category, c.reported_at, c.closed_at, coalesce(w.urgent, false) AS urgent,
       ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.address, c.text, k.sensitive,
       w.complaint_id IS NOT NULL AS worked, w.assignee_id, w.due_at, w.accept_due_at,
       w.handle_due_at, w.due_stale, w.paused_at, w.pause_reason, coalesce(w.reopened, 0) AS reopened,
       coalesce(w.bounces, 0) AS bounces, coalesce(w.check_state, 'none') AS check_state,
       w.category_id, w.area_id, w.acts,
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
                 'id', f.id, 'answer_id', f.answer_id, 'width', f.width, 'height', f.height)
                 ORDER BY f.position, f.id), '[]')
          FROM photo f WHERE f.complaint_id = c.id AND NOT f.hidden) AS photos,
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
       asker_on(c.id, 'inside') AS may_view,
       asker_on(c.id, 'act') AS may_act,
       asker_on(c.id, 'supervise') AS may_supervise
  FROM complaint c
  JOIN category k ON k.id = c.category_id
  JOIN domain d ON d.id = k.domain_id
  JOIN city t ON t.id = c.city_id
  LEFT JOIN work w ON w.complaint_id = c.id
 WHERE c.code = :code
