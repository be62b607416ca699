-- +goose Up
-- Cases belong together in one of two ways, each with groups of its own: siblings, or children of the same incident. Groups that were
-- made before did not say which; they are taken for siblings, the first of the two that their form named.

CREATE TABLE case_kin (
  case_id  ctext NOT NULL REFERENCES case_file (id),
  kind     ctext NOT NULL,
  group_id ctext NOT NULL,
  PRIMARY KEY (case_id, kind)
);
CREATE INDEX case_kin_group ON case_kin (kind, group_id);
INSERT INTO case_kin (case_id, kind, group_id) SELECT id, 'siblings', group_id FROM case_file WHERE group_id IS NOT NULL;
DROP INDEX case_group;
ALTER TABLE case_file DROP COLUMN group_id;
