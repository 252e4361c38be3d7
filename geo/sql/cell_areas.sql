-- The present areas some cells lie in, by the areas their centres are in: rows (name, name_en), the
-- one with most centres first.
SELECT concat_ws(' ', a.kind, a.name) AS name, a.name_en
  FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) AS c (lon, lat)
  JOIN area_part p ON ST_Intersects(p.geom, ST_SetSRID(ST_MakePoint(c.lon, c.lat), 4326))
  JOIN area_set s ON s.id = p.set_id AND s.city_id = :city_id AND s.until IS NULL AND s.ready
  JOIN area a ON a.id = p.area_id
 GROUP BY a.id
 ORDER BY count(*) DESC, a.id
 LIMIT 3
