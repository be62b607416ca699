package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fold"
	"strengthen/internal/link"
)

// Candidate is a signal or a case that may speak of the same child as a signal. A person decides.
type Candidate struct {
	Signal SignalID // or
	Case   CaseID
	Ref    string
	At     time.Time
	State  string
	Weight float64  // of evidence, in bits; it orders candidates and is kept nowhere
	Agree  []string // the fields that speak for one child
}

// likeness is what can be compared of a signal or a case.
type likeness struct {
	region       access.RegionID
	municipality string
	band, sex    string
	setting      string
	kinds        []Kind
	at           time.Time
	names        string // opened only where the house keeps names
	egn, born    string
}

// EGN finds the personal number in what a signal says about the child.
func (g Signal) EGN() string { return firstEGN(string(g.Words.Child)) }

func (g Signal) likeness() likeness {
	return likeness{region: g.Region, municipality: g.Municipality, band: g.Band, sex: g.Sex, setting: g.Setting, kinds: g.Kinds, at: g.First, names: string(g.Words.Child),
		egn: g.EGN()}
}

func (c Case) likeness(who Particulars) likeness {
	return likeness{region: c.Region, municipality: c.Municipality, band: c.Band, sex: c.Sex, setting: c.Setting, kinds: c.Kinds, at: c.Received, names: who.Names(),
		egn: string(who.Fields["egn"]), born: string(who.Fields["born"])}
}

// firstEGN finds a personal number in free words.
func firstEGN(words string) string {
	for _, w := range strings.FieldsFunc(words, func(r rune) bool { return r < '0' || r > '9' }) {
		if ValidEGN(w) {
			return w
		}
	}
	return ""
}

// compareLikeness says field by field how well two records agree.
func compareLikeness(a, b likeness) link.Comparison {
	c := link.Comparison{}
	same := func(field string, x, y string) {
		if x != "" && y != "" && x != "unknown" && y != "unknown" {
			c[field] = map[bool]link.Level{true: "same", false: "other"}[x == y]
		}
	}
	same("egn", a.egn, b.egn)
	same("sex", a.sex, b.sex)
	same("setting", a.setting, b.setting)
	if a.band != "unknown" && b.band != "unknown" {
		c["band"] = bandLevel(a.band, b.band)
	}
	if len(a.kinds) > 0 && len(b.kinds) > 0 {
		c["kinds"] = map[bool]link.Level{true: "same", false: "other"}[slices.ContainsFunc(a.kinds, func(k Kind) bool { return slices.Contains(b.kinds, k) })]
	}
	switch {
	case a.municipality != "" && a.municipality == b.municipality:
		c["place"] = "same"
	case a.region == b.region:
		c["place"] = "region"
	default:
		c["place"] = "other"
	}
	switch apart := a.at.Sub(b.at).Abs(); {
	case apart <= 7*24*time.Hour:
		c["days"] = "week"
	case apart <= 31*24*time.Hour:
		c["days"] = "month"
	default:
		c["days"] = "longer"
	}
	if a.names != "" && b.names != "" {
		c["given"], c["family"] = nameLevels(a.names, b.names)
	}
	return c
}

func bandLevel(a, b string) link.Level {
	i, j := slices.Index(Bands(), a), slices.Index(Bands(), b)
	switch {
	case i == j:
		return "same"
	case i-j == 1 || j-i == 1:
		return "next"
	}
	return "other"
}

// nameLevels compares the words of two names. In free words nobody knows which word is which, so the best agreeing word stands
// for the given name and the next best for the family name.
func nameLevels(a, b string) (given, family link.Level) {
	var levels []link.Level
	other := strings.Fields(fold.Words(b))
	sounds := fold.Sounds(b)
	for _, w := range strings.Fields(a) {
		switch {
		case len([]rune(w)) < 3:
		case slices.Contains(other, fold.Words(w)):
			levels = append(levels, "same")
		case slices.ContainsFunc(fold.Sounds(w), func(k string) bool { return len(k) > 1 && slices.Contains(sounds, k) }):
			levels = append(levels, "alike")
		}
	}
	levels = append(levels, "other", "other")
	slices.SortStableFunc(levels, func(x, y link.Level) int {
		order := []link.Level{"same", "alike", "other"}
		return slices.Index(order, x) - slices.Index(order, y)
	})
	return levels[0], levels[1]
}

