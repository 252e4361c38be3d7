-- Move a batch from the temporary table `arriving` into place, with its areas and counts.
-- The insert trigger stands aside (phananh.bulk = on): this does the same, set by set.
WITH added AS (
  INSERT INTO complaint (id, code, city_id, source_id, source_key, geom, cell, category_id, status,
                         reported_at, closed_at, text, address)
  SELECT id, code, :city_id, :source_id, source_key, ST_SetSRID(ST_MakePoint(lon, lat), 4326),
         cell, category_id, status, reported_at, closed_at, text, address
    FROM arriving
), assigned AS (
  INSERT INTO complaint_area (area_id, reported_at, complaint_id, cell, category_id, status)
  SELECT a.id, v.reported_at, v.id, v.cell, v.category_id, v.status
    FROM arriving v CROSS JOIN unnest(v.area_ids) AS a(id)
)
INSERT INTO pending (city_id, cell, day, category_id, status, area_ids, n)
SELECT :city_id, v.cell, local_day(v.reported_at, t.timezone) AS day, v.category_id, v.status,
       v.area_ids, count(*)
  FROM arriving v JOIN city t ON t.id = :city_id
 GROUP BY v.cell, day, v.category_id, v.status, v.area_ids
