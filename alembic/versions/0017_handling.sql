-- What moves a complaint out of its handler's sight is done here, with a check of the right to it.

-- Hand a complaint over to an area: its officials handle it from now on, those of the area in which
-- it lies go on seeing it. Areas of other sets are those that hold most of the new one.
CREATE FUNCTION work_handed_over(complaint uuid, to_area integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT asker_on(complaint, 'act') THEN
    RAISE EXCEPTION 'not the asker''s complaint' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE work w
     SET handler_ids = (
           SELECT array_agg(held.id ORDER BY held.id)
             FROM (SELECT to_area AS id
                   UNION
                   SELECT held.id FROM area a, unnest(areas_at(a.label, w.city_id)) AS held(id)
                     JOIN area other ON other.id = held.id
                    WHERE a.id = to_area AND other.set_id <> a.set_id) AS held),
         area_id = to_area, handed = true, assignee_id = NULL, assigned_at = NULL,
         bounces = w.bounces + 1, version = w.version + 1, updated_at = now()
   WHERE w.complaint_id = complaint;
END $$;

-- Whether an account may act where these keys are.
CREATE FUNCTION account_may_act(of_account bigint, keys bigint[], of_domain smallint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM account_roles(of_account) r
      JOIN domain d ON d.id = of_domain AND (r.domains IS NULL OR d.code = ANY (r.domains))
     WHERE role_may(r.role, 'act')
       AND (r.areas IS NULL OR EXISTS (
         SELECT FROM unnest(r.areas) AS named(code)
           JOIN area_set s ON s.code = split_part(named.code, ':', 1)
           JOIN area a ON a.set_id = s.id
            AND a.code = substr(named.code, length(split_part(named.code, ':', 1)) + 2)
          WHERE work_key(a.id, of_domain) = ANY (keys))))
$$;

-- Officers of a complaint's area and domain, or of areas beside it: who it may be given to.
CREATE FUNCTION work_colleagues(called text, words text)
RETURNS TABLE (id bigint, name text, full_name text, unit text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.id, a.name, a.full_name, a.unit
    FROM complaint c JOIN work w ON w.complaint_id = c.id CROSS JOIN account a
   WHERE c.code = called AND asker_on(c.id, 'act') AND a.enabled
     AND account_may_act(a.id, w.acts, w.domain_id)
     AND (words = '' OR fold(a.full_name || ' ' || a.name) LIKE '%' || fold(words) || '%')
   ORDER BY a.id <> asker(), a.full_name
   LIMIT 50
$$;

-- The newest act of all: where somebody who listens begins. Says nothing but how many there were.
CREATE FUNCTION work_events_until() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(max(id), 0) FROM work_event
$$;
