-- +goose Up
-- An institution without an account signs the minutes on paper: the lead records its signature.

ALTER TABLE meeting_call ADD COLUMN on_paper BOOLEAN NOT NULL DEFAULT FALSE;
