-- Functions the first tables need; run before them by 0001_first.py.

-- The parent of an H3 cell, by arithmetic: set the resolution bits, fill the finer digits with 7.
CREATE FUNCTION cell_parent(cell bigint, resolution integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (cell & ~(15::bigint << 52)) | (resolution::bigint << 52)
       | ((1::bigint << (3 * (15 - resolution))) - 1);

-- Lower case without diacritics: 'Cầu Giấy' -> 'cau giay', 'Đống Đa' -> 'dong da'. Taken apart, a
-- letter is plain ASCII and its marks, so that lower() and a short table do, in any locale. (A table
-- of all Vietnamese letters takes five times as long.)
CREATE FUNCTION fold(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(translate(normalize(t, NFD),
  U&'\0111\0110\0300\0301\0302\0303\0306\0308\0309\031B\0323\0327\030A\030C', 'dD'));

CREATE FUNCTION words(address text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('pg_catalog.simple'::regconfig, fold(coalesce(address, '') || ' ' || coalesce(body, '')));

-- Days since 1970-01-01 on the clocks of a time zone.
CREATE FUNCTION local_day(at timestamptz, timezone text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (at AT TIME ZONE timezone)::date - date '1970-01-01';
