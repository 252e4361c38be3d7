-- The policy of work as one condition that one index answers. "Of my areas, or of a domain that is
-- mine everywhere" made PostgreSQL read all work for each page of a queue: it takes an OR with an
-- unknown list for everything. So a row also has the key of its domain with no area (areas count
-- from one), and who has a domain everywhere has that key.
CREATE FUNCTION asker_sight(need text) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN asker_keys(need) || asker_everywhere(need)::bigint[];
END $$;

CREATE INDEX ix_work_sight ON work USING gin (array_append(sees, domain_id::bigint));

DROP POLICY see ON work;
CREATE POLICY see ON work FOR SELECT
  USING (array_append(sees, domain_id::bigint) && (SELECT asker_sight('inside')));

-- The chain of the log has one end, which whoever appends holds until the transaction is over. What
-- is done with complaints is appended last of all: a change made all others wait for the reading of
-- its answer. It cannot be put off beyond the transaction, nor be left out.
DROP TRIGGER work_event_audited ON work_event;
CREATE CONSTRAINT TRIGGER work_event_audited AFTER INSERT ON work_event
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION work_event_audited();
