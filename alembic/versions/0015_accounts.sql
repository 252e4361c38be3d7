-- What the service's role may do with accounts and sessions, each thing by a function of its own: it
-- reads no password but that of the name somebody signs in with, and begins no session but whole.

-- What signing in needs of an account; one row, or none for a name that is not known.
CREATE FUNCTION account_facts(called text)
RETURNS TABLE (id bigint, password text, enabled boolean, locked_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.id, a.password, a.enabled, a.locked_until FROM account a WHERE a.name = lower(called)
$$;

-- A wrong password: from the fifth in a row on the account waits, each time twice as long, at most
-- an hour, so that nobody is locked out for ever by a stranger.
CREATE FUNCTION account_failed(of_account bigint) RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account
     SET failures = least(failures + 1, 100),
         locked_until = CASE WHEN failures + 1 >= 5
           THEN now() + least(interval '1 minute' * power(2, failures - 4), interval '1 hour') END
   WHERE id = of_account
  RETURNING locked_until
$$;

CREATE FUNCTION session_begun(of_account bigint, token bytea, browser text, until timestamptz)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET failures = 0, locked_until = NULL WHERE id = of_account;
  INSERT INTO account_session (account_id, hash, client, expires_at)
  SELECT id, token, left(browser, 200), until FROM account WHERE id = of_account AND enabled
  RETURNING id
$$;

-- The session that is shown was used: it lasts on, and from time to time gets another token. The
-- old one is good for a minute more, for requests that are under way.
CREATE FUNCTION session_used(until timestamptz, renewed bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  shown bytea := sha256(convert_to(current_setting('phananh.session', true), 'UTF8'));
  turned boolean := false;
BEGIN
  UPDATE account_session
     SET seen_at = now(), expires_at = least(until, created_at + interval '12 hours')
   WHERE hash = shown AND whole AND ended_at IS NULL AND expires_at > now()
     AND seen_at < now() - interval '1 minute';
  UPDATE account_session
     SET former = hash, former_until = now() + interval '1 minute', hash = renewed,
         rotated_at = now()
   WHERE hash = shown AND whole AND ended_at IS NULL AND expires_at > now()
     AND rotated_at < now() - interval '15 minutes';
  GET DIAGNOSTICS turned = ROW_COUNT;
  RETURN turned;
END $$;

-- The session that is shown.
CREATE FUNCTION session_shown() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.id FROM account_session s
   WHERE s.account_id = asker()
     AND sha256(convert_to(current_setting('phananh.session', true), 'UTF8')) IN (s.hash, s.former)
$$;

-- The asker's own password; every other session of the account ends.
CREATE FUNCTION password_changed(made text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET password = made, must_change = false WHERE id = asker();
  UPDATE account_session SET ended_at = now()
   WHERE account_id = asker() AND ended_at IS NULL AND id <> session_shown()
$$;

CREATE FUNCTION language_changed(chosen text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET language = chosen WHERE id = asker()
$$;

REVOKE EXECUTE ON FUNCTION account_facts, account_failed, session_begun, session_used,
  password_changed, language_changed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_facts, account_failed, session_begun, session_used,
  password_changed, language_changed TO phananh_app;
-- Roles are given by commands, as their owner, which write it into the log.
REVOKE INSERT, UPDATE, DELETE ON account_role FROM phananh_app;
