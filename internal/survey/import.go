package survey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Mapping says what the columns of a table of answers mean. For the programme's own study the table has a row for each
// sitting: a column of codes, one of waves unless every row is of one wave, and a column for each question. For another data
// set it has a row for each person, and each outcome names its column for each wave.
type Mapping struct {
	Study    string
	Title    Text
	Code     string            // column of the study code
	Wave     string            // column of the wave; own study only
	All      Wave              // the wave of every row, when there is no such column
	Items    map[string]string // columns of questions whose head is not their identifier; own study only
	Cohort   string            // column of the training or group
	Sector   string            // column of the sector; may be empty
	Outcomes []MappedOutcome
	Replace  bool // answers that are there already give way; without it they are a fault
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
	return m, m.Check()
}

var studyName = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,39}$`)

// Check reports what a mapping lacks, by field of the form.
func (m Mapping) Check() error {
	var l fault.List
	if !studyName.MatchString(m.Study) {
		l.Add(fault.Field("study", "mapping.study"))
	}
	if m.Code == "" {
		l.Add(fault.Field("code", "mapping.needcode"))
	}
	if m.Study == OwnStudy {
		if m.Wave == "" && itemsOf(m.All) == nil {
			l.Add(fault.Field("wave", "mapping.needwave"))
		}
		return l.Err()
	}
	if m.Cohort == "" {
		l.Add(fault.Field("cohort", "mapping.needcohort"))
	}
	if len(m.Outcomes) == 0 {
		l.Add(fault.Field("outcomes", "mapping.needoutcome"))
	}
	seen := map[string]bool{}
	for i, o := range m.Outcomes {
		at := "outcome_" + strconv.Itoa(i)
		switch {
		case !studyName.MatchString(o.ID) || seen[o.ID]:
			l.Add(fault.Field(at, "mapping.outcome"))
		case len(o.Columns) == 0:
			l.Add(fault.Field(at, "mapping.column"))
		case o.High < o.Low || math.IsInf(o.High-o.Low, 0) || o.Decimals < 0 || o.Decimals > 6:
			l.Add(fault.Field(at, "mapping.scale"))
		}
		seen[o.ID] = true
	}
	return l.Err()
}

// Columns lists the columns that the mapping needs.
func (m Mapping) Columns() []string {
	all := []string{m.Code}
	for _, c := range []string{m.Wave, m.Cohort, m.Sector} {
		if c != "" {
			all = append(all, c)
		}
	}
	for c := range m.Items {
		all = append(all, c)
	}
	for _, o := range m.Outcomes {
		for _, w := range Waves() {
			if c := o.Columns[w]; c != "" {
				all = append(all, c)
			}
		}
	}
	slices.Sort(all[1:])
	return all
}

// Fingerprint tells mappings apart, so that the same file read another way is another import.
func (m Mapping) Fingerprint() string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // plain values only
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// waves lists the waves that the mapping has columns for.
func (m Mapping) waves() []Wave {
	var all []Wave
	for _, w := range Waves() {
		if slices.ContainsFunc(m.Outcomes, func(o MappedOutcome) bool { return o.Columns[w] != "" }) {
			all = append(all, w)
		}
	}
	return all
}

// Receipt says what an import did.
type Receipt struct {
	Rows     int
	Repeated bool // the same import was made before; nothing changed
}

var errDry = fault.New(fault.Conflict, "dry")

// Record is a row of a table: the line in which it stands, and its cells by lower-case column name.
type Record struct {
	Line  int
	Cells map[string]string
}

// Import enters answers that were collected elsewhere, all or none; every fault names its row and column. With dry nothing is kept. The same key with the
// same mapping is the same import: it is made once.
func (s *Service) Import(ctx context.Context, by access.Actor, key string, m Mapping, records []Record, dry bool) (Receipt, error) {
	if err := m.Check(); err != nil {
		return Receipt{}, err
	}
	var r Receipt
	err := s.store.Update(ctx, by, func(tx Tx) error {
		r = Receipt{Rows: len(records), Repeated: true}
		if err := tx.Allow(ctx, access.ImportAnswer, access.Resource{Kind: "study", ID: m.Study}); err != nil {
			return err
		}
		_, err := tx.Once(ctx, "answers/"+key+"/"+m.Fingerprint(), func() (string, error) {
			r.Repeated = false
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
	return r, err
}

func (r Record) cell(column string) string {
	if column == "" {
		return ""
	}
	return strings.TrimSpace(r.Cells[strings.ToLower(column)])
}

// importOther enters a data set of its own: people in rows, outcomes in columns. A later file may add a wave, for the same
// people and outcomes; a wave that has answers already is a fault, unless they are to give way.
func importOther(ctx context.Context, tx Tx, m Mapping, records []Record) error {
	there, err := tx.RespondentsOf(ctx, m.Study)
	if err != nil {
		return err
	}
	if err := m.fits(there); err != nil {
		return err
	}
	if err := putStudy(ctx, tx, m); err != nil {
		return err
	}
	cohorts := map[string]string{}
	for _, x := range there {
		cohorts[x.Code] = x.Cohort
	}
	var l fault.List
	seen := map[string]int{}
	for _, r := range records {
		x := Respondent{Code: r.cell(m.Code), Cohort: r.cell(m.Cohort), Sector: r.cell(m.Sector)}
		switch first := seen[x.Code]; {
		case x.Code == "":
			l.Add(fault.Field(m.Code, "form.required").InRow(r.Line))
		case first > 0:
			l.Add(fault.Field(m.Code, "mapping.repeat", fault.Vars{"row": first}).InRow(r.Line))
		case x.Cohort == "":
			l.Add(fault.Field(m.Cohort, "form.required").InRow(r.Line))
		case cohorts[x.Code] != "" && cohorts[x.Code] != x.Cohort:
			l.Add(fault.Field(m.Cohort, "mapping.cohort", fault.Vars{"cohort": cohorts[x.Code]}).InRow(r.Line))
		}
		seen[x.Code] = r.Line
		values, faults := outcomesOf(m, r)
		l = append(l, faults...)
		if len(l) > 0 {
			continue
		}
		if err := putImported(ctx, tx, m, x, values); err != nil {
			return err
		}
	}
	if len(l) > 0 {
		return l
	}
	return putSilent(ctx, tx, m, there, seen)
}

// fits reports the waves of the mapping in which the study has answers already.
func (m Mapping) fits(there []Respondent) error {
	if m.Replace {
		return nil
	}
	var l fault.List
	for _, o := range m.Outcomes {
		for _, w := range Waves() {
			n := 0
			for _, x := range there {
				if x.Standing[w] == Answered && o.Columns[w] != "" {
					n++
				}
			}
			if n > 0 {
				l.Add(fault.Field(o.Columns[w], "mapping.twice", fault.Vars{"n": n}))
			}
		}
	}
	return l.Err()
}

// putSilent notes for people of an earlier file whom this one does not name that they did not answer in its waves.
func putSilent(ctx context.Context, tx Tx, m Mapping, there []Respondent, seen map[string]int) error {
	for _, x := range there {
		for _, w := range m.waves() {
			if seen[x.Code] > 0 || x.Standing[w] != "" {
				continue
			}
			if err := tx.PutStanding(ctx, m.Study, x.Code, w, Silent); err != nil {
				return err
			}
		}
	}
	return nil
}

// putStudy describes the study, keeping outcomes that an earlier file brought.
func putStudy(ctx context.Context, tx Tx, m Mapping) error {
	study, err := tx.Study(ctx, m.Study)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	study.ID = m.Study
	if m.Title != (Text{}) || study.Title == (Text{}) {
		study.Title = m.Title
	}
	for _, o := range m.Outcomes {
		i := slices.IndexFunc(study.Outcomes, func(old Outcome) bool { return old.ID == o.ID })
		if i < 0 {
			study.Outcomes = append(study.Outcomes, o.Outcome)
		} else {
			study.Outcomes[i] = o.Outcome
		}
	}
	return tx.PutStudy(ctx, study)
}

type imported struct {
	wave    Wave
	outcome string
	value   string
}

func outcomesOf(m Mapping, r Record) ([]imported, fault.List) {
	var all []imported
	var l fault.List
	for _, o := range m.Outcomes {
		for _, w := range Waves() {
			column := o.Columns[w]
			v := r.cell(column)
			if column == "" || v == "" || v == "NA" {
				continue
			}
			x, err := strconv.ParseFloat(strings.Replace(v, ",", ".", 1), 64)
			switch {
			case err != nil || math.IsInf(x, 0) || math.IsNaN(x):
				l.Add(fault.Field(column, "mapping.number").InRow(r.Line))
			case o.High > o.Low && (x < o.Low || x > o.High):
				l.Add(fault.Field(column, "answer.range").InRow(r.Line))
			default:
				all = append(all, imported{w, o.ID, strconv.FormatFloat(x, 'g', -1, 64)})
			}
		}
	}
	return all, l
}

func putImported(ctx context.Context, tx Tx, m Mapping, x Respondent, values []imported) error {
	if err := tx.PutRespondent(ctx, m.Study, x); err != nil {
		return err
	}
	for _, w := range m.waves() {
		if err := tx.PutStanding(ctx, m.Study, x.Code, w, Silent); err != nil {
			return err
		}
		if err := tx.DropAnswers(ctx, m.Study, x.Code, w); err != nil {
			return err
		}
		if !slices.ContainsFunc(values, func(v imported) bool { return v.wave == w }) {
			continue
		}
		if err := tx.PutResponse(ctx, m.Study, x.Code, w, Response{Complete: true, Counts: true}); err != nil {
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

// importOwn enters answers of the programme's own questionnaires, such as from paper. The code must be one that was given
// and was asked in the wave. The invitation learns of it as it learns of an answer by link.
func importOwn(ctx context.Context, tx Tx, m Mapping, records []Record) error {
	people, err := tx.RespondentsOf(ctx, OwnStudy)
	if err != nil {
		return err
	}
	standings := map[string]map[Wave]Standing{}
	for _, x := range people {
		standings[x.Code] = x.Standing
	}
	var l fault.List
	seen := map[string]int{}
	for _, r := range records {
		p := paper{Mapping: m, row: r.Line, code: strings.ToUpper(r.cell(m.Code)), wave: m.All}
		if m.Wave != "" {
			p.wave = Wave(strings.ToLower(r.cell(m.Wave)))
		}
		given, err := tx.ResponsesOf(ctx, OwnStudy, p.code)
		if err != nil {
			return err
		}
		before := len(l)
		l = append(l, p.refuse(standings[p.code], given, seen)...)
		seen[p.code+"/"+string(p.wave)] = p.row
		answers, faults := p.read(r)
		if l = append(l, faults...); len(answers) == 0 && len(l) == before {
			l.Add(fault.Field(m.Code, "mapping.blank").InRow(p.row))
		}
		if len(l) > 0 {
			continue
		}
		if err := p.put(ctx, tx, answers); err != nil {
			return err
		}
	}
	return l.Err()
}

// paper is one row: one person's answers of one sitting.
type paper struct {
	Mapping
	row  int
	code string
	wave Wave
}

func (p paper) at(column, key string, vars ...fault.Vars) *fault.Error {
	if column == "" {
		column = p.Code
	}
	return fault.Field(column, key, vars...).InRow(p.row)
}

// refuse reports why a row cannot be taken, its answers aside.
func (p paper) refuse(standing map[Wave]Standing, given map[Wave]Response, seen map[string]int) fault.List {
	var l fault.List
	first := seen[p.code+"/"+string(p.wave)]
	_, answered := given[p.wave]
	switch {
	case standing == nil:
		l.Add(p.at(p.Code, "mapping.code"))
	case itemsOf(p.wave) == nil:
		l.Add(p.at(p.Wave, "mapping.wave"))
	case first > 0:
		l.Add(p.at(p.Code, "mapping.repeat", fault.Vars{"row": first}))
	case !standing[p.wave].Asked():
		l.Add(p.at(p.Wave, "mapping.notasked"))
	case answered && !p.Replace:
		l.Add(p.at(p.Code, "mapping.answered"))
	}
	return l
}

// read takes the answers of a row, by wave and item: the sitting after the training asks for how it was before, too.
func (p paper) read(r Record) (map[Wave]map[string]string, fault.List) {
	items := itemsOf(p.wave)
	all := map[Wave]map[string]string{}
	var l fault.List
	for column, v := range r.Cells {
		if v = strings.TrimSpace(v); v == "" || items == nil || strings.EqualFold(column, p.Code) || strings.EqualFold(column, p.Wave) {
			continue
		}
		it, ok := items[p.item(column)]
		switch {
		case !ok && knownItem(p.item(column)):
			l.Add(p.at(column, "mapping.otherwave"))
		case !ok:
			continue // a column that is no question
		case !it.Valid(v):
			l.Add(p.at(column, "answer.range"))
		default:
			if all[it.wave] == nil {
				all[it.wave] = map[string]string{}
			}
			all[it.wave][it.ID] = v
		}
	}
	slices.SortFunc(l, func(a, b *fault.Error) int { return strings.Compare(a.Field, b.Field) })
	return all, l
}

// item is the question that a column holds.
func (p paper) item(column string) string {
	for c, item := range p.Items {
		if strings.EqualFold(c, column) {
			return item
		}
	}
	return strings.ToLower(column)
}

func (p paper) put(ctx context.Context, tx Tx, answers map[Wave]map[string]string) error {
	for _, w := range wavesOf(p.wave) {
		if err := tx.DropAnswers(ctx, OwnStudy, p.code, w); err != nil {
			return err
		}
		for item, v := range answers[w] {
			if err := tx.PutAnswer(ctx, OwnStudy, p.code, w, item, v); err != nil {
				return err
			}
		}
		if err := tx.PutResponse(ctx, OwnStudy, p.code, w, Response{Complete: true, Counts: true}); err != nil {
			return err
		}
	}
	return nil
}

// asked is an item with the wave that its answer is of.
type asked struct {
	Item
	wave Wave
}

// itemsOf lists the items of a sitting by identifier; nil for what is no sitting.
func itemsOf(sitting Wave) map[string]asked {
	var all map[string]asked
	for _, p := range Sitting(sitting) {
		for _, it := range p.Instrument.Items {
			if all == nil {
				all = map[string]asked{}
			}
			all[it.ID] = asked{it, p.Wave}
		}
	}
	return all
}

// wavesOf lists the waves that a sitting asks for.
func wavesOf(sitting Wave) []Wave {
	var all []Wave
	for _, p := range Sitting(sitting) {
		if !slices.Contains(all, p.Wave) {
			all = append(all, p.Wave)
		}
	}
	return all
}

func knownItem(id string) bool {
	for _, in := range shipped {
		if slices.ContainsFunc(in.Items, func(it Item) bool { return it.ID == id }) {
			return true
		}
	}
	return false
}

// PaperColumns are the columns of the table to fill in for a sitting, and below each what may stand there.
func PaperColumns(sitting Wave) (head, allowed []string) {
	head, allowed = []string{"code", "wave"}, []string{"", string(sitting)}
	for _, p := range Sitting(sitting) {
		for _, it := range p.Instrument.Items {
			head, allowed = append(head, it.ID), append(allowed, it.Allowed())
		}
	}
	return head, allowed
}

// Allowed says which values answer an item: "a b c d", "0–100 (10)".
func (it Item) Allowed() string {
	switch it.Kind {
	case "choice":
		var codes []string
		for _, o := range it.Options {
			codes = append(codes, o.Code)
		}
		return strings.Join(codes, " ")
	case "scale", "number":
		text := strconv.Itoa(it.Min) + "–" + strconv.Itoa(it.Max)
		if it.Step > 1 {
			text += " (" + strconv.Itoa(it.Step) + ")"
		}
		return text
	}
	return "…"
}
