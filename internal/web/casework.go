package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// codeLists are the lists of casework by the prefix of their words in the catalogue.
var codeLists = map[string][]string{
	"track.": codes(casework.Tracks()), "vkind.": codes(casework.Kinds()), "setting.": casework.Settings(), "band.": casework.Bands(), "sex.": casework.Sexes(),
	"channel.": casework.Channels(), "source.": codes(casework.Sources()), "signalstate.": codes(casework.SignalStates()), "casestate.": codes(casework.CaseStates()),
	"part.": codes(casework.Compartments()), "nature.": codes(casework.Natures()), "wish.": casework.Wishes(), "purpose.": casework.Purposes(), "ground.": casework.Grounds(),
	"capacity.": casework.Capacities(), "how.": {"oral", "written"}, "glass.": casework.Categories(), "closefor.": casework.CloseReasons(), "outcome.": codes(casework.Outcomes()),
	"event.": codes(casework.CaseEventsChosen()), "item.": codes(casework.ItemKinds()), "came.": casework.Presences(), "callby.": {"post", "email", "fax"},
	"service.": casework.Services(), "measure.": casework.Measures()[1:], "owner.": casework.Owners(), "goalof.": {"child", "parents"}, "ask.": casework.Asks(),
	"protection.asked_by.": casework.ProtectionList("asked_by"), "protection.pground.": casework.ProtectionList("ground"), "protection.poption.": casework.ProtectionList("option"),
	"protection.ordered_by.": casework.ProtectionList("ordered_by"), "protection.notice.": casework.ProtectionList("notice"), "protection.handed_to.": casework.ProtectionList("handed_to"),
	"restorative.method.": casework.RestorativeMethods(), "takespart.": casework.ParticipantRoles(), "agrees.": casework.Consentings(), "keeping.": casework.Keeping(),
	"pause.": casework.PauseReasons(), "correct.": casework.CorrectionReasons(), "flag.": casework.Flags(),
}

func codes[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return out
}

// Codes lists a code list of casework as options.
func (p Page) Codes(prefix string) []Option {
	var all []Option
	for _, v := range codeLists[prefix] {
		all = append(all, Option{Value: v, Text: p.T(prefix + v)})
	}
	return all
}

// Code puts a code into words; the empty code is a dash.
func (p Page) Code(prefix string, code any) string {
	if s := text(code); s != "" {
		return p.T(prefix + s)
	}
	return "–"
}

// text is the text of a code, whatever its type.
func text(code any) string { return fmt.Sprint(code) }

// Ticks makes a group of boxes to tick.
func (p Page) Ticks(name, bg, en string, chosen []string, options []Option) Field {
	f := p.Fld("ticks", name, bg, en, "")
	f.Options = slices.Clone(options)
	for i := range f.Options {
		f.Options[i].Chosen = slices.Contains(chosen, f.Options[i].Value)
	}
	return f
}

// Band and sex of a child, as one reads them aloud: "Момиче, 7–9 години".
func (p Page) Child(sex, band string) string {
	who := p.T("child." + sex)
	r := []rune(who)
	who = strings.ToUpper(string(r[:1])) + string(r[1:])
	if band == "unknown" {
		return who
	}
	return who + ", " + strings.ReplaceAll(unbroken(p.T("band."+band)), " ", "\u00a0")
}

// unbroken keeps a range such as 14–17 on one line: browsers break after the dash.
func unbroken(text string) string { return strings.ReplaceAll(text, "–", "–\u2060") }

// Town names a municipality; without one, its region.
func (p *Page) Town(region access.RegionID, municipality string) string {
	if municipality == "" {
		return p.Region(region)
	}
	for _, m := range p.towns() {
		if m.ID == municipality {
			return p.Lang.Pick(m.NameBG, m.NameEN)
		}
	}
	return p.Region(region)
}

