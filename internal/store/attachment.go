package store

import (
	"context"
	"slices"
	"strconv"

	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

// piece is how much of a file one row holds, so that neither database has to carry a large value at once.
const piece = 192 << 10

const attachmentSelect = `SELECT f.id, f.signal_id, f.case_id, f.part, f.name, f.type, f.size, f.added_by, f.agency_id, f.at, f.gone_at FROM attachment AS f`

func scanAttachment(s scanner) (casework.Attachment, error) {
	var a casework.Attachment
	err := s.Scan(&a.ID, str(&a.Signal), str(&a.Case), str(&a.Part), &a.Name, &a.Type, &a.Size, &a.By, str(&a.Agency), at(&a.At), at(&a.Gone))
	return a, err
}

func (tx *Tx) openAttachment(ctx context.Context, a *casework.Attachment) error {
	return tx.unseal(ctx, a.Owner(), a.ID, secret{"attachment.name", &a.Name})
}

// Attachment returns what is known of a file, without its content.
func (tx *Tx) Attachment(ctx context.Context, id string) (casework.Attachment, error) {
	a, err := one(ctx, tx, selectFrom(attachmentSelect).and("f.id = ?", id), scanAttachment)
	if err != nil {
		return a, err
	}
	return a, tx.openAttachment(ctx, &a)
}

// Attachments returns the files of a signal, or of the given parts of a case, the newest first.
func (tx *Tx) Attachments(ctx context.Context, g casework.SignalID, c casework.CaseID, parts []casework.Compartment) ([]casework.Attachment, error) {
	q := selectFrom(attachmentSelect).and("f.gone_at IS NULL")
	if c != "" {
		in(q.and("f.case_id = ?", string(c)), "f.part", parts)
	} else {
		q.and("f.signal_id = ?", string(g))
	}
	all, err := collect(ctx, tx, q.by("ORDER BY f.at DESC, f.id"), scanAttachment)
	for i := range all {
		if err == nil {
			err = tx.openAttachment(ctx, &all[i])
		}
	}
	return all, err
}

// AttachmentBytes returns how much the files of a record hold.
func (tx *Tx) AttachmentBytes(ctx context.Context, owner string) (int, error) {
	return tx.count(ctx, selectFrom(`SELECT coalesce(sum(size), 0) FROM attachment`).and("signal_id = ? OR case_id = ?", owner, owner).and("gone_at IS NULL"))
}

// PutAttachment adds a file with its content.
func (tx *Tx) PutAttachment(ctx context.Context, a casework.Attachment, body []byte) error {
	fs, err := tx.seal(ctx, a.Owner(), "attachment", a.ID, map[string]sealed.Text{"name": a.Name})
	if err != nil {
		return err
	}
	err = tx.insert(ctx, "attachment", append(fs, field{"id", a.ID}, field{"signal_id", text(a.Signal)}, field{"case_id", text(a.Case)}, field{"part", text(a.Part)},
		field{"type", a.Type}, field{"size", a.Size}, field{"added_by", string(a.By)}, field{"agency_id", text(a.Agency)}, field{"at", moment(a.At)})...)
	if err != nil {
		return err
	}
	n := 0
	for part := range slices.Chunk(body, piece) {
		fs, err := tx.seal(ctx, a.Owner(), "attachment_piece", a.ID+"/"+strconv.Itoa(n), map[string]sealed.Text{"body": sealed.Text(part)})
		if err != nil {
			return err
		}
		if err := tx.insert(ctx, "attachment_piece", append(fs, field{"attachment_id", a.ID}, field{"n", n})...); err != nil {
			return err
		}
		n++
	}
	return nil
}

// AttachmentBody returns the content of a file.
func (tx *Tx) AttachmentBody(ctx context.Context, a casework.Attachment) ([]byte, error) {
	pieces, err := collect(ctx, tx, selectFrom(`SELECT body FROM attachment_piece`).and("attachment_id = ?", a.ID).by("ORDER BY n"), scanText[sealed.Text])
	if err != nil {
		return nil, err
	}
	body := make([]byte, 0, a.Size)
	for n, p := range pieces {
		if err := tx.unseal(ctx, a.Owner(), a.ID+"/"+strconv.Itoa(n), secret{"attachment_piece.body", &p}); err != nil {
			return nil, err
		}
		body = append(body, p...)
	}
	if len(body) != a.Size {
		return nil, sealed.ErrSealed // a piece is missing
	}
	return body, nil
}

// DropAttachment deletes the content of a file and keeps that it was there.
func (tx *Tx) DropAttachment(ctx context.Context, a casework.Attachment) error {
	if _, err := tx.exec(ctx, `DELETE FROM attachment_piece WHERE attachment_id = $1`, a.ID); err != nil {
		return err
	}
	return tx.put(ctx, `UPDATE attachment SET gone_at = $1 WHERE id = $2`, moment(a.Gone), a.ID)
}
