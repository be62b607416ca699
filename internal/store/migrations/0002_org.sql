-- +goose Up
-- Places, code lists, institutions, people, and how they come in.

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

CREATE TABLE municipality (
  id        ctext PRIMARY KEY,
  region_id ctext NOT NULL REFERENCES region (id),
  ekatte    ctext NOT NULL,
  name_bg   ctext NOT NULL,
  name_en   ctext NOT NULL,
  sort      ctext NOT NULL
);
CREATE INDEX municipality_region ON municipality (region_id, sort);

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
CREATE INDEX agency_sort ON agency (sort, id);
CREATE INDEX agency_place ON agency (region_id, name_fold);

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
CREATE INDEX person_email ON person (email_fold);
CREATE INDEX person_name ON person (name_fold);
CREATE INDEX person_sort ON person (sort, id);

CREATE TABLE account (
  person_id ctext PRIMARY KEY REFERENCES person (id),
  login     ctext NOT NULL UNIQUE,
  hash      ctext,
  totp      ctext,
  totp_step BIGINT NOT NULL,
  state     ctext NOT NULL,
  made_at   ctext NOT NULL
);

CREATE TABLE recovery_code (
  hash      ctext PRIMARY KEY,
  person_id ctext NOT NULL REFERENCES person (id),
  used_at   ctext
);
CREATE INDEX recovery_code_person ON recovery_code (person_id);

CREATE TABLE session (
  hash       ctext PRIMARY KEY,
  person_id  ctext NOT NULL REFERENCES person (id),
  made_at    ctext NOT NULL,
  seen_at    ctext NOT NULL,
  until_at   ctext NOT NULL,
  step_up_at ctext,
  device     ctext NOT NULL
);
CREATE INDEX session_person ON session (person_id);

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
CREATE INDEX role_grant_person ON role_grant (person_id);

CREATE TABLE token (
  hash      ctext PRIMARY KEY,
  purpose   ctext NOT NULL,
  record_id ctext NOT NULL,
  person_id ctext,
  made_at   ctext NOT NULL,
  until_at  ctext NOT NULL,
  used_at   ctext
);
CREATE INDEX token_record ON token (record_id, purpose);

CREATE TABLE delay (
  key       ctext PRIMARY KEY,
  failures  BIGINT NOT NULL,
  failed_at ctext NOT NULL
);
