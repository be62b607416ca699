package store

import (
	"context"
	"encoding/json"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

// formText writes the texts of a form as one text, to be sealed together; textForm reads them.
func formText(f casework.Form) sealed.Text { return sealed.Text(asJSON(f)) }

func textForm(s sealed.Text) (casework.Form, error) {
	f := casework.Form{}
	return f, json.Unmarshal([]byte(s), &f)
}

const meetingSelect = `SELECT m.id, m.case_id, m.n, m.state, m.at, m.place, m.online, m.leader_id, m.quorate, m.sign_by, m.next_at, m.minutes, m.changed_at,
	m.editor, m.version FROM meeting AS m`

// sealedMeeting is a meeting whose texts are not opened yet.
type sealedMeeting struct {
	casework.Meeting
	minutes sealed.Text
}

func scanMeeting(s scanner) (sealedMeeting, error) {
	var m sealedMeeting
	err := s.Scan(&m.ID, &m.Case, &m.N, &m.State, at(&m.At), &m.Place, &m.Online, &m.Leader, &m.Quorate, at(&m.SignBy), at(&m.Next), &m.minutes, at(&m.Changed),
		&m.Editor, &m.Version)
	return m, err
}

func (tx *Tx) openMeeting(ctx context.Context, m sealedMeeting) (casework.Meeting, error) {
	err := tx.unseal(ctx, string(m.Case), m.ID, secret{"meeting.place", &m.Place}, secret{"meeting.minutes", &m.minutes})
	if err != nil {
		return m.Meeting, err
	}
	m.Minutes, err = textForm(m.minutes)
	return m.Meeting, err
}

// Meeting returns one meeting with everything that was brought to it.
func (tx *Tx) Meeting(ctx context.Context, id string) (casework.Meeting, error) {
	found, err := one(ctx, tx, selectFrom(meetingSelect).and("m.id = ?", id), scanMeeting)
	if err != nil {
		return casework.Meeting{}, err
	}
	m, err := tx.openMeeting(ctx, found)
	if err != nil {
		return m, err
	}
	if m.Calls, err = tx.calls(ctx, m); err != nil {
		return m, err
	}
	if m.Items, err = tx.items(ctx, m); err != nil {
		return m, err
	}
	m.Decisions, err = tx.decisions(ctx, m)
	return m, err
}

// Meetings returns the meetings of a case with who was called, the newest first.
func (tx *Tx) Meetings(ctx context.Context, c casework.CaseID) ([]casework.Meeting, error) {
	found, err := collect(ctx, tx, selectFrom(meetingSelect).and("m.case_id = ?", string(c)).by("ORDER BY m.n DESC"), scanMeeting)
	if err != nil {
		return nil, err
	}
	all := make([]casework.Meeting, len(found))
	for i := range found {
		if all[i], err = tx.openMeeting(ctx, found[i]); err != nil {
			return nil, err
		}
		if all[i].Calls, err = tx.calls(ctx, all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// PutMeeting adds a meeting (version 0) or changes one.
func (tx *Tx) PutMeeting(ctx context.Context, m casework.Meeting) error {
	fs, err := tx.seal(ctx, string(m.Case), "meeting", m.ID, map[string]sealed.Text{"place": m.Place, "minutes": formText(m.Minutes)})
	if err != nil {
		return err
	}
	return tx.save(ctx, "meeting", m.ID, m.Version, append(fs, field{"case_id", string(m.Case)}, field{"n", m.N}, field{"state", string(m.State)}, field{"at", moment(m.At)},
		field{"online", m.Online}, field{"leader_id", string(m.Leader)}, field{"quorate", m.Quorate}, field{"sign_by", moment(m.SignBy)}, field{"next_at", moment(m.Next)},
		field{"changed_at", moment(m.Changed)}, field{"editor", string(m.Editor)})...)
}

func (tx *Tx) calls(ctx context.Context, m casework.Meeting) ([]casework.Call, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT k.meeting_id, k.agency_id, k.phoned_at, k.wrote_at, k.channel, k.came, k.who, k.signed, k.signed_at, k.signer, k.on_paper,
		k.dissent
		FROM meeting_call AS k`).and("k.meeting_id = ?", m.ID).by("ORDER BY k.agency_id"), func(s scanner) (casework.Call, error) {
		var x casework.Call
		err := s.Scan(&x.Meeting, &x.Agency, at(&x.Phoned), at(&x.Wrote), str(&x.Channel), str(&x.Came), &x.Who, str(&x.Signed), at(&x.SignAt), str(&x.Signer), &x.OnPaper, &x.Dissent)
		return x, err
	})
	for i := range all {
		if err == nil {
			err = tx.unseal(ctx, string(m.Case), all[i].Meeting+"/"+string(all[i].Agency), secret{"meeting_call.who", &all[i].Who}, secret{"meeting_call.dissent", &all[i].Dissent})
		}
	}
	return all, err
}

// PutCall keeps how an institution was called to a meeting, whether it came and what it signed.
func (tx *Tx) PutCall(ctx context.Context, c casework.CaseID, x casework.Call) error {
	fs, err := tx.seal(ctx, string(c), "meeting_call", x.Meeting+"/"+string(x.Agency), map[string]sealed.Text{"who": x.Who, "dissent": x.Dissent})
	if err != nil {
		return err
	}
	return tx.upsert(ctx, "meeting_call", 2, append([]field{{"meeting_id", x.Meeting}, {"agency_id", string(x.Agency)}}, append(fs, field{"phoned_at", moment(x.Phoned)},
		field{"wrote_at", moment(x.Wrote)}, field{"channel", text(x.Channel)}, field{"came", text(x.Came)}, field{"signed", text(x.Signed)}, field{"signed_at", moment(x.SignAt)},
		field{"signer", text(x.Signer)}, field{"on_paper", x.OnPaper})...)...)
}

func (tx *Tx) items(ctx context.Context, m casework.Meeting) ([]casework.Item, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT id, meeting_id, agency_id, kind, part, source, text, brought_by, at FROM meeting_item`).and("meeting_id = ?", m.ID).
		by("ORDER BY at, id"), func(s scanner) (casework.Item, error) {
		var x casework.Item
		err := s.Scan(&x.ID, &x.Meeting, &x.Agency, &x.Kind, &x.Part, &x.Source, &x.Text, &x.By, at(&x.At))
		return x, err
	})
	for i := range all {
		if err == nil {
			err = tx.unseal(ctx, string(m.Case), all[i].ID, secret{"meeting_item.source", &all[i].Source}, secret{"meeting_item.text", &all[i].Text})
		}
	}
	return all, err
}

// PutItem adds what an institution brings to a meeting.
func (tx *Tx) PutItem(ctx context.Context, c casework.CaseID, x casework.Item) error {
	fs, err := tx.seal(ctx, string(c), "meeting_item", x.ID, map[string]sealed.Text{"source": x.Source, "text": x.Text})
	if err != nil {
		return err
	}
	return tx.insert(ctx, "meeting_item", append(fs, field{"id", x.ID}, field{"meeting_id", x.Meeting}, field{"agency_id", string(x.Agency)}, field{"kind", string(x.Kind)},
		field{"part", string(x.Part)}, field{"brought_by", string(x.By)}, field{"at", moment(x.At)})...)
}

// DropItem takes back what was brought to a meeting.
func (tx *Tx) DropItem(ctx context.Context, id string) error {
	return tx.put(ctx, `DELETE FROM meeting_item WHERE id = $1`, id)
}

func (tx *Tx) decisions(ctx context.Context, m casework.Meeting) ([]casework.Decision, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT id, meeting_id, text, at FROM meeting_decision`).and("meeting_id = ?", m.ID).by("ORDER BY at, id"),
		func(s scanner) (casework.Decision, error) {
			var x casework.Decision
			err := s.Scan(&x.ID, &x.Meeting, &x.Text, at(&x.At))
			return x, err
		})
	for i := range all {
		if err == nil {
			err = tx.unseal(ctx, string(m.Case), all[i].ID, secret{"meeting_decision.text", &all[i].Text})
		}
	}
	return all, err
}

// PutDecision adds a decision of a meeting.
func (tx *Tx) PutDecision(ctx context.Context, c casework.CaseID, x casework.Decision) error {
	fs, err := tx.seal(ctx, string(c), "meeting_decision", x.ID, map[string]sealed.Text{"text": x.Text})
	if err != nil {
		return err
	}
	return tx.insert(ctx, "meeting_decision", append(fs, field{"id", x.ID}, field{"meeting_id", x.Meeting}, field{"at", moment(x.At)})...)
}

// LateMinutes returns the meetings whose minutes wait for signatures although the time to sign is over.
func (tx *Tx) LateMinutes(ctx context.Context) ([]string, error) {
	return collect(ctx, tx, selectFrom(`SELECT id FROM meeting`).and("state = 'minuted'").and("sign_by <= ?", moment(tx.Now())).by("ORDER BY sign_by, id LIMIT 500"), scanText[string])
}

// MyMeetings returns the meetings that are to come in the cases on whose team a person is, the next one first. Their texts stay
// sealed.
func (tx *Tx) MyMeetings(ctx context.Context, p access.PersonID) ([]casework.Meeting, error) {
	return collect(ctx, tx, selectFrom(meetingSelect).and("m.state = 'called'").
		and("m.case_id IN (SELECT h.case_id FROM case_share AS h WHERE h.person_id = ? AND "+living(casework.Core)+")", string(p), moment(tx.Now()), moment(tx.Now())).by("ORDER BY m.at, m.id LIMIT 50"),
		func(s scanner) (casework.Meeting, error) {
			m, err := scanMeeting(s)
			m.Place = ""
			return m.Meeting, err
		})
}
