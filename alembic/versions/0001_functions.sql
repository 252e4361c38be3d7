-- Functions the first tables need; run before them by 0001_first.py.

-- The parent of an H3 cell, by arithmetic: set the resolution bits, fill the finer digits with 7.
CREATE FUNCTION cell_parent(cell bigint, resolution integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (cell & ~(15::bigint << 52)) | (resolution::bigint << 52)
       | ((1::bigint << (3 * (15 - resolution))) - 1);

-- Lower case without diacritics: 'Cầu Giấy' -> 'cau giay', 'Đống Đa' -> 'dong da'.
-- Upper-case letters are in the table because lower() knows only ASCII under the C locale.
CREATE FUNCTION fold(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(translate(normalize(t, NFC),
  'àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴĐçñäöüïëÇÑÄÖÜÏË',
  'aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyydaaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyydcnaouiecnaouie'));

CREATE FUNCTION words(address text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('pg_catalog.simple'::regconfig, fold(coalesce(address, '') || ' ' || coalesce(body, '')));

-- Days since 1970-01-01 on the clocks of a time zone.
CREATE FUNCTION local_day(at timestamptz, timezone text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (at AT TIME ZONE timezone)::date - date '1970-01-01';
