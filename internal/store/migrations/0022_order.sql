-- +goose Up
-- What waits for the institution that sent a request is found along an index of its own, and so is the timeline of a case in the
-- order in which things happened. Of lines that are older only the moment of their entry is known.

CREATE INDEX case_request_back ON case_request (from_agency, since_at, id) WHERE state IN ('needs_info', 'answered');

ALTER TABLE case_event ADD COLUMN happened_at ctext NOT NULL DEFAULT '';
UPDATE case_event SET happened_at = at;
CREATE INDEX case_event_order ON case_event (case_id, happened_at, n);
