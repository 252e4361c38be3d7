-- What follows from one complaint, in one row; what is private of it is not read.
SELECT k.deadline, k.questions, t.timezone, t.working_time,
       src.kind = 'citizen' AS promised,
       coalesce(s.urgent, false) AS urgent,
       coalesce(s.answers, '{}') AS replies,
       supporters_of(c.id) AS supporters,
       (SELECT jsonb_build_object(
                 'satisfied', count(*) FILTER (WHERE r.verdict = 'satisfied'),
                 'accepted', count(*) FILTER (WHERE r.verdict = 'accepted'),
                 'dissatisfied', count(*) FILTER (WHERE r.verdict = 'dissatisfied'))
          FROM rating r WHERE r.complaint_id = c.id) AS ratings,
       (SELECT count(*) FROM rating r WHERE r.complaint_id = c.id AND r.reopened) AS reopened,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', a.id, 'at', a.at, 'text', a.text, 'status', a.status) ORDER BY a.at, a.id),
               '[]')
          FROM answer a WHERE a.complaint_id = c.id) AS answers,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', f.id, 'answer_id', f.answer_id, 'width', f.width, 'height', f.height)
                 ORDER BY f.position, f.id), '[]')
          FROM photo f
         WHERE f.complaint_id = c.id AND NOT f.hidden
           AND (c.status <> 7 OR f.answer_id IS NOT NULL)) AS photos
  FROM complaint c
  JOIN category k ON k.id = c.category_id
  JOIN city t ON t.id = c.city_id
  JOIN source src ON src.id = c.source_id
  LEFT JOIN LATERAL said_in_public(c.id) s ON true
 WHERE c.id = :id
