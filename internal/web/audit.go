package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
)

type auditPage struct {
	Page
	Entries []access.Entry
	Filter  access.EntryFilter
	More    string
	names   map[access.PersonID]string
}

func (s *Server) audit(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := auditPage{Page: s.page(r, ""), Filter: access.EntryFilter{Actor: access.PersonID(q.Get("actor")), Record: q.Get("record"),
		Action: access.Action(q.Get("action")), Outcome: access.Outcome(q.Get("outcome")), Before: q.Get("before")}}
	p.Title = p.L("Кой какво е правил", "Who did what")
	var err error
	if p.Entries, err = s.Org.Entries(r.Context(), p.actor, p.Filter, pageSize+1); err != nil {
		return err
	}
	if len(p.Entries) > pageSize {
		p.Entries = p.Entries[:pageSize]
		last := p.Entries[pageSize-1]
		q.Set("before", last.At+"/"+last.ID)
		p.More = "?" + q.Encode()
	}
	ids := []access.PersonID{p.Filter.Actor}
	for _, e := range p.Entries {
		ids = append(ids, e.Actor)
	}
	if p.names, err = s.Org.Names(r.Context(), p.actor, ids); err != nil {
		return err
	}
	return s.show(w, "audit", &p)
}

// Who names the actor of an entry: a person by name where the reader may see it, and others by how they came.
func (p auditPage) Who(e access.Entry) string {
	switch {
	case e.Actor == "":
		return p.T("via." + string(e.Via))
	case p.names[e.Actor] != "":
		return p.names[e.Actor]
	}
	return string(e.Actor)
}

// Chosen names the person to whom the list is narrowed.
func (p auditPage) Chosen() string {
	if name := p.names[p.Filter.Actor]; name != "" {
		return name
	}
	return string(p.Filter.Actor)
}

// Narrow is the address of the list narrowed by one thing more.
func (p auditPage) Narrow(name, value string) string {
	q := p.r.URL.Query()
	q.Del("before")
	q.Set(name, value)
	return "?" + q.Encode()
}

// Widen is the address of the list without one of its conditions.
func (p auditPage) Widen(name string) string { return p.Narrow(name, "") }

// Actions lists the actions as options, by their words.
func (p auditPage) Actions() []Option {
	var all []Option
	for _, key := range p.s.words.Keys() {
		if action, ok := strings.CutPrefix(key, "action."); ok {
			all = append(all, Option{Value: action, Text: p.T(key), Chosen: action == string(p.Filter.Action)})
		}
	}
	slices.SortFunc(all, func(a, b Option) int { return strings.Compare(a.Text, b.Text) })
	return all
}

// RecordKind names the kind of a record.
func (p Page) RecordKind(kind string) string {
	if key := "kind." + kind; p.s.words.Has(key) {
		return p.T(key)
	}
	return kind
}

// At writes the moment of an entry.
func (p Page) At(text string) string {
	t, err := time.Parse("2006-01-02T15:04:05.999999999Z", text)
	if err != nil {
		return text
	}
	return p.When(t)
}