// candidates finds what may speak of the same child as a signal: signals and cases of the same place near in time, and those
// that share tokens of a name. Nothing is among them that the reader may not open.
func (s *Service) candidates(ctx context.Context, tx Tx, g Signal) ([]Candidate, error) {
	signals, err := tx.SimilarSignals(ctx, g, g.First.AddDate(0, -2, 0))
	if err != nil {
		return nil, err
	}
	cases, err := tx.Cases(ctx, tx.Scope(access.SeeCase), CaseFilter{Open: true, Region: g.Region, Limit: 100})
	if err != nil {
		return nil, err
	}
	kept, err := basisOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	if kept.On() {
		owners, err := tx.SharingTokens(ctx, string(g.ID))
		if err != nil {
			return nil, err
		}
		if signals, cases, err = sharers(ctx, tx, owners, signals, cases); err != nil {
			return nil, err
		}
	}
	var all []Candidate
	add := func(c Candidate, x likeness) {
		levels := compareLikeness(g.likeness(), x)
		if c.Weight = link.Weight(levels); c.Weight >= link.Least {
			c.Agree = link.Agreeing(levels)
			all = append(all, c)
		}
	}
	for _, x := range signals {
		if x.ID == g.ID || x.JoinedTo != "" || x.State == NoAction {
			continue
		}
		may, err := canSignal(ctx, tx, x, access.HandleSignal)
		if err != nil {
			return nil, err
		}
		if !may {
			continue
		}
		add(Candidate{Signal: x.ID, Ref: x.Ref, At: x.First, State: string(x.State)}, x.likeness())
	}
	for _, c := range cases {
		may, err := canCase(ctx, tx, c, access.LeadCase)
		if err != nil {
			return nil, err
		}
		if !may || c.State == Closed || c.ID == g.Case {
			continue
		}
		who, err := readable(ctx, tx, c, kept)
		if err != nil {
			return nil, err
		}
		add(Candidate{Case: c.ID, Ref: c.Ref, At: c.Received, State: string(c.State)}, c.likeness(who))
	}
	slices.SortStableFunc(all, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Ref, b.Ref))
	})
	return all[:min(len(all), 10)], nil
}

// readable returns the particulars of a case as far as the reader may see them.
func readable(ctx context.Context, tx Tx, c Case, kept Basis) (Particulars, error) {
	may, err := canCase(ctx, tx, c, Identity.SeeAction())
	if err != nil || !may || !kept.On() {
		return Particulars{Fields: Form{}}, err
	}
	return particularsOf(ctx, tx, c.ID)
}

// sharers adds to signals and cases those of the owners that share tokens.
func sharers(ctx context.Context, tx Tx, owners []string, signals []Signal, cases []Case) ([]Signal, []Case, error) {
	for i, x := range signals { // lists come without words; what is compared by name needs them
		full, err := tx.Signal(ctx, x.ID)
		if err != nil {
			return nil, nil, err
		}
		signals[i] = full
	}
	for _, id := range owners {
		if slices.ContainsFunc(signals, func(x Signal) bool { return string(x.ID) == id }) || slices.ContainsFunc(cases, func(x Case) bool { return string(x.ID) == id }) {
			continue
		}
		if g, err := tx.Signal(ctx, SignalID(id)); err == nil {
			signals = append(signals, g)
			continue
		}
		if c, err := tx.Case(ctx, CaseID(id)); err == nil {
			cases = append(cases, c)
		}
	}
	return signals, cases, nil
}
