-- Keep what answers a watched question, each once; a question that is stopped meanwhile is left out.
WITH given AS (
  SELECT * FROM unnest(CAST(:watches AS bigint[]), CAST(:complaints AS uuid[]),
                       CAST(:kinds AS text[])) AS g (watch_id, complaint_id, kind)
), there AS MATERIALIZED (
  SELECT w.id FROM watch w
   WHERE w.id IN (SELECT watch_id FROM given) ORDER BY w.id FOR KEY SHARE
)
INSERT INTO sighting (watch_id, complaint_id, kind, at)
SELECT g.watch_id, g.complaint_id, g.kind, :at
  FROM given g JOIN there t ON t.id = g.watch_id
 ORDER BY g.complaint_id, g.watch_id
ON CONFLICT DO NOTHING
