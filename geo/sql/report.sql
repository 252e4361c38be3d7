-- Store one report where it belongs: one row comes back, with nulls for what was not found.
WITH place AS (
  SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geom
), town AS (
  SELECT t.id FROM city t, place p
   WHERE ST_Intersects(t.outline, p.geom) ORDER BY t.id LIMIT 1
), kind AS (
  SELECT c.id FROM category c JOIN domain d ON d.id = c.domain_id
   WHERE c.code = :category AND c.enabled AND d.enabled
), origin AS (
  SELECT id FROM source WHERE code = 'citizen'
), stored AS (
  INSERT INTO complaint (id, code, city_id, source_id, source_key, geom, cell, category_id, status,
                         reported_at, text, address)
  SELECT CAST(:id AS uuid), :code, town.id, origin.id, :key, place.geom, :cell, kind.id, 1, :at,
         :text, CAST(:address AS text)
    FROM place, town, kind, origin
  ON CONFLICT (code) DO NOTHING
  RETURNING id, code
), kept AS (
  INSERT INTO submission (complaint_id, words, address, answers, urgent, editable_until)
  SELECT id, CAST(:words AS text), CAST(:private_address AS text), CAST(:answers AS jsonb), :urgent,
         :editable_until
    FROM stored
)
SELECT (SELECT id FROM town) AS city_id, (SELECT id FROM kind) AS category_id,
       (SELECT code FROM stored) AS code
