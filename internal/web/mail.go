package web

import (
	"net/http"
	"slices"
	"strings"

	"strengthen/internal/fault"
	"strengthen/internal/org"
)

type mailPage struct {
	Page
	Messages []org.Message
	Counts   map[org.MessageState]int
	Filter   org.MessageFilter
	More     string
}

func (s *Server) mail(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := mailPage{Page: s.page(r, ""), Filter: org.MessageFilter{State: org.MessageState(q.Get("state")), Kind: q.Get("kind"), Find: q.Get("find"), After: q.Get("after")}}
	p.Title = p.L("Писма", "Mail")
	var err error
	if p.Counts, err = s.Org.MailCounts(r.Context(), p.actor); err != nil {
		return err
	}
	if !slices.Contains(messageStates, p.Filter.State) {
		p.Filter.State = org.Sent
	}
	var cursor string
	if p.Messages, cursor, err = s.Org.Messages(r.Context(), p.actor, p.Filter, pageSize); err != nil {
		return err
	}
	if cursor != "" {
		q.Set("after", cursor)
		p.More = "?" + q.Encode()
	}
	return s.show(w, "mail", &p)
}

// messageStates are the tabs of the ledger.
var messageStates = []org.MessageState{org.Sent, org.Planned, org.Failed, org.Cancelled}

// Headline says whether anything is wrong with the mail.
func (p mailPage) Headline() string {
	if n := p.Counts[org.Failed]; n > 0 {
		return p.Count(n, "{n} писмо не стигна", "{n} писма не стигнаха", "{n} message did not arrive", "{n} messages did not arrive")
	}
	return p.Count(p.Counts[org.Sent], "{n} писмо е изпратено, всички са стигнали до пощенския сървър", "{n} писма са изпратени, всички са стигнали до пощенския сървър",
		"{n} message was sent; the mail server took every one", "{n} messages were sent; the mail server took every one")
}

// Tabs lists the states of mail with how many there are.
func (p mailPage) Tabs() []Tab {
	var all []Tab
	for _, s := range messageStates {
		all = append(all, Tab{Href: "/mail?state=" + string(s), Text: p.T("mailtab."+string(s)) + " (" + p.Int(p.Counts[s]) + ")", Here: s == p.Filter.State})
	}
	return all
}

// Kinds lists the kinds of message as options.
func (p mailPage) Kinds() []Option {
	var all []Option
	for _, key := range p.s.words.Keys() {
		if kind, ok := strings.CutPrefix(key, "mailkind."); ok {
			all = append(all, Option{Value: kind, Text: p.T(key), Chosen: kind == p.Filter.Kind})
		}
	}
	slices.SortFunc(all, func(a, b Option) int { return strings.Compare(a.Text, b.Text) })
	return all
}

// About says what a message is about.
func (p Page) About(m org.Message) string {
	text := p.T("mailkind." + m.Kind)
	if wave := m.Vars["wave"]; wave != "" {
		text += ": " + strings.ToLower(p.T("wave."+wave))
		if m.Vars["n"] != "0" {
			text += ", " + p.L("напомняне", "reminder")
		}
	}
	return text
}

// letterPage is one message as its receiver reads it, without the personal link.
type letterPage struct {
	Page
	Message       org.Message
	Subject, Body string
}

func (s *Server) letter(w http.ResponseWriter, r *http.Request) error {
	p := letterPage{Page: s.page(r, "")}
	p.Title = p.L("Писмо", "A message")
	var err error
	if p.Message, err = s.Org.Message(r.Context(), p.actor, r.PathValue("id")); err != nil {
		return err
	}
	if p.Subject, p.Body, err = s.Letter(r.Context(), p.Message); err != nil {
		return err
	}
	return s.show(w, "letter", &p)
}

func (s *Server) retryMail(w http.ResponseWriter, r *http.Request) error {
	if err := s.Org.RetryMail(r.Context(), visitOf(r).actor(), r.PathValue("id")); err != nil {
		return err
	}
	return to(w, r, "/mail?state=planned", "retried")
}

type settingsPage struct {
	Page
	Form org.House
}

func (s *Server) settings(w http.ResponseWriter, r *http.Request) error {
	p := settingsPage{Page: s.page(r, "")}
	p.Title = p.L("Кой отговаря и кой финансира", "Who answers and who funds")
	var err error
	if p.Form, err = s.Org.House(r.Context()); err != nil {
		return err
	}
	return s.show(w, "settings", &p)
}

func (s *Server) saveSettings(w http.ResponseWriter, r *http.Request) error {
	p := settingsPage{Page: s.page(r, "")}
	p.Title = p.L("Кой отговаря и кой финансира", "Who answers and who funds")
	var l fault.List
	p.Form = org.House{Controller: field(r, "controller"), Address: field(r, "address"), Contact: field(r, "contact"), Officer: field(r, "officer"),
		ProjectBG: field(r, "project_bg"), ProjectEN: field(r, "project_en"), Grant: field(r, "grant"), Programme: field(r, "programme"),
		Retention: number(r, "retention", &l), Version: field(r, "version")}
	err := l.Err()
	if err == nil {
		err = s.Org.SaveHouse(r.Context(), p.actor, p.Form)
	}
	if err != nil {
		return s.again(w, err, &p.Page, "settings", &p)
	}
	s.house.Store(nil)
	return to(w, r, "/settings", "saved")
}
