// Package impact writes the report of a study: it takes the plan and the answers, lets package analysis compute, and puts the
// result into sentences, tables and charts that are chosen by the numbers and cannot say more than the design allows. Without
// a comparison group it speaks of change, never of effect.
package impact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/analysis"
	"strengthen/internal/calendar"
	"strengthen/internal/disclosure"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/render"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// Service composes reports.
type Service struct {
	survey  *survey.Service
	org     *org.Service
	study   *study.Service
	now     calendar.Clock
	Version string // of the program, for the report
}

// New returns a service over the subjects that it reads.
func New(s *survey.Service, o *org.Service, p *study.Service, now calendar.Clock) *Service {
	return &Service{survey: s, org: o, study: p, now: now, Version: "dev"}
}

// Proposed is the plan of a study for which nobody has written one.
func Proposed(d survey.Data) study.Plan {
	if d.Study.ID == survey.OwnStudy {
		return study.Own(d.Study, study.Period{})
	}
	var waves []survey.Wave
	for _, w := range survey.Waves() {
		for _, r := range d.Respondents {
			if len(r.Answers[w]) > 0 || r.Standing[w] != "" {
				waves = append(waves, w)
				break
			}
		}
	}
	if len(waves) < 2 {
		waves = []survey.Wave{survey.Pre, survey.M6}
	}
	return study.Default(d.Study, waves...)
}

// Plan is the plan of a study: what was kept of it, or the proposal while nobody has written one.
func (s *Service) Plan(ctx context.Context, by access.Actor, id string) (study.Kept, error) {
	k, err := s.study.Plan(ctx, by, id)
	if !fault.Is(err, fault.NotFound) {
		return k, err
	}
	d, err := s.survey.Data(ctx, by, id)
	return study.Kept{Study: id, Record: study.Record{Plan: Proposed(d)}}, err
}

// renew is how long a report stands while answers keep coming: whoever saw it day by day could otherwise follow single people.
const renew = 7 * 24 * time.Hour

// Compute reads a study and computes every figure that its plan asks for. While few people have come since the last report, or
// it is younger than a week, it is the last report again; its day says so.
func (s *Service) Compute(ctx context.Context, by access.Actor, id string) (analysis.Result, error) {
	r, err := s.compute(ctx, by, id)
	if fault.Is(err, fault.Conflict) { // somebody else computed it in the meantime
		r, err = s.compute(ctx, by, id)
	}
	return r, err
}

func (s *Service) compute(ctx context.Context, by access.Actor, id string) (analysis.Result, error) {
	d, err := s.survey.Data(ctx, by, id)
	if err != nil {
		return analysis.Result{}, err
	}
	kept, err := s.Plan(ctx, by, id)
	if err != nil {
		return analysis.Result{}, err
	}
	earlier, err := s.study.Releases(ctx, by, id)
	if err != nil {
		return analysis.Result{}, err
	}
	source := analysis.FromAnswers(d)
	data, err := source(kept.Record.Plan)
	if err != nil {
		return analysis.Result{}, err
	}
	now := study.Release{Study: id, Data: data.Fingerprint(), Plan: s.fingerprint(kept.Record)}
	if stands(earlier, now, s.now()) {
		return last(earlier)
	}
	r, err := s.analyse(ctx, kept.Record, source, earlier)
	if err != nil {
		return r, err
	}
	if r.Hold && len(earlier) > 0 {
		return last(earlier)
	}
	if now.Ledger, now.Result, err = written(r); err != nil {
		return r, err
	}
	now.Told = slices.ContainsFunc(r.Changes, func(c analysis.Change) bool { return c.Headline.Value.OK() })
	return r, s.study.Release(ctx, by, len(earlier), now)
}

// fingerprint tells whether a report would say the same of the same data.
func (s *Service) fingerprint(r study.Record) string {
	sum := sha256.Sum256(append(r.YAML(), s.Version...))
	return hex.EncodeToString(sum[:])
}

// stands reports whether the last report is still the one to show.
func stands(earlier []study.Release, now study.Release, at time.Time) bool {
	if len(earlier) == 0 {
		return false
	}
	x := earlier[len(earlier)-1]
	return x.Plan == now.Plan && (x.Data == now.Data || x.Told && at.Sub(x.Made) < renew)
}

func last(all []study.Release) (analysis.Result, error) {
	var r analysis.Result
	err := json.Unmarshal([]byte(all[len(all)-1].Result), &r)
	return r, err
}

