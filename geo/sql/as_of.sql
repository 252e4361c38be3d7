-- The complaints that were there at :as_of and changed since, each as it was then.
WITH undone AS (
  SELECT first.complaint_id,
         max(first.change->>'from') FILTER (WHERE first.kind = 'status')::smallint AS status,
         max(first.change->>'from') FILTER (WHERE first.kind = 'category')::smallint AS category_id,
         bool_or(first.kind = 'closing') AS closed_otherwise,
         max(first.change->>'from') FILTER (WHERE first.kind = 'closing')::timestamptz AS closed_at,
         max(first.change->>'from') FILTER (WHERE first.kind = 'dated')::timestamptz AS reported_at,
         max(first.change->'from'->>0) FILTER (WHERE first.kind = 'moved')::float8 AS lon,
         max(first.change->'from'->>1) FILTER (WHERE first.kind = 'moved')::float8 AS lat,
         max(first.change->>'cell') FILTER (WHERE first.kind = 'moved')::bigint AS cell
    FROM (SELECT DISTINCT ON (e.complaint_id, e.kind) e.complaint_id, e.kind, e.change
            FROM event e
           WHERE e.at > :as_of AND e.kind IN ('status', 'category', 'closing', 'dated', 'moved')
             -- Where a reporter first put the pin by mistake, perhaps at home, is told nobody.
             AND NOT (e.kind = 'moved' AND coalesce(e.actor = 'reporter', false))
           ORDER BY e.complaint_id, e.kind, e.at) AS first
   GROUP BY first.complaint_id
)
SELECT c.id, c.code, c.city_id, c.source_id,
       coalesce(ST_SetSRID(ST_MakePoint(u.lon, u.lat), 4326), c.geom) AS geom,
       coalesce(u.cell, c.cell) AS cell,
       coalesce(u.category_id, c.category_id) AS category_id,
       coalesce(u.status, c.status) AS status,
       coalesce(u.reported_at, c.reported_at) AS reported_at,
       CASE WHEN u.closed_otherwise THEN u.closed_at ELSE c.closed_at END AS closed_at,
       c.text, c.address
  FROM undone u JOIN complaint c ON c.id = u.complaint_id
 WHERE c.id < :arrived
