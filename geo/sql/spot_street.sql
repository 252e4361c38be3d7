-- For each hot spot the street that most of some addresses in its ranges of leaf cells name, without
-- house numbers; how many name it, and of how many. Thirty addresses of each range tell.
WITH named AS MATERIALIZED (
  SELECT r.spot,
         regexp_replace(s.address, '^[^[:alpha:]]*[0-9]+[[:alpha:]]?(/[0-9]+)*[ ,]+', '') AS street
    FROM unnest(CAST(:spot AS integer[]), CAST(:low AS bigint[]), CAST(:high AS bigint[]))
         AS r (spot, low, high)
   CROSS JOIN LATERAL (
         SELECT address FROM complaint
          WHERE (cell >> 18) BETWEEN r.low >> 18 AND r.high >> 18
            AND cell BETWEEN r.low AND r.high
            AND address <> ''
            AND category_id NOT IN (SELECT id FROM category WHERE sensitive)
          LIMIT 30) AS s
), counted AS (
  SELECT spot, street, count(*) AS n, sum(count(*)) OVER (PARTITION BY spot) AS of_all
    FROM named
   GROUP BY spot, street
)
SELECT DISTINCT ON (spot) spot, street, n, of_all
  FROM counted
 WHERE street <> ''
 ORDER BY spot, n DESC, street
