-- As 0015_accounts.sql had it.
DROP FUNCTION session_begun(bigint, bytea, text, timestamptz, boolean, boolean);
CREATE FUNCTION session_begun(of_account bigint, token bytea, browser text, until timestamptz)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE account SET failures = 0, locked_until = NULL WHERE id = of_account;
  INSERT INTO account_session (account_id, hash, client, expires_at)
  SELECT id, token, left(browser, 200), until FROM account WHERE id = of_account AND enabled
  RETURNING id
$$;
REVOKE EXECUTE ON FUNCTION session_begun FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_begun TO phananh_app;
GRANT SELECT ON account_role TO phananh_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM phananh_app;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
DROP POLICY own_end ON account_session;
CREATE POLICY own_end ON account_session FOR UPDATE
  USING (account_id = (SELECT asker()) OR (SELECT asker_may('admin')));
-- Who waits for a second factor must sign in again: nothing would ask for it.
UPDATE account_session SET ended_at = now() WHERE NOT whole AND ended_at IS NULL;
