-- +goose Up
-- How long each class of data stays and what is proposed for erasure; requests of people about their data; exports; the second
-- person of a role; unusual numbers of cases opened in a day.

CREATE TABLE retention_rule (
  class      ctext PRIMARY KEY,
  months     BIGINT NOT NULL,
  source     ctext NOT NULL,
  confidence ctext NOT NULL,
  reason     ctext NOT NULL,
  at         ctext NOT NULL,
  changed_by ctext,
  version    BIGINT NOT NULL
);

CREATE TABLE retention_item (
  id           ctext PRIMARY KEY,
  class        ctext NOT NULL,
  record_id    ctext NOT NULL,
  state        ctext NOT NULL,
  due_on       ctext,
  proposed_at  ctext,
  held_by      ctext,
  held_at      ctext,
  why          sealedtext NOT NULL,
  confirmed_by ctext,
  confirmed_at ctext,
  erased_by    ctext,
  erased_at    ctext,
  version      BIGINT NOT NULL,
  UNIQUE (class, record_id)
);
CREATE INDEX retention_item_state ON retention_item (state, due_on, id);

CREATE TABLE subject_request (
  id          ctext PRIMARY KEY,
  n           BIGINT NOT NULL,
  kind        ctext NOT NULL,
  received_on ctext NOT NULL,
  due_on      ctext NOT NULL,
  extended_on ctext,
  state       ctext NOT NULL,
  person_id   ctext,
  ground      ctext,
  decided_at  ctext,
  decided_by  ctext,
  entered_by  ctext NOT NULL,
  entered_at  ctext NOT NULL,
  who         sealedtext NOT NULL,
  asks        sealedtext NOT NULL,
  extension   sealedtext NOT NULL,
  decision    sealedtext NOT NULL,
  version     BIGINT NOT NULL
);
CREATE INDEX subject_request_due ON subject_request (state, due_on, id);

CREATE TABLE export_job (
  id        ctext PRIMARY KEY,
  what      ctext NOT NULL,
  fields    ctext NOT NULL,
  asked_by  ctext NOT NULL REFERENCES person (id),
  asked_at  ctext NOT NULL,
  total     BIGINT NOT NULL,
  done      BIGINT NOT NULL,
  reached   ctext NOT NULL,
  state     ctext NOT NULL,
  second_by ctext,
  second_at ctext,
  ready_at  ctext,
  until_at  ctext,
  ended_at  ctext,
  purpose   sealedtext NOT NULL,
  recipient sealedtext NOT NULL,
  version   BIGINT NOT NULL
);
CREATE INDEX export_job_state ON export_job (state, asked_at, id);
CREATE INDEX export_job_person ON export_job (asked_by, asked_at, id);

CREATE TABLE export_piece (
  export_id ctext NOT NULL REFERENCES export_job (id),
  n         BIGINT NOT NULL,
  body      sealedtext NOT NULL,
  PRIMARY KEY (export_id, n)
);

ALTER TABLE role_grant ADD COLUMN waits BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE role_grant ADD COLUMN confirmed_by ctext;

CREATE TABLE unusual_day (
  person_id ctext NOT NULL REFERENCES person (id),
  on_day    ctext NOT NULL,
  cases     BIGINT NOT NULL,
  at        ctext NOT NULL,
  PRIMARY KEY (person_id, on_day)
);

CREATE INDEX case_closed ON case_file (closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX signal_ended ON signal (since_at, id) WHERE state = 'no_action';
