-- Streets as people wrote them: the most frequent among the first complaints that match, at the
-- median of their places.
SELECT address, count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY lon) AS lon,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY lat) AS lat
  FROM (SELECT c.address, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat
          FROM complaint c
         WHERE words(c.address, c.text) @@ phraseto_tsquery('simple', fold(:q))
           AND c.category_id NOT IN (SELECT id FROM category WHERE sensitive)
           AND strpos(fold(c.address), fold(:q)) > 0
           AND (CAST(:city AS text) IS NULL
                OR c.city_id = (SELECT id FROM city WHERE code = :city))
         LIMIT 2000) AS found
 GROUP BY address
 ORDER BY count(*) DESC, address
 LIMIT :most
