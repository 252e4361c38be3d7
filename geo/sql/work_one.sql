-- What an official sees of one complaint, in one row; row-level security leaves it out for others.
SELECT c.id, c.code, coalesce(w.version, 1) AS version, c.status, t.code AS city, d.code AS domain,
       k.code AS category, c.reported_at, c.closed_at, coalesce(w.urgent, false) AS urgent,
       ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.address, c.text, k.sensitive,
       w.complaint_id IS NOT NULL AS worked, w.assignee_id, w.due_at, w.accept_due_at,
       w.handle_due_at, w.reacted_at, w.due_stale, w.paused_at, w.pause_reason, coalesce(w.reopened, 0) AS reopened,
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
       supporters_of(c.id) AS supporters, k.questions AS asked,
       (SELECT s.answers FROM said_in_public(c.id) s) AS replies,
       (SELECT jsonb_build_object(
                 'satisfied', count(*) FILTER (WHERE r.verdict = 'satisfied'),
                 'accepted', count(*) FILTER (WHERE r.verdict = 'accepted'),
                 'dissatisfied', count(*) FILTER (WHERE r.verdict = 'dissatisfied'))
          FROM rating r WHERE r.complaint_id = c.id) AS ratings,
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
         WHERE e.complaint_id = c.id AND e.kind IN ('status', 'category', 'moved', 'text', 'left'))
       AS events,
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
       -- What the asker did to it alone a moment ago, if nobody changed it since.
       (SELECT jsonb_build_object('id', b.id, 'act', b.act,
                                  'until', b.done_at + interval '10 minutes')
          FROM work_bulk b JOIN work_bulk_item i ON i.bulk_id = b.id
         WHERE b.account_id = asker() AND b.done_at > now() - interval '10 minutes'
           AND b.act <> 'note' AND jsonb_array_length(b.items) = 1
           AND i.complaint_id = c.id AND i.after = w.version AND NOT i.undone) AS undo,
       -- What an answer may begin with: the category's own templates first; grounds in their order.
       (SELECT coalesce(jsonb_agg(jsonb_build_array(m.id, m.name, md.code, mk.code, m.language, m.text)
                                  ORDER BY m.category_id IS NULL, m.domain_id IS NULL, m.name, m.id),
               '[]')
          FROM answer_template m
          LEFT JOIN domain md ON md.id = m.domain_id
          LEFT JOIN category mk ON mk.id = m.category_id
         WHERE (m.category_id = k.id OR m.category_id IS NULL)
           AND (m.domain_id = k.domain_id OR m.domain_id IS NULL)) AS templates,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'code', g.code, 'vi', g.vi, 'en', g.en, 'law', g.law, 'shipped', g.shipped)
                 ORDER BY g.position, g.code), '[]')
          FROM refusal_ground g WHERE g.enabled) AS grounds,
       EXISTS (SELECT FROM participant p
                WHERE p.complaint_id = c.id AND p.role = 'reporter' AND p.erased_at IS NULL)
         AND NOT EXISTS (SELECT FROM event e WHERE e.complaint_id = c.id AND e.kind = 'left')
         AS reachable,
       asker_on(c.id, 'inside') AS may_view,
       asker_on(c.id, 'act') AS may_act,
       asker_on(c.id, 'supervise') AS may_supervise
  FROM complaint c
  JOIN category k ON k.id = c.category_id
  JOIN domain d ON d.id = k.domain_id
  JOIN city t ON t.id = c.city_id
  LEFT JOIN work w ON w.complaint_id = c.id
 WHERE c.code = :code
