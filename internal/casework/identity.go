package casework

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
)

// Cases are pseudonymous: an age band and a reference take the place of a name. A house that names its controller and the legal
// basis may keep names beside them, in a compartment of their own.
const (
	controllerSetting = "identity.controller"
	basisSetting      = "identity.basis"
)

// Basis is on what ground a house keeps names: who answers for the data, and by which law.
type Basis struct {
	Controller string
	Law        string
}

// On reports whether names may be kept and read.
func (b Basis) On() bool { return b.Controller != "" && b.Law != "" }

func basisOf(ctx context.Context, tx Tx) (Basis, error) {
	controller, err := tx.Setting(ctx, controllerSetting)
	if err != nil {
		return Basis{}, err
	}
	law, err := tx.Setting(ctx, basisSetting)
	return Basis{controller, law}, err
}

// Basis tells on what ground the house keeps names; the zero Basis says that it keeps none.
func (s *Service) Basis(ctx context.Context) (Basis, error) {
	var b Basis
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		b, err = basisOf(ctx, tx)
		return err
	})
	return b, err
}

// SetBasis names the controller and the legal basis, which lets the house keep names; with both empty it keeps none any more,
// and those that it has are not shown.
func (s *Service) SetBasis(ctx context.Context, by access.Actor, b Basis) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SetIdentity, access.Resource{Kind: "setting", ID: "identity"}); err != nil {
			return err
		}
		b.Controller, b.Law = strings.TrimSpace(b.Controller), strings.TrimSpace(b.Law)
		var l fault.List
		if (b.Controller == "") != (b.Law == "") {
			l.Add(fault.Field("controller", "identity.both"))
		}
		for field, v := range map[string]string{"controller": b.Controller, "law": b.Law} {
			if n := len([]rune(v)); n > 300 || n > 0 && n < 5 {
				l.Add(fault.Field(field, "form.length", fault.Vars{"min": 5, "max": 300}))
			}
		}
		if err := l.Err(); err != nil {
			return err
		}
		if err := tx.PutSetting(ctx, controllerSetting, b.Controller); err != nil {
			return err
		}
		return tx.PutSetting(ctx, basisSetting, b.Law)
	})
}

// ParticularFields lists what may be kept about who a child is, in the order of pages.
func ParticularFields() []string {
	return []string{"given", "father", "family", "egn", "born", "address", "carers", "contact"}
}

// Particulars are who the child of a case is.
type Particulars struct {
	Case    CaseID
	Fields  Form
	Changed time.Time
	Editor  access.PersonID
	Version int
}

// Names are the parts of the name, as far as they are known.
func (i Particulars) Names() string {
	var parts []string
	for _, f := range []string{"given", "father", "family"} {
		if i.Fields[f] != "" {
			parts = append(parts, string(i.Fields[f]))
		}
	}
	return strings.Join(parts, " ")
}

func (i Particulars) check(now time.Time) error {
	var l fault.List
	for field, v := range i.Fields {
		chosen(&l, field, ParticularFields(), field)
		sized(&l, field, v, 0, map[bool]int{true: 60, false: 500}[field == "given" || field == "father" || field == "family"])
	}
	if egn := string(i.Fields["egn"]); egn != "" && !ValidEGN(egn) {
		l.Add(fault.Field("egn", "identity.egn"))
	}
	if born := string(i.Fields["born"]); born != "" {
		d, err := calendar.ParseDate(born)
		if err != nil || calendar.On(now).Before(d) || d.AddMonths(12*19).Before(calendar.On(now)) {
			l.Add(fault.Field("born", "identity.born"))
		}
	}
	return l.Err()
}

