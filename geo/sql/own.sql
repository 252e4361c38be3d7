-- What the holder of a private link sees beyond what everyone does: one row.
SELECT CAST(c.xmin AS text) || '.' || coalesce(CAST(s.xmin AS text), '0') AS version,
       s.words, s.address AS private_address, s.answers, s.urgent, s.editable_until,
       supporters_of(c.id) AS supporters,
       EXISTS (SELECT FROM event e WHERE e.complaint_id = c.id AND e.kind = 'left') AS gone,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'photo', p.id, 'small', '/photos/' || p.id || '-small.jpg',
                 'large', '/photos/' || p.id || '.jpg', 'width', p.width, 'height', p.height,
                 'hidden', p.hidden) ORDER BY p.position, p.id), '[]')
          FROM photo p
         WHERE p.complaint_id = c.id AND p.answer_id IS NULL) AS photos,
       -- The city's answers, also where the public is not told them.
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'at', a.at, 'text', a.text, 'status', a.status,
                 'photos', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                     'small', '/photos/' || p.id || '-small.jpg',
                                     'large', '/photos/' || p.id || '.jpg',
                                     'width', p.width, 'height', p.height)
                                     ORDER BY p.position, p.id), '[]')
                              FROM photo p WHERE p.answer_id = a.id AND NOT p.hidden))
                 ORDER BY a.at, a.id), '[]')
          FROM answer a WHERE a.complaint_id = c.id) AS replies,
       -- What officials asked: row-level security shows it to the reporter alone.
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', q.id, 'at', q.at, 'text', q.text, 'reply', q.reply,
                 'replied_at', q.replied_at) ORDER BY q.id), '[]')
          FROM work_question q WHERE q.complaint_id = c.id) AS questions,
       -- Of the closing that stands; while it is open, what was said last.
       (SELECT jsonb_build_object('verdict', r.verdict, 'reason', rating_reason(r.id),
                                  'reopened', r.reopened, 'at', r.at)
          FROM rating r
         WHERE r.participant_id = :participant_id
           AND (c.closed_at IS NULL OR r.closed_at = c.closed_at)
         ORDER BY r.at DESC LIMIT 1) AS rating
  FROM complaint c LEFT JOIN submission s ON s.complaint_id = c.id
 WHERE c.id = :complaint_id
