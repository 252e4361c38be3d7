-- Answers with proof; run by 0020_answers.py once its tables are there.

ALTER TABLE answer_template ENABLE ROW LEVEL SECURITY;
ALTER TABLE refusal_ground ENABLE ROW LEVEL SECURITY;
ALTER TABLE work_question ENABLE ROW LEVEL SECURITY;
ALTER TABLE work_closing ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE ON work_question FROM phananh_app;
REVOKE UPDATE, DELETE ON work_closing FROM phananh_app;
CREATE POLICY officials ON answer_template FOR SELECT USING ((SELECT asker()) IS NOT NULL);
CREATE POLICY admins ON answer_template FOR ALL
  USING ((SELECT asker_may('admin'))) WITH CHECK ((SELECT asker_may('admin')));
CREATE POLICY officials ON refusal_ground FOR SELECT USING ((SELECT asker()) IS NOT NULL);
CREATE POLICY admins ON refusal_ground FOR ALL
  USING ((SELECT asker_may('admin'))) WITH CHECK ((SELECT asker_may('admin')));
-- What was asked and answered is between the reporter and who handles it: no supporter's.
CREATE POLICY see ON work_question FOR SELECT
  USING ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'inside')
         OR complaint_id = (SELECT p.complaint_id FROM participant p
                             WHERE p.id = (SELECT shown_participant())
                               AND p.role = 'reporter' AND p.erased_at IS NULL));
CREATE POLICY ask ON work_question FOR INSERT
  WITH CHECK (account_id = (SELECT asker()) AND reply IS NULL AND asker_on(complaint_id, 'act'));
CREATE POLICY see ON work_closing FOR SELECT
  USING ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'inside'));
CREATE POLICY ask ON work_closing FOR INSERT
  WITH CHECK (account_id = (SELECT asker()) AND asker_on(complaint_id, 'act'));

