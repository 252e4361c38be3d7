-- The areas of a draft and of the set it is compared with, simple enough to be sent to a map.
SELECT 'after' AS side, a.code, a.name,
       ST_AsGeoJSON(ST_SimplifyPreserveTopology(a.geom, 0.0003), 5)::json AS shape
  FROM boundary_draft_area a WHERE a.draft_id = :id
UNION ALL
SELECT 'before', a.code, a.name,
       ST_AsGeoJSON(ST_SimplifyPreserveTopology(a.geom, 0.0003), 5)::json
  FROM area a JOIN area_set s ON s.id = a.set_id WHERE s.ready AND s.code = :base
