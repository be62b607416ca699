package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/fault"
	"strengthen/internal/survey"
)

// sittingPage is a questionnaire: an introduction, one screen for each question, and a last one. On a phone one screen is
// seen at a time; on a desk all of them are one page. Both are the same form, with or without scripts.
type sittingPage struct {
	Page
	survey.SittingView
	Thanks   bool
	At       int // the screen of a phone: 0 the introduction, 1 to len(Items) a question, then the end
	Sections []sittingSection
	Items    []sittingItem
	given    map[survey.Wave]map[string]string
}

// sittingSection is an instrument with its questions.
type sittingSection struct {
	survey.Part
	Now   bool // it holds the screen of the moment
	Items []sittingItem
}

// sittingItem is one question on its screen.
type sittingItem struct {
	survey.Item
	N     int // from 1
	Name  string
	Value string
	Error string
	Now   bool
	Line  bool // its options fit into one line on a desk
}

// Needed reports whether the question waits for an answer.
func (i sittingItem) Needed() bool { return !i.Optional && i.Value == "" }

// lay lays out the questions.
func (p *sittingPage) lay() {
	for _, part := range p.Parts {
		for _, it := range part.Instrument.Items {
			i := sittingItem{Item: it, N: len(p.Items) + 1, Name: survey.FieldName(part.Wave, it.ID), Line: inOneLine(it)}
			i.Value, i.Error = p.value(part.Wave, it.ID), p.ErrorAt(i.Name)
			p.Items = append(p.Items, i)
		}
	}
}

// start chooses the screen: the one asked for, else the introduction when nothing was answered yet, else the first question
// without an answer.
func (p *sittingPage) start(asked string) int {
	if n, err := strconv.Atoi(asked); err == nil && n >= 0 && n <= p.Last() {
		return n
	}
	switch missing := p.Missing(); {
	case p.Given() == 0:
		return 0
	case len(missing) > 0:
		return missing[0].N
	}
	return p.Last()
}

// turn opens the form at a screen.
func (p *sittingPage) turn(at int) {
	p.At = at
	left := p.Items
	for _, part := range p.Parts {
		s := sittingSection{Part: part, Items: left[:len(part.Instrument.Items)]}
		left = left[len(part.Instrument.Items):]
		for i := range s.Items {
			s.Items[i].Now = s.Items[i].N == at
			s.Now = s.Now || s.Items[i].Now
		}
		p.Sections = append(p.Sections, s)
	}
}

// value is what was answered to an item so far, or just typed.
func (p *sittingPage) value(w survey.Wave, item string) string {
	if v, ok := p.given[w][item]; ok {
		return v
	}
	return p.Answers[w][item]
}

// inOneLine reports whether the options of a rating fit side by side.
func inOneLine(it survey.Item) bool {
	return it.Kind == "choice" && it.Key == "" && !slices.ContainsFunc(it.Options, func(o survey.Option) bool { return len([]rune(o.Text.BG)) > 22 })
}

// Last is the number of the last screen.
func (p *sittingPage) Last() int { return len(p.Items) + 1 }

// Back and Next are the screens beside the one of the moment.
func (p *sittingPage) Back() int { return max(p.At-1, 0) }

// Next is the screen after the one of the moment.
func (p *sittingPage) Next() int { return min(p.At+1, p.Last()) }

// Given is how many questions have an answer.
func (p *sittingPage) Given() int {
	n := 0
	for _, i := range p.Items {
		if i.Value != "" {
			n++
		}
	}
	return n
}

// Missing lists the questions that wait for an answer.
func (p *sittingPage) Missing() []sittingItem {
	var all []sittingItem
	for _, i := range p.Items {
		if i.Needed() {
			all = append(all, i)
		}
	}
	return all
}

// Wrong lists the questions whose answer was refused.
func (p *sittingPage) Wrong() []sittingItem {
	var all []sittingItem
	for _, i := range p.Items {
		if i.Error != "" && i.Value != "" {
			all = append(all, i)
		}
	}
	return all
}

// Minutes is about how long the whole takes.
func (p *sittingPage) Minutes() int { return (len(p.Items)*13 + 59) / 60 }

// Until says in words how long the questionnaire stays open.
func (p *sittingPage) Until() string { return p.Lang.Deadline(p.Closes()) }

// showSitting shows the form: at the screen of the moment, or at its last one with what is missing or wrong.
func (s *Server) showSitting(w http.ResponseWriter, r *http.Request, cause error) error {
	p := &sittingPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Въпросник", "Questionnaire")
	var err error
	if p.SittingView, err = s.Survey.Open(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	p.Thanks = p.Invitation.Done
	if cause == nil {
		p.lay()
		p.turn(p.start(r.URL.Query().Get("q")))
		return s.show(w, "sitting", p)
	}
	p.given, p.Faults = given(r, p.Parts), fault.All(cause)
	p.lay()
	p.turn(p.Last())
	return s.again(w, cause, &p.Page, "sitting", p)
}

// given reads the answers from the form. An item that is not in the form is not touched.
func given(r *http.Request, parts []survey.Part) map[survey.Wave]map[string]string {
	all := map[survey.Wave]map[string]string{}
	for _, p := range parts {
		for _, it := range p.Instrument.Items {
			if v, ok := r.PostForm[survey.FieldName(p.Wave, it.ID)]; ok {
				if all[p.Wave] == nil {
					all[p.Wave] = map[string]string{}
				}
				all[p.Wave][it.ID] = strings.TrimSpace(v[0])
			}
		}
	}
	return all
}

// answer keeps answers: each as it is given when the page saves by itself, those of the screen when a button leads to another,
// or all of them with the button at the end.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	v, err := s.Survey.Open(r.Context(), token)
	if err != nil {
		return err
	}
	answers := given(r, v.Parts)
	if r.Header.Get("X-Requested-With") == "save" {
		if err := s.Survey.Save(r.Context(), token, visitOf(r).request, answers); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if field(r, "act") == "finish" {
		if err := s.Survey.Finish(r.Context(), token, visitOf(r).request, answers); err != nil {
			return s.showSitting(w, r, err)
		}
		return to(w, r, r.URL.Path, "")
	}
	if err := s.Survey.Save(r.Context(), token, visitOf(r).request, answers); err != nil {
		return s.showSitting(w, r, err)
	}
	if n, err := strconv.Atoi(field(r, "go")); err == nil {
		return to(w, r, r.URL.Path+"?q="+url.QueryEscape(strconv.Itoa(n)), "")
	}
	return to(w, r, r.URL.Path+"?q=0", "saved")
}
