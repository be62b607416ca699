package survey

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Mapping says what the columns of a table of answers mean. For the programme's own study the columns beside code and wave
// are items. For another data set each outcome names its column for each wave.
type Mapping struct {
	Study    string
	Title    Text
	Code     string // column of the study code
	Wave     string // column of the wave; own study only
	Cohort   string // column of the training or group
	Sector   string // column of the sector; may be empty
	Outcomes []MappedOutcome
}

// MappedOutcome is an outcome of an imported data set.
type MappedOutcome struct {
	Outcome
	Columns map[Wave]string
}

// ParseMapping reads a mapping from JSON.
func ParseMapping(b []byte) (Mapping, error) {
	var m Mapping
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fault.Wrap(err, fault.Invalid, "mapping.read").At("map")
	}
	if m.Study == "" || m.Code == "" || (m.Study == OwnStudy && m.Wave == "") || (m.Study != OwnStudy && (m.Cohort == "" || len(m.Outcomes) == 0)) {
		return m, fault.Field("map", "mapping.part")
	}
	for _, o := range m.Outcomes {
		if o.ID == "" || len(o.Columns) == 0 {
			return m, fault.Field("map", "mapping.part")
		}
	}
	return m, nil
}

// Columns lists the columns that the mapping needs.
func (m Mapping) Columns() []string {
	all := []string{m.Code}
	for _, c := range []string{m.Wave, m.Cohort, m.Sector} {
		if c != "" {
			all = append(all, c)
		}
	}
	for _, o := range m.Outcomes {
		for _, w := range Waves() {
			if c := o.Columns[w]; c != "" {
				all = append(all, c)
			}
		}
	}
	return all
}

var errDry = fault.New(fault.Conflict, "dry")

// Import enters answers that were collected elsewhere, all or none. Records are rows by lower-case column name; record i
// stands in line i+2 of the file, and every fault names its row and column. With dry nothing is kept. It returns the number
// of rows.
func (s *Service) Import(ctx context.Context, by access.Actor, key string, m Mapping, records []map[string]string, dry bool) (int, error) {
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.ImportAnswer, access.Resource{Kind: "study", ID: m.Study}); err != nil {
			return err
		}
		_, err := tx.Once(ctx, "answers/"+key, func() (string, error) {
			if m.Study == OwnStudy {
				return m.Study, importOwn(ctx, tx, m, records)
			}
			return m.Study, importOther(ctx, tx, m, records)
		})
		if err == nil && dry {
			return errDry
		}
		return err
	})
	if e := fault.All(err); len(e) == 1 && e[0].Key == errDry.Key {
		err = nil
	}
	return len(records), err
}

func cell(r map[string]string, column string) string {
	return strings.TrimSpace(r[strings.ToLower(column)])
}

func importOther(ctx context.Context, tx Tx, m Mapping, records []map[string]string) error {
	study := Study{ID: m.Study, Title: m.Title}
	for _, o := range m.Outcomes {
		study.Outcomes = append(study.Outcomes, o.Outcome)
	}
	if err := tx.PutStudy(ctx, study); err != nil {
		return err
	}
	var l fault.List
	seen := map[string]int{}
	for i, r := range records {
		row := i + 2
		x := Respondent{Code: cell(r, m.Code), Cohort: cell(r, m.Cohort), Sector: cell(r, m.Sector)}
		x.CohortName = x.Cohort
		switch first := seen[x.Code]; {
		case x.Code == "":
			l.Add(fault.Field(m.Code, "form.required").InRow(row))
		case first > 0:
			l.Add(fault.Field(m.Code, "sheet.repeat", fault.Vars{"row": first}).InRow(row))
		case x.Cohort == "":
			l.Add(fault.Field(m.Cohort, "form.required").InRow(row))
		}
		seen[x.Code] = row
		values, faults := outcomesOf(m, r, row)
		l = append(l, faults...)
		if len(l) > 0 {
			continue
		}
		if err := putImported(ctx, tx, m, x, values); err != nil {
			return err
		}
	}
	return l.Err()
}

type imported struct {
	wave    Wave
	outcome string
	value   string
}

func outcomesOf(m Mapping, r map[string]string, row int) ([]imported, fault.List) {
	var all []imported
	var l fault.List
	for _, o := range m.Outcomes {
		for _, w := range Waves() {
			column := o.Columns[w]
			v := cell(r, column)
			if column == "" || v == "" || v == "NA" {
				continue
			}
			x, err := strconv.ParseFloat(strings.Replace(v, ",", ".", 1), 64)
			if err != nil || math.IsInf(x, 0) || math.IsNaN(x) || (o.High > o.Low && (x < o.Low || x > o.High)) {
				l.Add(fault.Field(column, "answer.range").InRow(row))
				continue
			}
			all = append(all, imported{w, o.ID, strconv.FormatFloat(x, 'g', -1, 64)})
		}
	}
	return all, l
}

func putImported(ctx context.Context, tx Tx, m Mapping, x Respondent, values []imported) error {
	if err := tx.PutRespondent(ctx, m.Study, x); err != nil {
		return err
	}
	for _, w := range Waves() {
		asked := false
		for _, o := range m.Outcomes {
			asked = asked || o.Columns[w] != ""
		}
		if !asked {
			continue
		}
		if err := tx.PutAsked(ctx, m.Study, x.Code, w); err != nil {
			return err
		}
	}
	for _, v := range values {
		if err := tx.PutAnswer(ctx, m.Study, x.Code, v.wave, importedItem(v.outcome), v.value); err != nil {
			return err
		}
	}
	return nil
}

// importOwn enters answers of the programme's own questionnaires, such as from paper: the code must be one that was given.
func importOwn(ctx context.Context, tx Tx, m Mapping, records []map[string]string) error {
	var l fault.List
	for i, r := range records {
		row := i + 2
		code, wave := strings.ToUpper(cell(r, m.Code)), Wave(strings.ToLower(cell(r, m.Wave)))
		items := itemsOf(wave)
		if items == nil {
			l.Add(fault.Field(m.Wave, "form.choose").InRow(row))
			continue
		}
		known, err := tx.HasRespondent(ctx, OwnStudy, code)
		if err != nil {
			return err
		}
		if !known {
			l.Add(fault.Field(m.Code, "mapping.code").InRow(row))
			continue
		}
		for column, v := range r {
			if v == "" || strings.EqualFold(column, m.Code) || strings.EqualFold(column, m.Wave) {
				continue
			}
			it, ok := items[column]
			if !ok || !it.Valid(v) {
				l.Add(fault.Field(column, "answer.range").InRow(row))
				continue
			}
			if len(l) > 0 {
				continue
			}
			if err := tx.PutAnswer(ctx, OwnStudy, code, wave, it.ID, v); err != nil {
				return fmt.Errorf("row %d: %w", row, err)
			}
		}
		if len(l) == 0 {
			if err := tx.PutResponse(ctx, OwnStudy, code, wave, true); err != nil {
				return err
			}
		}
	}
	return l.Err()
}

// itemsOf lists the items that can be answered in a wave, by identifier.
func itemsOf(w Wave) map[string]Item {
	var all map[string]Item
	for _, sitting := range []Wave{Pre, Post, M6} {
		for _, p := range Sitting(sitting) {
			if p.Wave != w {
				continue
			}
			for _, it := range p.Instrument.Items {
				if all == nil {
					all = map[string]Item{}
				}
				all[it.ID] = it
			}
		}
	}
	return all
}
