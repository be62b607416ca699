-- +goose Up
-- What happened to a signal or a case, and when: events are entered in any order, and a term whose end came before its beginning
-- was entered is over at once.

CREATE TABLE happening (
  id        ctext PRIMARY KEY,
  signal_id ctext REFERENCES signal (id),
  case_id   ctext REFERENCES case_file (id),
  record    ctext,
  event     ctext NOT NULL,
  at        ctext NOT NULL
);
CREATE INDEX happening_signal ON happening (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX happening_case ON happening (case_id) WHERE case_id IS NOT NULL;
