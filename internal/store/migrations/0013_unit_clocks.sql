-- +goose Up
-- What waits for a unit is its terms without a named person; along the index of all its terms each of its open cases was read.

CREATE INDEX clock_unit ON clock (agency_id, due_at) WHERE person_id IS NULL AND state IN ('running', 'paused', 'breached');
DROP INDEX clock_agency;
