CREATE INDEX agency_place ON agency (region_id, name_fold);
CREATE INDEX agency_sort ON agency (sort, id);
CREATE INDEX attachment_case ON attachment (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX attachment_signal ON attachment (signal_id) WHERE signal_id IS NOT NULL;
CREATE UNIQUE INDEX attendance_current ON attendance (enrolment_id, half_day_id) WHERE current;
CREATE INDEX attendance_half_day ON attendance (half_day_id);
CREATE INDEX audit_entry_actor ON audit_entry (actor, at);
CREATE INDEX audit_entry_at ON audit_entry (at, id);
CREATE INDEX audit_entry_record ON audit_entry (record, at);
CREATE INDEX case_agency ON case_file (agency_id, opened_at, id);
CREATE INDEX case_agency_open ON case_file (agency_id, opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX case_closed ON case_file (closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX case_consent_of ON case_consent (case_id);
CREATE INDEX case_duplicate_of ON case_duplicate (of_id);
CREATE INDEX case_event_of ON case_event (case_id, n);
CREATE INDEX case_event_order ON case_event (case_id, happened_at, n);
CREATE INDEX case_kin_group ON case_kin (kind, group_id);
CREATE INDEX case_note_of ON case_note (case_id, at);
CREATE INDEX case_request_back ON case_request (from_agency, since_at, id) WHERE state IN ('needs_info', 'answered');
CREATE INDEX case_request_event_of ON case_request_event (request_id, n);
CREATE INDEX case_request_inbox ON case_request (to_agency, since_at, id);
CREATE INDEX case_request_of ON case_request (case_id, n);
CREATE INDEX case_request_open ON case_request (until_at) WHERE state IN ('asked', 'taken', 'needs_info', 'accepted');
CREATE INDEX case_seat_of ON case_seat (case_id);
CREATE INDEX case_seat_person ON case_seat (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX case_share_agency ON case_share (agency_id, until_at) WHERE ended_at IS NULL;
CREATE INDEX case_share_case ON case_share (case_id, until_at);
CREATE INDEX case_share_person ON case_share (person_id, until_at) WHERE ended_at IS NULL;
CREATE INDEX case_task_agency ON case_task (agency_id, due_on) WHERE state IN ('open', 'returned');
CREATE INDEX case_task_of ON case_task (case_id, due_on);
CREATE INDEX case_task_person ON case_task (person_id, due_on) WHERE state IN ('open', 'returned');
CREATE INDEX certificate_of ON certificate (enrolment_id);
CREATE UNIQUE INDEX certificate_valid ON certificate (enrolment_id) WHERE revoked_on IS NULL;
CREATE INDEX clock_case ON clock (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX clock_change_of ON clock_change (clock_id, n);
CREATE INDEX clock_next ON clock (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX clock_person ON clock (person_id, due_at) WHERE state IN ('running', 'paused', 'breached');
CREATE INDEX clock_signal ON clock (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX clock_unit ON clock (agency_id, due_at) WHERE person_id IS NULL AND state IN ('running', 'paused', 'breached');
CREATE INDEX completion_person ON completion (person_id);
CREATE INDEX completion_training ON completion (training_id);
CREATE INDEX draft_at ON draft (at);
CREATE INDEX dropped_half_day_of ON dropped_half_day (training_id, dropped_at);
CREATE INDEX duty_agency ON duty (agency_id, until_at);
CREATE INDEX enrolment_event_of ON enrolment_event (enrolment_id, at);
CREATE INDEX enrolment_offer ON enrolment (offered_until) WHERE state = 'offered';
CREATE INDEX enrolment_person ON enrolment (person_id);
CREATE INDEX enrolment_state ON enrolment (training_id, state);
CREATE INDEX export_job_person ON export_job (asked_by, asked_at, id);
CREATE INDEX export_job_state ON export_job (state, asked_at, id);
CREATE INDEX glass_break_case ON glass_break (case_id);
CREATE INDEX glass_break_open ON glass_break (at) WHERE review IS NULL;
CREATE INDEX happening_case ON happening (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX happening_signal ON happening (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX meeting_coming ON meeting (at) WHERE state = 'called';
CREATE INDEX meeting_decision_of ON meeting_decision (meeting_id, at);
CREATE INDEX meeting_item_of ON meeting_item (meeting_id, at);
CREATE INDEX meeting_of ON meeting (case_id, n);
CREATE INDEX meeting_sign ON meeting (sign_by) WHERE state = 'minuted';
CREATE INDEX message_due ON message (due_at, id) WHERE state = 'planned';
CREATE INDEX message_record ON message (record_id, kind);
CREATE INDEX municipality_region ON municipality (region_id, sort);
CREATE INDEX name_token_owners ON name_token (token, owner);
CREATE INDEX passkey_person ON passkey (person_id);
CREATE INDEX person_agency ON person (agency_id);
CREATE INDEX person_email ON person (email_fold);
CREATE INDEX person_name ON person (name_fold);
CREATE INDEX person_sort ON person (sort, id);
CREATE INDEX plan_goal_of ON plan_goal (plan_id, n);
CREATE INDEX plan_of ON plan (case_id, n);
CREATE INDEX protection_case ON protection (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX protection_signal ON protection (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX recovery_code_person ON recovery_code (person_id);
CREATE INDEX restorative_of ON restorative (case_id, n);
CREATE INDEX retention_item_state ON retention_item (state, due_on, id);
CREATE INDEX role_grant_agency ON role_grant (agency_id) WHERE ended_at IS NULL;
CREATE INDEX role_grant_person ON role_grant (person_id);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX signal_case ON signal (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX signal_ended ON signal (since_at, id) WHERE state = 'no_action';
CREATE INDEX signal_event_of ON signal_event (signal_id, n);
CREATE INDEX signal_joined ON signal (joined_to) WHERE joined_to IS NOT NULL;
CREATE INDEX signal_like ON signal (region_id, first_at);
CREATE INDEX signal_open ON signal (unit_id, received_at, id) WHERE state IN ('received', 'acknowledged', 'screening', 'ending');
CREATE INDEX signal_source ON signal (source_person, received_at) WHERE source_person IS NOT NULL;
CREATE INDEX signal_unit ON signal (unit_id, received_at, id);
CREATE INDEX subject_request_due ON subject_request (state, due_on, id);
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
, municipality_id ctext REFERENCES municipality (id));
CREATE TABLE answer (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, item ctext NOT NULL, value ctext NOT NULL,
  PRIMARY KEY (study_id, code, wave, item)
) WITHOUT ROWID;
CREATE TABLE attachment (
  id        ctext PRIMARY KEY,
  signal_id ctext REFERENCES signal (id),
  case_id   ctext REFERENCES case_file (id),
  part      ctext,
  name      sealedtext NOT NULL,
  type      ctext NOT NULL,
  size      BIGINT NOT NULL,
  added_by  ctext NOT NULL,
  agency_id ctext,
  at        ctext NOT NULL,
  gone_at   ctext
);
CREATE TABLE attachment_piece (
  attachment_id ctext NOT NULL REFERENCES attachment (id),
  n             BIGINT NOT NULL,
  body          sealedtext NOT NULL,
  PRIMARY KEY (attachment_id, n)
);
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
CREATE TABLE case_barred (
  case_id   ctext NOT NULL REFERENCES case_file (id),
  person_id ctext NOT NULL,
  reason    sealedtext NOT NULL,
  at        ctext NOT NULL,
  PRIMARY KEY (case_id, person_id)
);
CREATE TABLE case_consent (
  id           ctext PRIMARY KEY,
  case_id      ctext NOT NULL REFERENCES case_file (id),
  capacity     ctext NOT NULL,
  parts        BIGINT NOT NULL,
  given_at     ctext NOT NULL,
  withdrawn_at ctext,
  recorded_by  ctext NOT NULL,
  how          ctext NOT NULL
);
CREATE TABLE case_duplicate (
  case_id ctext PRIMARY KEY REFERENCES case_file (id),
  of_id   ctext NOT NULL REFERENCES case_file (id),
  at      ctext NOT NULL,
  by_id   ctext NOT NULL,
  was     ctext NOT NULL
);
CREATE TABLE case_event (
  id        ctext PRIMARY KEY,
  case_id   ctext NOT NULL REFERENCES case_file (id),
  at        ctext NOT NULL,
  actor     ctext NOT NULL,
  agency_id ctext,
  what      ctext NOT NULL,
  part      ctext NOT NULL,
  record    ctext,
  text      sealedtext NOT NULL,
  trained   BOOLEAN NOT NULL,
  n         BIGINT NOT NULL
, happened_at ctext NOT NULL DEFAULT '');
CREATE TABLE case_file (
  id              ctext PRIMARY KEY,
  ref             ctext NOT NULL UNIQUE,
  band            ctext NOT NULL,
  sex             ctext NOT NULL,
  region_id       ctext NOT NULL REFERENCES region (id),
  municipality_id ctext REFERENCES municipality (id),
  agency_id       ctext NOT NULL REFERENCES agency (id),
  lead_id         ctext NOT NULL,
  track           ctext NOT NULL,
  kinds           ctext NOT NULL,
  setting         ctext,
  state           ctext NOT NULL,
  since_at        ctext NOT NULL,
  episode         BIGINT NOT NULL,
  received_at     ctext NOT NULL,
  opened_at       ctext NOT NULL,
  closed_at       ctext,
  closed_for      ctext,
  proposed_by     ctext,
  outcome         ctext,
  urgent          BOOLEAN NOT NULL,
  protected       BOOLEAN NOT NULL,
  placed          BOOLEAN NOT NULL,
  court           BOOLEAN NOT NULL,
  on_hold         BOOLEAN NOT NULL,
  restricted      BOOLEAN NOT NULL,
  version         BIGINT NOT NULL
);
CREATE TABLE case_kin (
  case_id  ctext NOT NULL REFERENCES case_file (id),
  kind     ctext NOT NULL,
  group_id ctext NOT NULL,
  PRIMARY KEY (case_id, kind)
);
CREATE TABLE case_note (
  id         ctext PRIMARY KEY,
  case_id    ctext NOT NULL REFERENCES case_file (id),
  part       ctext NOT NULL,
  nature     ctext NOT NULL,
  source     sealedtext NOT NULL,
  text       sealedtext NOT NULL,
  wish       ctext,
  at         ctext NOT NULL,
  author     ctext NOT NULL,
  agency_id  ctext,
  changed_at ctext NOT NULL,
  editor     ctext NOT NULL,
  version    BIGINT NOT NULL
);
CREATE TABLE case_request (
  id          ctext PRIMARY KEY,
  case_id     ctext NOT NULL REFERENCES case_file (id),
  n           BIGINT NOT NULL,
  from_agency ctext NOT NULL REFERENCES agency (id),
  to_agency   ctext NOT NULL REFERENCES agency (id),
  kind        ctext NOT NULL,
  parts       BIGINT NOT NULL,
  state       ctext NOT NULL,
  since_at    ctext NOT NULL,
  due_on      ctext NOT NULL,
  until_at    ctext NOT NULL,
  share_id    ctext,
  sender      ctext NOT NULL,
  taker       ctext,
  text        sealedtext NOT NULL,
  version     BIGINT NOT NULL
);
CREATE TABLE case_request_event (
  id         ctext PRIMARY KEY,
  request_id ctext NOT NULL REFERENCES case_request (id),
  at         ctext NOT NULL,
  actor      ctext NOT NULL,
  agency_id  ctext,
  step       ctext NOT NULL,
  text       sealedtext NOT NULL,
  n          BIGINT NOT NULL
);
CREATE TABLE case_seat (
  id        ctext PRIMARY KEY,
  case_id   ctext NOT NULL REFERENCES case_file (id),
  agency_id ctext NOT NULL REFERENCES agency (id),
  person_id ctext,
  function  ctext NOT NULL,
  place     ctext NOT NULL,
  from_at   ctext NOT NULL,
  until_at  ctext
);
CREATE TABLE case_share (
  id        ctext PRIMARY KEY,
  case_id   ctext NOT NULL REFERENCES case_file (id),
  person_id ctext,
  agency_id ctext,
  kind      ctext NOT NULL,
  parts     BIGINT NOT NULL,
  writes    BOOLEAN NOT NULL,
  purpose   ctext NOT NULL,
  ground    ctext NOT NULL,
  given_by  ctext NOT NULL,
  from_at   ctext NOT NULL,
  until_at  ctext NOT NULL,
  ended_at  ctext
);
CREATE TABLE case_task (
  id         ctext PRIMARY KEY,
  case_id    ctext NOT NULL REFERENCES case_file (id),
  plan_id    ctext REFERENCES plan (id),
  meeting_id ctext REFERENCES meeting (id),
  goal_id    ctext,
  service    ctext NOT NULL,
  measure    ctext,
  text       sealedtext NOT NULL,
  resource   sealedtext NOT NULL,
  indicator  sealedtext NOT NULL,
  owner      ctext NOT NULL,
  agency_id  ctext REFERENCES agency (id),
  person_id  ctext,
  due_on     ctext NOT NULL,
  state      ctext NOT NULL,
  evidence   sealedtext NOT NULL,
  done_at    ctext,
  done_by    ctext,
  judged_by  ctext,
  version    BIGINT NOT NULL
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
CREATE TABLE clock (
  id         ctext PRIMARY KEY,
  signal_id  ctext REFERENCES signal (id),
  case_id    ctext REFERENCES case_file (id),
  record     ctext,
  rule       ctext NOT NULL,
  rule_v     BIGINT NOT NULL,
  start_at   ctext NOT NULL,
  due_at     ctext NOT NULL,
  state      ctext NOT NULL,
  stopped_at ctext,
  ended_at   ctext,
  late       BOOLEAN NOT NULL,
  next_at    ctext,
  rung       BIGINT NOT NULL,
  agency_id  ctext,
  person_id  ctext,
  region_id  ctext,
  version    BIGINT NOT NULL
);
CREATE TABLE clock_change (
  id        ctext PRIMARY KEY,
  clock_id  ctext NOT NULL REFERENCES clock (id),
  at        ctext NOT NULL,
  actor     ctext NOT NULL,
  what      ctext NOT NULL,
  old_start ctext,
  old_due   ctext,
  old_state ctext NOT NULL,
  reason    ctext,
  rung      BIGINT NOT NULL,
  n         BIGINT NOT NULL
);
CREATE TABLE clock_rule (
  ref         ctext NOT NULL,
  version     BIGINT NOT NULL,
  name_bg     ctext NOT NULL,
  name_en     ctext NOT NULL,
  track       ctext NOT NULL,
  condition   ctext NOT NULL,
  starts      ctext NOT NULL,
  ends        ctext NOT NULL,
  receipt     BOOLEAN NOT NULL,
  n           BIGINT NOT NULL,
  unit        ctext NOT NULL,
  roll        BOOLEAN NOT NULL,
  practice    BOOLEAN NOT NULL,
  ladder      ctext NOT NULL,
  responsible ctext NOT NULL,
  article     ctext NOT NULL,
  confidence  ctext NOT NULL,
  verified_by ctext,
  verified_on ctext,
  active      BOOLEAN NOT NULL,
  at          ctext NOT NULL, pauses ctext NOT NULL DEFAULT '',
  PRIMARY KEY (ref, version)
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
CREATE TABLE day_off (
  on_day ctext PRIMARY KEY,
  off    BOOLEAN NOT NULL,
  source ctext NOT NULL
);
CREATE TABLE delay (
  key       ctext PRIMARY KEY,
  failures  BIGINT NOT NULL,
  failed_at ctext NOT NULL
);
CREATE TABLE draft (
  person_id ctext NOT NULL,
  form      ctext NOT NULL,
  fields    sealedtext NOT NULL,
  at        ctext NOT NULL,
  PRIMARY KEY (person_id, form)
);
CREATE TABLE dropped_half_day (
  id          ctext PRIMARY KEY,
  training_id ctext NOT NULL REFERENCES training (id),
  held_on     ctext NOT NULL,
  starts      ctext NOT NULL,
  ends        ctext NOT NULL,
  dropped_at  ctext NOT NULL
);
CREATE TABLE duty (
  id        ctext PRIMARY KEY,
  agency_id ctext NOT NULL REFERENCES agency (id),
  person_id ctext NOT NULL REFERENCES person (id),
  from_at   ctext NOT NULL,
  until_at  ctext NOT NULL,
  rung      BIGINT NOT NULL
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
CREATE TABLE episode (
  case_id   ctext NOT NULL REFERENCES case_file (id),
  n         BIGINT NOT NULL,
  opened_at ctext NOT NULL,
  closed_at ctext,
  reason    ctext,
  PRIMARY KEY (case_id, n)
);
CREATE TABLE erasure (
  kind      ctext NOT NULL,
  record_id ctext NOT NULL,
  at        ctext NOT NULL,
  PRIMARY KEY (kind, record_id)
);
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
CREATE TABLE export_piece (
  export_id ctext NOT NULL REFERENCES export_job (id),
  n         BIGINT NOT NULL,
  body      sealedtext NOT NULL,
  PRIMARY KEY (export_id, n)
);
CREATE TABLE figure_cell (
  region_id ctext NOT NULL,
  month     ctext NOT NULL,
  what      ctext NOT NULL,
  hours     BIGINT NOT NULL,
  n         BIGINT NOT NULL,
  in_time   BIGINT NOT NULL,
  PRIMARY KEY (month, region_id, what, hours)
);
CREATE TABLE glass_break (
  id          ctext PRIMARY KEY,
  case_id     ctext NOT NULL REFERENCES case_file (id),
  person_id   ctext NOT NULL,
  agency_id   ctext,
  category    ctext NOT NULL,
  reason      sealedtext NOT NULL,
  at          ctext NOT NULL,
  until_at    ctext NOT NULL,
  review      ctext,
  reviewer    ctext,
  reviewed_at ctext,
  finding     sealedtext NOT NULL
);
CREATE TABLE half_day (
  id          ctext PRIMARY KEY,
  training_id ctext NOT NULL REFERENCES training (id),
  held_on     ctext NOT NULL,
  starts      ctext NOT NULL,
  ends        ctext NOT NULL,
  UNIQUE (training_id, held_on, starts)
);
CREATE TABLE happening (
  id        ctext PRIMARY KEY,
  signal_id ctext REFERENCES signal (id),
  case_id   ctext REFERENCES case_file (id),
  record    ctext,
  event     ctext NOT NULL,
  at        ctext NOT NULL
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
CREATE TABLE key_change (
  id           ctext PRIMARY KEY,
  asked_by     ctext NOT NULL REFERENCES person (id),
  asked_at     ctext NOT NULL,
  confirmed_by ctext REFERENCES person (id),
  confirmed_at ctext,
  used_at      ctext
);
CREATE TABLE meeting (
  id         ctext PRIMARY KEY,
  case_id    ctext NOT NULL REFERENCES case_file (id),
  n          BIGINT NOT NULL,
  state      ctext NOT NULL,
  at         ctext NOT NULL,
  place      sealedtext NOT NULL,
  online     BOOLEAN NOT NULL,
  leader_id  ctext NOT NULL,
  quorate    BOOLEAN NOT NULL,
  sign_by    ctext,
  next_at    ctext,
  minutes    sealedtext NOT NULL,
  changed_at ctext NOT NULL,
  editor     ctext NOT NULL,
  version    BIGINT NOT NULL
);
CREATE TABLE meeting_call (
  meeting_id ctext NOT NULL REFERENCES meeting (id),
  agency_id  ctext NOT NULL REFERENCES agency (id),
  phoned_at  ctext,
  wrote_at   ctext,
  channel    ctext,
  came       ctext,
  who        sealedtext NOT NULL,
  signed     ctext,
  signed_at  ctext,
  signer     ctext,
  dissent    sealedtext NOT NULL, on_paper BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (meeting_id, agency_id)
);
CREATE TABLE meeting_decision (
  id         ctext PRIMARY KEY,
  meeting_id ctext NOT NULL REFERENCES meeting (id),
  text       sealedtext NOT NULL,
  at         ctext NOT NULL
);
CREATE TABLE meeting_item (
  id         ctext PRIMARY KEY,
  meeting_id ctext NOT NULL REFERENCES meeting (id),
  agency_id  ctext NOT NULL REFERENCES agency (id),
  kind       ctext NOT NULL,
  part       ctext NOT NULL,
  source     sealedtext NOT NULL,
  text       sealedtext NOT NULL,
  brought_by ctext NOT NULL,
  at         ctext NOT NULL
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
CREATE TABLE name_token (
  owner ctext NOT NULL,
  token ctext NOT NULL,
  PRIMARY KEY (owner, token)
);
CREATE TABLE once (
  key       ctext PRIMARY KEY,
  record_id ctext NOT NULL,
  at        ctext NOT NULL
);
CREATE TABLE particulars (
  case_id    ctext PRIMARY KEY REFERENCES case_file (id),
  fields     sealedtext NOT NULL,
  changed_at ctext NOT NULL,
  editor     ctext NOT NULL,
  version    BIGINT NOT NULL
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
CREATE TABLE plan (
  id         ctext PRIMARY KEY,
  case_id    ctext NOT NULL REFERENCES case_file (id),
  n          BIGINT NOT NULL,
  state      ctext NOT NULL,
  texts      sealedtext NOT NULL,
  parents    BOOLEAN NOT NULL,
  child      BOOLEAN NOT NULL,
  adopted_at ctext,
  review_on  ctext,
  changed_at ctext NOT NULL,
  editor     ctext NOT NULL,
  version    BIGINT NOT NULL
);
CREATE TABLE plan_goal (
  id      ctext PRIMARY KEY,
  plan_id ctext NOT NULL REFERENCES plan (id),
  whose   ctext NOT NULL,
  text    sealedtext NOT NULL,
  n       BIGINT NOT NULL
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
CREATE TABLE protection (
  id         ctext PRIMARY KEY,
  signal_id  ctext REFERENCES signal (id),
  case_id    ctext REFERENCES case_file (id),
  agency_id  ctext NOT NULL REFERENCES agency (id),
  asked_by   ctext NOT NULL,
  ground     ctext NOT NULL,
  ordered_by ctext NOT NULL,
  granted_at ctext NOT NULL,
  option     ctext NOT NULL,
  place      sealedtext NOT NULL,
  told_at    ctext,
  notices    ctext NOT NULL,
  ended_at   ctext,
  handed_to  ctext,
  protocol   sealedtext NOT NULL,
  version    BIGINT NOT NULL
);
CREATE TABLE record_key (
  owner   ctext PRIMARY KEY,
  wrapped ctext NOT NULL,
  made_at ctext NOT NULL
);
CREATE TABLE recovery_code (
  hash      ctext PRIMARY KEY,
  person_id ctext NOT NULL REFERENCES person (id),
  used_at   ctext
);
CREATE TABLE reference (
  kind      ctext NOT NULL,
  region_id ctext NOT NULL,
  year      BIGINT NOT NULL,
  last      BIGINT NOT NULL,
  PRIMARY KEY (kind, region_id, year)
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
CREATE TABLE restorative (
  id          ctext PRIMARY KEY,
  case_id     ctext NOT NULL REFERENCES case_file (id),
  n           BIGINT NOT NULL,
  method      ctext NOT NULL,
  state       ctext NOT NULL,
  since_at    ctext NOT NULL,
  referred_by ctext NOT NULL,
  why         sealedtext NOT NULL,
  screened_at ctext,
  screened_by ctext,
  reasons     sealedtext NOT NULL,
  fear        BOOLEAN NOT NULL,
  proceedings BOOLEAN NOT NULL,
  lead_agrees BOOLEAN NOT NULL,
  facilitator sealedtext NOT NULL,
  independent BOOLEAN NOT NULL,
  support     sealedtext NOT NULL,
  unbound     BOOLEAN NOT NULL,
  people      sealedtext NOT NULL,
  version     BIGINT NOT NULL
, agreement sealedtext NOT NULL DEFAULT '');
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
CREATE TABLE role_grant (
  id         ctext PRIMARY KEY,
  person_id  ctext NOT NULL REFERENCES person (id),
  role       ctext NOT NULL,
  region_id  ctext REFERENCES region (id),
  until_at   ctext,
  granted_by ctext NOT NULL,
  granted_at ctext NOT NULL,
  ended_at   ctext
, agency_id ctext REFERENCES agency (id), waits BOOLEAN NOT NULL DEFAULT FALSE, confirmed_by ctext);
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
CREATE TABLE signal (
  id              ctext PRIMARY KEY,
  ref             ctext NOT NULL UNIQUE,
  receipt         ctext NOT NULL UNIQUE,
  channel         ctext NOT NULL,
  source          ctext NOT NULL,
  source_agency   ctext REFERENCES agency (id),
  source_person   ctext,
  knows_child     BOOLEAN NOT NULL,
  learned_at      ctext,
  received_at     ctext NOT NULL,
  first_at        ctext NOT NULL,
  entered_at      ctext NOT NULL,
  entered_by      ctext NOT NULL,
  unit_id         ctext NOT NULL REFERENCES agency (id),
  region_id       ctext NOT NULL REFERENCES region (id),
  municipality_id ctext REFERENCES municipality (id),
  urgent          BOOLEAN NOT NULL,
  track           ctext NOT NULL,
  kinds           ctext NOT NULL,
  setting         ctext,
  band            ctext NOT NULL,
  sex             ctext NOT NULL,
  state           ctext NOT NULL,
  since_at        ctext NOT NULL,
  looked          BOOLEAN NOT NULL,
  taken_by        ctext,
  outcome         ctext,
  proposed_by     ctext,
  joined_to       ctext REFERENCES signal (id),
  case_id         ctext,
  was             ctext NOT NULL,
  narrative       sealedtext NOT NULL,
  register        sealedtext NOT NULL,
  place           sealedtext NOT NULL,
  child           sealedtext NOT NULL,
  carers          sealedtext NOT NULL,
  sender          sealedtext NOT NULL,
  reason          sealedtext NOT NULL,
  version         BIGINT NOT NULL
);
CREATE TABLE signal_event (
  id        ctext PRIMARY KEY,
  signal_id ctext NOT NULL REFERENCES signal (id),
  at        ctext NOT NULL,
  actor     ctext NOT NULL,
  agency_id ctext,
  step      ctext NOT NULL,
  led_to    ctext NOT NULL,
  note      sealedtext NOT NULL,
  n         BIGINT NOT NULL
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
  version BIGINT NOT NULL,
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
CREATE TABLE territory (
  place     ctext NOT NULL,
  agency_id ctext NOT NULL REFERENCES agency (id),
  PRIMARY KEY (place, agency_id)
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
CREATE TABLE unusual_day (
  person_id ctext NOT NULL REFERENCES person (id),
  on_day    ctext NOT NULL,
  cases     BIGINT NOT NULL,
  at        ctext NOT NULL,
  PRIMARY KEY (person_id, on_day)
);
CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_link_no_delete BEFORE DELETE ON audit_link BEGIN SELECT RAISE(ABORT, 'audit links are never deleted'); END;
CREATE TRIGGER audit_link_no_update BEFORE UPDATE ON audit_link BEGIN SELECT RAISE(ABORT, 'audit links are never changed'); END;