// towns returns the municipalities, read once per page.
func (p *Page) towns() []org.Municipality {
	if p.places == nil {
		all, err := p.s.Org.Municipalities(p.r.Context(), "")
		p.lack(err)
		p.places = all
	}
	return p.places
}

// PlaceGroup is a region with its municipalities, for a field of choices.
type PlaceGroup struct {
	Name    string
	Options []Option
}

// Places lists regions with their municipalities; the first of each stands for the whole region.
func (p *Page) Places(chosen string) []PlaceGroup {
	var all []PlaceGroup
	for _, r := range p.Tables().Regions {
		g := PlaceGroup{Name: r.Name(string(p.Lang)), Options: []Option{{string(r.ID), p.L("{r}: не се знае къде", "{r}: not known where", "r", r.Name(string(p.Lang))), chosen == string(r.ID)}}}
		for _, m := range p.towns() {
			if m.Region == r.ID {
				g.Options = append(g.Options, Option{m.ID, p.Lang.Pick(m.NameBG, m.NameEN), chosen == m.ID})
			}
		}
		all = append(all, g)
	}
	return all
}

// place reads a field of Places.
func (p *Page) place(code string) (access.RegionID, string) {
	for _, m := range p.towns() {
		if m.ID == code {
			return m.Region, m.ID
		}
	}
	if _, ok := p.Tables().Region(access.RegionID(code)); ok {
		return access.RegionID(code), ""
	}
	return "", ""
}

// placedAt puts the faults of one field at the field of the form that asks for it.
func placedAt(err error, from, to string) error {
	l := fault.All(err)
	if len(l) == 0 {
		return err
	}
	for i, e := range l {
		if e.Field == from {
			l[i] = e.At(to)
		}
	}
	return l
}

// maxTexts is how large a form of casework may be: on the way a Cyrillic letter takes six bytes, and a form that people edit
// together carries every text twice.
const maxTexts = 1 << 20

// roomy makes room for the texts of casework in the forms of routes.
func roomy(all []Route) []Route {
	for i := range all {
		all[i].Limit = max(all[i].Limit, maxTexts)
	}
	return all
}

// moment reads a date and an hour, as a browser's field sends them: 2026-03-02T09:30, in the time of Sofia. An empty field is the
// zero moment.
func moment(r *http.Request, name string, l *fault.List) time.Time {
	v := field(r, name)
	if v == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", v, calendar.Sofia)
	switch {
	case err != nil:
		l.Add(fault.Field(name, "form.moment"))
	case t.Format("2006-01-02T15:04") != v:
		l.Add(fault.Field(name, "form.nohour")) // the hour that is skipped in spring
	case !calendar.Known(t):
		l.Add(fault.Field(name, "form.year"))
	}
	return t
}

// Local writes a moment as a field of date and hour takes it.
func (p Page) Local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Sofia).Format("2006-01-02T15:04")
}

// optionalDate reads a day that may be left out.
func optionalDate(r *http.Request, name string, l *fault.List) calendar.Date {
	if field(r, name) == "" {
		return calendar.Date{}
	}
	return date(r, name, l)
}

func words(r *http.Request, name string) sealed.Text { return sealed.Text(field(r, name)) }

// form reads fields of a form that people edit together: what they saw before, under "was_" and the name, and what they made of it.
func form(r *http.Request, names ...string) (saw, mine casework.Form) {
	saw, mine = casework.Form{}, casework.Form{}
	for _, n := range names {
		saw[n], mine[n] = sealed.Text(unixLines(r.PostFormValue("was_"+n))), sealed.Text(unixLines(strings.TrimSpace(r.PostFormValue(n))))
	}
	return saw, mine
}

