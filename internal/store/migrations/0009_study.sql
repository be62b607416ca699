-- +goose Up
-- The plan of a study as a document of YAML, with its lock and its deviations; and what reports told of a study: how many people
-- stood behind each table, so that no later report gives few people away, and the last result as it was told.

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
