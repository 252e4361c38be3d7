-- Open complaints near a point, of some kinds and a stretch of time: what they say, and how far away.
-- `cells` and `kinds` are pairs, the nearest cells first. The work is bounded however many are open
-- at a place: of each pair the newest, of all pairs the first. Then the closest.
WITH asked AS (
  SELECT CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography) AS place
), looked_at AS (
  SELECT c.*
    FROM unnest(CAST(:cells AS bigint[]), CAST(:kinds AS smallint[])) AS pair(cell, kind)
   CROSS JOIN LATERAL (
     SELECT o.id, o.code, o.category_id, o.status, o.reported_at, o.geom, o.text, o.address
       FROM complaint o
      WHERE (o.cell >> 15) = pair.cell AND o.category_id = pair.kind AND o.status <= 3
        AND o.reported_at BETWEEN :since AND :until
      ORDER BY o.reported_at DESC
      LIMIT :of_each) AS c
   LIMIT :of_all
), close AS (
  SELECT l.*, ST_Distance(CAST(l.geom AS geography), asked.place) AS distance_m,
         abs(extract(epoch FROM CAST(:at AS timestamptz) - l.reported_at)) / 86400 AS days
    FROM looked_at l, asked
)
SELECT c.id, c.code, k.code AS category, d.code AS domain, c.status, c.reported_at,
       left(c.text, 1000) AS text, c.address, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
       c.distance_m, c.days,
       supporters_of(c.id) AS supporters
  FROM close c
  JOIN category k ON k.id = c.category_id
  JOIN domain d ON d.id = k.domain_id
 WHERE c.distance_m <= :near_m AND c.id IS DISTINCT FROM CAST(:itself AS uuid)
 ORDER BY :place_weight * c.distance_m / :near_m + :time_weight * c.days / :near_days, c.id
 LIMIT :compared
