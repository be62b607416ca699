-- +goose Up
-- Questionnaires. Answers hold only a random study code; study_code is the one table that ties a code to a seat. No table of
-- answers keeps a time. In SQLite the tables of answers have no row identifiers, so that the order of writing is not kept.

CREATE TABLE invitation (
  id           ctext PRIMARY KEY,
  enrolment_id ctext NOT NULL REFERENCES enrolment (id),
  wave         ctext NOT NULL,
  due_on       ctext NOT NULL,
  opens_on     ctext NOT NULL,
  closes_on    ctext NOT NULL,
  done         BOOLEAN NOT NULL,
  version      BIGINT NOT NULL,
  UNIQUE (enrolment_id, wave)
);

CREATE TABLE study_code (
  enrolment_id ctext PRIMARY KEY REFERENCES enrolment (id),
  code         ctext NOT NULL UNIQUE
);

CREATE TABLE study (
  id       ctext PRIMARY KEY,
  title_bg ctext NOT NULL,
  title_en ctext NOT NULL,
  outcomes ctext NOT NULL
);

-- only: postgres
CREATE TABLE respondent (
  study_id ctext NOT NULL, code ctext NOT NULL, cohort ctext NOT NULL, cohort_name ctext NOT NULL, region ctext, sector ctext,
  experience ctext, PRIMARY KEY (study_id, code)
);
CREATE TABLE asked (study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, PRIMARY KEY (study_id, code, wave));
CREATE TABLE response (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, complete BOOLEAN NOT NULL, PRIMARY KEY (study_id, code, wave)
);
CREATE TABLE answer (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, item ctext NOT NULL, value ctext NOT NULL,
  PRIMARY KEY (study_id, code, wave, item)
);
-- end

-- only: sqlite
CREATE TABLE respondent (
  study_id ctext NOT NULL, code ctext NOT NULL, cohort ctext NOT NULL, cohort_name ctext NOT NULL, region ctext, sector ctext,
  experience ctext, PRIMARY KEY (study_id, code)
) WITHOUT ROWID;
CREATE TABLE asked (study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, PRIMARY KEY (study_id, code, wave)) WITHOUT ROWID;
CREATE TABLE response (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, complete BOOLEAN NOT NULL, PRIMARY KEY (study_id, code, wave)
) WITHOUT ROWID;
CREATE TABLE answer (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, item ctext NOT NULL, value ctext NOT NULL,
  PRIMARY KEY (study_id, code, wave, item)
) WITHOUT ROWID;
-- end
