-- The second factor of accounts. A session that waits for it is not whole: asker() gives null for
-- it, and what is here is all that it opens. Codes are checked by the service, which alone can open
-- the sealed secret; that each counts once, and what it opens, is decided here.

ALTER TABLE account_recovery ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON account_recovery FROM phananh_app;
GRANT SELECT (second_factor) ON account TO phananh_app;
GRANT SELECT (strong) ON account_session TO phananh_app;

-- A session is ended, and never begun again.
DROP POLICY own_end ON account_session;
CREATE POLICY own_end ON account_session FOR UPDATE
  USING (account_id = (SELECT asker()) OR (SELECT asker_may('admin')))
  WITH CHECK (ended_at IS NOT NULL);

-- A session waits where the account has a second factor, or needs one that it does not have; not
-- where one was given to whoever vouches for the person. Failures are forgotten once it is whole:
-- a known password must not buy any number of guesses at the codes.
DROP FUNCTION session_begun(bigint, bytea, text, timestamptz);
CREATE FUNCTION session_begun(of_account bigint, token bytea, browser text, until timestamptz,
                              needed boolean, given boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  has boolean;
  done boolean;
BEGIN
  SELECT totp IS NOT NULL INTO has FROM account WHERE id = of_account AND enabled;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  done := given OR NOT (has OR needed);
  INSERT INTO account_session (account_id, hash, client, expires_at, whole, strong)
  VALUES (of_account, token, left(browser, 200),
          CASE WHEN done THEN until ELSE now() + interval '10 minutes' END, done, given);
  IF done THEN
    UPDATE account SET failures = 0, locked_until = NULL WHERE id = of_account;
  END IF;
  RETURN CASE WHEN done THEN 'signed-in' WHEN has THEN 'second-factor' ELSE 'set-up' END;
END $$;

-- The session that is shown and waits, and whose it is.
CREATE FUNCTION session_waiting() RETURNS TABLE (id bigint, account_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.id, s.account_id FROM account_session s JOIN account a ON a.id = s.account_id
   WHERE s.hash = sha256(convert_to(nullif(current_setting('phananh.session', true), ''), 'UTF8'))
     AND NOT s.whole AND s.ended_at IS NULL AND s.expires_at > now() AND a.enabled
$$;

-- It waits no longer, and has another token from now on.
CREATE FUNCTION session_made_whole(renewed bytea, until timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET failures = 0, locked_until = NULL
   WHERE id = (SELECT account_id FROM session_waiting());
  UPDATE account_session
     SET whole = true, strong = true, hash = renewed, rotated_at = now(), seen_at = now(),
         expires_at = least(until, created_at + interval '12 hours')
   WHERE id = (SELECT w.id FROM session_waiting() w)
$$;

CREATE FUNCTION session_strong() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce((SELECT strong FROM account_session WHERE id = session_shown()), false)
$$;

-- The account whose second factor may be set: the asker's, or that of a session which waits until
-- it has its first. One that waits for a code of the one there is sets nothing.
CREATE FUNCTION factor_owner() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(asker(), (SELECT a.id FROM session_waiting() w JOIN account a
                                ON a.id = w.account_id AND a.totp IS NULL))
$$;

-- What checking a code needs, of the account that is shown.
CREATE FUNCTION factor_facts()
RETURNS TABLE (id bigint, name text, totp bytea, totp_wanted bytea, waiting boolean,
               locked_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.id, a.name, a.totp, a.totp_wanted, asker() IS NULL, a.locked_until
    FROM account a WHERE a.id = coalesce(asker(), (SELECT w.account_id FROM session_waiting() w))
$$;

CREATE FUNCTION factor_wanted(sealed bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET totp_wanted = sealed WHERE id = factor_owner() RETURNING true
$$;

-- A code of the wanted secret was given: it is the second factor from now on. Other sessions end.
CREATE FUNCTION factor_set(step bigint, codes bytea[], renewed bytea, until timestamptz)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  owner bigint := factor_owner();
  shown bigint := coalesce(session_shown(), (SELECT w.id FROM session_waiting() w));
  asks boolean := asker() IS NOT NULL;
BEGIN
  PERFORM FROM account WHERE id = owner AND totp_wanted IS NOT NULL FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF asks THEN
    UPDATE account_session SET strong = true WHERE id = shown;
  ELSE
    PERFORM session_made_whole(renewed, until);
  END IF;
  UPDATE account SET totp = totp_wanted, totp_wanted = NULL, totp_step = step WHERE id = owner;
  DELETE FROM account_recovery WHERE account_id = owner;
  INSERT INTO account_recovery (account_id, hash) SELECT owner, unnest(codes);
  UPDATE account_session SET ended_at = now()
   WHERE account_id = owner AND ended_at IS NULL AND id <> shown;
  RETURN true;
END $$;

-- A code of this step was right: false where it, or a later one, has counted already.
CREATE FUNCTION factor_given(step bigint, renewed bytea, until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE account SET totp_step = step
   WHERE id = (SELECT account_id FROM session_waiting()) AND totp IS NOT NULL
     AND coalesce(totp_step, -1) < step;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM session_made_whole(renewed, until);
  RETURN true;
END $$;

-- The same for a code that the asker gives to change something.
CREATE FUNCTION factor_spent(step bigint) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET totp_step = step WHERE id = asker() AND coalesce(totp_step, -1) < step
  RETURNING true
$$;

CREATE FUNCTION recovery_given(code bytea, renewed bytea, until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE account_recovery SET used_at = now()
   WHERE account_id = (SELECT w.account_id FROM session_waiting() w) AND hash = code
     AND used_at IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM session_made_whole(renewed, until);
  RETURN true;
END $$;

CREATE FUNCTION recovery_left() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM account_recovery WHERE account_id = asker() AND used_at IS NULL
$$;

CREATE FUNCTION factor_removed() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM account_recovery WHERE account_id = asker();
  UPDATE account SET totp = NULL, totp_wanted = NULL, totp_step = NULL WHERE id = asker();
  UPDATE account_session SET strong = false WHERE account_id = asker()
$$;

-- All sessions of the asker but the one that is shown.
CREATE FUNCTION own_sessions_ended() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH ended AS (
    UPDATE account_session SET ended_at = now()
     WHERE account_id = asker() AND ended_at IS NULL AND id <> session_shown() RETURNING 1
  ) SELECT count(*) FROM ended
$$;

-- The account of who signed on elsewhere. One that an admin made with this address, which the issuer
-- says is confirmed, is bound to the person for good, once.
CREATE FUNCTION account_of_sign_on(of_issuer text, of_subject text, confirmed text)
RETURNS TABLE (id bigint, name text, bound boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT a.id, a.name, false FROM account a
                WHERE a.issuer = of_issuer AND a.subject = of_subject AND a.enabled;
  IF FOUND OR EXISTS (SELECT FROM account a
                       WHERE a.issuer = of_issuer AND a.subject = of_subject) THEN
    RETURN;
  END IF;
  RETURN QUERY
    UPDATE account a SET issuer = of_issuer, subject = of_subject
     WHERE a.enabled AND a.issuer IS NULL
       AND a.id = (SELECT min(m.id) FROM account m
                    WHERE lower(m.email) = lower(nullif(confirmed, '')) HAVING count(*) = 1)
    RETURNING a.id, a.name, true;
END $$;
