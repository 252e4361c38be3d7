-- Store a report as it was corrected; where the place is outside, one row with a null city.
WITH place AS (
  SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geom
), town AS (
  SELECT t.id FROM city t, place p
   WHERE ST_Intersects(t.outline, p.geom) ORDER BY t.id LIMIT 1
), changed AS (
  UPDATE complaint c
     SET city_id = town.id, geom = place.geom, cell = :cell, category_id = :category_id,
         text = :text, address = CAST(:address AS text), updated_at = :at
    FROM place, town
   WHERE c.id = :id
  RETURNING c.id
), kept AS (
  UPDATE submission s
     SET words = CAST(:words AS text), address = CAST(:private_address AS text),
         answers = CAST(:answers AS jsonb), urgent = :urgent
    FROM changed
   WHERE s.complaint_id = changed.id
)
SELECT (SELECT id FROM town) AS city_id
