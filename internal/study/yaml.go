package study

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"strengthen/internal/fault"
	"strengthen/internal/survey"
)

// Record is a plan with what became of it. It is what stands in a file of YAML.
type Record struct {
	Plan       `yaml:",inline"`
	Locked     *Lock       `json:"locked,omitempty" yaml:"locked,omitempty"`
	Deviations []Deviation `json:"deviations,omitempty" yaml:"deviations,omitempty"`
}

// Lock says when a plan was fixed, and as what.
type Lock struct {
	Hash string `json:"hash" yaml:"hash"`
	On   string `json:"on,omitempty" yaml:"on,omitempty"`     // day, YYYY-MM-DD
	Late bool   `json:"late,omitempty" yaml:"late,omitempty"` // after the data of the primary contrast began to come
}

// Deviation is a later change of a locked plan. The plan as it was locked stays what the report is about; the figures by the
// changed one stand beside it.
type Deviation struct {
	On     string      `json:"on" yaml:"on"`
	Reason survey.Text `json:"reason" yaml:"reason"`
	Plan   Plan        `json:"plan" yaml:"-"` // the whole plan as changed
	Change yaml.Node   `json:"-" yaml:"change,omitempty"`
}

// maxPlan is how large a file of a plan may be.
const maxPlan = 256 << 10

// Parse reads a plan in YAML. Fields that there are not, values of the wrong kind and whatever Check reports are Invalid, with
// the line or the place. A plan that says under which hash it was locked must have that hash.
func Parse(b []byte) (Record, error) {
	var r Record
	if len(b) > maxPlan {
		return r, fault.Field("plan", "plan.size", fault.Vars{"kb": maxPlan >> 10})
	}
	if err := decode(b, &r); err != nil {
		return r, err
	}
	if err := r.Check(); err != nil {
		return r, err
	}
	if r.Locked != nil && r.Locked.Hash != r.Hash() {
		return r, fault.Field("locked.hash", "plan.hash", fault.Vars{"hash": r.Hash()})
	}
	for i := range r.Deviations {
		d := &r.Deviations[i]
		changed, err := d.apply(r.Plan)
		if err != nil {
			return r, err
		}
		d.Plan = changed
	}
	return r, nil
}

// apply lays the changed fields over the plan.
func (d Deviation) apply(p Plan) (Plan, error) {
	base, err := yaml.Marshal(p)
	if err != nil {
		return p, err
	}
	var changed Plan
	if err := decode(base, &changed); err != nil { // a copy that shares nothing
		return p, err
	}
	if d.Change.Kind != 0 {
		b, err := yaml.Marshal(&d.Change)
		if err != nil {
			return p, err
		}
		if err := decode(b, &changed); err != nil {
			return p, err
		}
	}
	return changed, changed.Check()
}

func decode(b []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	err := d.Decode(into)
	if errors.Is(err, io.EOF) {
		return fault.Field("plan", "plan.empty")
	}
	if err == nil {
		return nil
	}
	var types *yaml.TypeError
	if !errors.As(err, &types) {
		return unreadable(err.Error())
	}
	var l fault.List
	for _, text := range types.Errors {
		l.Add(unreadable(text))
	}
	return l.Err()
}

var (
	inLine  = regexp.MustCompile(`line (\d+): `)
	unknown = regexp.MustCompile(`field (\S+) not found`)
)

// unreadable puts an error of the reader of YAML into a fault with its line.
func unreadable(text string) *fault.Error {
	row := 0
	if m := inLine.FindStringSubmatch(text); m != nil {
		row, _ = strconv.Atoi(m[1])
	}
	if m := unknown.FindStringSubmatch(text); m != nil {
		return fault.Field("plan", "plan.field", fault.Vars{"name": m[1]}).InRow(row)
	}
	return fault.Field("plan", "plan.yaml").InRow(row)
}

// YAML writes a plan as it stands in a file.
func (r Record) YAML() []byte {
	for i := range r.Deviations {
		if d := &r.Deviations[i]; d.Change.Kind == 0 {
			if err := d.Change.Encode(d.Plan); err != nil {
				panic(err) // plain values only
			}
		}
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(r); err != nil {
		panic(err)
	}
	return b.Bytes()
}
