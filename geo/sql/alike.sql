-- Mark the photos of a complaint that look like earlier ones of others.
-- Two hashes that differ in at most 7 of 64 bits have a quarter in which they differ in at most one
-- (M. Norouzi, A. Punjani, D. J. Fleet, "Fast search in Hamming space with multi-index hashing",
-- 2012): 17 places of each of four indexes are looked at. Of those that differ in 8 bits, the few
-- with two in each quarter are missed. A place is read no further than so many rows: should a
-- hundred thousand pictures of one kind be sent, this stays quick, and equal ones are found anyway.
WITH fresh AS MATERIALIZED (
  SELECT id, likeness FROM photo WHERE complaint_id = :complaint AND answer_id IS NULL
), flip AS MATERIALIZED (
  SELECT 0::bigint AS bit UNION ALL SELECT 1::bigint << n FROM generate_series(0, 15) AS n
), candidate AS (
  SELECT f.id, f.likeness, p.id AS other_id, p.likeness AS other
    FROM fresh f
   CROSS JOIN LATERAL (
     SELECT p.id, p.likeness FROM photo p
      WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> :complaint
        AND ((p.likeness >> 0) & 65535) = ((f.likeness >> 0) & 65535) AND p.likeness = f.likeness
      LIMIT :place
   ) AS p
  UNION ALL
  SELECT f.id, f.likeness, p.id, p.likeness
    FROM fresh f CROSS JOIN flip
   CROSS JOIN LATERAL (
     (SELECT p.id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> :complaint
         AND ((p.likeness >> 0) & 65535) = (((f.likeness >> 0) & 65535) # flip.bit)
       LIMIT :place)
     UNION ALL
     (SELECT p.id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> :complaint
         AND ((p.likeness >> 16) & 65535) = (((f.likeness >> 16) & 65535) # flip.bit)
       LIMIT :place)
     UNION ALL
     (SELECT p.id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> :complaint
         AND ((p.likeness >> 32) & 65535) = (((f.likeness >> 32) & 65535) # flip.bit)
       LIMIT :place)
     UNION ALL
     (SELECT p.id, p.likeness FROM photo p
       WHERE p.complaint_id IS NOT NULL AND p.complaint_id <> :complaint
         AND ((p.likeness >> 48) & 65535) = (((f.likeness >> 48) & 65535) # flip.bit)
       LIMIT :place)
   ) AS p
), judged AS (
  SELECT DISTINCT id, other_id, bit_count((likeness # other)::bit(64)) AS distance FROM candidate
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY distance, other_id) AS place
    FROM judged WHERE distance <= :distance
)
INSERT INTO photo_alike (photo_id, other_id, distance)
SELECT id, other_id, distance FROM ranked WHERE place <= :most
ON CONFLICT DO NOTHING
