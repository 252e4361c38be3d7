-- Areas that roles in force or to come name, of some sets: whose, and whether there is such an area.
SELECT r.id, a.name AS account, r.role, named.code AS area,
       split_part(named.code, ':', 1) AS set_code,
       substr(named.code, length(split_part(named.code, ':', 1)) + 2) AS code,
       EXISTS (SELECT FROM area x JOIN area_set s ON s.id = x.set_id
                WHERE s.ready AND s.code || ':' || x.code = named.code) AS there
  FROM account_role r JOIN account a ON a.id = r.account_id
 CROSS JOIN unnest(r.areas) AS named(code)
 WHERE (r.until IS NULL OR r.until > now()) AND a.enabled
 ORDER BY named.code, a.name, r.id
