-- For each cell, given as a range of leaf cells, the streets that thirty of its addresses name,
-- without house numbers, and how many name each. Those of sensitive complaints are left out.
SELECT r.cell,
       regexp_replace(s.address, '^[^[:alpha:]]*[0-9]+[[:alpha:]]?(/[0-9]+)*[ ,]+', '') AS street,
       count(*) AS n
  FROM unnest(CAST(:cell AS bigint[]), CAST(:low AS bigint[]), CAST(:high AS bigint[]))
       AS r (cell, low, high)
 CROSS JOIN LATERAL (
       SELECT address FROM complaint
        WHERE (cell >> 18) BETWEEN r.low >> 18 AND r.high >> 18
          AND cell BETWEEN r.low AND r.high
          AND address <> ''
          AND category_id NOT IN (SELECT id FROM category WHERE sensitive)
        LIMIT 30) AS s
 GROUP BY r.cell, street