// unixLines undoes what browsers make of line ends.
func unixLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func version(r *http.Request) int {
	n, err := strconv.Atoi(field(r, "version"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func parts(r *http.Request) []casework.Compartment {
	var all []casework.Compartment
	for _, v := range r.PostForm["parts"] {
		all = append(all, casework.Compartment(v))
	}
	return all
}

// ClockLine is a term as pages show it.
type ClockLine struct {
	casework.ClockView
	Class, Icon string
	Value       string // how much time is left, or how it ended
	Width       int    // of the bar, out of 100; 0 for none
	Who         string
	About       string // of which record, where a list is of several
	Link        string
}

// ClockLine puts a term into words.
func (p Page) ClockLine(v casework.ClockView, who string) ClockLine {
	now := p.Now()
	l := ClockLine{ClockView: v, Class: "c-run", Icon: "i-clock", Who: who}
	switch {
	case v.State == casework.Met:
		l.Class, l.Icon, l.Value = "c-ok", "i-check", p.Lang.Took(v.Ended.Sub(v.Start))
		if v.Late {
			l.Class, l.Icon = "c-late", "i-warn"
			l.Value += p.L(", след срока", ", after its end")
		}
	case v.State == casework.Paused:
		l.Class, l.Value = "", p.L("спрян", "stands still")
	case v.State == casework.Cancelled:
		l.Class, l.Icon, l.Value = "", "i-off", p.T("clockstate.cancelled")
		if v.Late {
			l.Class, l.Icon = "c-late", "i-warn"
			l.Value += p.L(", след срока", ", after its end")
		}
	case !now.Before(v.Due):
		l.Class, l.Icon, l.Width, l.Value = "c-late", "i-warn", 100, p.Lang.Late(now.Sub(v.Due))
	default:
		l.Value = p.Lang.Left(v.Due.Sub(now))
		l.Width = int(100 * now.Sub(v.Start) / v.Due.Sub(v.Start))
		if l.Width >= 75 || v.Of.Immediate() {
			l.Class = "c-soon"
		}
	}
	if v.Live() && v.Of.Immediate() {
		l.Value = p.L("веднага: ", "at once: ") + l.Value
	}
	return l
}

// ClockLines puts the terms of a record into words: those that count first, then those that are done. What was given up is left
// out, unless it was over by then.
func (p Page) ClockLines(all []casework.ClockView, who func(casework.Clock) string) []ClockLine {
	var out []ClockLine
	for _, v := range all {
		if v.State != casework.Cancelled || v.Late {
			out = append(out, p.ClockLine(v, who(v.Clock)))
		}
	}
	return out
}

// Basis says whether a term is of the law, and which article, or good practice.
func (p Page) Basis(r casework.ClockRule) string {
	text := p.Lang.Citation(r.Article)
	if r.Practice {
		text = p.L("добра практика", "good practice")
		if rest, same := strings.CutPrefix(r.Article, "добра практика"); same {
			text += p.Lang.Citation(rest)
		} else if r.Article != "" {
			text += " · " + p.Lang.Citation(r.Article)
		}
	}
	if r.Confidence == "C" {
		text += " · " + p.T("confidence.C")
	}
	return text
}

// Happened puts a line of the timeline into words.
func (p Page) Happened(e casework.CaseEvent) string {
	if step, ok := strings.CutPrefix(e.What, "step."); ok {
		return p.T("casestep." + step)
	}
	if event, ok := strings.CutPrefix(e.What, "event."); ok {
		return p.T("event." + event)
	}
	if e.What == casework.GivenUpLate {
		return p.s.words.T(p.Lang, "happened."+e.What, fault.Vars{"term": e.Record})
	}
	return p.T("happened." + e.What)
}

// StateTone is the colour of a state of casework.
func (p Page) StateTone(state any) string {
	switch text(state) {
	case "closed", "no_action", "verified", "confirmed", "agreed", "in_force", "linked":
		return "ok"
	case "received", "asked", "needs_info", "ending", "closing", "minuted", "returned", "overdue":
		return "soon"
	}
	return "b"
}

// Clash is a field that two people changed, as the form shows both texts.
type Clash struct{ Label, Mine, Theirs string }
