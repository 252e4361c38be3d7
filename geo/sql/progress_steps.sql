-- Take what is still to be told to one person: gone with the transaction that writes the letter.
WITH taken AS (
  DELETE FROM progress
   WHERE participant_id = :id AND (told_from IS NULL OR told_from <= now())
  RETURNING id, event_id, answer_id, question_id
)
SELECT t.id, coalesce(e.at, a.at, q.at) AS at,
       (e.change->>'from')::smallint AS before, (e.change->>'to')::smallint AS after,
       coalesce(e.actor IN ('reporter', 'supporter'), false) AS judged,
       coalesce(a.text, q.text) AS words, a.status, q.id IS NOT NULL AS asked
  FROM taken t
  LEFT JOIN event e ON e.id = t.event_id
  LEFT JOIN answer a ON a.id = t.answer_id
  LEFT JOIN work_question q ON q.id = t.question_id
 ORDER BY t.id
