-- Row-level security of complaints and of all that is private about them; run by
-- 0016_row_security.py. Citizens have no account: what they show is the token of a private link, of
-- a letter or of an upload, in a setting of the transaction. It is looked up here; a row is theirs
-- where the hash of their token is in it.

-- Triggers keep tables in step that whoever caused the change may not see.
DO $$
DECLARE
  one regprocedure;
BEGIN
  FOR one IN
    SELECT p.oid FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
     WHERE p.prorettype = 'trigger'::regtype AND p.pronamespace = 'public'::regnamespace
       AND l.lanname = 'plpgsql' AND NOT p.prosecdef
       AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = public, pg_temp', one);
  END LOOP;
END $$;

-- Whoever asks, a plan may still use several processes: settings are known to all of them.
ALTER FUNCTION asker() PARALLEL SAFE;
ALTER FUNCTION account_roles(bigint) PARALLEL SAFE;
ALTER FUNCTION asker_keys(text) PARALLEL SAFE;
ALTER FUNCTION asker_everywhere(text) PARALLEL SAFE;
ALTER FUNCTION asker_may(text) PARALLEL SAFE;
-- Asked for few rows, the rest is decided before: its price must not change the plans of all.
ALTER FUNCTION asker_on(uuid, text) PARALLEL SAFE COST 1;

