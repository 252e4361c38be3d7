-- What happens to complaints is queued for those who watch, in the transaction in which it happens:
-- whatever order transactions end in, each is looked at once. A table without a key, as `pending`:
-- writers never wait for each other, nor for the worker that takes rows away.

CREATE FUNCTION complaint_arrived() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- An import of years ago is no news, and sample data is none at all.
  INSERT INTO happening (complaint_id, kind)
  SELECT a.id, 'arrived' FROM added a
   WHERE a.reported_at > now() - interval '7 days'
     AND a.source_id NOT IN (SELECT id FROM source WHERE kind = 'sample');
  RETURN NULL;
END $$;

CREATE FUNCTION complaint_went_on() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- A report that its reporter corrects may only now be where somebody watches.
  INSERT INTO happening (complaint_id, kind)
  SELECT n.id, e.kind
    FROM before o JOIN after n USING (id)
   CROSS JOIN LATERAL (VALUES
     ('arrived', n.reported_at > now() - interval '7 days'
                 AND (n.category_id <> o.category_id OR n.geom IS DISTINCT FROM o.geom)),
     ('closed', n.status <> o.status AND n.status IN (4, 5) AND o.status <= 3),
     ('status', n.status <> o.status)
   ) AS e(kind, happened)
   WHERE e.happened AND n.source_id NOT IN (SELECT id FROM source WHERE kind = 'sample');
  RETURN NULL;
END $$;

CREATE FUNCTION complaint_answered() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO happening (complaint_id, kind) SELECT complaint_id, 'answered' FROM added;
  RETURN NULL;
END $$;

CREATE TRIGGER complaint_arrived AFTER INSERT ON complaint
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION complaint_arrived();
CREATE TRIGGER complaint_went_on AFTER UPDATE ON complaint
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION complaint_went_on();
CREATE TRIGGER complaint_answered AFTER INSERT ON answer
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION complaint_answered();

ALTER TABLE happening SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
