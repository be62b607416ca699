-- +goose Up
-- Signals and cases. A column of type sealedtext holds words about a person under the key of its record (record_key); nothing
-- else in these tables describes a child beyond an age band, a sex and a municipality.

-- only: postgres
CREATE DOMAIN sealedtext AS text COLLATE "C";
-- end

ALTER TABLE role_grant ADD COLUMN agency_id ctext REFERENCES agency (id);
ALTER TABLE agency ADD COLUMN municipality_id ctext REFERENCES municipality (id);
CREATE INDEX person_agency ON person (agency_id);
CREATE INDEX role_grant_agency ON role_grant (agency_id) WHERE ended_at IS NULL;

CREATE TABLE territory (
  place     ctext NOT NULL,
  agency_id ctext NOT NULL REFERENCES agency (id),
  PRIMARY KEY (place, agency_id)
);

CREATE TABLE day_off (
  on_day ctext PRIMARY KEY,
  off    BOOLEAN NOT NULL,
  source ctext NOT NULL
);

CREATE TABLE duty (
  id        ctext PRIMARY KEY,
  agency_id ctext NOT NULL REFERENCES agency (id),
  person_id ctext NOT NULL REFERENCES person (id),
  from_at   ctext NOT NULL,
  until_at  ctext NOT NULL,
  rung      BIGINT NOT NULL
);
CREATE INDEX duty_agency ON duty (agency_id, until_at);

CREATE TABLE record_key (
  owner   ctext PRIMARY KEY,
  wrapped ctext NOT NULL,
  made_at ctext NOT NULL
);

