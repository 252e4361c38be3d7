-- Who is told: the assignee, else the officers of the area (step 1); the supervisors of the area
-- (2); the supervisors of the whole city (3).
WITH told AS (
  SELECT w.complaint_id, w.due_at, w.handler_ids, w.assignee_id, d.code AS domain, c.code
    FROM work w JOIN domain d ON d.id = w.domain_id JOIN complaint c ON c.id = w.complaint_id
   WHERE w.complaint_id = ANY (CAST(:ids AS uuid[]))
), roles AS MATERIALIZED (
  SELECT o.id AS account_id, r.role, r.domains, r.areas IS NULL AS everywhere,
         array(SELECT a.id FROM unnest(r.areas) AS n(code)
                 JOIN area_set s ON s.code = split_part(n.code, ':', 1)
                 JOIN area a ON a.set_id = s.id
                  AND a.code = substr(n.code, length(split_part(n.code, ':', 1)) + 2)) AS area_ids
    FROM account o CROSS JOIN LATERAL account_roles(o.id) r
   WHERE o.enabled AND r.role IN ('officer', 'supervisor')
), found AS (
  SELECT t.assignee_id AS account_id, t.complaint_id FROM told t
   WHERE :step = 1 AND t.assignee_id IS NOT NULL
  UNION
  SELECT r.account_id, t.complaint_id
    FROM told t JOIN roles r ON r.domains IS NULL OR t.domain = ANY (r.domains)
   WHERE CASE WHEN :step = 1 THEN t.assignee_id IS NULL AND r.role = 'officer'
                                  AND r.area_ids && t.handler_ids
              WHEN :step = 2 THEN r.role = 'supervisor' AND r.area_ids && t.handler_ids
              ELSE r.role = 'supervisor' AND r.everywhere END
)
SELECT o.id AS account_id, o.email, o.language, t.complaint_id, t.code, t.due_at
  FROM found f JOIN account o ON o.id = f.account_id JOIN told t ON t.complaint_id = f.complaint_id
 WHERE o.enabled
 ORDER BY o.id, t.due_at, t.code
