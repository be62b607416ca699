-- +goose Up
-- Two cases that turned out to be of one child: the one points to the other, with where it stood before, so that undoing the link
-- leads back there.

CREATE TABLE case_duplicate (
  case_id ctext PRIMARY KEY REFERENCES case_file (id),
  of_id   ctext NOT NULL REFERENCES case_file (id),
  at      ctext NOT NULL,
  by_id   ctext NOT NULL,
  was     ctext NOT NULL
);
CREATE INDEX case_duplicate_of ON case_duplicate (of_id);
