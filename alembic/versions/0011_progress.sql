-- What there is to tell to whom is written by the transaction in which it happens, whoever makes it:
-- an answer, a command, an import. So nothing needs a place in time to read on from, and a change
-- that is committed late is told like any other.
CREATE FUNCTION event_to_tell() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO progress (participant_id, event_id)
  SELECT p.id, e.id
    FROM added e JOIN participant p ON p.complaint_id = e.complaint_id
   WHERE e.kind = 'status' AND p.confirmed_at IS NOT NULL AND p.address IS NOT NULL
     -- A reporter who withdrew or reopened it knows.
     AND NOT (p.role = 'reporter' AND coalesce(e.actor, '') = 'reporter')
   ORDER BY e.at, p.id;
  RETURN NULL;
END $$;

CREATE FUNCTION answer_to_tell() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO progress (participant_id, answer_id)
  SELECT p.id, a.id
    FROM added a JOIN participant p ON p.complaint_id = a.complaint_id
   WHERE p.confirmed_at IS NOT NULL AND p.address IS NOT NULL
   ORDER BY a.id, p.id;
  RETURN NULL;
END $$;

CREATE TRIGGER event_to_tell AFTER INSERT ON event
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION event_to_tell();
CREATE TRIGGER answer_to_tell AFTER INSERT ON answer
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION answer_to_tell();
