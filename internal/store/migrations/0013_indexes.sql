-- +goose Up
-- What waits for a unit is its terms without a named person; along the index of all its terms each of its open cases was read.

CREATE INDEX clock_unit ON clock (agency_id, due_at) WHERE person_id IS NULL AND state IN ('running', 'paused', 'breached');
DROP INDEX clock_agency;

-- In which teams somebody sat, asked when the name of former staff is due.
CREATE INDEX case_seat_person ON case_seat (person_id) WHERE person_id IS NOT NULL;
