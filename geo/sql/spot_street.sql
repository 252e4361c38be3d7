-- The street that most of some addresses in ranges of leaf cells name, without house numbers; how
-- many name it, and of how many. Sixty addresses of each range are enough to tell.
WITH named AS (
  SELECT regexp_replace(s.address, '^[^[:alpha:]]*[0-9]+[[:alpha:]]?(/[0-9]+)*[ ,]+', '') AS street
    FROM unnest(CAST(:low AS bigint[]), CAST(:high AS bigint[])) AS r (low, high)
   CROSS JOIN LATERAL (
         SELECT address FROM complaint
          WHERE (cell >> 18) BETWEEN r.low >> 18 AND r.high >> 18
            AND cell BETWEEN r.low AND r.high
            AND address <> ''
            AND category_id NOT IN (SELECT id FROM category WHERE sensitive)
          LIMIT 60) AS s
)
SELECT street, count(*) AS n, (SELECT count(*) FROM named) AS of_all
  FROM named
 WHERE street <> ''
 GROUP BY street
 ORDER BY n DESC, street
 LIMIT 1
