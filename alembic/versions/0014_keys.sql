-- Before the tables, which compute columns with them.

-- One number for "this area, this domain".
CREATE FUNCTION work_key(area integer, domain smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN area::bigint * 65536 + domain;

CREATE FUNCTION work_keys(areas integer[], domain smallint) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(DISTINCT a.id::bigint * 65536 + domain), '{}')
          FROM unnest(areas) AS a(id));