func (s *Service) analyse(ctx context.Context, record study.Record, source analysis.Source, earlier []study.Release) (analysis.Result, error) {
	o := analysis.Options{Level: disclosure.Inside}
	for _, x := range earlier {
		var l analysis.Ledger
		if err := json.Unmarshal([]byte(x.Ledger), &l); err != nil {
			return analysis.Result{}, err
		}
		o.Earlier = append(o.Earlier, l)
	}
	r, err := analysis.Analyse(ctx, record, source, o)
	r.AsOf, r.Version = s.now.Today().String(), s.Version
	return r, err
}

func written(r analysis.Result) (ledger, result string, err error) {
	l, err := json.Marshal(r.Ledger)
	if err != nil {
		return "", "", err
	}
	b, err := json.Marshal(r)
	return string(l), string(b), err
}

// Take is the data of a study as a file, with the plan that reads it: whoever has both can compute every figure of the report
// anew, by strengthen impact analyse or by other software; by region and experience only the program itself tells. That it left is
// on the record.
func (s *Service) Take(ctx context.Context, by access.Actor, id string) (plan, rows []byte, err error) {
	d, err := s.survey.Answers(ctx, by, id)
	if err != nil {
		return nil, nil, err
	}
	kept, err := s.Plan(ctx, by, id)
	if err != nil {
		return nil, nil, err
	}
	tables, err := s.org.Tables(ctx)
	if err != nil {
		return nil, nil, err
	}
	data, err := analysis.FromAnswers(d)(kept.Record.Plan)
	if err != nil {
		return nil, nil, err
	}
	p := kept.Record.Plan
	sectors := survey.ShownSectors(d.Respondents)
	for i := range data.People { // a region would name the training, and experience or a rare sector the person
		x := &data.People[i]
		x.Sector, x.Region, x.Experience = sectors[x.Code], "", ""
	}
	p.Groups = slices.DeleteFunc(slices.Clone(p.Groups), func(by study.By) bool { return by != study.Sector })
	if p.Missing.Explain = nil; p.Test != study.Sector {
		p.Test = ""
	}
	var b bytes.Buffer
	p, err = analysis.Export(&b, p, data)
	p.Labels = used(NamesOf(tables, p), data)
	return study.Record{Plan: p}.YAML(), b.Bytes(), err
}

// used are the names of those groups that somebody is in.
func used(all Names, d analysis.Data) Names {
	out := Names{}
	for by, names := range all {
		for code, text := range names {
			if slices.ContainsFunc(d.People, func(p analysis.Person) bool {
				return code == p.Sector && by == study.Sector || code == p.Region && by == study.Region || code == p.Experience && by == study.Experience
			}) {
				if out[by] == nil {
					out[by] = map[string]survey.Text{}
				}
				out[by][code] = text
			}
		}
	}
	return out
}

// Document computes a study and writes it up in language l.
func (s *Service) Document(ctx context.Context, by access.Actor, id string, l i18n.Lang) (render.Document, error) {
	return s.write(ctx, by, id, l, Write)
}

func (s *Service) write(ctx context.Context, by access.Actor, id string, l i18n.Lang, how func(analysis.Result, Names, i18n.Lang, time.Time) render.Document) (render.Document, error) {
	r, err := s.Compute(ctx, by, id)
	if err != nil {
		return render.Document{}, err
	}
	tables, err := s.org.Tables(ctx)
	if err != nil {
		return render.Document{}, err
	}
	return how(r, NamesOf(tables, r.Record.Plan), l, s.now()), nil
}

// Export is Document for a file that leaves the system; that it left is on the record.
func (s *Service) Export(ctx context.Context, by access.Actor, id string, l i18n.Lang) (render.Document, error) {
	if err := s.survey.TakeOut(ctx, by, id); err != nil {
		return render.Document{}, err
	}
	return s.Document(ctx, by, id, l)
}

// Summary is OnePage for a file that leaves the system.
func (s *Service) Summary(ctx context.Context, by access.Actor, id string, l i18n.Lang) (render.Document, error) {
	if err := s.survey.TakeOut(ctx, by, id); err != nil {
		return render.Document{}, err
	}
	return s.write(ctx, by, id, l, OnePage)
}

// Compare computes every study and puts them beside each other.
func (s *Service) Compare(ctx context.Context, by access.Actor, l i18n.Lang) (render.Document, error) {
	all, err := s.survey.Studies(ctx, by)
	if err != nil {
		return render.Document{}, err
	}
	var results []analysis.Result
	for _, x := range all {
		r, err := s.Compute(ctx, by, x.ID)
		if err != nil {
			return render.Document{}, err
		}
		results = append(results, r)
	}
	return SideBySide(results, l, s.now()), nil
}
