-- What every report calls, several times each; run by 0027_kept_plans.py. A function in SQL that is
-- not inlined is planned anew in each statement, which costs more than running it; one in PL/pgSQL
-- keeps its plan as long as the connection.

CREATE OR REPLACE FUNCTION areas_at(point geometry, city smallint) RETURNS integer[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN (
    SELECT coalesce(array_agg(held.area_id ORDER BY held.area_id), '{}')
      FROM (SELECT min(p.area_id) AS area_id
              FROM area_part p
             WHERE p.city_id = city AND ST_Intersects(p.geom, point)
             GROUP BY p.set_id) AS held);
END $$;

CREATE OR REPLACE FUNCTION shown_participant() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  shown bytea := shown_hash('phananh.link');
  found bigint;
BEGIN
  IF shown IS NOT NULL THEN
    SELECT id INTO found FROM participant WHERE link = shown;
  END IF;
  IF found IS NULL THEN
    shown := shown_hash('phananh.contact');
    IF shown IS NOT NULL THEN
      SELECT id INTO found FROM participant WHERE confirmation = shown LIMIT 1;
    END IF;
  END IF;
  RETURN found;
END $$;

CREATE OR REPLACE FUNCTION shown_complaint() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  who bigint := shown_participant();
BEGIN
  IF who IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT complaint_id FROM participant WHERE id = who);
END $$;

CREATE OR REPLACE FUNCTION sensitive_ids() RETURNS smallint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM category WHERE sensitive);
END $$;

CREATE OR REPLACE FUNCTION complaint_told(of_code text) RETURNS SETOF complaint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan ROWS 1 AS $$
DECLARE
  told complaint;
  hidden boolean;
BEGIN
  SELECT c.* INTO told FROM complaint c WHERE c.code = of_code;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT k.sensitive INTO hidden FROM category k WHERE k.id = told.category_id;
  IF hidden THEN
    told.geom := NULL;
    told.text := '';
    told.address := NULL;
    told.source_key := NULL;
    told.cell := (told.cell & ~(15::bigint << 52)) | (7::bigint << 52) | ((1::bigint << 24) - 1);
  END IF;
  RETURN NEXT told;
END $$;

-- Volatile: what it finds is of the moment when it holds the key.
CREATE OR REPLACE FUNCTION report_taken(hashed text) RETURNS TABLE (
  fingerprint text, code text, id uuid, editable_until timestamptz, masked boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan ROWS 1 AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(hashed, 0));
  RETURN QUERY
    SELECT i.fingerprint, i.code, c.id, s.editable_until,
           coalesce(num_nonnulls(s.words, s.address) > 0, false)
      FROM idempotency i JOIN complaint c ON c.code = i.code
      LEFT JOIN submission s ON s.complaint_id = c.id
     WHERE i.key = hashed;
END $$;

-- Where it lies is looked up once: LATERAL with OFFSET 0 is not taken apart.
CREATE OR REPLACE FUNCTION work_begun(opened uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  INSERT INTO work (complaint_id, city_id, domain_id, category_id, status, cell, reported_at,
                    urgent, area_ids, area_id, handler_ids, accepted_at)
  SELECT c.id, c.city_id, k.domain_id, c.category_id, c.status, c.cell, c.reported_at,
         coalesce(s.urgent, false), lies.ids, handling_area(lies.ids, c.city_id, now()), lies.ids,
         CASE WHEN c.status > 1 THEN c.updated_at END
    FROM complaint c
    JOIN category k ON k.id = c.category_id
    LEFT JOIN submission s ON s.complaint_id = c.id
   CROSS JOIN LATERAL (SELECT areas_at(c.geom, c.city_id) AS ids OFFSET 0) AS lies
   WHERE c.id = ANY (opened) AND c.status <= 3
  ON CONFLICT (complaint_id) DO NOTHING;
END $$;

ALTER FUNCTION submission_urgent() SET plan_cache_mode = force_generic_plan;

-- Who asks. The hash is made once, not for each session that is compared.
CREATE OR REPLACE FUNCTION asker() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  token text := current_setting('phananh.session', true);
  hashed bytea;
  found bigint;
BEGIN
  IF coalesce(token, '') = '' THEN
    RETURN NULL;
  END IF;
  hashed := sha256(convert_to(token, 'UTF8'));
  SELECT s.account_id INTO found
    FROM account_session s JOIN account a ON a.id = s.account_id
   WHERE (s.hash = hashed OR (s.former = hashed AND s.former_until > now()))
     AND s.whole AND s.ended_at IS NULL AND s.expires_at > now() AND a.enabled;
  RETURN found;
END $$;

-- What an official may do with a complaint costs a hundred comparisons, and PostgreSQL is to know:
-- of a small table, which it reads from end to end, it asked this of each row before it looked
-- whether the row was of the complaint at all. Where most rows are decided before it, in tables of
-- which whole cities are counted, its price must not change the plans: there it is called cheap.
ALTER FUNCTION asker_on(uuid, text) COST 100;
ALTER FUNCTION asker_on(uuid, text) SET plan_cache_mode = force_generic_plan;

CREATE FUNCTION asker_on_rest(complaint uuid, need text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp COST 1
AS $$
BEGIN
  RETURN asker_on(complaint, need);
END $$;

ALTER POLICY see ON complaint_area
  USING (category_id <> ALL ((SELECT sensitive_ids())::smallint[])
         OR complaint_id = (SELECT shown_complaint())
         OR ((SELECT asker()) IS NOT NULL AND asker_on_rest(complaint_id, 'view')));
