-- +goose Up
-- Questionnaires end with their reason, know moments instead of days, and leave no trace that ties an answer to a person.
-- invitation: opens_at and closes_at bound the time in which one can answer, asks_at is when the first mail leaves, ended says
-- why somebody is not asked any more. A sweep corrects the moments of what is still open by the facts.

ALTER TABLE invitation ADD COLUMN asks_at ctext NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN opens_at ctext NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN closes_at ctext NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN ended ctext;
UPDATE invitation SET asks_at = due_on || 'T06:00:00.000000Z', opens_at = opens_on || 'T00:00:00.000000Z', closes_at = closes_on || 'T21:59:59.000000Z';
ALTER TABLE invitation DROP COLUMN opens_on;
ALTER TABLE invitation DROP COLUMN closes_on;

-- The group of a code is a label of its own; cohort_code ties it to a training and goes when study_code goes.
CREATE TABLE cohort_code (
  training_id ctext PRIMARY KEY REFERENCES training (id),
  label       ctext NOT NULL UNIQUE
);

-- only: sqlite
INSERT INTO cohort_code (training_id, label)
  SELECT r.cohort, upper(hex(randomblob(4))) FROM respondent AS r JOIN training AS t ON t.id = r.cohort
  WHERE r.study_id = 'programme' GROUP BY r.cohort ORDER BY r.cohort;
-- end
-- only: postgres
INSERT INTO cohort_code (training_id, label)
  SELECT r.cohort, upper(substr(md5(random()::text || r.cohort), 1, 8)) FROM respondent AS r JOIN training AS t ON t.id = r.cohort
  WHERE r.study_id = 'programme' GROUP BY r.cohort ORDER BY r.cohort;
-- end
UPDATE respondent SET cohort = (SELECT k.label FROM cohort_code AS k WHERE k.training_id = respondent.cohort)
  WHERE study_id = 'programme' AND cohort IN (SELECT training_id FROM cohort_code);
ALTER TABLE respondent DROP COLUMN cohort_name;

-- How each code stands in each wave, beside what it answered: not due, asked and open, silent, and so on.
-- only: postgres
CREATE TABLE standing (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, standing ctext NOT NULL, PRIMARY KEY (study_id, code, wave)
);
-- end
-- only: sqlite
CREATE TABLE standing (
  study_id ctext NOT NULL, code ctext NOT NULL, wave ctext NOT NULL, standing ctext NOT NULL, PRIMARY KEY (study_id, code, wave)
) WITHOUT ROWID;
-- end
INSERT INTO standing (study_id, code, wave, standing) SELECT study_id, code, wave, 'silent' FROM asked ORDER BY study_id, code, wave;
DROP TABLE asked;

-- counts: the answers are enough for a score, or the sitting was ended. Imported answers have a response of their own too.
ALTER TABLE response ADD COLUMN counts BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE response SET counts = complete;
INSERT INTO response (study_id, code, wave, complete, counts)
  SELECT DISTINCT study_id, code, wave, TRUE, TRUE FROM answer WHERE study_id <> 'programme' ORDER BY study_id, code, wave;
