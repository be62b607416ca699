-- +goose Up
-- What was erased, as the ledger outside the database lists it too; and the replacement of keys, which two people ask for.

CREATE TABLE erasure (
  kind      ctext NOT NULL,
  record_id ctext NOT NULL,
  at        ctext NOT NULL,
  PRIMARY KEY (kind, record_id)
);

CREATE TABLE key_change (
  id           ctext PRIMARY KEY,
  asked_by     ctext NOT NULL REFERENCES person (id),
  asked_at     ctext NOT NULL,
  confirmed_by ctext REFERENCES person (id),
  confirmed_at ctext,
  used_at      ctext
);
