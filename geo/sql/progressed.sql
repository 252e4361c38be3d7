-- How complaints stand whose reporter or supporters asked to be told by push; `at` is when it last
-- went on. What is erased is told to nobody.
WITH went_on AS (
  SELECT h.id, max(h.at) AS at, bool_or(h.asked) AS asked, bool_and(h.asked) AS only_asked
    FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[]), CAST(:asked AS boolean[]))
         AS h (id, at, asked)
   GROUP BY h.id
)
SELECT q.push_id, p.language, c.code, c.status, k.name_vi, k.name_en, w.id AS complaint_id, w.at,
       EXISTS (SELECT FROM answer a WHERE a.complaint_id = c.id AND a.at >= w.at - interval '1 s')
         AS answered,
       w.asked AND p.role = 'reporter' AS asked
  FROM went_on w
  JOIN complaint c ON c.id = w.id
  JOIN category k ON k.id = c.category_id
  JOIN participant p ON p.complaint_id = c.id AND p.erased_at IS NULL
  JOIN participant_push q ON q.participant_id = p.id
 -- Who withdraws it knows.
 WHERE NOT (p.role = 'reporter'
            AND (c.status = 7 OR EXISTS (SELECT FROM event e
                                          WHERE e.complaint_id = c.id AND e.kind = 'left')))
   -- What is asked, is asked of the reporter.
   AND NOT (w.only_asked AND p.role <> 'reporter')
 ORDER BY q.push_id, c.code
