-- What the history of a spot says, and what is open near it. Bounded however much was reported
-- there: of each of the few cells around the spot (resolution 9) the newest `examined` are looked
-- at, in the index alone, whose leaves tell what lies at the spot. Sensitive ones are not counted:
-- and left out first of all, since the policy would ask for each of them whether it may be seen.
WITH looked_at AS MATERIALIZED (
  SELECT o.* FROM unnest(CAST(:places AS bigint[])) AS p(place)
   CROSS JOIN LATERAL (
     SELECT p.place, c.cell, c.reported_at, c.category_id, c.city_id, c.status
       FROM complaint c
      WHERE (c.cell >> 18) = p.place AND c.reported_at > :since
        AND c.category_id <> ALL (CAST((SELECT sensitive_ids()) AS smallint[]))
      ORDER BY c.reported_at DESC
      LIMIT :examined) AS o
), here AS MATERIALIZED (
  SELECT l.* FROM looked_at l WHERE l.cell = ANY (CAST(:leaves AS bigint[])) AND l.city_id = :city
), itself AS (
  SELECT * FROM here
   WHERE cell = :cell AND reported_at = :reported_at AND category_id = :category LIMIT 1
), ended AS MATERIALIZED (
  SELECT DISTINCT place, cell, reported_at FROM here WHERE status > 3
   ORDER BY reported_at DESC LIMIT :recent
), close AS MATERIALIZED (
  SELECT n.* FROM unnest(CAST(:around AS bigint[])) AS a(place)
   CROSS JOIN LATERAL (
     SELECT c.code, c.status, c.category_id, c.reported_at,
            ST_DistanceSphere(c.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) AS distance_m
       FROM complaint c
      WHERE (c.cell >> 15) = a.place AND c.status <= 3 AND c.city_id = :city AND c.code <> :code
        AND c.category_id <> ALL (CAST((SELECT sensitive_ids()) AS smallint[]))
      LIMIT :of_each) AS n
   LIMIT :of_all
)
SELECT count(*) FILTER (WHERE reported_at > CAST(:year AS timestamptz))
         - (SELECT count(*) FROM itself WHERE reported_at > CAST(:year AS timestamptz)) AS n_year,
       count(*) - (SELECT count(*) FROM itself) AS n_all,
       EXISTS (SELECT FROM looked_at GROUP BY place HAVING count(*) >= :examined) AS more,
       (SELECT coalesce(jsonb_agg(to_jsonb(last)), '[]')
          FROM (SELECT c.code, c.closed_at, left(a.text, 300) AS answer
                  FROM ended e
                  JOIN complaint c ON (c.cell >> 18) = e.place AND c.reported_at = e.reported_at
                                  AND c.cell = e.cell
                                  AND c.category_id <> ALL (CAST((SELECT sensitive_ids()) AS smallint[]))
                  LEFT JOIN LATERAL (SELECT text FROM answer a WHERE a.complaint_id = c.id
                                      ORDER BY a.at DESC LIMIT 1) a ON true
                 WHERE c.closed_at IS NOT NULL AND c.code <> :code
                 ORDER BY c.closed_at DESC LIMIT 3) AS last) AS last,
       (SELECT coalesce(jsonb_agg(to_jsonb(near)), '[]')
          FROM (SELECT n.code, n.status, k.code AS category, round(n.distance_m) AS distance_m,
                       n.reported_at
                  FROM close n JOIN category k ON k.id = n.category_id
                 WHERE n.distance_m <= :near_m
                 ORDER BY n.distance_m, n.code LIMIT 12) AS near) AS near
  FROM here
