-- The present areas that hold some points: rows (i, name, name_en), i from 1 in the points' order.
SELECT o.i, concat_ws(' ', a.kind, a.name) AS name, a.name_en
  FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) WITH ORDINALITY AS o (lon, lat, i)
  JOIN area_part p ON ST_Intersects(p.geom, ST_SetSRID(ST_MakePoint(o.lon, o.lat), 4326))
  JOIN area_set s ON s.id = p.set_id AND s.city_id = :city_id AND s.until IS NULL AND s.ready
  JOIN area a ON a.id = p.area_id
 ORDER BY o.i, a.id
