-- Known places whose name holds the words, with or without diacritics; those that begin with them
-- first.
SELECT l.name, l.name_en, ST_X(l.geom) AS lon, ST_Y(l.geom) AS lat
  FROM landmark l JOIN city t ON t.id = l.city_id
 WHERE (CAST(:city AS text) IS NULL OR t.code = :city)
   AND (strpos(fold(l.name), fold(:q)) > 0 OR strpos(fold(l.name_en), fold(:q)) > 0)
 ORDER BY starts_with(fold(l.name), fold(:q)) DESC, length(l.name), l.name
 LIMIT :most