-- Words of an answer, whatever their case, signs and accents.
CREATE FUNCTION answer_digest(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN md5(btrim(regexp_replace(fold(words), '[^[:alnum:]]+', ' ', 'g')));

-- Another complaint that was closed with these words since a moment: its code where the asker may
-- see it, else ''. Asked here, as no index on words is used before a policy is asked.
CREATE FUNCTION work_same_words(of_complaint uuid, words text, since timestamptz) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN asker_on(c.id, 'inside') THEN c.code ELSE '' END
    FROM answer a JOIN complaint c ON c.id = a.complaint_id
   WHERE answer_digest(a.text) = answer_digest(words) AND a.status = 4 AND a.at > since
     AND a.complaint_id <> of_complaint AND asker_on(of_complaint, 'act')
   ORDER BY 1 DESC LIMIT 1
$$;

-- Photos that were sent and look like this hash; how it is found says photo_alike_mark.
CREATE FUNCTION photo_like(hash bigint, most_bits integer, most_at_place integer)
RETURNS TABLE (photo_id uuid, complaint_id uuid, distance integer)
LANGUAGE sql STABLE AS $$
WITH flip AS MATERIALIZED (
  SELECT 0::bigint AS bit UNION ALL SELECT 1::bigint << n FROM generate_series(0, 15) AS n
), candidate AS (
  (SELECT p.id, p.complaint_id, p.likeness FROM photo p
    WHERE p.complaint_id IS NOT NULL
      AND ((p.likeness >> 0) & 65535) = ((hash >> 0) & 65535) AND p.likeness = hash
    LIMIT most_at_place)
  UNION
  SELECT f.id, f.complaint_id, f.likeness
    FROM flip
   CROSS JOIN LATERAL (
     (SELECT p.id, p.complaint_id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL
         AND ((p.likeness >> 0) & 65535) = (((hash >> 0) & 65535) # flip.bit)
       LIMIT most_at_place)
     UNION ALL
     (SELECT p.id, p.complaint_id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL
         AND ((p.likeness >> 16) & 65535) = (((hash >> 16) & 65535) # flip.bit)
       LIMIT most_at_place)
     UNION ALL
     (SELECT p.id, p.complaint_id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL
         AND ((p.likeness >> 32) & 65535) = (((hash >> 32) & 65535) # flip.bit)
       LIMIT most_at_place)
     UNION ALL
     (SELECT p.id, p.complaint_id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL
         AND ((p.likeness >> 48) & 65535) = (((hash >> 48) & 65535) # flip.bit)
       LIMIT most_at_place)
   ) AS f
), judged AS (
  SELECT c.id, c.complaint_id, bit_count((c.likeness # hash)::bit(64))::integer AS distance
    FROM candidate c
)
SELECT j.id, j.complaint_id, j.distance FROM judged j WHERE j.distance <= most_bits
 ORDER BY j.distance, j.id
$$;
REVOKE ALL ON FUNCTION photo_like FROM PUBLIC;

-- What is known of uploads that are to prove an answer: when and where they were taken, and whether
-- a picture like it was sent before; of which complaint only where the asker may see that.
CREATE FUNCTION work_photo_facts(of_complaint uuid, uploads bytea[], most_bits integer,
                                 most_at_place integer)
RETURNS TABLE (number bigint, id uuid, taken_at timestamptz, away_m double precision, own boolean,
               used boolean, used_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT given.number, p.id, o.taken_at,
         ST_Distance(o.geom::geography, c.geom::geography),
         EXISTS (SELECT FROM photo_like(p.likeness, most_bits, most_at_place) l
                  WHERE l.complaint_id = of_complaint),
         EXISTS (SELECT FROM photo_like(p.likeness, most_bits, most_at_place) l
                  WHERE l.complaint_id <> of_complaint),
         (SELECT k.code FROM photo_like(p.likeness, most_bits, most_at_place) l
            JOIN complaint k ON k.id = l.complaint_id
           WHERE l.complaint_id <> of_complaint AND asker_on(k.id, 'inside')
           ORDER BY l.distance LIMIT 1)
    FROM unnest(uploads) WITH ORDINALITY AS given(upload, number)
    JOIN photo p ON p.upload = given.upload AND p.complaint_id IS NULL AND NOT p.held
    LEFT JOIN photo_origin o ON o.photo_id = p.id
    JOIN complaint c ON c.id = of_complaint
   WHERE asker_on(of_complaint, 'act')
   ORDER BY given.number
$$;

-- Questions to the reporter -------------------------------------------------------------------

-- Told as all progress is, to the reporter alone.
CREATE FUNCTION question_to_tell() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO progress (participant_id, question_id)
  SELECT p.id, q.id
    FROM added q JOIN participant p ON p.complaint_id = q.complaint_id AND p.role = 'reporter'
   WHERE p.confirmed_at IS NOT NULL AND p.address IS NOT NULL
   ORDER BY q.id;
  INSERT INTO happening (complaint_id, kind) SELECT complaint_id, 'asked' FROM added;
  RETURN NULL;
END $$;
CREATE TRIGGER question_to_tell AFTER INSERT ON work_question
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION question_to_tell();

-- Take the reporter's reply, once: whose private link is shown, and nobody else. The clock goes on
-- where it stood still for this. Says 'taken', 'again' (the same said twice), 'answered', 'closed'
-- or null.
CREATE FUNCTION work_replied(of_question bigint, said text, moment timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked work_question%ROWTYPE;
  state smallint;
  before integer;
BEGIN
  SELECT q.* INTO asked
    FROM work_question q
    JOIN participant p ON p.complaint_id = q.complaint_id
   WHERE q.id = of_question AND p.id = shown_participant()
     AND p.role = 'reporter' AND p.erased_at IS NULL;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  -- The complaint first, its work after it, as all do.
  SELECT status INTO state FROM complaint WHERE id = asked.complaint_id FOR UPDATE;
  SELECT version INTO before FROM work WHERE complaint_id = asked.complaint_id FOR UPDATE;
  SELECT * INTO asked FROM work_question WHERE id = of_question;
  IF asked.reply IS NOT NULL THEN
    RETURN CASE WHEN asked.reply = said THEN 'again' ELSE 'answered' END;
  END IF;
  IF state > 3 OR before IS NULL THEN
    RETURN 'closed';
  END IF;
  UPDATE work_question SET reply = said, replied_at = moment WHERE id = of_question;
  UPDATE work
     SET paused_at = CASE WHEN pause_reason = 'reporter' THEN NULL ELSE paused_at END,
         pause_reason = CASE WHEN pause_reason = 'reporter' THEN NULL ELSE pause_reason END,
         version = before + 1, updated_at = moment
   WHERE complaint_id = asked.complaint_id;
  INSERT INTO work_event (complaint_id, account_id, act, change)
  VALUES (asked.complaint_id, NULL, 'answered-by-reporter',
          jsonb_build_object('version', before, 'question', of_question));
  RETURN 'taken';
END $$;

CREATE FUNCTION replies_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE work_question SET reply = '' WHERE complaint_id = NEW.complaint_id AND reply <> '';
  RETURN NULL;
END $$;
CREATE TRIGGER replies_erased AFTER UPDATE OF erased_at ON participant
  FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL AND NEW.role = 'reporter')
  EXECUTE FUNCTION replies_erased();

-- Closings that wait --------------------------------------------------------------------------

-- A closing waits only while it is asked for, however that ends; its photos are swept later, unless
-- they became the answer's.
CREATE FUNCTION work_closing_over() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE photo p SET held = false, created_at = now()
    FROM work_closing w
   WHERE w.complaint_id = NEW.complaint_id AND p.id = ANY (w.photos) AND p.held;
  DELETE FROM work_closing WHERE complaint_id = NEW.complaint_id;
  RETURN NULL;
END $$;
CREATE TRIGGER work_closing_over AFTER UPDATE ON work
  FOR EACH ROW WHEN (OLD.check_state = 'asked' AND NEW.check_state <> 'asked')
  EXECUTE FUNCTION work_closing_over();

CREATE FUNCTION work_asked_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE photo p SET held = false FROM work_closing w JOIN removed r USING (complaint_id)
   WHERE p.id = ANY (w.photos);
  DELETE FROM work_closing w USING removed r WHERE w.complaint_id = r.complaint_id;
  DELETE FROM work_question q USING removed r WHERE q.complaint_id = r.complaint_id;
  RETURN NULL;
END $$;
CREATE TRIGGER work_asked_gone AFTER DELETE ON work
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION work_asked_gone();

-- What comes back goes to who answered it, while that person may still handle it.
CREATE FUNCTION work_came_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  answered bigint;
BEGIN
  SELECT e.account_id INTO answered
    FROM work_event e
   WHERE e.complaint_id = NEW.complaint_id AND e.account_id IS NOT NULL
     AND (e.act IN ('refuse', 'check-asked')
          OR e.act = 'answer' AND (e.change ->> 'closed')::boolean)
   ORDER BY e.id DESC LIMIT 1;
  IF answered IS NOT NULL THEN
    IF EXISTS (SELECT FROM account a WHERE a.id = answered AND a.enabled)
       -- The keys are computed: they are not yet there before the row is written.
       AND account_may_act(answered, work_keys(NEW.handler_ids, NEW.domain_id), NEW.domain_id)
    THEN
      NEW.assignee_id := answered;
      NEW.assigned_at := now();
    ELSIF NEW.assignee_id = answered THEN
      NEW.assignee_id := NULL;
      NEW.assigned_at := NULL;
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER work_came_back BEFORE UPDATE ON work
  FOR EACH ROW WHEN (NEW.reopened > OLD.reopened AND OLD.status IN (4, 5))
  EXECUTE FUNCTION work_came_back();

-- What goes out of the asker's sight ----------------------------------------------------------

-- Hand a complaint over to who handles another category.
CREATE FUNCTION work_to_category(of_complaint uuid, to_category integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT asker_on(of_complaint, 'act') THEN
    RAISE EXCEPTION 'not the asker''s complaint' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM set_config('phananh.actor', 'official', true);
  UPDATE complaint SET category_id = to_category, updated_at = now() WHERE id = of_complaint;
  UPDATE work SET bounces = bounces + 1, assignee_id = NULL, assigned_at = NULL
   WHERE complaint_id = of_complaint;
END $$;

-- A new complaint of a part of another: from the same source, of the same time, open anew. It is
-- linked to the one it comes from, and its history begins with that.
CREATE FUNCTION work_split(of_complaint uuid, made uuid, made_code text, words text,
                           of_category integer, lon double precision, lat double precision,
                           leaf bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  place geometry := ST_SetSRID(ST_MakePoint(lon, lat), 4326);
  of_code text;
BEGIN
  IF NOT asker_on(of_complaint, 'act') THEN
    RAISE EXCEPTION 'not the asker''s complaint' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT code INTO of_code FROM complaint WHERE id = of_complaint;
  INSERT INTO complaint (id, code, city_id, source_id, source_key, geom, cell, category_id, status,
                         reported_at, text, address)
  SELECT made, made_code, c.city_id, c.source_id, 'split:' || made_code, place, leaf, of_category, 1,
         c.reported_at, words,
         CASE WHEN ST_DistanceSphere(c.geom, place) < 30 THEN c.address END
    FROM complaint c JOIN city t ON t.id = c.city_id
   WHERE c.id = of_complaint AND ST_Intersects(t.outline, place);
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO submission (complaint_id, urgent, editable_until)
  SELECT made, s.urgent, now() FROM submission s WHERE s.complaint_id = of_complaint;
  UPDATE work SET split_from = of_complaint WHERE complaint_id = made;
  INSERT INTO work_event (complaint_id, account_id, act, change)
  VALUES (made, asker(), 'split', jsonb_build_object('version', 1, 'of', of_code));
  RETURN true;
END $$;
