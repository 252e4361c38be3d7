-- What the area's history says about a spot: how often within a cell of some 60 m and those around
-- it, and how the last ones ended. Sensitive ones are not counted.
WITH here AS MATERIALIZED (
  SELECT c.id, c.code, c.status, c.category_id, c.reported_at, c.closed_at,
         ST_DistanceSphere(c.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) AS distance_m
    FROM complaint c JOIN category k ON k.id = c.category_id AND NOT k.sensitive
   WHERE c.cell >> 18 = ANY (CAST(:cells AS bigint[])) AND c.city_id = :city
     AND c.reported_at > :since AND c.code <> :code
)
SELECT count(*) FILTER (WHERE reported_at > CAST(:year AS timestamptz)) AS n_year,
       count(*) AS n_all,
       (SELECT coalesce(jsonb_agg(to_jsonb(last)), '[]')
          FROM (SELECT h.code, h.closed_at, left(a.text, 300) AS answer
                  FROM here h
                  LEFT JOIN LATERAL (SELECT text FROM answer a WHERE a.complaint_id = h.id
                                      ORDER BY a.at DESC LIMIT 1) a ON true
                 WHERE h.closed_at IS NOT NULL AND h.distance_m <= 60
                 ORDER BY h.closed_at DESC LIMIT 3) AS last) AS last,
       (SELECT coalesce(jsonb_agg(to_jsonb(near)), '[]')
          FROM (SELECT h.code, h.status, k.code AS category, round(h.distance_m) AS distance_m,
                       h.reported_at
                  FROM here h JOIN category k ON k.id = h.category_id
                 WHERE h.status <= 3 AND h.distance_m <= 250
                 ORDER BY h.distance_m LIMIT 12) AS near) AS near
  FROM here
 WHERE distance_m <= 60
