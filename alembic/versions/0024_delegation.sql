-- Roles that their holders give to others for a time. Why somebody stands in is for the two alone.

REVOKE SELECT ON account_role FROM phananh_app;
GRANT SELECT (id, account_id, role, areas, domains, since, until, delegated_by, stands_for,
              created_at) ON account_role TO phananh_app;

-- A role of the asker's own, in force, for at most 90 days; null where it is none, or is delegated.
CREATE FUNCTION role_delegated(of_role bigint, receiver bigint, ends timestamptz, why text)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO account_role (account_id, role, areas, domains, until, delegated_by, stands_for,
                            reason)
  SELECT a.id, r.role, r.areas, r.domains, least(ends, r.until), r.account_id, r.id, why
    FROM account_role r JOIN account a ON a.id = receiver
   WHERE r.id = of_role AND r.account_id = asker() AND r.delegated_by IS NULL
     AND r.since <= now() AND (r.until IS NULL OR r.until > now())
     AND a.enabled AND a.id <> r.account_id
     AND ends > now() AND ends <= now() + interval '90 days'
  RETURNING id
$$;

-- Ended by who gave it or who has it. Returns whose it was.
CREATE FUNCTION delegation_ended(number bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account_role SET until = now()
   WHERE id = number AND asker() IN (delegated_by, account_id) AND delegated_by IS NOT NULL
     AND until > now()
  RETURNING account_id
$$;

CREATE FUNCTION delegations_shown()
RETURNS TABLE (id bigint, role text, areas text[], domains text[], until timestamptz, reason text,
               giver bigint, receiver bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.id, r.role, r.areas, r.domains, r.until, r.reason, r.delegated_by, r.account_id
    FROM account_role r
   WHERE r.delegated_by IS NOT NULL AND asker() IN (r.delegated_by, r.account_id)
     AND r.until > now()
   ORDER BY r.until, r.id
$$;
