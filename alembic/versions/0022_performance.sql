-- What is kept of the work to say how it goes, and the views that figures are counted from. Run
-- after the columns by 0022_performance.py.

-- The first reaction, who closed it, and hand-overs: known when they happen, and not later. After
-- `work_clock`: triggers fire in the order of their names.
CREATE FUNCTION work_measured() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.bounces > OLD.bounces THEN
      NEW.arrived_at := now();
      NEW.handed_from := OLD.handed_from || coalesce(ARRAY[OLD.area_id], '{}');
    END IF;
    IF NEW.paused_at IS NOT NULL AND NEW.paused_at IS DISTINCT FROM OLD.paused_at THEN
      NEW.pauses := OLD.pauses + 1;
    END IF;
    IF NEW.status IN (4, 5) AND OLD.status NOT IN (4, 5) THEN
      NEW.closed_by := asker();
    END IF;
    -- An acceptance that is taken back was none.
    IF NEW.status = 1 AND OLD.status IN (2, 3) AND NEW.finished_at IS NULL THEN
      NEW.reacted_at := NULL;
    END IF;
  END IF;
  IF NEW.reacted_at IS NULL AND NEW.status BETWEEN 2 AND 5 THEN
    NEW.reacted_at := least(NEW.accepted_at, CASE WHEN NEW.status > 3 THEN NEW.finished_at END);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER work_measured BEFORE INSERT OR UPDATE ON work
  FOR EACH ROW EXECUTE FUNCTION work_measured();

-- What figures are counted from: what is handled in the asker's areas, without a code, a place or
-- a word of it. Planners see no single complaint, but count them. A branch for each kind of role:
-- the first is found by the index of `sees`, and the second is not looked at where no role is for
-- everywhere.
CREATE VIEW work_measured WITH (security_barrier) AS
SELECT w.complaint_id, w.city_id, w.domain_id, w.category_id, w.status, w.reported_at, w.urgent,
       w.area_id, w.handler_ids, w.due_at, w.accept_due_at, w.handle_due_at, w.reacted_at,
       w.finished_at, w.arrived_at, w.reopened, w.paused_at, w.pauses,
       CASE WHEN w.pauses > 0 THEN work_pauses(w.complaint_id) END AS stood,
       coalesce(CASE WHEN w.status IN (4, 5) THEN w.closed_by END, w.assignee_id) AS handled_by,
       coalesce(w.acts && (SELECT asker_keys('inside'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('inside'))::smallint[]), false)
         AS inside,
       coalesce(w.acts && (SELECT asker_keys('supervise'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('supervise'))::smallint[]), false)
         AS supervised
  FROM work w
 WHERE w.sees && (SELECT asker_keys('view')) AND w.acts && (SELECT asker_keys('view'))
   AND NOT w.domain_id = ANY ((SELECT asker_everywhere('view'))::smallint[])
UNION ALL
SELECT w.complaint_id, w.city_id, w.domain_id, w.category_id, w.status, w.reported_at, w.urgent,
       w.area_id, w.handler_ids, w.due_at, w.accept_due_at, w.handle_due_at, w.reacted_at,
       w.finished_at, w.arrived_at, w.reopened, w.paused_at, w.pauses,
       CASE WHEN w.pauses > 0 THEN work_pauses(w.complaint_id) END,
       coalesce(CASE WHEN w.status IN (4, 5) THEN w.closed_by END, w.assignee_id),
       coalesce(w.acts && (SELECT asker_keys('inside'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('inside'))::smallint[]), false),
       coalesce(w.acts && (SELECT asker_keys('supervise'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('supervise'))::smallint[]), false)
  FROM work w
 WHERE cardinality((SELECT asker_everywhere('view'))) > 0
   AND w.domain_id = ANY ((SELECT asker_everywhere('view'))::smallint[]);
REVOKE INSERT, UPDATE, DELETE ON work_measured FROM phananh_app;

-- What was handed over, once for each area that did, where the asker counts that area or all of its
-- domain.
CREATE VIEW work_handed WITH (security_barrier) AS
SELECT DISTINCT w.complaint_id, w.city_id, w.domain_id, w.category_id, w.reported_at,
       giver.id AS from_id,
       coalesce(w.sees && (SELECT asker_keys('inside'))
                OR w.domain_id = ANY ((SELECT asker_everywhere('inside'))::smallint[]), false)
         AS inside
  FROM work w CROSS JOIN LATERAL unnest(w.handed_from) AS giver(id)
 WHERE w.handed_from <> '{}'
   AND (work_key(giver.id, w.domain_id) = ANY ((SELECT asker_keys('view'))::bigint[])
        OR w.domain_id = ANY ((SELECT asker_everywhere('view'))::smallint[]));
REVOKE INSERT, UPDATE, DELETE ON work_handed FROM phananh_app;

-- Seconds from reporting to closing of what was closed before anyone here handled it (imports of
-- another system), in the areas and domains that the asker counts. No areas, domains or categories:
-- all of them. Read by area where the asker has some, by city where all of it is theirs.
CREATE FUNCTION work_before(
  of_city smallint, first timestamptz, last timestamptz, in_areas integer[],
  of_domains smallint[], of_categories smallint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  keys bigint[] := asker_keys('view');
  whole smallint[] := asker_everywhere('view');
  driven integer[] := in_areas || array(SELECT DISTINCT (key >> 16)::integer FROM unnest(keys) AS key);
BEGIN
  RETURN (
    WITH kind AS MATERIALIZED (
      SELECT id, domain_id FROM category
       WHERE (of_domains = '{}' OR domain_id = ANY (of_domains))
         AND (of_categories = '{}' OR id = ANY (of_categories))
    ), mine AS (
      SELECT a.complaint_id AS id
        FROM complaint_area a JOIN kind k ON k.id = a.category_id
       WHERE a.area_id = ANY (driven) AND a.reported_at >= first AND a.reported_at < last
         AND a.status IN (4, 5)
         AND (k.domain_id = ANY (whole) OR work_key(a.area_id, k.domain_id) = ANY (keys))
         AND (in_areas = '{}' OR EXISTS (
               SELECT FROM complaint_area b
                WHERE b.area_id = ANY (in_areas) AND b.reported_at = a.reported_at
                  AND b.complaint_id = a.complaint_id))
      UNION
      SELECT c.id
        FROM complaint c JOIN kind k ON k.id = c.category_id
       WHERE whole <> '{}' AND in_areas = '{}' AND k.domain_id = ANY (whole)
         AND c.city_id = of_city AND c.reported_at >= first AND c.reported_at < last
         AND c.status IN (4, 5)
    )
    SELECT coalesce(array_agg(
             greatest(0, extract(epoch FROM c.closed_at - c.reported_at))::bigint), '{}')
      FROM mine JOIN complaint c ON c.id = mine.id
     WHERE c.city_id = of_city AND c.closed_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM work w WHERE w.complaint_id = c.id));
END $$;

ALTER TABLE weekly_subscription ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE ON weekly_subscription FROM phananh_app;
CREATE POLICY own ON weekly_subscription FOR ALL
  USING (account_id = (SELECT asker())) WITH CHECK (account_id = (SELECT asker()));
