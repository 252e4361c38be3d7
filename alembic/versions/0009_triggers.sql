-- Whoever takes a photo away, or hides it, leaves the files to be taken from the store.
CREATE FUNCTION photo_discarded() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO photo_discarded (photo_id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER photo_deleted AFTER DELETE ON photo
  FOR EACH ROW EXECUTE FUNCTION photo_discarded();
CREATE TRIGGER photo_hidden AFTER UPDATE OF hidden ON photo
  FOR EACH ROW WHEN (NEW.hidden AND NOT OLD.hidden) EXECUTE FUNCTION photo_discarded();

-- The reporter's photos go with a complaint that is withdrawn, and with the personal part.
CREATE FUNCTION reporters_photos_go() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'complaint' THEN
    DELETE FROM photo WHERE complaint_id = NEW.id AND answer_id IS NULL;
  ELSE
    DELETE FROM photo WHERE complaint_id = NEW.complaint_id AND answer_id IS NULL;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER complaint_withdrawn AFTER UPDATE OF status ON complaint
  FOR EACH ROW WHEN (NEW.status = 7 AND OLD.status <> 7) EXECUTE FUNCTION reporters_photos_go();
CREATE TRIGGER submission_erased AFTER UPDATE OF erased_at ON submission
  FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL AND OLD.erased_at IS NULL)
  EXECUTE FUNCTION reporters_photos_go();
