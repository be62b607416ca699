package survey_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"strengthen/internal/fault"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
)

// byPaper is the answers of a whole sitting as a row of a table.
func byPaper(code string, wave survey.Wave) map[string]string {
	r := map[string]string{"code": code, "wave": string(wave), "note": "на гише 3"}
	for _, answers := range full(wave) {
		maps.Copy(r, answers)
	}
	return r
}

func (w *world) code() string {
	w.Helper()
	d, err := w.s.Answers(w.Context(), evaluator, survey.OwnStudy)
	w.must(err)
	return d.Respondents[0].Code
}

func (w *world) answers(wave survey.Wave) map[string]string {
	w.Helper()
	d, err := w.s.Answers(w.Context(), evaluator, survey.OwnStudy)
	w.must(err)
	return d.Respondents[0].Answers[wave]
}

// lined makes records of rows that stand below a head, without a gap.
func lined(rows ...map[string]string) []survey.Record {
	all := make([]survey.Record, len(rows))
	for i, r := range rows {
		all[i] = survey.Record{Line: i + 2, Cells: r}
	}
	return all
}

var paper = survey.Mapping{Study: survey.OwnStudy, Code: "code", Wave: "wave"}

func TestAnswersOnPaperCountAsAnswers(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(time.Hour)
		w.deliver()
		_, link := w.asked(survey.Pre)
		_, err := w.s.Import(t.Context(), manager, "k", paper, lined(byPaper(w.code(), survey.Pre)), false)
		w.must(err)
		if got := w.standing(survey.Pre); got != survey.Answered {
			t.Errorf("stands as %q", got)
		}
		if v, err := w.s.Open(t.Context(), link); err != nil || !v.Invitation.Done || v.Answers != nil {
			t.Errorf("the link after the paper came in: done %v, %v", v.Invitation.Done, err)
		}
		w.days(25)
		if n, _ := w.asked(survey.Pre); n != 1 {
			t.Errorf("%d mails, want the first only", n)
		}
		w.attend(5)
		w.work()
		_, err = w.s.Import(t.Context(), manager, "k2", paper, lined(byPaper(w.code(), survey.Post)), false)
		w.must(err)
		if got, ok := survey.Score("confidence", w.answers(survey.RetroPre)); !ok || got != 50 {
			t.Errorf("how it was before, in the same row: %v %v", got, ok)
		}
	})
}

func TestWhatAnImportRefuses(t *testing.T) {
	type row = map[string]string
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(time.Hour)
		w.deliver()
		_, link := w.asked(survey.Pre)
		code := w.code()
		one := func(code, wave, item, v string) row { return row{"code": code, "wave": wave, item: v} }
		q, scale := survey.Instruments()["knowledge_a"].Items[0].ID, cf(1)
		refused := func(name string, m survey.Mapping, rows []row, key, field string, at int) {
			t.Helper()
			_, err := w.s.Import(t.Context(), manager, name, m, lined(rows...), false)
			l := fault.All(err)
			if len(l) != 1 || l[0].Key != key || l[0].Field != field || l[0].Row != at {
				t.Errorf("%s: %v, want %s at %s in row %d", name, err, key, field, at)
			}
			if len(w.answers(survey.Pre)) > 0 && !strings.Contains(name, "by link") {
				t.Fatalf("%s: something was written", name)
			}
		}
		refused("a code that was not given", paper, []row{one("XXXXXXXXXX", "pre", q, "a")}, "mapping.code", "code", 2)
		refused("a wave that is none", paper, []row{one(code, "later", q, "a")}, "mapping.wave", "wave", 2)
		refused("a wave in which nobody was asked", paper, []row{one(code, "m6", scale, "50")}, "mapping.notasked", "wave", 2)
		refused("a row without an answer", paper, []row{one(code, "pre", q, "")}, "mapping.blank", "code", 2)
		refused("a code twice in a wave", paper, []row{one(code, "pre", q, "a"), one(code, "pre", q, "b")}, "mapping.repeat", "code", 3)
		refused("an answer out of range", paper, []row{one(code, "pre", scale, "55")}, "answer.range", scale, 2)
		refused("a question of another sitting", paper, []row{{"code": code, "wave": "pre", scale: "50", survey.Instruments()["reaction"].Items[0].ID: "5"}}, "mapping.otherwave", survey.Instruments()["reaction"].Items[0].ID, 2)

		w.must(w.s.Save(t.Context(), link, "r", map[survey.Wave]map[string]string{survey.Pre: {scale: "70"}}))
		refused("what was answered by link", paper, []row{one(code, "pre", scale, "0")}, "mapping.answered", "code", 2)
		if got := w.answers(survey.Pre)[scale]; got != "70" {
			t.Errorf("the answer given by link is now %q", got)
		}
		replace := paper
		replace.Replace = true
		_, err := w.s.Import(t.Context(), manager, "replace", replace, lined(one(code, "pre", scale, "0")), false)
		w.must(err)
		if got := w.answers(survey.Pre)[scale]; got != "0" {
			t.Errorf("replaced, and the answer is %q", got)
		}
		// Columns may have heads of their own, and one wave for the whole file.
		m := survey.Mapping{Study: survey.OwnStudy, Code: "Код", All: survey.Pre, Items: map[string]string{"Въпрос 1": scale}, Replace: true}
		_, err = w.s.Import(t.Context(), manager, "heads", m, lined(row{"код": strings.ToLower(code), "въпрос 1": "90"}), false)
		w.must(err)
		if got := w.answers(survey.Pre)[scale]; got != "90" {
			t.Errorf("by heads of their own the answer is %q", got)
		}
	})
}

