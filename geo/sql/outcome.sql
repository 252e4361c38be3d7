-- What follows from one complaint, in one row; what is private of it is not read.
SELECT k.deadline, k.questions, k.id AS category_id, k.domain_id, t.timezone, t.working_time,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(v.valid_from, v.working_time) ORDER BY v.id),
                        '[]')
          FROM calendar_version v WHERE v.city_id = t.id) AS calendars,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(
                 v.valid_from, v.limits, v.domain_id, v.category_id) ORDER BY v.id), '[]')
          FROM policy_version v
         WHERE v.category_id = k.id OR v.domain_id = k.domain_id
            OR num_nonnulls(v.category_id, v.domain_id) = 0) AS policies,
       work_pauses(c.id) AS pauses,
       src.kind = 'citizen' AS promised,
       coalesce(s.urgent, false) AS urgent,
       coalesce(s.answers, '{}') AS replies,
       supporters_of(c.id) AS supporters,
       EXISTS (SELECT FROM event e WHERE e.complaint_id = c.id AND e.kind = 'left') AS first_left,
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
