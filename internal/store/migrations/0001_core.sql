-- +goose Up
-- The ground: text compared by bytes in either database, the record of what was done, keys of creates, work to do.

-- only: postgres
CREATE DOMAIN ctext AS text COLLATE "C";
-- end

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
);
CREATE INDEX audit_entry_at ON audit_entry (at, id);
CREATE INDEX audit_entry_actor ON audit_entry (actor, at);
CREATE INDEX audit_entry_record ON audit_entry (record, at);

CREATE TABLE audit_open (
  entry_id ctext PRIMARY KEY,
  at       ctext NOT NULL
);

CREATE TABLE audit_link (
  seq      BIGINT PRIMARY KEY,
  entry_id ctext NOT NULL UNIQUE,
  hash     ctext NOT NULL
);

CREATE TABLE audit_checkpoint (
  seq       BIGINT PRIMARY KEY,
  hash      ctext NOT NULL,
  at        ctext NOT NULL,
  signature ctext NOT NULL
);

-- only: sqlite
-- +goose StatementBegin
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_link_no_update BEFORE UPDATE ON audit_link BEGIN SELECT RAISE(ABORT, 'audit links are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_link_no_delete BEFORE DELETE ON audit_link BEGIN SELECT RAISE(ABORT, 'audit links are never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;
-- +goose StatementEnd
-- end

-- only: postgres
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit records are never changed or deleted'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_entry_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_link_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoint_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end

CREATE TABLE once (
  key       ctext PRIMARY KEY,
  record_id ctext NOT NULL,
  at        ctext NOT NULL
);

CREATE TABLE job (
  id          ctext PRIMARY KEY,
  kind        ctext NOT NULL,
  args        ctext NOT NULL,
  unique_key  ctext UNIQUE,
  run_at      ctext NOT NULL,
  attempts    BIGINT NOT NULL,
  leased_until ctext,
  state       ctext NOT NULL,
  failure     ctext,
  ended_at    ctext
);
CREATE INDEX job_waiting ON job (run_at, id) WHERE state = 'waiting';

CREATE TABLE setting (
  name       ctext PRIMARY KEY,
  value      ctext NOT NULL,
  changed_at ctext NOT NULL,
  changed_by ctext NOT NULL
);
