-- +goose Up
-- Every entry of the record carries a code that only the program can make; links of mail are kept sealed until they leave;
-- a message is sent by one server at a time; a session knows whether it was opened with a second factor; passkeys. The table of jobs was never used.

ALTER TABLE audit_entry ADD COLUMN mac ctext NOT NULL DEFAULT '';

ALTER TABLE message ADD COLUMN link ctext;
ALTER TABLE message ADD COLUMN leased_until ctext;

ALTER TABLE session ADD COLUMN factor BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE passkey (
  id         ctext PRIMARY KEY,
  person_id  ctext NOT NULL REFERENCES person (id),
  name       ctext NOT NULL,
  credential ctext NOT NULL,
  made_at    ctext NOT NULL,
  used_at    ctext
);
CREATE INDEX passkey_person ON passkey (person_id);

DROP TABLE job;
