-- +goose Up
-- For which reasons the clocks of a rule may stand still is part of the rule. Until now each of the four held for every term that is
-- not of hours.

ALTER TABLE clock_rule ADD COLUMN pauses ctext NOT NULL DEFAULT '';
UPDATE clock_rule SET pauses = 'court abroad in_hospital missing' WHERE unit <> 'hours';
