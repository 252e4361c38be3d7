-- The follows of a city and a schedule with something to tell that was seen before an instant: the
-- follow, its address or its browser, and `until`, the last sighting of it.
SELECT f.*, r.address, p.language AS push_language, seen.until
  FROM follow f
  LEFT JOIN follower r ON r.id = f.follower_id
  LEFT JOIN push_subscription p ON p.id = f.push_id
 CROSS JOIN LATERAL (
   SELECT max(s.n) AS until FROM sighting s
    WHERE s.watch_id = f.watch_id AND s.n > f.told AND s.at < :before
      AND (s.kind = 'arrived' OR f.progress)) AS seen
 WHERE f.kind = 'complaints' AND f.city_id = :city_id AND f.schedule = :schedule
   AND f.confirmed_at IS NOT NULL AND seen.until IS NOT NULL
 ORDER BY f.id
