-- What a follow is to be told, the newest first, each complaint once; `total` counts what the limit
-- cuts. What was withdrawn, marked as a duplicate or made sensitive meanwhile is no news.
WITH seen AS (
  SELECT DISTINCT ON (s.complaint_id) s.complaint_id, s.n, s.kind
    FROM sighting s
   WHERE s.watch_id = :watch_id AND s.n > :told AND s.n <= :until
     AND (s.kind = 'arrived' OR :progress)
   ORDER BY s.complaint_id, s.n DESC
), told AS (
  SELECT s.n, s.kind, c.code, c.status, c.reported_at, c.closed_at, c.text, c.address, c.geom,
         c.city_id, k.name_vi, k.name_en, k.code AS category, d.code AS domain,
         count(*) OVER () AS total
    FROM seen s
    JOIN complaint c ON c.id = s.complaint_id
    JOIN category k ON k.id = c.category_id AND NOT k.sensitive
    JOIN domain d ON d.id = k.domain_id
   WHERE c.status NOT IN (6, 7)
   ORDER BY s.n DESC
   LIMIT :limit
)
SELECT t.*, held.name AS area, held.name_en AS area_en
  FROM told t
  LEFT JOIN LATERAL (
    SELECT concat_ws(' ', a.kind, a.name) AS name, a.name_en
      FROM unnest(areas_at(t.geom, t.city_id)) AS x (id)
      JOIN area a ON a.id = x.id
      JOIN area_set s ON s.id = a.set_id AND s.ready AND s.until IS NULL
     ORDER BY a.area_km2, a.id
     LIMIT 1) AS held ON true
 ORDER BY t.n DESC
