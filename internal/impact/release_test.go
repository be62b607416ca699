package impact_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/sheet"
	"strengthen/internal/store"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
)

// TestFewWhoComeLaterAreNotToldApart: whoever sees the report again after three people have answered must not learn what these
// three said from the difference; with more people, and after a week, there is a new report.
func TestFewWhoComeLaterAreNotToldApart(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp"))
		if err := o.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := survey.New(store.For[survey.Tx]{DB: db}, clock.Now)
		reports := impact.New(s, o, study.New(store.For[study.Tx]{DB: db}, clock.Now), clock.Now)
		bring := func(n int) {
			t.Helper()
			m := survey.Mapping{Study: "sample", Title: survey.Text{BG: "Проба", EN: "Sample"}, Code: "id", Cohort: "g", Replace: true,
				Outcomes: []survey.MappedOutcome{{Outcome: survey.Outcome{ID: "score", Title: survey.Text{BG: "Показател", EN: "Figure"}, High: 100, HigherBetter: true, Primary: true}, Columns: map[survey.Wave]string{survey.Pre: "a", survey.M6: "b"}}}}
			var b strings.Builder
			b.WriteString("id,g,a,b\n")
			for i := range n {
				fmt.Fprintf(&b, "P%03d,G%d,%d,%d\n", i, i%7, 30+i%9, 40+i%13)
			}
			table, err := sheet.Read([]byte(b.String()))
			if err != nil {
				t.Fatal(err)
			}
			records, err := table.Records(m.Columns()...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Import(t.Context(), evaluator, fmt.Sprint("file/", n), m, sheet.As[survey.Record](records), false); err != nil {
				t.Fatal(err)
			}
		}
		told := func() int {
			t.Helper()
			r, err := reports.Compute(t.Context(), funder, "sample")
			if err != nil {
				t.Fatal(err)
			}
			return r.Changes[0].N
		}
		week := 8 * 24 * time.Hour
		for i, tc := range []struct {
			people int
			later  time.Duration
			want   int
		}{
			{60, 0, 60},         // the first report
			{63, week, 60},      // three have come: the report that was told
			{64, week, 60},      // four
			{66, week, 66},      // six: a new one
			{80, time.Hour, 66}, // many, and too soon
			{80, week, 80},      // a week later
			{80, 3 * week, 80},  // nothing new
			{78, week, 80},      // two were taken back
		} {
			clock.Set(clock.Now().Add(tc.later))
			bring(tc.people)
			if n := told(); n != tc.want {
				t.Errorf("step %d, %d people: the report tells of %d, want %d", i, tc.people, n, tc.want)
			}
		}
	})
}
