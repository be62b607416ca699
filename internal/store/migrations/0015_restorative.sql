-- +goose Up
-- What those who met in a restorative process agreed to, and how it goes.

ALTER TABLE restorative ADD COLUMN agreement sealedtext NOT NULL DEFAULT '';
