-- What keeps areas, counts and history exact; run after the tables by 0001_first.py.

-- The areas of a city that hold a point, one of each set: on a shared edge the lowest id,
-- which is the lowest code.
CREATE FUNCTION areas_at(point geometry, city smallint) RETURNS integer[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
  SELECT coalesce(array_agg(held.area_id ORDER BY held.area_id), '{}')
    FROM (SELECT min(p.area_id) AS area_id
            FROM area_part p
           WHERE p.city_id = city AND ST_Intersects(p.geom, point)
           GROUP BY p.set_id) AS held);

-- Loading a boundary set waits for running writers and holds new ones off for its last step.
-- Shared by writers, exclusive for the loader; keyed by city.
CREATE FUNCTION lock_areas_shared() RETURNS void
LANGUAGE sql VOLATILE
RETURN pg_advisory_xact_lock_shared(1887, 1);

-- Tell listening servers which places changed: cells of resolution 6, or '*' for many.
CREATE FUNCTION announce(cells bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF cardinality(cells) = 0 THEN
    RETURN;
  ELSIF cardinality(cells) > 300 THEN
    PERFORM pg_notify('complaint', '*');
  ELSE
    PERFORM pg_notify('complaint', array_to_string(cells, ','));
  END IF;
END $$;

CREATE FUNCTION complaint_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- Bulk arrivals (geo/sql/arrive.sql) bring areas and counts of their own.
  IF current_setting('phananh.bulk', true) = 'on' THEN
    RETURN NULL;
  END IF;
  PERFORM lock_areas_shared();
  WITH placed AS MATERIALIZED (
    SELECT c.id, c.city_id, c.cell, c.category_id, c.status, c.reported_at,
           local_day(c.reported_at, t.timezone) AS day, areas_at(c.geom, c.city_id) AS area_ids
      FROM added c JOIN city t ON t.id = c.city_id
  ), assigned AS (
    INSERT INTO complaint_area (area_id, reported_at, complaint_id, cell, category_id, status)
    SELECT a.id, p.reported_at, p.id, p.cell, p.category_id, p.status
      FROM placed p CROSS JOIN unnest(p.area_ids) AS a(id)
  )
  INSERT INTO pending (city_id, cell, day, category_id, status, area_ids, n)
  SELECT city_id, cell, day, category_id, status, area_ids, count(*)
    FROM placed
   GROUP BY city_id, cell, day, category_id, status, area_ids;
  PERFORM announce(array(SELECT DISTINCT cell_parent(cell, 6) FROM added));
  RETURN NULL;
END $$;

CREATE FUNCTION complaint_deleted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_areas_shared();
  WITH placed AS MATERIALIZED (
    SELECT c.id, c.city_id, c.cell, c.category_id, c.status, c.reported_at,
           local_day(c.reported_at, t.timezone) AS day, areas_at(c.geom, c.city_id) AS area_ids
      FROM removed c JOIN city t ON t.id = c.city_id
  ), unassigned AS (
    DELETE FROM complaint_area ca
     USING placed p CROSS JOIN unnest(p.area_ids) AS a(id)
     WHERE ca.area_id = a.id AND ca.reported_at = p.reported_at AND ca.complaint_id = p.id
  )
  INSERT INTO pending (city_id, cell, day, category_id, status, area_ids, n)
  SELECT city_id, cell, day, category_id, status, area_ids, -count(*)
    FROM placed
   GROUP BY city_id, cell, day, category_id, status, area_ids;
  PERFORM announce(array(SELECT DISTINCT cell_parent(cell, 6) FROM removed));
  RETURN NULL;
END $$;

CREATE FUNCTION complaint_updated() RETURNS trigger
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
                         'to', jsonb_build_array(ST_X(n.geom), ST_Y(n.geom)))),
     ('text', n.text <> o.text OR n.address IS DISTINCT FROM o.address, '{}'::jsonb),
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

CREATE TRIGGER complaint_inserted AFTER INSERT ON complaint
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION complaint_inserted();
CREATE TRIGGER complaint_deleted AFTER DELETE ON complaint
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION complaint_deleted();
CREATE TRIGGER complaint_updated AFTER UPDATE ON complaint
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION complaint_updated();

CREATE FUNCTION complaint_not_truncated() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'complaints are deleted, not truncated: the counts would not follow';
END $$;
CREATE TRIGGER complaint_not_truncated BEFORE TRUNCATE ON complaint
  FOR EACH STATEMENT EXECUTE FUNCTION complaint_not_truncated();

CREATE FUNCTION event_is_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- Sample rows leave with their history: `phananh sample --remove` sets this for its transaction.
  IF TG_OP = 'DELETE' AND current_setting('phananh.erase', true) = 'sample' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'events are append-only';
END $$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only();

-- Hot tables are vacuumed sooner than the default fifth: index-only scans live on it.
ALTER TABLE pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
-- Short rows that are rewritten as a whole: room for the next version beside the last.
ALTER TABLE rollup SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,
                        autovacuum_vacuum_insert_scale_factor = 0.02);
ALTER TABLE complaint SET (autovacuum_vacuum_scale_factor = 0.02,
                           autovacuum_vacuum_insert_scale_factor = 0.02);
ALTER TABLE complaint_area SET (autovacuum_vacuum_scale_factor = 0.02,
                                autovacuum_vacuum_insert_scale_factor = 0.02);
