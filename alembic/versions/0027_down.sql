-- The functions as they were before 0027.

CREATE OR REPLACE FUNCTION areas_at(point geometry, city smallint) RETURNS integer[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
  SELECT coalesce(array_agg(held.area_id ORDER BY held.area_id), '{}')
    FROM (SELECT min(p.area_id) AS area_id
            FROM area_part p
           WHERE p.city_id = city AND ST_Intersects(p.geom, point)
           GROUP BY p.set_id) AS held);

CREATE OR REPLACE FUNCTION shown_participant() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(
    (SELECT id FROM participant WHERE link = shown_hash('phananh.link')),
    (SELECT id FROM participant WHERE confirmation = shown_hash('phananh.contact') LIMIT 1))
$$;

CREATE OR REPLACE FUNCTION shown_complaint() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT complaint_id FROM participant WHERE id = shown_participant()
$$;

CREATE OR REPLACE FUNCTION sensitive_ids() RETURNS smallint[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM category WHERE sensitive
$$;

CREATE OR REPLACE FUNCTION complaint_told(of_code text) RETURNS SETOF complaint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT told.*
    FROM complaint c JOIN category k ON k.id = c.category_id
   CROSS JOIN LATERAL jsonb_populate_record(c, CASE WHEN k.sensitive
     THEN jsonb_build_object('geom', NULL, 'text', '', 'address', NULL, 'source_key', NULL,
            'cell', (c.cell & ~(15::bigint << 52)) | (7::bigint << 52) | ((1::bigint << 24) - 1))
     ELSE '{}' END) AS told
   WHERE c.code = of_code
$$;

CREATE OR REPLACE FUNCTION report_taken(hashed text) RETURNS TABLE (
  fingerprint text, code text, id uuid, editable_until timestamptz, masked boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.fingerprint, i.code, c.id, s.editable_until,
         coalesce(num_nonnulls(s.words, s.address) > 0, false)
    FROM idempotency i JOIN complaint c USING (code)
    LEFT JOIN submission s ON s.complaint_id = c.id
   WHERE i.key = hashed
$$;

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
   CROSS JOIN LATERAL (SELECT areas_at(c.geom, c.city_id) AS ids) AS lies
   WHERE c.id = ANY (opened) AND c.status <= 3
  ON CONFLICT (complaint_id) DO NOTHING;
END $$;

ALTER FUNCTION submission_urgent() RESET plan_cache_mode;

CREATE OR REPLACE FUNCTION asker() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  token text := current_setting('phananh.session', true);
  found bigint;
BEGIN
  IF coalesce(token, '') = '' THEN
    RETURN NULL;
  END IF;
  SELECT s.account_id INTO found
    FROM account_session s JOIN account a ON a.id = s.account_id
   WHERE (s.hash = sha256(convert_to(token, 'UTF8'))
          OR (s.former = sha256(convert_to(token, 'UTF8')) AND s.former_until > now()))
     AND s.whole AND s.ended_at IS NULL AND s.expires_at > now() AND a.enabled;
  RETURN found;
END $$;

ALTER POLICY see ON complaint_area
  USING (category_id <> ALL ((SELECT sensitive_ids())::smallint[])
         OR complaint_id = (SELECT shown_complaint())
         OR ((SELECT asker()) IS NOT NULL AND asker_on(complaint_id, 'view')));
DROP FUNCTION asker_on_rest;
ALTER FUNCTION asker_on(uuid, text) COST 1;
ALTER FUNCTION asker_on(uuid, text) RESET plan_cache_mode;
