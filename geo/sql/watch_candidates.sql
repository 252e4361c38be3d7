-- Which watched questions what happened may be an answer to: rows (watch_id, question, kind, ids).
-- By the place and the kind of each complaint, not question by question; more than are answers may
-- come back, never fewer.
WITH happened AS MATERIALIZED (
  SELECT h.kind, c.id, c.city_id, c.category_id, k.domain_id, c.geom
    FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[])) AS h (id, kind)
    JOIN complaint c ON c.id = h.id
    JOIN category k ON k.id = c.category_id AND NOT k.sensitive
), placed AS MATERIALIZED (
  SELECT h.*, array(SELECT s.code || ':' || a.code
                      FROM unnest(areas_at(h.geom, h.city_id)) AS held (id)
                      JOIN area a ON a.id = held.id
                      JOIN area_set s ON s.id = a.set_id) AS held
    FROM happened h
)
SELECT w.id AS watch_id, w.question, p.kind, array_agg(p.id) AS ids
  FROM placed p
  JOIN LATERAL (
    SELECT v.* FROM watch v WHERE ST_Intersects(v.outline, p.geom)
    UNION ALL
    SELECT v.* FROM watch v WHERE v.outline IS NULL AND v.areas && p.held
    UNION ALL
    SELECT v.* FROM watch v WHERE v.outline IS NULL AND v.areas IS NULL AND v.city_id = p.city_id
  ) AS w ON w.city_id = p.city_id
        AND (w.domain_ids IS NULL OR p.domain_id = ANY (w.domain_ids))
        AND (w.category_ids IS NULL OR p.category_id = ANY (w.category_ids))
 WHERE EXISTS (SELECT FROM follow f
                WHERE f.watch_id = w.id AND f.confirmed_at IS NOT NULL
                  AND (p.kind = 'arrived' OR f.progress))
 GROUP BY w.id, w.question, p.kind
