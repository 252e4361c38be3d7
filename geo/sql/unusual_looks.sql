-- Looks at personal data by accounts with new ones: in the hour before each, in its local day, and on
-- a busy day of the account's own: the ninth of ten of the four weeks before.
WITH fresh AS MATERIALIZED (
  SELECT a.account_id, min(a.at) AS since, max(a.at) AS until
    FROM audit a
   WHERE a.id > :after AND a.id <= :until AND a.act = 'look' AND a.account_id IS NOT NULL
   GROUP BY a.account_id
), near AS (
  SELECT a.id, a.account_id, a.actor, (a.at AT TIME ZONE :zone)::date AS day,
         count(*) OVER (PARTITION BY a.account_id ORDER BY a.at
                        RANGE BETWEEN '1 hour' PRECEDING AND CURRENT ROW) AS in_hour,
         count(*) OVER (PARTITION BY a.account_id, (a.at AT TIME ZONE :zone)::date
                        ORDER BY a.at, a.id) AS in_day
    FROM fresh f JOIN audit a ON a.account_id = f.account_id AND a.act = 'look'
     AND a.at > f.since - interval '26 hours' AND a.id <= :until
), worst AS (
  SELECT account_id, actor, day, max(in_hour) AS in_hour, max(in_day) AS in_day,
         min(id) AS first_entry, max(id) AS last_entry
    FROM near WHERE id > :after GROUP BY 1, 2, 3
), days AS (
  SELECT w.account_id, w.day, (a.at AT TIME ZONE :zone)::date AS before, count(*) AS n
    FROM worst w JOIN audit a ON a.account_id = w.account_id AND a.act = 'look'
     AND a.at >= (w.day - 28)::timestamp AT TIME ZONE :zone
     AND a.at < w.day::timestamp AT TIME ZONE :zone
   WHERE w.in_day >= :least
   GROUP BY 1, 2, 3
), usual AS (
  SELECT account_id, day, count(*) AS known,
         percentile_cont(0.9) WITHIN GROUP (ORDER BY n) AS busy
    FROM days GROUP BY 1, 2
)
SELECT w.actor, w.day, w.in_hour, w.in_day, w.first_entry, w.last_entry,
       coalesce(u.known, 0) AS known, u.busy
  FROM worst w LEFT JOIN usual u USING (account_id, day)
