-- The present areas the complaints of hot spots lie in: rows (spot, name, name_en), for each spot the
-- one with most complaints first. A few complaints of each cell, weighted by how many it has, tell;
-- they are taken from each of its children of resolution 9, which the place index knows.
SELECT r.spot, concat_ws(' ', a.kind, a.name) AS name, a.name_en
  FROM unnest(CAST(:low AS bigint[]), CAST(:high AS bigint[]), CAST(:n AS float8[]),
              CAST(:spot AS integer[])) AS r (low, high, n, spot)
 CROSS JOIN LATERAL (
       SELECT few.geom, count(*) OVER () AS taken
         FROM generate_series(r.low >> 18, r.high >> 18) AS child (place)
        CROSS JOIN LATERAL (
              SELECT geom FROM complaint
               WHERE (cell >> 18) = child.place
                 AND cell BETWEEN r.low AND r.high
                 AND reported_at >= :since AND reported_at < :until
                 AND (CAST(:kinds AS smallint[]) IS NULL OR category_id = ANY(:kinds))
               LIMIT :each) AS few) AS c
  JOIN area_part p ON ST_Intersects(p.geom, c.geom)
  JOIN area_set s ON s.id = p.set_id AND s.city_id = :city_id AND s.until IS NULL AND s.ready
  JOIN area a ON a.id = p.area_id
 GROUP BY r.spot, a.id
 ORDER BY r.spot, sum(r.n / c.taken) DESC, a.id