-- The hash of a token that is shown in a setting, or null.
CREATE FUNCTION shown_hash(setting text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(convert_to(nullif(current_setting(setting, true), ''), 'UTF8'));

-- Who takes part in a complaint by the private link, or by the token of a letter.
CREATE FUNCTION shown_participant() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(
    (SELECT id FROM participant WHERE link = shown_hash('phananh.link')),
    (SELECT id FROM participant WHERE confirmation = shown_hash('phananh.contact') LIMIT 1))
$$;

CREATE FUNCTION shown_complaint() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT complaint_id FROM participant WHERE id = shown_participant()
$$;

CREATE FUNCTION shown_upload() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM photo WHERE upload = shown_hash('phananh.upload')
$$;

-- Categories the public is told nothing of.
CREATE FUNCTION sensitive_ids() RETURNS smallint[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM category WHERE sensitive
$$;

-- What everyone may know of private tables.
CREATE FUNCTION supporters_of(complaint uuid) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM participant p WHERE p.complaint_id = complaint AND p.role = 'supporter'
$$;

CREATE FUNCTION said_in_public(complaint uuid) RETURNS TABLE (urgent boolean, answers jsonb)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.urgent,
         (SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}')
            FROM jsonb_each(s.answers) a
           WHERE EXISTS (SELECT FROM jsonb_array_elements(k.questions) q
                          WHERE q ->> 'code' = a.key AND (q ->> 'public')::boolean))
    FROM submission s JOIN complaint c ON c.id = s.complaint_id
    JOIN category k ON k.id = c.category_id
   WHERE s.complaint_id = complaint
$$;

-- A complaint as who knows its code may be told of it. Of a sensitive one that is how it stands and
-- about where: no point, no words, and the cell of resolution 7 (geo.privacy.COARSE).
CREATE FUNCTION complaint_told(of_code text) RETURNS SETOF complaint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT told.*
    FROM complaint c JOIN category k ON k.id = c.category_id
   CROSS JOIN LATERAL jsonb_populate_record(c, CASE WHEN k.sensitive
     THEN jsonb_build_object('geom', NULL, 'text', '', 'address', NULL, 'source_key', NULL,
            'cell', (c.cell & ~(15::bigint << 52)) | (7::bigint << 52) | ((1::bigint << 24) - 1))
     ELSE '{}' END) AS told
   WHERE c.code = of_code
$$;

-- What is told of sensitive categories: counts by area of one set and quarter (its first local day),
-- where they are large enough, of quarters that have ended on a day.
CREATE FUNCTION sensitive_released(of_set integer, at_least bigint, ended date) RETURNS TABLE (
  category_id smallint, area_id integer, quarter date, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.category_id, a.area_id, q.first, count(*)
    FROM area p JOIN area_set s ON s.id = p.set_id JOIN city t ON t.id = s.city_id
    JOIN complaint_area a ON a.area_id = p.id
   CROSS JOIN LATERAL (
     SELECT date_trunc('quarter', timezone(t.timezone, a.reported_at))::date AS first) AS q
   WHERE s.id = of_set AND a.category_id = ANY (sensitive_ids())
     AND q.first + interval '3 months' <= ended
   GROUP BY 1, 2, 3 HAVING count(*) >= at_least
$$;

-- Hold a complaint, so that nobody closes it while it gets a supporter.
CREATE FUNCTION complaint_held(of_code text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT FROM complaint WHERE code = of_code FOR SHARE
$$;

-- Why somebody judged so: for who judged, and for who handles it.
CREATE FUNCTION rating_reason(rating bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.reason FROM rating r
   WHERE r.id = rating
     AND (r.participant_id = shown_participant() OR asker_on(r.complaint_id, 'inside'))
$$;

-- What became of a report with this key, whose hash it is.
CREATE FUNCTION report_taken(hashed text) RETURNS TABLE (
  fingerprint text, code text, id uuid, editable_until timestamptz, masked boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.fingerprint, i.code, c.id, s.editable_until,
         coalesce(num_nonnulls(s.words, s.address) > 0, false)
    FROM idempotency i JOIN complaint c USING (code)
    LEFT JOIN submission s ON s.complaint_id = c.id
   WHERE i.key = hashed
$$;

CREATE FUNCTION photo_alike_mark(of_complaint uuid, most_bits integer, most_at_place integer,
                                 most_marked integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- Mark the photos of a complaint that look like earlier ones of others.
-- Two hashes that differ in at most 7 of 64 bits have a quarter in which they differ in at most one
-- (M. Norouzi, A. Punjani, D. J. Fleet, "Fast search in Hamming space with multi-index hashing",
-- 2012): 17 places of each of four indexes are looked at. A place is read no further than so many
-- rows: should a hundred thousand pictures of one kind be sent, this stays quick, and equal ones are
-- found anyway.
WITH fresh AS MATERIALIZED (
  SELECT id, likeness FROM photo WHERE complaint_id = of_complaint AND answer_id IS NULL
), flip AS MATERIALIZED (
  SELECT 0::bigint AS bit UNION ALL SELECT 1::bigint << n FROM generate_series(0, 15) AS n
), candidate AS (
  SELECT f.id, f.likeness, p.id AS other_id, p.likeness AS other
    FROM fresh f
   CROSS JOIN LATERAL (
     SELECT p.id, p.likeness FROM photo p
      WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> of_complaint
        AND ((p.likeness >> 0) & 65535) = ((f.likeness >> 0) & 65535) AND p.likeness = f.likeness
      LIMIT most_at_place
   ) AS p
  UNION ALL
  SELECT f.id, f.likeness, p.id, p.likeness
    FROM fresh f CROSS JOIN flip
   CROSS JOIN LATERAL (
     (SELECT p.id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> of_complaint
         AND ((p.likeness >> 0) & 65535) = (((f.likeness >> 0) & 65535) # flip.bit)
       LIMIT most_at_place)
     UNION ALL
     (SELECT p.id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> of_complaint
         AND ((p.likeness >> 16) & 65535) = (((f.likeness >> 16) & 65535) # flip.bit)
       LIMIT most_at_place)
     UNION ALL
     (SELECT p.id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> of_complaint
         AND ((p.likeness >> 32) & 65535) = (((f.likeness >> 32) & 65535) # flip.bit)
       LIMIT most_at_place)
     UNION ALL
     (SELECT p.id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> of_complaint
         AND ((p.likeness >> 48) & 65535) = (((f.likeness >> 48) & 65535) # flip.bit)
       LIMIT most_at_place)
   ) AS p
), judged AS (
  SELECT DISTINCT id, other_id, bit_count((likeness # other)::bit(64)) AS distance FROM candidate
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY distance, other_id) AS place
    FROM judged WHERE distance <= most_bits
)
INSERT INTO photo_alike (photo_id, other_id, distance)
SELECT id, other_id, distance FROM ranked WHERE place <= most_marked
ON CONFLICT DO NOTHING
$$;

-- Whether a link of a citizen or a session of an official is shown at all.
CREATE FUNCTION somebody_asks() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN shown_complaint() IS NOT NULL OR asker() IS NOT NULL;

-- Whether a sensitive complaint may be seen by who asks. A policy that named its id would take away
-- every index-only scan of the public's counts, whose indexes hold no ids; so it is found by what
-- they hold. Should two share place, kind and moment, both or none are seen.
CREATE FUNCTION asker_sees(at_cell bigint, of_category smallint, at_moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE COST 1 SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT NOT EXISTS (
    SELECT FROM complaint c
     WHERE (c.cell >> 18) = (at_cell >> 18) AND c.reported_at = at_moment
       AND c.cell = at_cell AND c.category_id = of_category
       AND NOT coalesce(c.id = shown_complaint(), false) AND NOT asker_on(c.id, 'view'))
$$;

-- Who follows, by the address; held until the end of the transaction, so that two orders of one
-- address wait for each other.
CREATE FUNCTION follower_of(of_address text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO follower (address) VALUES (of_address) ON CONFLICT DO NOTHING;
  RETURN (SELECT id FROM follower WHERE address = of_address FOR UPDATE);
END $$;

-- Policies ---------------------------------------------------------------------------------------

-- In all of them: (SELECT ...) is asked once a statement. What decides for nearly every row is first.
-- In all of them: (SELECT ...) is asked once a statement. What decides for nearly every row is first.
-- Complaints are public, but for those of sensitive categories.
ALTER TABLE complaint ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON complaint FOR SELECT
  USING (category_id <> ALL ((SELECT sensitive_ids())::smallint[])
         OR ((SELECT somebody_asks()) AND asker_sees(cell, category_id, reported_at)));
CREATE POLICY report ON complaint FOR INSERT
  WITH CHECK (id = (SELECT shown_complaint()) OR (SELECT asker_may('act')));
CREATE POLICY change ON complaint FOR UPDATE
  USING (id = (SELECT shown_complaint())
         OR ((SELECT asker()) IS NOT NULL AND asker_on(id, 'act')));
REVOKE DELETE ON complaint FROM phananh_app;

ALTER TABLE complaint_area ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON complaint_area FOR SELECT
  USING (category_id <> ALL ((SELECT sensitive_ids())::smallint[])
         OR complaint_id = (SELECT shown_complaint())
         OR ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'view')));
REVOKE INSERT, UPDATE, DELETE ON complaint_area FROM phananh_app;

ALTER TABLE submission ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON submission FOR ALL USING (complaint_id = (SELECT shown_complaint()));
CREATE POLICY see ON submission FOR SELECT
  USING ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'personal'));
CREATE POLICY change ON submission FOR UPDATE
  USING ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'act'));
CREATE POLICY split ON submission FOR INSERT WITH CHECK ((SELECT asker_may('act')));

ALTER TABLE participant ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON participant FOR ALL
  USING (id = (SELECT shown_participant()) OR link = (SELECT shown_hash('phananh.link'))
         OR device = (SELECT decode(nullif(current_setting('phananh.device', true), ''), 'hex')));
CREATE POLICY see ON participant FOR SELECT
  USING ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'personal'));

ALTER TABLE look ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE ON look FROM phananh_app;
CREATE POLICY see ON look FOR SELECT
  USING (complaint_id = (SELECT shown_complaint())
         OR (SELECT asker_may('admin'))
         OR ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'inside')));
CREATE POLICY look ON look FOR INSERT
  WITH CHECK ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'personal'));

-- A photo is public with its complaint, unless that is of a sensitive category, or it is hidden.
ALTER TABLE photo ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON photo FOR SELECT
  USING (complaint_id IS NULL
         OR (NOT hidden AND EXISTS (
              SELECT FROM complaint c WHERE c.id = complaint_id
                 AND c.category_id <> ALL ((SELECT sensitive_ids())::smallint[])))
         OR complaint_id = (SELECT shown_complaint()) OR id = (SELECT shown_upload())
         OR ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'inside')));