// other is another data set in two files, one for each wave.
func other(columns map[survey.Wave]string) survey.Mapping {
	return survey.Mapping{Study: "reading", Title: survey.Text{BG: "Четене", EN: "Reading"}, Code: "id", Cohort: "school",
		Outcomes: []survey.MappedOutcome{{Outcome: survey.Outcome{ID: "score", Title: survey.Text{BG: "Точки", EN: "Points"}, High: 100}, Columns: columns}}}
}

func TestImportOfAnotherDataSet(t *testing.T) {
	type row = map[string]string
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := newWorld(t, db, clock).s
		first, later := other(map[survey.Wave]string{survey.Pre: "t1"}), other(map[survey.Wave]string{survey.M6: "t3"})
		rows := []row{{"id": "1", "school": "a", "t1": "10"}, {"id": "2", "school": "a", "t1": "20"}, {"id": "3", "school": "b", "t1": "NA"}}
		enter := func(key string, m survey.Mapping, rows []row, dry bool) (survey.Receipt, string) {
			t.Helper()
			got, err := s.Import(t.Context(), evaluator, key, m, lined(rows...), dry)
			if l := fault.All(err); len(l) > 0 {
				return got, l[0].Key
			}
			return got, ""
		}
		if got, key := enter("file", first, rows, true); got.Rows != 3 || got.Repeated || key != "" {
			t.Errorf("a dry run: %+v %s", got, key)
		}
		if got, key := enter("file", first, rows, false); got.Rows != 3 || got.Repeated || key != "" {
			t.Errorf("the import: %+v %s", got, key)
		}
		if got, key := enter("file", first, rows, false); !got.Repeated || key != "" {
			t.Errorf("the same again: %+v %s", got, key)
		}
		if _, key := enter("other file", first, rows, false); key != "mapping.twice" {
			t.Errorf("a wave that is there already: %q", key)
		}
		// The same file with a corrected mapping is another import.
		corrected := first
		corrected.Replace = true
		corrected.Outcomes = []survey.MappedOutcome{{Outcome: survey.Outcome{ID: "score", High: 50}, Columns: map[survey.Wave]string{survey.Pre: "t1"}}}
		if got, key := enter("file", corrected, rows, false); got.Repeated || key != "" {
			t.Errorf("a corrected mapping: %+v %s", got, key)
		}
		for name, tc := range map[string]struct {
			rows []row
			key  string
		}{
			"a code twice":              {[]row{{"id": "1", "school": "a", "t3": "1"}, {"id": "1", "school": "a", "t3": "2"}}, "mapping.repeat"},
			"another group than before": {[]row{{"id": "1", "school": "b", "t3": "1"}}, "mapping.cohort"},
			"a text for a number":       {[]row{{"id": "1", "school": "a", "t3": "many"}}, "mapping.number"},
			"a number beyond all":       {[]row{{"id": "1", "school": "a", "t3": "1e999"}}, "mapping.number"},
			"a number off the scale":    {[]row{{"id": "1", "school": "a", "t3": "101"}}, "answer.range"},
			"no code":                   {[]row{{"id": "", "school": "a", "t3": "1"}}, "form.required"},
		} {
			if _, key := enter(name, later, tc.rows, false); key != tc.key {
				t.Errorf("%s: %q, want %q", name, key, tc.key)
			}
		}
		if _, key := enter("m6", later, []row{{"id": "1", "school": "a", "t3": "30"}}, false); key != "" {
			t.Errorf("a later wave: %s", key)
		}
		d, err := s.Data(t.Context(), funder, "reading")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][2]survey.Standing{"1": {survey.Answered, survey.Answered}, "2": {survey.Answered, survey.Silent}, "3": {survey.Silent, survey.Silent}}
		for _, x := range d.Respondents {
			if got := [2]survey.Standing{x.Standing[survey.Pre], x.Standing[survey.M6]}; got != want[x.Code] {
				t.Errorf("%s stands as %v, want %v", x.Code, got, want[x.Code])
			}
		}
		if len(d.Respondents) != 3 || d.Respondents[0].Answers[survey.Pre]["outcome:score"] != "10" {
			t.Errorf("the first wave is gone: %+v", d.Respondents)
		}
	})
}

func TestAMappingSaysWhatItLacks(t *testing.T) {
	for name, tc := range map[string]struct{ text, field, key string }{
		"not JSON":            {`{`, "map", "mapping.read"},
		"no study":            {`{"Code": "c"}`, "study", "mapping.study"},
		"no code":             {`{"Study": "programme", "Wave": "w"}`, "code", "mapping.needcode"},
		"no wave":             {`{"Study": "programme", "Code": "c"}`, "wave", "mapping.needwave"},
		"no group":            {`{"Study": "x1", "Code": "c", "Outcomes": [{"ID": "ab", "Columns": {"pre": "p"}}]}`, "cohort", "mapping.needcohort"},
		"an outcome nowhere":  {`{"Study": "x1", "Code": "c", "Cohort": "g", "Outcomes": [{"ID": "ab"}]}`, "outcome_0", "mapping.column"},
		"an outcome twice":    {`{"Study": "x1", "Code": "c", "Cohort": "g", "Outcomes": [{"ID": "ab", "Columns": {"pre": "p"}}, {"ID": "ab", "Columns": {"m6": "q"}}]}`, "outcome_1", "mapping.outcome"},
		"a scale upside down": {`{"Study": "x1", "Code": "c", "Cohort": "g", "Outcomes": [{"ID": "ab", "Low": 5, "High": 1, "Columns": {"pre": "p"}}]}`, "outcome_0", "mapping.scale"},
	} {
		_, err := survey.ParseMapping([]byte(tc.text))
		if l := fault.All(err); len(l) == 0 || l[0].Field != tc.field || l[0].Key != tc.key {
			t.Errorf("%s: %v, want %s at %s", name, err, tc.key, tc.field)
		}
	}
}
