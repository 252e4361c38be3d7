-- What admins do with accounts, each thing by a function that finds out by itself who asks.

CREATE FUNCTION account_made(called text, full_of text, unit_of text, mail text, tongue text,
                             made text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO account (name, full_name, unit, email, language, password, must_change)
  SELECT called, full_of, unit_of, mail, tongue, made, made IS NOT NULL WHERE asker_may('admin')
  ON CONFLICT (name) DO NOTHING RETURNING id
$$;

CREATE FUNCTION account_changed(of_account bigint, full_of text, unit_of text, mail text)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET full_name = full_of, unit = unit_of, email = mail
   WHERE id = of_account AND asker_may('admin') RETURNING true
$$;

-- Whether nobody else is an admin for good. Whoever asks holds the answer until the transaction
-- ends, so that two admins do not take each other away at the same time.
CREATE FUNCTION is_last_admin(of_account bigint, of_role bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  concerned boolean;
  others boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(1887, 24);
  SELECT coalesce(bool_or(r.account_id = of_account AND (of_role IS NULL OR r.id = of_role)), false),
         coalesce(bool_or(NOT (r.account_id = of_account AND (of_role IS NULL OR r.id = of_role))),
                  false)
    INTO concerned, others
    FROM account_role r JOIN account a ON a.id = r.account_id
   WHERE r.role = 'admin' AND r.delegated_by IS NULL AND r.until IS NULL AND r.since <= now()
     AND a.enabled;
  RETURN concerned AND NOT others;
END $$;

-- False: it is the last admin. Enabling also unlocks.
CREATE FUNCTION account_enabled(of_account bigint, may_sign_in boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT asker_may('admin') OR (NOT may_sign_in AND is_last_admin(of_account, NULL)) THEN
    RETURN false;
  END IF;
  UPDATE account SET enabled = may_sign_in, failures = 0, locked_until = NULL
   WHERE id = of_account;
  IF NOT may_sign_in THEN
    UPDATE account_session SET ended_at = now()
     WHERE account_id = of_account AND ended_at IS NULL;
  END IF;
  RETURN true;
END $$;

CREATE FUNCTION role_given(of_account bigint, named text, of_areas text[], of_domains text[],
                           ends timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO account_role (account_id, role, areas, domains, until)
  SELECT of_account, named, of_areas, of_domains, ends WHERE asker_may('admin')
  RETURNING id
$$;

-- What was taken; 'last' where it is the last admin's, null where there is none.
CREATE FUNCTION role_taken(of_account bigint, number bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  taken text;
BEGIN
  IF NOT asker_may('admin') THEN
    RETURN NULL;
  END IF;
  IF is_last_admin(of_account, number) THEN
    RETURN 'last';
  END IF;
  DELETE FROM account_role WHERE id = number AND account_id = of_account RETURNING role INTO taken;
  RETURN taken;
END $$;

-- A password to be used once; all sessions end.
CREATE FUNCTION password_given(of_account bigint, made text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE account SET password = made, must_change = true, failures = 0, locked_until = NULL
   WHERE id = of_account AND asker_may('admin');
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE account_session SET ended_at = now() WHERE account_id = of_account AND ended_at IS NULL;
  RETURN true;
END $$;

CREATE FUNCTION sessions_ended(of_account bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH ended AS (
    UPDATE account_session SET ended_at = now()
     WHERE account_id = of_account AND ended_at IS NULL AND asker_may('admin') RETURNING 1
  ) SELECT count(*) FROM ended
$$;

-- Who lost the second factor and the recovery codes; all sessions end.
CREATE FUNCTION factor_taken(of_account bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE account SET totp = NULL, totp_wanted = NULL, totp_step = NULL
   WHERE id = of_account AND asker_may('admin') AND (totp IS NOT NULL OR totp_wanted IS NOT NULL);
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM account_recovery WHERE account_id = of_account;
  UPDATE account_session SET ended_at = now() WHERE account_id = of_account AND ended_at IS NULL;
  RETURN true;
END $$;

-- Whoever it was bound to signs on no more; the next one with its address may.
CREATE FUNCTION account_unbound(of_account bigint) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET issuer = NULL, subject = NULL
   WHERE id = of_account AND asker_may('admin') AND issuer IS NOT NULL RETURNING true
$$;

-- Whether the asker's account has a password at all.
CREATE FUNCTION account_secret() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT password IS NOT NULL FROM account WHERE id = asker()
$$;

-- Whoever else connects to this database calls nothing that looks at more than they may. Triggers
-- run without the right to call them.
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT p.oid::regprocedure AS called, p.prorettype = 'trigger'::regtype AS triggers
      FROM pg_proc p
     WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
       AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
       AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                    WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one.called);
    IF NOT one.triggers THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO phananh_app', one.called);
    END IF;
  END LOOP;
END $$;
-- So are those of later migrations, without their saying it.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO phananh_app;
-- For these functions alone, never by themselves.
REVOKE EXECUTE ON FUNCTION session_made_whole, is_last_admin, factor_owner FROM phananh_app;
