-- +goose Up
-- +goose StatementBegin
-- The last position recorded at a moment or before it; 0 when the log begins later. recorded_at never decreases along the log and
-- positions have no gaps, so "as of a moment" is a prefix of the log, found by halving: no index, about 24 look-ups in ten million.
CREATE FUNCTION es.position_at(moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE low bigint := 0; high bigint; middle bigint;
BEGIN
  SELECT coalesce(max(e.position), 0) INTO high FROM es.event e;
  WHILE low < high LOOP   -- those up to low are not later than the moment; those after high are
    middle := (low + high + 1) / 2;
    IF (SELECT e.recorded_at FROM es.event e WHERE e.position = middle) <= moment THEN
      low := middle;
    ELSE
      high := middle - 1;
    END IF;
  END LOOP;
  RETURN low;
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA es FROM PUBLIC;
-- +goose StatementEnd
