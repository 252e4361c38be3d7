-- Mark the photos of a complaint that look like earlier ones of others: in the database, as whoever
-- reports may not see those (0016_row_security.sql).
SELECT photo_alike_mark(CAST(:complaint AS uuid), :distance, :place, :most)