CREATE TABLE reference (
  kind      ctext NOT NULL,
  region_id ctext NOT NULL,
  year      BIGINT NOT NULL,
  last      BIGINT NOT NULL,
  PRIMARY KEY (kind, region_id, year)
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
  at          ctext NOT NULL,
  PRIMARY KEY (ref, version)
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
CREATE INDEX signal_unit ON signal (unit_id, received_at, id);
CREATE INDEX signal_open ON signal (unit_id, received_at, id) WHERE state IN ('received', 'acknowledged', 'screening', 'ending');
CREATE INDEX signal_case ON signal (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX signal_joined ON signal (joined_to) WHERE joined_to IS NOT NULL;
CREATE INDEX signal_source ON signal (source_person, received_at) WHERE source_person IS NOT NULL;
CREATE INDEX signal_like ON signal (region_id, first_at);

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
CREATE INDEX signal_event_of ON signal_event (signal_id, n);

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
  group_id        ctext,
  version         BIGINT NOT NULL
);
CREATE INDEX case_agency ON case_file (agency_id, opened_at, id);
CREATE INDEX case_agency_open ON case_file (agency_id, opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX case_group ON case_file (group_id) WHERE group_id IS NOT NULL;

CREATE TABLE episode (
  case_id   ctext NOT NULL REFERENCES case_file (id),
  n         BIGINT NOT NULL,
  opened_at ctext NOT NULL,
  closed_at ctext,
  reason    ctext,
  PRIMARY KEY (case_id, n)
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
);
CREATE INDEX case_event_of ON case_event (case_id, n);

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
CREATE INDEX case_note_of ON case_note (case_id, at);

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
CREATE INDEX case_share_case ON case_share (case_id, until_at);
CREATE INDEX case_share_person ON case_share (person_id, until_at) WHERE ended_at IS NULL;
CREATE INDEX case_share_agency ON case_share (agency_id, until_at) WHERE ended_at IS NULL;

CREATE TABLE case_barred (
  case_id   ctext NOT NULL REFERENCES case_file (id),
  person_id ctext NOT NULL,
  reason    sealedtext NOT NULL,
  at        ctext NOT NULL,
  PRIMARY KEY (case_id, person_id)
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
CREATE INDEX case_seat_of ON case_seat (case_id);

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
CREATE INDEX case_consent_of ON case_consent (case_id);

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
CREATE INDEX glass_break_case ON glass_break (case_id);
CREATE INDEX glass_break_open ON glass_break (at) WHERE review IS NULL;

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
CREATE INDEX clock_next ON clock (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX clock_signal ON clock (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX clock_case ON clock (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX clock_person ON clock (person_id, due_at) WHERE state IN ('running', 'paused', 'breached');
CREATE INDEX clock_agency ON clock (agency_id, due_at) WHERE state IN ('running', 'paused', 'breached');

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
CREATE INDEX clock_change_of ON clock_change (clock_id, n);

CREATE TABLE figure_cell (
  region_id ctext NOT NULL,
  month     ctext NOT NULL,
  what      ctext NOT NULL,
  hours     BIGINT NOT NULL,
  n         BIGINT NOT NULL,
  in_time   BIGINT NOT NULL,
  PRIMARY KEY (month, region_id, what, hours)
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
CREATE INDEX meeting_of ON meeting (case_id, n);
CREATE INDEX meeting_sign ON meeting (sign_by) WHERE state = 'minuted';
CREATE INDEX meeting_coming ON meeting (at) WHERE state = 'called';

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
  dissent    sealedtext NOT NULL,
  PRIMARY KEY (meeting_id, agency_id)
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
CREATE INDEX meeting_item_of ON meeting_item (meeting_id, at);

CREATE TABLE meeting_decision (
  id         ctext PRIMARY KEY,
  meeting_id ctext NOT NULL REFERENCES meeting (id),
  text       sealedtext NOT NULL,
  at         ctext NOT NULL
);
CREATE INDEX meeting_decision_of ON meeting_decision (meeting_id, at);

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
CREATE INDEX plan_of ON plan (case_id, n);

CREATE TABLE plan_goal (
  id      ctext PRIMARY KEY,
  plan_id ctext NOT NULL REFERENCES plan (id),
  whose   ctext NOT NULL,
  text    sealedtext NOT NULL,
  n       BIGINT NOT NULL
);
CREATE INDEX plan_goal_of ON plan_goal (plan_id, n);

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
CREATE INDEX case_task_of ON case_task (case_id, due_on);
CREATE INDEX case_task_agency ON case_task (agency_id, due_on) WHERE state IN ('open', 'returned');
CREATE INDEX case_task_person ON case_task (person_id, due_on) WHERE state IN ('open', 'returned');

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
CREATE INDEX case_request_of ON case_request (case_id, n);
CREATE INDEX case_request_inbox ON case_request (to_agency, since_at, id);
CREATE INDEX case_request_open ON case_request (until_at) WHERE state IN ('asked', 'taken', 'needs_info', 'accepted');

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
CREATE INDEX case_request_event_of ON case_request_event (request_id, n);

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
CREATE INDEX protection_signal ON protection (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX protection_case ON protection (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE particulars (
  case_id    ctext PRIMARY KEY REFERENCES case_file (id),
  fields     sealedtext NOT NULL,
  changed_at ctext NOT NULL,
  editor     ctext NOT NULL,
  version    BIGINT NOT NULL
);

CREATE TABLE name_token (
  owner ctext NOT NULL,
  token ctext NOT NULL,
  PRIMARY KEY (owner, token)
);
CREATE INDEX name_token_owners ON name_token (token, owner);

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
CREATE INDEX attachment_signal ON attachment (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX attachment_case ON attachment (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE attachment_piece (
  attachment_id ctext NOT NULL REFERENCES attachment (id),
  n             BIGINT NOT NULL,
  body          sealedtext NOT NULL,
  PRIMARY KEY (attachment_id, n)
);

CREATE TABLE draft (
  person_id ctext NOT NULL,
  form      ctext NOT NULL,
  fields    sealedtext NOT NULL,
  at        ctext NOT NULL,
  PRIMARY KEY (person_id, form)
);
CREATE INDEX draft_at ON draft (at);

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
);
CREATE INDEX restorative_of ON restorative (case_id, n);
