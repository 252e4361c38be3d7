-- The present area that holds each of some points, the smallest where several do: rows
-- (i, code, name, name_en), i from 1 in the order of the points; none for a point outside.
SELECT DISTINCT ON (p.i) p.i, a.code, concat_ws(' ', a.kind, a.name) AS name, a.name_en
  FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) WITH ORDINALITY AS p (lon, lat, i)
  JOIN area_part q ON ST_Intersects(q.geom, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))
  JOIN area_set s ON s.id = q.set_id AND s.city_id = ANY(:cities) AND s.until IS NULL AND s.ready
  JOIN area a ON a.id = q.area_id
 ORDER BY p.i, a.area_km2, a.id
