-- The areas around a place, of the set whose area handles it (else of the newest in force), cut at
-- a box, and the places everyone knows in it.
WITH seen AS MATERIALIZED (
  SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS box
), chosen AS MATERIALIZED (
  SELECT coalesce(
           (SELECT a.set_id FROM area a JOIN area_set s ON s.id = a.set_id
             WHERE s.code = :set AND a.code = :area),
           (SELECT s.id FROM area_set s JOIN city t ON t.id = s.city_id
             WHERE t.code = :city AND s.ready
             ORDER BY s.until IS NULL DESC, s.since DESC NULLS LAST, s.id LIMIT 1)) AS set_id
)
SELECT a.name, a.name_en, a.code = :area AS own, NULL::text AS landmark,
       ST_AsBinary(ST_ClipByBox2D(a.geom, b.box)) AS shape
  FROM seen b, chosen c, area a
 WHERE a.set_id = c.set_id AND a.geom && b.box
   AND NOT ST_IsEmpty(ST_ClipByBox2D(a.geom, b.box))
UNION ALL
SELECT l.name, l.name_en, false, l.name, ST_AsBinary(l.geom)
  FROM seen b, landmark l
 WHERE l.geom && b.box
