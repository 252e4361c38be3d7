-- How many complaints came on the day of rank :rank by their number; null when fewer days had any.
SELECT count(*) AS n
  FROM complaint
 WHERE cell >> 18 = ANY(CAST(:cells AS bigint[])) AND reported_at >= :since AND reported_at < :until
 GROUP BY floor(extract(epoch FROM reported_at) / 86400)
 ORDER BY n DESC
OFFSET CAST(:rank AS integer) - 1 LIMIT 1