CREATE POLICY upload ON photo FOR INSERT WITH CHECK (complaint_id IS NULL);
CREATE POLICY change ON photo FOR UPDATE
  USING (complaint_id IS NULL OR complaint_id = (SELECT shown_complaint())
         OR ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'act')));
CREATE POLICY away ON photo FOR DELETE
  USING (complaint_id IS NULL OR complaint_id = (SELECT shown_complaint()));

ALTER TABLE photo_origin ENABLE ROW LEVEL SECURITY;
CREATE POLICY upload ON photo_origin FOR INSERT WITH CHECK (true);
CREATE POLICY own ON photo_origin FOR SELECT
  USING (photo_id = (SELECT shown_upload())
         OR EXISTS (SELECT FROM photo p WHERE p.id = photo_id
                       AND (p.complaint_id = (SELECT shown_complaint())
                            OR ((SELECT asker()) IS NOT NULL
                                AND asker_on(p.complaint_id, 'inside')))));
CREATE POLICY away ON photo_origin FOR DELETE
  USING (EXISTS (SELECT FROM photo p WHERE p.id = photo_id
                    AND p.complaint_id = (SELECT shown_complaint())));
REVOKE UPDATE ON photo_origin FROM phananh_app;

ALTER TABLE photo_alike ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON photo_alike FOR SELECT
  USING ((SELECT asker()) IS NOT NULL
         AND EXISTS (SELECT FROM photo p WHERE p.id IN (photo_id, other_id)
                        AND asker_on(p.complaint_id, 'inside')));
REVOKE INSERT, UPDATE, DELETE ON photo_alike FROM phananh_app;

-- What the city said is as public as the complaint, whose own policy decides here.
ALTER TABLE answer ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON answer FOR SELECT
  USING (EXISTS (SELECT FROM complaint c WHERE c.id = complaint_id));
CREATE POLICY act ON answer FOR INSERT
  WITH CHECK ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'act'));
CREATE POLICY change ON answer FOR UPDATE
  USING ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'act'));
REVOKE DELETE ON answer FROM phananh_app;

-- The key is a secret of the device that sent it; the service has its hash.
ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY;
CREATE POLICY remember ON idempotency FOR INSERT WITH CHECK (true);
CREATE POLICY own ON idempotency FOR ALL
  USING (key = (SELECT c.source_key FROM complaint c WHERE c.id = (SELECT shown_complaint())));

-- Public rows with a private column, and letters, which the service writes and does not read.
REVOKE SELECT, DELETE ON rating FROM phananh_app;
GRANT SELECT (id, complaint_id, participant_id, closed_at, verdict, reopened, at)
  ON rating TO phananh_app;
REVOKE SELECT, INSERT, UPDATE ON follower FROM phananh_app;
GRANT SELECT (id) ON follower TO phananh_app;
REVOKE SELECT, UPDATE ON mail FROM phananh_app;
GRANT SELECT (id, key, follow_id, participant_id, account_id, not_before, attempts, sent_at,
              failed_at, created_at)
  ON mail TO phananh_app;
