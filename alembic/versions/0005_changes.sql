-- As in 0001_triggers.sql, but a move keeps the cell it leaves (SQL cannot tell it from a
-- point), and another time of closing is an event too.
CREATE OR REPLACE FUNCTION complaint_updated() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- What happened, for the history.
  INSERT INTO event (complaint_id, kind, actor, change)
  SELECT o.id, e.kind, nullif(current_setting('phananh.actor', true), ''), e.change
    FROM before o JOIN after n USING (id)
   CROSS JOIN LATERAL (VALUES
     ('status', n.status <> o.status,
      jsonb_build_object('from', o.status, 'to', n.status)),
     ('category', n.category_id <> o.category_id,
      jsonb_build_object('from', o.category_id, 'to', n.category_id)),
     ('moved', n.geom IS DISTINCT FROM o.geom,
      jsonb_build_object('from', jsonb_build_array(ST_X(o.geom), ST_Y(o.geom)),
                         'to', jsonb_build_array(ST_X(n.geom), ST_Y(n.geom)), 'cell', o.cell)),
     ('text', n.text <> o.text OR n.address IS DISTINCT FROM o.address, '{}'::jsonb),
     ('closing', n.closed_at IS DISTINCT FROM o.closed_at,
      jsonb_build_object('from', o.closed_at)),
     ('dated', n.reported_at <> o.reported_at,
      jsonb_build_object('from', o.reported_at, 'to', n.reported_at))
   ) AS e(kind, happened, change)
   WHERE e.happened;

  IF NOT EXISTS (
    SELECT FROM before o JOIN after n USING (id)
     WHERE (o.city_id, o.cell, o.category_id, o.status, o.reported_at)
           IS DISTINCT FROM (n.city_id, n.cell, n.category_id, n.status, n.reported_at)
        OR o.geom IS DISTINCT FROM n.geom) THEN
    RETURN NULL;
  END IF;

  PERFORM lock_areas_shared();
  -- Two statements, because an unchanged key is deleted and inserted again.
  WITH gone AS MATERIALIZED (
    SELECT o.id, o.reported_at, areas_at(o.geom, o.city_id) AS area_ids
      FROM before o JOIN after n USING (id)
     WHERE (o.city_id, o.cell, o.category_id, o.status, o.reported_at)
           IS DISTINCT FROM (n.city_id, n.cell, n.category_id, n.status, n.reported_at)
        OR o.geom IS DISTINCT FROM n.geom
  )
  DELETE FROM complaint_area ca
   USING gone g CROSS JOIN unnest(g.area_ids) AS a(id)
   WHERE ca.area_id = a.id AND ca.reported_at = g.reported_at AND ca.complaint_id = g.id;

  WITH replaced AS MATERIALIZED (
    SELECT v.*, local_day(v.reported_at, t.timezone) AS day, areas_at(v.geom, v.city_id) AS area_ids
      FROM before o JOIN after n USING (id)
     CROSS JOIN LATERAL (VALUES
       (o.id, o.city_id, o.cell, o.category_id, o.status, o.reported_at, o.geom, -1),
       (n.id, n.city_id, n.cell, n.category_id, n.status, n.reported_at, n.geom, 1)
     ) AS v(id, city_id, cell, category_id, status, reported_at, geom, sign)
      JOIN city t ON t.id = v.city_id
     WHERE (o.city_id, o.cell, o.category_id, o.status, o.reported_at)
           IS DISTINCT FROM (n.city_id, n.cell, n.category_id, n.status, n.reported_at)
        OR o.geom IS DISTINCT FROM n.geom
  ), assigned AS (
    INSERT INTO complaint_area (area_id, reported_at, complaint_id, cell, category_id, status)
    SELECT a.id, r.reported_at, r.id, r.cell, r.category_id, r.status
      FROM replaced r CROSS JOIN unnest(r.area_ids) AS a(id)
     WHERE r.sign = 1
  )
  INSERT INTO pending (city_id, cell, day, category_id, status, area_ids, n)
  SELECT city_id, cell, day, category_id, status, area_ids, sum(sign)
    FROM replaced
   GROUP BY city_id, cell, day, category_id, status, area_ids
  HAVING sum(sign) <> 0;
  PERFORM announce(array(SELECT DISTINCT cell_parent(cell, 6) FROM before
                         UNION SELECT cell_parent(cell, 6) FROM after));
  RETURN NULL;
END $$;
