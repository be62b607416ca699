CREATE INDEX agency_place ON agency (region_id, name_fold);
CREATE INDEX agency_sort ON agency (sort, id);
CREATE UNIQUE INDEX attendance_current ON attendance (enrolment_id, half_day_id) WHERE current;
CREATE INDEX attendance_half_day ON attendance (half_day_id);
CREATE INDEX audit_entry_actor ON audit_entry (actor, at);
CREATE INDEX audit_entry_at ON audit_entry (at, id);
CREATE INDEX audit_entry_record ON audit_entry (record, at);
CREATE INDEX certificate_of ON certificate (enrolment_id);
CREATE UNIQUE INDEX certificate_valid ON certificate (enrolment_id) WHERE revoked_on IS NULL;
CREATE INDEX completion_person ON completion (person_id);
CREATE INDEX completion_training ON completion (training_id);
CREATE INDEX dropped_half_day_of ON dropped_half_day (training_id, dropped_at);
CREATE INDEX enrolment_event_of ON enrolment_event (enrolment_id, at);
CREATE INDEX enrolment_offer ON enrolment (offered_until) WHERE state = 'offered';
CREATE INDEX enrolment_person ON enrolment (person_id);
CREATE INDEX enrolment_state ON enrolment (training_id, state);
CREATE INDEX message_due ON message (due_at, id) WHERE state = 'planned';
CREATE INDEX message_record ON message (record_id, kind);
CREATE INDEX municipality_region ON municipality (region_id, sort);
CREATE INDEX passkey_person ON passkey (person_id);
CREATE INDEX person_email ON person (email_fold);
CREATE INDEX person_name ON person (name_fold);
CREATE INDEX person_sort ON person (sort, id);
CREATE INDEX recovery_code_person ON recovery_code (person_id);
CREATE INDEX role_grant_person ON role_grant (person_id);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX token_record ON token (record_id, purpose);
CREATE INDEX trainer_assignment_person ON trainer_assignment (person_id);
CREATE INDEX training_region ON training (region_id, starts_on);
CREATE INDEX training_start ON training (starts_on, id);
CREATE TABLE account (
  person_id ctext PRIMARY KEY REFERENCES person (id),
  login     ctext NOT NULL UNIQUE,
  hash      ctext,
  totp      ctext,
  totp_step BIGINT NOT NULL,
  state     ctext NOT NULL,
  made_at   ctext NOT NULL
);
CREATE TABLE agency (
  id           ctext PRIMARY KEY,
  name         ctext NOT NULL,
  name_fold    ctext NOT NULL,
  sort         ctext NOT NULL,
  kind         ctext NOT NULL,
  sector       ctext NOT NULL,
  region_id    ctext NOT NULL REFERENCES region (id),
  head_email   ctext,
  version      BIGINT NOT NULL
);
CREATE TABLE answer (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, item ctext NOT NULL, value ctext NOT NULL,
  PRIMARY KEY (study_id, code, wave, item)
) WITHOUT ROWID;
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
CREATE TABLE audit_checkpoint (
  seq       BIGINT PRIMARY KEY,
  hash      ctext NOT NULL,
  at        ctext NOT NULL,
  signature ctext NOT NULL
);
CREATE TABLE audit_entry (
  id      ctext PRIMARY KEY,
  at      ctext NOT NULL,
  actor   ctext NOT NULL,
  via     ctext NOT NULL,
  action  ctext NOT NULL,
  kind    ctext NOT NULL,
  record  ctext NOT NULL,
  outcome ctext NOT NULL,
  request ctext NOT NULL
, mac ctext NOT NULL DEFAULT '');
CREATE TABLE audit_link (
  seq      BIGINT PRIMARY KEY,
  entry_id ctext NOT NULL UNIQUE,
  hash     ctext NOT NULL
);
CREATE TABLE audit_open (
  entry_id ctext PRIMARY KEY,
  at       ctext NOT NULL
);
CREATE TABLE "certificate" (
  id           ctext PRIMARY KEY,
  enrolment_id ctext NOT NULL REFERENCES enrolment (id),
  number       ctext NOT NULL UNIQUE,
  code         ctext NOT NULL UNIQUE,
  name         ctext NOT NULL,
  completed_on ctext,
  issued_on    ctext NOT NULL,
  revoked_on   ctext,
  revoked_key  ctext,
  revoked_for  ctext
);
CREATE TABLE cohort_code (
  training_id ctext PRIMARY KEY REFERENCES training (id),
  label       ctext NOT NULL UNIQUE
);
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
CREATE TABLE composition_rule (
  training_id ctext NOT NULL REFERENCES training (id),
  sector      ctext NOT NULL,
  at_least    BIGINT NOT NULL,
  at_most     BIGINT NOT NULL,
  share       DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (training_id, sector)
);
CREATE TABLE delay (
  key       ctext PRIMARY KEY,
  failures  BIGINT NOT NULL,
  failed_at ctext NOT NULL
);
CREATE TABLE dropped_half_day (
  id          ctext PRIMARY KEY,
  training_id ctext NOT NULL REFERENCES training (id),
  held_on     ctext NOT NULL,
  starts      ctext NOT NULL,
  ends        ctext NOT NULL,
  dropped_at  ctext NOT NULL
);
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
CREATE TABLE enrolment_event (
  id           ctext PRIMARY KEY,
  enrolment_id ctext NOT NULL REFERENCES enrolment (id),
  at           ctext NOT NULL,
  actor        ctext NOT NULL,
  step         ctext NOT NULL,
  led_to       ctext NOT NULL,
  reason       ctext NOT NULL,
  reason_vars  ctext NOT NULL
, by_role ctext);
CREATE TABLE half_day (
  id          ctext PRIMARY KEY,
  training_id ctext NOT NULL REFERENCES training (id),
  held_on     ctext NOT NULL,
  starts      ctext NOT NULL,
  ends        ctext NOT NULL,
  UNIQUE (training_id, held_on, starts)
);
CREATE TABLE invitation (
  id           ctext PRIMARY KEY,
  enrolment_id ctext NOT NULL REFERENCES enrolment (id),
  wave         ctext NOT NULL,
  due_on       ctext NOT NULL,
  done         BOOLEAN NOT NULL,
  version      BIGINT NOT NULL, asks_at ctext NOT NULL DEFAULT '', opens_at ctext NOT NULL DEFAULT '', closes_at ctext NOT NULL DEFAULT '', ended ctext,
  UNIQUE (enrolment_id, wave)
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
, link ctext, leased_until ctext);
CREATE TABLE municipality (
  id        ctext PRIMARY KEY,
  region_id ctext NOT NULL REFERENCES region (id),
  ekatte    ctext NOT NULL,
  name_bg   ctext NOT NULL,
  name_en   ctext NOT NULL,
  sort      ctext NOT NULL
);
CREATE TABLE once (
  key       ctext PRIMARY KEY,
  record_id ctext NOT NULL,
  at        ctext NOT NULL
);
CREATE TABLE passkey (
  id         ctext PRIMARY KEY,
  person_id  ctext NOT NULL REFERENCES person (id),
  name       ctext NOT NULL,
  credential ctext NOT NULL,
  made_at    ctext NOT NULL,
  used_at    ctext
);
CREATE TABLE person (
  id         ctext PRIMARY KEY,
  name       ctext NOT NULL,
  name_fold  ctext NOT NULL,
  sort       ctext NOT NULL,
  email      ctext NOT NULL,
  email_fold ctext NOT NULL,
  phone      ctext,
  lang       ctext NOT NULL,
  agency_id  ctext REFERENCES agency (id),
  sector     ctext,
  profession ctext,
  region_id  ctext REFERENCES region (id),
  experience ctext,
  gender     ctext,
  made_at    ctext NOT NULL,
  version    BIGINT NOT NULL
);
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
CREATE TABLE recovery_code (
  hash      ctext PRIMARY KEY,
  person_id ctext NOT NULL REFERENCES person (id),
  used_at   ctext
);
CREATE TABLE region (
  id            ctext PRIMARY KEY,
  nuts3         ctext NOT NULL UNIQUE,
  iso           ctext NOT NULL UNIQUE,
  name_bg       ctext NOT NULL,
  name_en       ctext NOT NULL,
  centre_bg     ctext NOT NULL,
  centre_en     ctext NOT NULL,
  planning_bg   ctext NOT NULL,
  planning_en   ctext NOT NULL,
  population    BIGINT NOT NULL,
  children_0_14 BIGINT NOT NULL,
  sort          ctext NOT NULL
);
CREATE TABLE respondent (
  study_id ctext NOT NULL, code ctext NOT NULL, cohort ctext NOT NULL, region ctext, sector ctext,
  experience ctext, PRIMARY KEY (study_id, code)
) WITHOUT ROWID;
CREATE TABLE response (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, complete BOOLEAN NOT NULL, counts BOOLEAN NOT NULL DEFAULT FALSE, PRIMARY KEY (study_id, code, wave)
) WITHOUT ROWID;
CREATE TABLE role_grant (
  id         ctext PRIMARY KEY,
  person_id  ctext NOT NULL REFERENCES person (id),
  role       ctext NOT NULL,
  region_id  ctext REFERENCES region (id),
  until_at   ctext,
  granted_by ctext NOT NULL,
  granted_at ctext NOT NULL,
  ended_at   ctext
);
CREATE TABLE session (
  hash       ctext PRIMARY KEY,
  person_id  ctext NOT NULL REFERENCES person (id),
  made_at    ctext NOT NULL,
  seen_at    ctext NOT NULL,
  until_at   ctext NOT NULL,
  step_up_at ctext,
  device     ctext NOT NULL
, factor BOOLEAN NOT NULL DEFAULT FALSE);
CREATE TABLE setting (
  name       ctext PRIMARY KEY,
  value      ctext NOT NULL,
  changed_at ctext NOT NULL,
  changed_by ctext NOT NULL
);
CREATE TABLE standing (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, standing ctext NOT NULL, PRIMARY KEY (study_id, code, wave)
) WITHOUT ROWID;
CREATE TABLE study (
  id       ctext PRIMARY KEY,
  title_bg ctext NOT NULL,
  title_en ctext NOT NULL,
  outcomes ctext NOT NULL
);
CREATE TABLE study_code (
  enrolment_id ctext PRIMARY KEY REFERENCES enrolment (id),
  code         ctext NOT NULL UNIQUE
);
CREATE TABLE study_plan (
  id      ctext PRIMARY KEY,
  version INTEGER NOT NULL,
  record  ctext NOT NULL
);
CREATE TABLE study_release (
  study_id  ctext NOT NULL,
  made_at   ctext NOT NULL,
  data_hash ctext NOT NULL,
  plan_hash ctext NOT NULL,
  told      BOOLEAN NOT NULL,
  ledger    ctext NOT NULL,
  result    ctext NOT NULL,
  PRIMARY KEY (study_id, made_at)
);
CREATE TABLE term (
  list    ctext NOT NULL,
  code    ctext NOT NULL,
  name_bg ctext NOT NULL,
  name_en ctext NOT NULL,
  sector  ctext,
  place   BIGINT NOT NULL,
  active  BOOLEAN NOT NULL,
  PRIMARY KEY (list, code)
);
CREATE TABLE token (
  hash      ctext PRIMARY KEY,
  purpose   ctext NOT NULL,
  record_id ctext NOT NULL,
  person_id ctext,
  made_at   ctext NOT NULL,
  until_at  ctext NOT NULL,
  used_at   ctext
);
CREATE TABLE trainer_assignment (
  training_id ctext NOT NULL REFERENCES training (id),
  person_id   ctext NOT NULL REFERENCES person (id),
  PRIMARY KEY (training_id, person_id)
);
CREATE TABLE training (
  id           ctext PRIMARY KEY,
  programme_id ctext NOT NULL REFERENCES programme (id),
  region_id    ctext NOT NULL REFERENCES region (id),
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
, venue_bg ctext NOT NULL DEFAULT '', venue_en ctext NOT NULL DEFAULT '');
CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_link_no_delete BEFORE DELETE ON audit_link BEGIN SELECT RAISE(ABORT, 'audit links are never deleted'); END;
CREATE TRIGGER audit_link_no_update BEFORE UPDATE ON audit_link BEGIN SELECT RAISE(ABORT, 'audit links are never changed'); END;
