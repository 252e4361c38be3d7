-- Areas whose name, English name, former name or code holds the words; those that begin with them
-- first, maps in force before abolished ones.
SELECT a.code, s.code AS set, s.name_vi AS set_vi, s.name_en AS set_en, s.until,
       concat_ws(' ', initcap(a.kind), a.name) AS label, a.name_en AS label_en,
       (SELECT former FROM unnest(a.formerly) AS former
         WHERE strpos(fold(former), asked.words) > 0
           AND strpos(fold(concat_ws(' ', a.kind, a.name)), asked.words) = 0 LIMIT 1) AS formerly,
       ST_X(a.label) AS lon, ST_Y(a.label) AS lat,
       ST_XMin(a.geom) AS west, ST_YMin(a.geom) AS south,
       ST_XMax(a.geom) AS east, ST_YMax(a.geom) AS north
  FROM area a
  JOIN area_set s ON s.id = a.set_id AND s.ready
  JOIN city t ON t.id = s.city_id
 CROSS JOIN (SELECT fold(regexp_replace(regexp_replace(regexp_replace(regexp_replace(:q,
                     '^ *tx *\. *', 'thị xã ', 'i'), '^ *p *\. *', 'phường ', 'i'),
                     '^ *q *\. *', 'quận ', 'i'), '^ *x *\. *', 'xã ', 'i')) AS words) AS asked
 WHERE (CAST(:city AS text) IS NULL OR t.code = :city)
   AND (strpos(fold(concat_ws(' ', a.kind, a.name)), asked.words) > 0
        OR strpos(fold(a.name_en), asked.words) > 0
        OR a.code = :q
        OR EXISTS (SELECT FROM unnest(a.formerly) AS former
                    WHERE strpos(fold(former), asked.words) > 0))
 ORDER BY (asked.words IN (fold(a.name), fold(concat_ws(' ', a.kind, a.name)))) DESC,
          starts_with(fold(a.name), asked.words) DESC,
          strpos(fold(a.name), asked.words) > 0 DESC,
          s.until IS NOT NULL, a.name, a.id
 LIMIT :most
