package store

import (
	"context"
	"strings"
	"time"

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

// Asking returns every seat that was ever confirmed or asked, with the facts that decide whether and when its person is asked.
func (tx *Tx) Asking(ctx context.Context) ([]survey.Subject, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT n.id, n.training_id, n.person_id, n.sector, n.state, n.confirmed_at, c.completed_on, k.code,
		(SELECT count(*) FROM attendance AS a JOIN half_day AS h ON h.id = a.half_day_id JOIN training AS t ON t.id = h.training_id
			WHERE a.enrolment_id = n.id AND a.current AND a.status IN ('present', 'late') AND h.held_on = t.ends_on)
		FROM enrolment AS n LEFT JOIN completion AS c ON c.enrolment_id = n.id LEFT JOIN study_code AS k ON k.enrolment_id = n.id`).
		and("n.state = 'confirmed' OR k.code IS NOT NULL").by("ORDER BY n.id"), func(s scanner) (survey.Subject, error) {
		x := survey.Subject{Waves: map[survey.Wave]survey.Invitation{}, Standing: map[survey.Wave]survey.Standing{}, Finished: map[survey.Wave]bool{}}
		var last int
		err := s.Scan(&x.Seat, &x.Event, &x.Person, &x.Sector, &x.State, at(&x.Confirmed), on(&x.Completed), str(&x.Code), &last)
		x.Attended = last > 0
		return x, err
	})
	if err != nil {
		return nil, err
	}
	seat, code := map[training.EnrolmentID]int{}, map[string]int{}
	for i, x := range all {
		seat[x.Seat], code[x.Code] = i, i
	}
	invitations, err := collect(ctx, tx, selectFrom(invitationSelect+invitationMails), scanInvitationMails)
	if err != nil {
		return nil, err
	}
	for _, i := range invitations {
		if p, ok := seat[i.Seat]; ok {
			all[p].Waves[i.Wave] = i
		}
	}
	rows, err := tx.standings(ctx, survey.OwnStudy)
	for _, r := range rows {
		if p, ok := code[r.code]; ok && r.code != "" {
			all[p].Standing[r.wave], all[p].Finished[r.wave] = r.standing, r.response.Complete
		}
	}
	return all, err
}

const invitationSelect = `SELECT i.id, i.enrolment_id, i.wave, i.due_on, i.asks_at, i.opens_at, i.closes_at, i.done, i.ended, i.version`

const invitationMails = `, coalesce(m.sent, 0), coalesce(m.failed, 0), coalesce(m.planned, 0) FROM invitation AS i LEFT JOIN
	(SELECT record_id, sum(CASE WHEN state = 'sent' THEN 1 ELSE 0 END) AS sent, sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed,
		sum(CASE WHEN state = 'planned' THEN 1 ELSE 0 END) AS planned FROM message WHERE kind = 'answer' GROUP BY record_id) AS m ON m.record_id = i.id`

func invitationFields(i *survey.Invitation) []any {
	return []any{&i.ID, &i.Seat, &i.Wave, on(&i.Due), at(&i.Asks), at(&i.Opens), at(&i.Closes), &i.Done, str(&i.Ended), &i.Version}
}

func scanInvitation(s scanner) (survey.Invitation, error) {
	var i survey.Invitation
	err := s.Scan(invitationFields(&i)...)
	return i, err
}

func scanInvitationMails(s scanner) (survey.Invitation, error) {
	var i survey.Invitation
	err := s.Scan(append(invitationFields(&i), &i.Mails.Sent, &i.Mails.Failed, &i.Mails.Planned)...)
	return i, err
}

// Invitation returns one invitation.
func (tx *Tx) Invitation(ctx context.Context, id string) (survey.Invitation, error) {
	return one(ctx, tx, selectFrom(invitationSelect+` FROM invitation AS i`).and("i.id = ?", id), scanInvitation)
}

// InvitationsOf returns the invitations of a seat.
func (tx *Tx) InvitationsOf(ctx context.Context, seat training.EnrolmentID) ([]survey.Invitation, error) {
	return collect(ctx, tx, selectFrom(invitationSelect+` FROM invitation AS i`).and("i.enrolment_id = ?", string(seat)).by("ORDER BY i.due_on, i.id"), scanInvitation)
}

// PutInvitation adds an invitation (version 0) or changes one.
func (tx *Tx) PutInvitation(ctx context.Context, i survey.Invitation) error {
	return tx.save(ctx, "invitation", i.ID, i.Version, field{"enrolment_id", string(i.Seat)}, field{"wave", string(i.Wave)},
		field{"due_on", day(i.Due)}, field{"asks_at", moment(i.Asks)}, field{"opens_at", moment(i.Opens)}, field{"closes_at", moment(i.Closes)},
		field{"done", i.Done}, field{"ended", text(i.Ended)})
}

// DropInvitation takes an invitation back.
func (tx *Tx) DropInvitation(ctx context.Context, id string) error {
	return tx.put(ctx, `DELETE FROM invitation WHERE id = $1`, id)
}

// Letters returns the messages about an invitation in the order of the plan.
func (tx *Tx) Letters(ctx context.Context, record string) ([]survey.Letter, error) {
	return collect(ctx, tx, selectFrom(`SELECT id, due_at, sent_at, state FROM message`).and("record_id = ?", record).and("kind = 'answer'").
		by("ORDER BY unique_key"), func(s scanner) (survey.Letter, error) {
		var l survey.Letter
		err := s.Scan(&l.ID, at(&l.Due), at(&l.Sent), &l.State)
		return l, err
	})
}

// SendNow brings a planned or failed message forward to this moment.
func (tx *Tx) SendNow(ctx context.Context, id string) error {
	return tx.put(ctx, `UPDATE message SET state = 'planned', attempts = 0, due_at = $1 WHERE id = $2 AND state IN ('planned', 'failed')`, moment(tx.Now()), id)
}

// standing is how one code stands in one wave: as written down, and with what was answered.
type standing struct {
	code     string
	wave     survey.Wave
	standing survey.Standing
	began    bool
	response survey.Response
}

func (tx *Tx) standings(ctx context.Context, study string) ([]standing, error) {
	return collect(ctx, tx, selectFrom(`SELECT s.code, s.wave, s.standing, r.code IS NOT NULL, coalesce(r.complete, FALSE), coalesce(r.counts, FALSE)
		FROM standing AS s LEFT JOIN response AS r ON r.study_id = s.study_id AND r.code = s.code AND r.wave = s.wave`).
		and("s.study_id = ?", study).by("ORDER BY s.code, s.wave"), func(s scanner) (standing, error) {
		var x standing
		err := s.Scan(&x.code, &x.wave, &x.standing, &x.began, &x.response.Complete, &x.response.Counts)
		return x, err
	})
}

// WaveCounts counts how people stand by training and wave, within the reader's scope. People whose training the map does not
// tell any more are counted under no training, for readers whose scope has no bounds.
func (tx *Tx) WaveCounts(ctx context.Context, s access.Scope) ([]survey.WaveCount, error) {
	var all []survey.WaveCount
	_, err := collect(ctx, tx, selectFrom(`SELECT t.id, s.wave, s.standing, r.code IS NOT NULL, coalesce(r.counts, FALSE), count(*)
		FROM respondent AS p JOIN standing AS s ON s.study_id = p.study_id AND s.code = p.code
		LEFT JOIN cohort_code AS k ON k.label = p.cohort LEFT JOIN training AS t ON t.id = k.training_id
		LEFT JOIN response AS r ON r.study_id = s.study_id AND r.code = s.code AND r.wave = s.wave`).
		and("p.study_id = 'programme'").and("s.wave <> 'retro_pre'").within(s, eventScope).
		by("GROUP BY t.id, t.starts_on, s.wave, s.standing, r.code IS NOT NULL, coalesce(r.counts, FALSE) ORDER BY t.starts_on, t.id, s.wave"), func(r scanner) (struct{}, error) {
		c := survey.WaveCount{Tally: survey.Tally{}}
		var x standing
		var n int
		if err := r.Scan(str(&c.Event), &c.Wave, &x.standing, &x.began, &x.response.Counts, &n); err != nil {
			return struct{}{}, err
		}
		if k := len(all) - 1; k < 0 || all[k].Event != c.Event || all[k].Wave != c.Wave {
			all = append(all, c)
		}
		all[len(all)-1].Tally[x.standing.With(x.began, x.response)] += n
		return struct{}{}, nil
	})
	return all, err
}

// Coming counts, by training, wave and day, whose first mail is still to leave, the soonest first.
func (tx *Tx) Coming(ctx context.Context, s access.Scope) ([]survey.Coming, error) {
	return collect(ctx, tx, selectFrom(`SELECT t.id, i.wave, min(i.asks_at), count(*) FROM training AS t JOIN enrolment AS n ON n.training_id = t.id
		JOIN invitation AS i ON i.enrolment_id = n.id`).and("NOT i.done").and("i.ended IS NULL").and("i.asks_at > ?", moment(tx.Now())).
		within(s, eventScope).by("GROUP BY t.id, i.wave, substr(i.asks_at, 1, 10) ORDER BY min(i.asks_at), t.id, i.wave"), func(r scanner) (survey.Coming, error) {
		var c survey.Coming
		var first time.Time
		err := r.Scan(&c.Event, &c.Wave, at(&first), &c.N)
		c.On = calendar.On(first)
		return c, err
	})
}

// WavePeople returns how everybody with a code in a training stands in a wave, in Bulgarian order.
func (tx *Tx) WavePeople(ctx context.Context, e training.EventID, w survey.Wave) ([]survey.WavePerson, error) {
	q := selectFrom(`SELECT coalesce(i.id, ''), n.id, coalesce(i.wave, ''), i.due_on, i.asks_at, i.opens_at, i.closes_at, coalesce(i.done, FALSE), i.ended, coalesce(i.version, 0)`+
		strings.Replace(invitationMails, "FROM invitation AS i", `, p.name, coalesce(s.standing, 'notdue'), r.code IS NOT NULL, coalesce(r.counts, FALSE)
		FROM enrolment AS n JOIN person AS p ON p.id = n.person_id JOIN study_code AS k ON k.enrolment_id = n.id
		LEFT JOIN invitation AS i ON i.enrolment_id = n.id AND i.wave = $1
		LEFT JOIN standing AS s ON s.study_id = 'programme' AND s.code = k.code AND s.wave = $1
		LEFT JOIN response AS r ON r.study_id = 'programme' AND r.code = k.code AND r.wave = $1`, 1), string(w)).
		and("n.training_id = ?", string(e)).by("ORDER BY p.sort, n.id")
	return collect(ctx, tx, q, func(r scanner) (survey.WavePerson, error) {
		var p survey.WavePerson
		var x standing
		i := &p.Invitation
		err := r.Scan(append(invitationFields(i), &i.Mails.Sent, &i.Mails.Failed, &i.Mails.Planned, &p.Name, &x.standing, &x.began, &x.response.Counts)...)
		p.Standing = x.standing.With(x.began, x.response)
		return p, err
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

// CohortOf returns the label of a training in the study.
func (tx *Tx) CohortOf(ctx context.Context, e training.EventID) (string, error) {
	return one(ctx, tx, selectFrom(`SELECT label FROM cohort_code`).and("training_id = ?", string(e)), scanText[string])
}

// PutCohort gives a training its label in the study.
func (tx *Tx) PutCohort(ctx context.Context, e training.EventID, label string) error {
	return tx.insert(ctx, "cohort_code", field{"training_id", string(e)}, field{"label", label})
}

// byCode are the tables that are kept by study code, with their columns, the key first.
var byCode = []struct{ table, key, rest string }{
	{"respondent", "study_id, code", "cohort, region, sector, experience"},
	{"standing", "study_id, code, wave", "standing"},
	{"response", "study_id, code, wave", "complete, counts"},
	{"answer", "study_id, code, wave, item", "value"},
}

// Mix writes the programme's own rows of every table kept by study code anew, in the order of their keys and in this one
// transaction. Codes are random, so afterwards neither the place of a row nor the transaction that wrote it tells anything.
func (tx *Tx) Mix(ctx context.Context) error {
	for _, t := range byCode {
		columns := t.key + ", " + t.rest
		for _, text := range []string{
			"CREATE TEMPORARY TABLE mixing AS SELECT " + columns + " FROM " + t.table + " WHERE study_id = 'programme'",
			"DELETE FROM " + t.table + " WHERE study_id = 'programme'",
			"INSERT INTO " + t.table + " (" + columns + ") SELECT " + columns + " FROM mixing ORDER BY " + t.key,
			"DROP TABLE mixing",
		} {
			if _, err := tx.exec(ctx, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// CloseStudy deletes the map from code to person and what could serve in its place: the labels of trainings, the
// invitations, their mail, and what each link was for. The links stay, so that they can say that the time is over.
func (tx *Tx) CloseStudy(ctx context.Context) error {
	for _, text := range []string{
		"DELETE FROM study_code", "DELETE FROM cohort_code", "DELETE FROM message WHERE kind = 'answer'",
		"UPDATE token SET person_id = NULL, record_id = '' WHERE purpose = 'answer'", "DELETE FROM invitation",
	} {
		if _, err := tx.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// Tidy lets the database forget rows that were deleted or written anew: what PostgreSQL keeps of them until a vacuum, and what
// SQLite keeps in its log until a checkpoint. It belongs after Mix, outside any transaction.
func (db *DB) Tidy(ctx context.Context) error {
	text := "PRAGMA wal_checkpoint(TRUNCATE)"
	if db.kind == Postgres {
		text = "VACUUM study_code, cohort_code, respondent, standing, response, answer, invitation, token, message"
	}
	_, err := db.write.ExecContext(ctx, text)
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
		field{"region", text(r.Region)}, field{"sector", text(r.Sector)}, field{"experience", text(r.Experience)})
}

// PutStanding keeps how a code stands in a wave, its answers aside.
func (tx *Tx) PutStanding(ctx context.Context, study, code string, w survey.Wave, s survey.Standing) error {
	return tx.upsert(ctx, "standing", 3, field{"study_id", study}, field{"code", code}, field{"wave", string(w)}, field{"standing", string(s)})
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

// DropAnswers takes every answer of a code in a wave back.
func (tx *Tx) DropAnswers(ctx context.Context, study, code string, w survey.Wave) error {
	for _, table := range []string{"answer", "response"} {
		if _, err := tx.exec(ctx, "DELETE FROM "+table+" WHERE study_id = $1 AND code = $2 AND wave = $3", study, code, string(w)); err != nil {
			return err
		}
	}
	return nil
}

// PutResponse keeps how far the answers of a code in a wave go.
func (tx *Tx) PutResponse(ctx context.Context, study, code string, w survey.Wave, r survey.Response) error {
	return tx.upsert(ctx, "response", 3, field{"study_id", study}, field{"code", code}, field{"wave", string(w)},
		field{"complete", r.Complete}, field{"counts", r.Counts})
}

// ResponsesOf returns how far the answers of one code go, by wave.
func (tx *Tx) ResponsesOf(ctx context.Context, study, code string) (map[survey.Wave]survey.Response, error) {
	out := map[survey.Wave]survey.Response{}
	_, err := collect(ctx, tx, selectFrom(`SELECT wave, complete, counts FROM response`).and("study_id = ?", study).and("code = ?", code),
		func(s scanner) (struct{}, error) {
			var w survey.Wave
			var r survey.Response
			err := s.Scan(&w, &r.Complete, &r.Counts)
			out[w] = r
			return struct{}{}, err
		})
	return out, err
}

// AnswersOf returns the answers of one code.
func (tx *Tx) AnswersOf(ctx context.Context, study, code string) (map[survey.Wave]map[string]string, error) {
	all, err := tx.answers(ctx, selectFrom(answerSelect).and("study_id = ?", study).and("code = ?", code))
	return all[code], err
}

// Answers returns every answer of a study, by code.
func (tx *Tx) Answers(ctx context.Context, study string) (map[string]map[survey.Wave]map[string]string, error) {
	return tx.answers(ctx, selectFrom(answerSelect).and("study_id = ?", study))
}

const answerSelect = `SELECT code, wave, item, value FROM answer`

func (tx *Tx) answers(ctx context.Context, q *query) (map[string]map[survey.Wave]map[string]string, error) {
	out := map[string]map[survey.Wave]map[string]string{}
	_, err := collect(ctx, tx, q, func(s scanner) (struct{}, error) {
		var code, item, value string
		var w survey.Wave
		err := s.Scan(&code, &w, &item, &value)
		if out[code] == nil {
			out[code] = map[survey.Wave]map[string]string{}
		}
		if out[code][w] == nil {
			out[code][w] = map[string]string{}
		}
		out[code][w][item] = value
		return struct{}{}, err
	})
	return out, err
}

// RespondentsOf returns everybody of a study and how they stand in each wave, in the order of codes, without their answers.
func (tx *Tx) RespondentsOf(ctx context.Context, study string) ([]survey.Respondent, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT code, cohort, region, sector, experience FROM respondent`).
		and("study_id = ?", study).by("ORDER BY code"), func(s scanner) (survey.Respondent, error) {
		r := survey.Respondent{Standing: map[survey.Wave]survey.Standing{}}
		err := s.Scan(&r.Code, &r.Cohort, str(&r.Region), str(&r.Sector), str(&r.Experience))
		return r, err
	})
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for i, r := range all {
		place[r.Code] = i
	}
	rows, err := tx.standings(ctx, study)
	for _, r := range rows {
		if p, ok := place[r.code]; ok {
			all[p].Standing[r.wave] = r.standing.With(r.began, r.response)
		}
	}
	return all, err
}
