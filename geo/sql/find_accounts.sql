-- Accounts that hold some words, by name, with their roles and sessions, for admins.
SELECT a.id, a.name, a.full_name, a.unit, a.email, a.language, a.enabled, a.must_change,
       a.second_factor, a.locked_until > now() AS locked, a.issuer IS NOT NULL AS signs_on,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', r.id, 'role', r.role, 'areas', r.areas, 'domains', r.domains,
                 'since', r.since, 'until', r.until,
                 'delegated_by', (SELECT g.name FROM account g WHERE g.id = r.delegated_by)
               ) ORDER BY r.id), '[]')
          FROM account_role r
         WHERE r.account_id = a.id AND (r.until IS NULL OR r.until > now())) AS roles,
       (SELECT count(*) FROM account_session s
         WHERE s.account_id = a.id AND s.ended_at IS NULL AND s.expires_at > now()) AS sessions,
       (SELECT max(s.seen_at) FROM account_session s WHERE s.account_id = a.id AND s.whole)
         AS seen
  FROM account a
 WHERE (CAST(:id AS bigint) IS NULL OR a.id = :id)
   AND (:words = '' OR strpos(fold(concat_ws(' ', a.name, a.full_name, a.unit, a.email)),
                              fold(:words)) > 0)
   AND (:role = '' OR EXISTS (SELECT FROM account_role r
                               WHERE r.account_id = a.id AND r.role = :role
                                 AND (r.until IS NULL OR r.until > now())))
   AND a.name > :after
 ORDER BY a.name
 LIMIT :most
