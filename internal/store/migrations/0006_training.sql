-- +goose Up
-- Venues in both languages; several certificates of a seat, one after another; who took a step; half-days that fell away.

ALTER TABLE training ADD COLUMN venue_bg ctext NOT NULL DEFAULT '';
ALTER TABLE training ADD COLUMN venue_en ctext NOT NULL DEFAULT '';
UPDATE training SET venue_bg = venue, venue_en = venue;
ALTER TABLE training DROP COLUMN venue;

ALTER TABLE enrolment_event ADD COLUMN by_role ctext;

CREATE TABLE dropped_half_day (
  id          ctext PRIMARY KEY,
  training_id ctext NOT NULL REFERENCES training (id),
  held_on     ctext NOT NULL,
  starts      ctext NOT NULL,
  ends        ctext NOT NULL,
  dropped_at  ctext NOT NULL
);
CREATE INDEX dropped_half_day_of ON dropped_half_day (training_id, dropped_at);

CREATE TABLE certificate_0006 (
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
INSERT INTO certificate_0006 (id, enrolment_id, number, code, name, completed_on, issued_on, revoked_on, revoked_key, revoked_for)
  SELECT c.id, c.enrolment_id, c.number, c.code, c.name, d.completed_on, c.issued_on, c.revoked_on,
    CASE WHEN c.revoked_on IS NULL THEN NULL ELSE 'revoked.byhand' END, c.revoked_for
  FROM certificate AS c LEFT JOIN completion AS d ON d.enrolment_id = c.enrolment_id;
DROP TABLE certificate;
ALTER TABLE certificate_0006 RENAME TO certificate;
CREATE UNIQUE INDEX certificate_valid ON certificate (enrolment_id) WHERE revoked_on IS NULL;
CREATE INDEX certificate_of ON certificate (enrolment_id);
