-- Where the complaints of a shortlist are and how they press: those of them that are the asker's.
SELECT c.code, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
       coalesce(w.urgent, false) AS urgent, w.due_at, coalesce(w.status, c.status) AS status
  FROM complaint c LEFT JOIN work w ON w.complaint_id = c.id
 WHERE c.code = ANY (CAST(:codes AS text[])) AND asker_on(c.id, 'inside')
