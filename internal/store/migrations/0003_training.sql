-- +goose Up
-- The chain from a plan to a certificate: programme, training, seat, half-day, completion; and the mail about it.

CREATE TABLE programme (
  id               ctext PRIMARY KEY,
  title_bg         ctext NOT NULL,
  title_en         ctext NOT NULL,
  starts_on        ctext NOT NULL,
  ends_on          ctext NOT NULL,
  target_trainings BIGINT NOT NULL,
  target_people    BIGINT NOT NULL,
  target_children  BIGINT NOT NULL,
  version          BIGINT NOT NULL
);

CREATE TABLE training (
  id           ctext PRIMARY KEY,
  programme_id ctext NOT NULL REFERENCES programme (id),
  region_id    ctext NOT NULL REFERENCES region (id),
  venue        ctext NOT NULL,
  starts_on    ctext NOT NULL,
  ends_on      ctext NOT NULL,
  capacity     BIGINT NOT NULL,
  agency_max   BIGINT NOT NULL,
  apply_until  ctext NOT NULL,
  release_at   ctext NOT NULL,
  need_share   DOUBLE PRECISION NOT NULL,
  state        ctext NOT NULL,
  sequence     BIGINT NOT NULL,
  version      BIGINT NOT NULL
);
CREATE INDEX training_start ON training (starts_on, id);
CREATE INDEX training_region ON training (region_id, starts_on);

CREATE TABLE half_day (
  id          ctext PRIMARY KEY,
  training_id ctext NOT NULL REFERENCES training (id),
  held_on     ctext NOT NULL,
  starts      ctext NOT NULL,
  ends        ctext NOT NULL,
  UNIQUE (training_id, held_on, starts)
);

CREATE TABLE composition_rule (
  training_id ctext NOT NULL REFERENCES training (id),
  sector      ctext NOT NULL,
  at_least    BIGINT NOT NULL,
  at_most     BIGINT NOT NULL,
  share       DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (training_id, sector)
);

CREATE TABLE trainer_assignment (
  training_id ctext NOT NULL REFERENCES training (id),
  person_id   ctext NOT NULL REFERENCES person (id),
  PRIMARY KEY (training_id, person_id)
);
CREATE INDEX trainer_assignment_person ON trainer_assignment (person_id);

CREATE TABLE enrolment (
  id            ctext PRIMARY KEY,
  training_id   ctext NOT NULL REFERENCES training (id),
  person_id     ctext NOT NULL REFERENCES person (id),
  agency_id     ctext NOT NULL REFERENCES agency (id),
  sector        ctext NOT NULL,
  profession    ctext NOT NULL,
  state         ctext NOT NULL,
  reason        ctext NOT NULL,
  reason_vars   ctext NOT NULL,
  applied_at    ctext NOT NULL,
  endorsed_at   ctext,
  confirmed_at  ctext,
  offered_until ctext,
  badge         ctext NOT NULL UNIQUE,
  note          ctext,
  version       BIGINT NOT NULL,
  UNIQUE (training_id, person_id)
);
CREATE INDEX enrolment_person ON enrolment (person_id);
CREATE INDEX enrolment_state ON enrolment (training_id, state);
CREATE INDEX enrolment_offer ON enrolment (offered_until) WHERE state = 'offered';

CREATE TABLE enrolment_event (
  id           ctext PRIMARY KEY,
  enrolment_id ctext NOT NULL REFERENCES enrolment (id),
  at           ctext NOT NULL,
  actor        ctext NOT NULL,
  step         ctext NOT NULL,
  led_to       ctext NOT NULL,
  reason       ctext NOT NULL,
  reason_vars  ctext NOT NULL
);
CREATE INDEX enrolment_event_of ON enrolment_event (enrolment_id, at);

CREATE TABLE attendance (
  id           ctext PRIMARY KEY,
  enrolment_id ctext NOT NULL REFERENCES enrolment (id),
  half_day_id  ctext NOT NULL REFERENCES half_day (id),
  status       ctext NOT NULL,
  method       ctext NOT NULL,
  client_key   ctext NOT NULL UNIQUE,
  actor        ctext NOT NULL,
  at           ctext NOT NULL,
  reason       ctext,
  current      BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX attendance_current ON attendance (enrolment_id, half_day_id) WHERE current;
CREATE INDEX attendance_half_day ON attendance (half_day_id);

CREATE TABLE completion (
  enrolment_id ctext PRIMARY KEY REFERENCES enrolment (id),
  person_id    ctext NOT NULL REFERENCES person (id),
  training_id  ctext NOT NULL REFERENCES training (id),
  completed_on ctext NOT NULL,
  attended     BIGINT NOT NULL,
  half_days    BIGINT NOT NULL,
  need_share   DOUBLE PRECISION NOT NULL,
  at           ctext NOT NULL
);
CREATE INDEX completion_training ON completion (training_id);
CREATE INDEX completion_person ON completion (person_id);

CREATE TABLE certificate (
  id           ctext PRIMARY KEY,
  enrolment_id ctext NOT NULL UNIQUE REFERENCES enrolment (id),
  number       ctext NOT NULL UNIQUE,
  code         ctext NOT NULL UNIQUE,
  name         ctext NOT NULL,
  issued_on    ctext NOT NULL,
  revoked_on   ctext,
  revoked_for  ctext
);

CREATE TABLE message (
  id         ctext PRIMARY KEY,
  unique_key ctext NOT NULL UNIQUE,
  kind       ctext NOT NULL,
  record_id  ctext NOT NULL,
  person_id  ctext,
  address    ctext NOT NULL,
  lang       ctext NOT NULL,
  vars       ctext NOT NULL,
  due_at     ctext NOT NULL,
  state      ctext NOT NULL,
  attempts   BIGINT NOT NULL,
  sent_at    ctext,
  failure    ctext
);
CREATE INDEX message_due ON message (due_at, id) WHERE state = 'planned';
CREATE INDEX message_record ON message (record_id, kind);