// ValidEGN reports whether s is a Bulgarian personal number: a date of birth, whose month tells the century, and a check digit
// (weights 2, 4, 8, 5, 10, 9, 7, 3, 6 modulo 11; Regulation on the functioning of the unified system of civil registration).
func ValidEGN(s string) bool {
	if len(s) != 10 {
		return false
	}
	sum := 0
	for i, w := range []int{2, 4, 8, 5, 10, 9, 7, 3, 6} {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += w * int(s[i]-'0')
	}
	if s[9] < '0' || s[9] > '9' || sum%11%10 != int(s[9]-'0') {
		return false
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	year, month, day := 1900+two(0), two(2), two(4)
	switch {
	case month > 40:
		year, month = year+100, month-40
	case month > 20:
		year, month = year-100, month-20
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return int(t.Month()) == month && t.Day() == day
}

// egns are what looks like a personal number: ten digits, which may stand apart after the date of birth or within it.
var egns = regexp.MustCompile(`\d{2}[ .-]?\d{2}[ .-]?\d{2}[ -]?\d{4}`)

// HoldsEGN reports whether a personal number of somebody who may be alive stands in a text. A part of a longer row of digits, such as
// a telephone number with the code of a country, is none; the numbers of telephones name no month.
func HoldsEGN(s string) bool {
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	for from := 0; from < len(s); {
		at := egns.FindStringIndex(s[from:])
		if at == nil {
			return false
		}
		i, j := from+at[0], from+at[1]
		egn := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(s[i:j])
		if !digit(i-1) && !digit(j) && ValidEGN(egn) && (egn[2] >= '4' || egn >= firstAlive) && (egn[2] < '2' || egn[2] >= '4') {
			return true
		}
		from = i + 1
	}
	return false
}

// firstAlive is how the personal numbers begin of those who were born when the oldest people alive were.
const firstAlive = "10"

// IdentityTx is what identities need of a transaction. Tokens are made and compared by the store, which holds their key.
type IdentityTx interface {
	PutSetting(ctx context.Context, name, value string) error
	Particulars(ctx context.Context, c CaseID) (Particulars, error)
	PutParticulars(ctx context.Context, i Particulars) error
	TokenSignal(ctx context.Context, g Signal) error
	FindCases(ctx context.Context, s access.Scope, q NameQuery) ([]Case, error)
	SharingTokens(ctx context.Context, owner string) ([]string, error)
}

// NameQuery is whom somebody looks for: words of a name, each in every way in which it may sound, or a personal number.
type NameQuery struct {
	Words [][]string
	EGN   string
}

var errNoIdentity = fault.New(fault.Conflict, "identity.off")

// OpenIdentity opens who the child of a case is; the reading is on the record.
func (s *Service) OpenIdentity(ctx context.Context, by access.Actor, id CaseID) (CaseView, Particulars, error) {
	var v CaseView
	var i Particulars
	err := s.onCase(ctx, by, id, -1, Identity.SeeAction(), func(ctx context.Context, tx Tx, c Case) error {
		if err := namesKept(ctx, tx); err != nil {
			return err
		}
		var err error
		if v, err = s.caseView(ctx, tx, c, EventFilter{Limit: 1}); err != nil {
			return err
		}
		i, err = particularsOf(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		return nameAll(ctx, tx, v.Names, []access.PersonID{i.Editor})
	})
	return v, i, err
}

// namesKept refuses where the house keeps no names.
func namesKept(ctx context.Context, tx Tx) error {
	b, err := basisOf(ctx, tx)
	if err == nil && !b.On() {
		err = errNoIdentity
	}
	return err
}

// keepsPart refuses to write about who or where a child is where the house keeps no names.
func keepsPart(ctx context.Context, tx Tx, part Compartment) error {
	if part != Identity && part != Location {
		return nil
	}
	if err := namesKept(ctx, tx); err != nil {
		if fault.Is(err, fault.NotFound) {
			return fault.Field("part", "identity.off")
		}
		return err
	}
	return nil
}

// particularsOf returns what is kept about who a child is; when nothing is, they are empty.
func particularsOf(ctx context.Context, tx Tx, c CaseID) (Particulars, error) {
	i, err := tx.Particulars(ctx, c)
	if fault.Is(err, fault.NotFound) {
		return Particulars{Case: c, Fields: Form{}}, nil
	}
	return i, err
}

// WriteIdentity keeps who the child of a case is; what two people write in different fields is merged.
func (s *Service) WriteIdentity(ctx context.Context, by access.Actor, id CaseID, saw, mine Form) error {
	return s.onCase(ctx, by, id, -1, Identity.WriteAction(), func(ctx context.Context, tx Tx, c Case) error {
		if err := namesKept(ctx, tx); err != nil {
			return err
		}
		i, err := particularsOf(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		merged, clashes := merge(saw, i.Fields, mine)
		if len(clashes) > 0 {
			return &ClashError{clashes, i.Editor, i.Changed}
		}
		i.Fields, i.Changed, i.Editor = merged, tx.Now(), by.Person
		if err := i.check(tx.Now()); err != nil {
			return err
		}
		if err := tx.PutParticulars(ctx, i); err != nil {
			return err
		}
		return note(ctx, tx, c, Identity, "identity.written", "", "")
	})
}

// Found is a case whose child may be the one that was looked for.
type Found struct {
	CaseCard
	Name  string
	Exact bool // the words are the same, not only alike in sound
}

// FindChild looks for a child by words of its name, in Cyrillic or Latin, or by its personal number, among the cases whose
// identity the reader may see. The search is on the record, without what was looked for.
func (s *Service) FindChild(ctx context.Context, by access.Actor, words string) ([]Found, error) {
	var found []Found
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.FindChild, access.Resource{Kind: "search"}); err != nil {
			return err
		}
		if err := namesKept(ctx, tx); err != nil {
			return err
		}
		q, err := nameQuery(words)
		if err != nil {
			return err
		}
		cases, err := tx.FindCases(ctx, tx.Scope(Identity.SeeAction()), q)
		if err != nil {
			return err
		}
		found, err = matching(ctx, tx, cases, words, q)
		return err
	})
	return found, err
}

func nameQuery(words string) (NameQuery, error) {
	words = strings.TrimSpace(words)
	if ValidEGN(words) {
		return NameQuery{EGN: words}, nil
	}
	var q NameQuery
	for _, w := range strings.Fields(words) {
		if keys := fold.Sounds(w); len(keys) > 0 {
			q.Words = append(q.Words, keys)
		}
	}
	if len(q.Words) == 0 || len([]rune(words)) < 3 {
		return q, fault.Field("q", "identity.query")
	}
	return q, nil
}

// matching opens the particulars of cases that share tokens with a query, and keeps those whose names or number truly match:
// tokens are short, and different names share them.
func matching(ctx context.Context, tx Tx, cases []Case, words string, q NameQuery) ([]Found, error) {
	cards, err := caseCards(ctx, tx, cases)
	if err != nil {
		return nil, err
	}
	var found []Found
	for i, c := range cases {
		who, err := particularsOf(ctx, tx, c.ID)
		if err != nil {
			return nil, err
		}
		if q.EGN != "" && string(who.Fields["egn"]) == q.EGN || q.EGN == "" && who.sounds(q) {
			found = append(found, Found{cards[i], who.Names(), q.EGN != "" || who.spelt(words)})
		}
	}
	slices.SortStableFunc(found, func(a, b Found) int {
		return cmp.Or(compareBool(!a.Exact, !b.Exact), strings.Compare(fold.SortKey(a.Name), fold.SortKey(b.Name)))
	})
	return found, nil
}

// sounds reports whether each word of a query sounds like a part of the name.
func (i Particulars) sounds(q NameQuery) bool {
	keys := fold.Sounds(i.Names())
	for _, w := range q.Words {
		if !slices.ContainsFunc(w, func(k string) bool { return slices.Contains(keys, k) }) {
			return false
		}
	}
	return true
}

// spelt reports whether each word of a query is a part of the name as it stands, in either script.
func (i Particulars) spelt(words string) bool {
	return containsAll(strings.Fields(fold.Words(i.Names())), strings.Fields(fold.Words(words)))
}
