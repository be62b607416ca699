package store

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

// Every subject's transaction is this one.
var (
	_ org.Tx      = (*Tx)(nil)
	_ training.Tx = (*Tx)(nil)
	_ survey.Tx   = (*Tx)(nil)
)

// Asking returns every seat that was ever confirmed, with the facts that decide whether and when its person is asked.
func (tx *Tx) Asking(ctx context.Context) ([]survey.Subject, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT n.id, n.training_id, n.person_id, n.sector, n.confirmed_at, c.completed_on, k.code,
		(SELECT count(*) FROM attendance AS a JOIN half_day AS h ON h.id = a.half_day_id JOIN training AS t ON t.id = h.training_id
			WHERE a.enrolment_id = n.id AND a.current AND a.status IN ('present', 'late') AND h.held_on = t.ends_on)
		FROM enrolment AS n LEFT JOIN completion AS c ON c.enrolment_id = n.id LEFT JOIN study_code AS k ON k.enrolment_id = n.id`).
		and("n.state = 'confirmed'").by("ORDER BY n.id"), func(s scanner) (survey.Subject, error) {
		x := survey.Subject{Waves: map[survey.Wave]survey.Invitation{}}
		var last int
		err := s.Scan(&x.Seat, &x.Event, &x.Person, &x.Sector, at(&x.Confirmed), on(&x.Completed), str(&x.Code), &last)
		x.Attended = last > 0
		return x, err
	})
	if err != nil {
		return nil, err
	}
	place := map[training.EnrolmentID]int{}
	for i, x := range all {
		place[x.Seat] = i
	}
	invitations, err := collect(ctx, tx, selectFrom(invitationSelect), scanInvitation)
	for _, i := range invitations {
		if p, ok := place[i.Seat]; ok {
			all[p].Waves[i.Wave] = i
		}
	}
	return all, err
}

const invitationSelect = `SELECT i.id, i.enrolment_id, i.wave, i.due_on, i.opens_on, i.closes_on, i.done, i.version FROM invitation AS i`

func scanInvitation(s scanner) (survey.Invitation, error) {
	var i survey.Invitation
	err := s.Scan(&i.ID, &i.Seat, &i.Wave, on(&i.Due), on(&i.Opens), on(&i.Closes), &i.Done, &i.Version)
	return i, err
}

// Invitation returns one invitation.
func (tx *Tx) Invitation(ctx context.Context, id string) (survey.Invitation, error) {
	return one(ctx, tx, selectFrom(invitationSelect).and("i.id = ?", id), scanInvitation)
}

// InvitationsOf returns the invitations of a seat.
func (tx *Tx) InvitationsOf(ctx context.Context, seat training.EnrolmentID) ([]survey.Invitation, error) {
	return collect(ctx, tx, selectFrom(invitationSelect).and("i.enrolment_id = ?", string(seat)).by("ORDER BY i.due_on, i.id"), scanInvitation)
}

// PutInvitation adds an invitation (version 0) or changes one.
func (tx *Tx) PutInvitation(ctx context.Context, i survey.Invitation) error {
	return tx.save(ctx, "invitation", i.ID, i.Version, field{"enrolment_id", string(i.Seat)}, field{"wave", string(i.Wave)},
		field{"due_on", day(i.Due)}, field{"opens_on", day(i.Opens)}, field{"closes_on", day(i.Closes)}, field{"done", i.Done})
}

// DropInvitation takes an invitation back.
func (tx *Tx) DropInvitation(ctx context.Context, id string) error {
	return tx.put(ctx, `DELETE FROM invitation WHERE id = $1`, id)
}

// MailSent reports whether any message about a record has left.
func (tx *Tx) MailSent(ctx context.Context, record string) (bool, error) {
	n, err := tx.count(ctx, selectFrom(`SELECT count(*) FROM message`).and("record_id = ?", record).and("state = 'sent'"))
	return n > 0, err
}

// WaveCounts counts invitations by training and wave within the reader's scope.
func (tx *Tx) WaveCounts(ctx context.Context, s access.Scope) ([]survey.WaveCount, error) {
	today := day(tx.db.now.Today())
	return collect(ctx, tx, selectFrom(`SELECT t.id, i.wave, sum(CASE WHEN i.opens_on <= $1 THEN 1 ELSE 0 END), sum(CASE WHEN i.done THEN 1 ELSE 0 END),
		sum(CASE WHEN NOT i.done AND i.opens_on <= $1 AND i.closes_on >= $1 THEN 1 ELSE 0 END),
		min(CASE WHEN NOT i.done AND i.due_on > $1 THEN i.due_on END)
		FROM training AS t JOIN enrolment AS n ON n.training_id = t.id JOIN invitation AS i ON i.enrolment_id = n.id`, today).
		within(s, eventScope).by("GROUP BY t.id, t.starts_on, i.wave ORDER BY t.starts_on, t.id, i.wave"), func(r scanner) (survey.WaveCount, error) {
		var c survey.WaveCount
		err := r.Scan(&c.Event, &c.Wave, &c.Invited, &c.Answered, &c.Open, on(&c.NextDue))
		return c, err
	})
}

// CodeOf returns the study code of a seat.
func (tx *Tx) CodeOf(ctx context.Context, seat training.EnrolmentID) (string, error) {
	return one(ctx, tx, selectFrom(`SELECT code FROM study_code`).and("enrolment_id = ?", string(seat)), scanText[string])
}

// PutCode gives a seat its study code.
func (tx *Tx) PutCode(ctx context.Context, seat training.EnrolmentID, code string) error {
	return tx.insert(ctx, "study_code", field{"enrolment_id", string(seat)}, field{"code", code})
}

// DropCodes deletes the map from code to seat.
func (tx *Tx) DropCodes(ctx context.Context) error {
	_, err := tx.exec(ctx, `DELETE FROM study_code`)
	return err
}

const studySelect = `SELECT id, title_bg, title_en, outcomes FROM study`

func scanStudy(s scanner) (survey.Study, error) {
	var x survey.Study
	err := s.Scan(&x.ID, &x.Title.BG, &x.Title.EN, fromJSON(&x.Outcomes))
	return x, err
}

// Study returns an imported study.
func (tx *Tx) Study(ctx context.Context, id string) (survey.Study, error) {
	return one(ctx, tx, selectFrom(studySelect).and("id = ?", id), scanStudy)
}

// Studies lists the imported studies.
func (tx *Tx) Studies(ctx context.Context) ([]survey.Study, error) {
	return collect(ctx, tx, selectFrom(studySelect).by("ORDER BY id"), scanStudy)
}

// PutStudy adds an imported study or replaces its description.
func (tx *Tx) PutStudy(ctx context.Context, s survey.Study) error {
	return tx.upsert(ctx, "study", 1, field{"id", s.ID}, field{"title_bg", s.Title.BG}, field{"title_en", s.Title.EN},
		field{"outcomes", asJSON(s.Outcomes)})
}

// PutRespondent adds or replaces what the analysis may know of a code.
func (tx *Tx) PutRespondent(ctx context.Context, study string, r survey.Respondent) error {
	return tx.upsert(ctx, "respondent", 2, field{"study_id", study}, field{"code", r.Code}, field{"cohort", r.Cohort},
		field{"cohort_name", r.CohortName}, field{"region", text(r.Region)}, field{"sector", text(r.Sector)},
		field{"experience", text(r.Experience)})
}

// HasRespondent reports whether a code was given.
func (tx *Tx) HasRespondent(ctx context.Context, study, code string) (bool, error) {
	n, err := tx.count(ctx, selectFrom(`SELECT count(*) FROM respondent`).and("study_id = ?", study).and("code = ?", code))
	return n > 0, err
}

// DueAsked returns the codes whose turn has come in a wave and who are not counted as asked yet, in the order of codes.
func (tx *Tx) DueAsked(ctx context.Context, today calendar.Date) ([]survey.Asked, error) {
	return collect(ctx, tx, selectFrom(`SELECT k.code, i.wave FROM invitation AS i JOIN study_code AS k ON k.enrolment_id = i.enrolment_id
		LEFT JOIN asked AS d ON d.study_id = 'programme' AND d.code = k.code AND d.wave = i.wave`).
		and("i.opens_on <= ?", day(today)).and("d.code IS NULL").by("ORDER BY k.code, i.wave"), func(s scanner) (survey.Asked, error) {
		var a survey.Asked
		err := s.Scan(&a.Code, &a.Wave)
		return a, err
	})
}

// PutAsked keeps that a code was asked in a wave.
func (tx *Tx) PutAsked(ctx context.Context, study, code string, w survey.Wave) error {
	_, err := tx.exec(ctx, `INSERT INTO asked (study_id, code, wave) VALUES ($1, $2, $3) ON CONFLICT (study_id, code, wave) DO NOTHING`,
		study, code, string(w))
	return err
}

// PutAnswer keeps one answer.
func (tx *Tx) PutAnswer(ctx context.Context, study, code string, w survey.Wave, item, value string) error {
	return tx.upsert(ctx, "answer", 4, field{"study_id", study}, field{"code", code}, field{"wave", string(w)}, field{"item", item},
		field{"value", value})
}

// DropAnswer takes one answer back.
func (tx *Tx) DropAnswer(ctx context.Context, study, code string, w survey.Wave, item string) error {
	_, err := tx.exec(ctx, `DELETE FROM answer WHERE study_id = $1 AND code = $2 AND wave = $3 AND item = $4`, study, code, string(w), item)
	return err
}

// PutResponse keeps whether a sitting was ended.
func (tx *Tx) PutResponse(ctx context.Context, study, code string, w survey.Wave, complete bool) error {
	return tx.upsert(ctx, "response", 3, field{"study_id", study}, field{"code", code}, field{"wave", string(w)}, field{"complete", complete})
}

// AnswersOf returns the answers of one code.
func (tx *Tx) AnswersOf(ctx context.Context, study, code string) (map[survey.Wave]map[string]string, error) {
	out := map[survey.Wave]map[string]string{}
	_, err := collect(ctx, tx, selectFrom(`SELECT wave, item, value FROM answer`).and("study_id = ?", study).and("code = ?", code),
		func(s scanner) (struct{}, error) {
			var w survey.Wave
			var item, value string
			err := s.Scan(&w, &item, &value)
			if out[w] == nil {
				out[w] = map[string]string{}
			}
			out[w][item] = value
			return struct{}{}, err
		})
	return out, err
}

// Respondents returns everybody of a study with the waves they were asked in and what they answered.
func (tx *Tx) Respondents(ctx context.Context, study string) ([]survey.Respondent, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT code, cohort, cohort_name, region, sector, experience FROM respondent`).
		and("study_id = ?", study).by("ORDER BY code"), func(s scanner) (survey.Respondent, error) {
		r := survey.Respondent{Asked: map[survey.Wave]bool{}, Answers: map[survey.Wave]map[string]string{}}
		err := s.Scan(&r.Code, &r.Cohort, &r.CohortName, str(&r.Region), str(&r.Sector), str(&r.Experience))
		return r, err
	})
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for i, r := range all {
		place[r.Code] = i
	}
	_, err = collect(ctx, tx, selectFrom(`SELECT code, wave FROM asked`).and("study_id = ?", study), func(s scanner) (struct{}, error) {
		var code string
		var w survey.Wave
		err := s.Scan(&code, &w)
		if p, ok := place[code]; ok {
			all[p].Asked[w] = true
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	_, err = collect(ctx, tx, selectFrom(`SELECT code, wave, item, value FROM answer`).and("study_id = ?", study), func(s scanner) (struct{}, error) {
		var code, item, value string
		var w survey.Wave
		err := s.Scan(&code, &w, &item, &value)
		if p, ok := place[code]; ok {
			if all[p].Answers[w] == nil {
				all[p].Answers[w] = map[string]string{}
			}
			all[p].Answers[w][item] = value
		}
		return struct{}{}, err
	})
	return all, err
}
