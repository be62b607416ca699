package web

import (
	"net/http"

	"strengthen/internal/access"
	"strengthen/internal/casework"
)

func (s *Server) timeline(r *http.Request, p *casePage) error {
	q := r.URL.Query()
	p.Filter = casework.EventFilter{What: q.Get("what"), Agency: access.AgencyID(q.Get("agency")), Before: q.Get("before"), All: q.Get("all") != "", Limit: pageSize + 1}
	if p.Filter.All {
		p.Filter.Before = ""
	}
	v, err := s.Casework.Timeline(r.Context(), p.actor, caseID(r), p.Filter)
	if err != nil {
		return err
	}
	if len(v.Events) > pageSize && !p.Filter.All {
		v.Events = v.Events[:pageSize]
		q.Set("before", v.Events[pageSize-1].Cursor())
		p.More = "?" + q.Encode()
	}
	if p.More != "" || p.Filter.Before != "" {
		q.Del("before")
		q.Set("all", "1")
		p.Whole = "?" + q.Encode()
	}
	return p.fill(r, v)
}

// whats are the kinds of line in a timeline: how their names begin, in the order of pages.
var whats = [][3]string{
	{"step.", "етапи", "stages"}, {"event.", "събития", "events"}, {"signal.", "сигнали", "signals"}, {"flag.", "отметки", "flags"}, {"case.", "водещ и свързани случаи", "lead and grouped cases"},
	{"team.", "екип", "team"}, {"meeting.", "срещи", "meetings"}, {"plan.", "план", "plan"}, {"task.", "задачи", "tasks"}, {"request.", "искания", "requests"},
	{"note.", "записи", "notes"}, {"file.", "файлове", "files"}, {"identity.", "самоличност", "identity"}, {"consent.", "съгласия", "consents"}, {"share.", "споделяне", "sharing"},
	{"person.", "изключени хора", "excluded people"}, {"glass.", "достъп по спешност", "emergency access"}, {"protection.", "полицейска закрила", "police protection"},
	{"restorative.", "възстановителен процес", "restorative process"}, {"clock.", "отпаднали срокове", "terms given up"},
}

// Whats lists the kinds of line by which a timeline is narrowed.
func (p *casePage) Whats() []Option {
	var all []Option
	for _, x := range whats {
		all = append(all, Option{x[0], p.L(x[1], x[2]), p.Filter.What == x[0]})
	}
	return all
}

// ActorOptions lists the institutions of which the timeline tells.
func (p *casePage) ActorOptions() []Option {
	var all []Option
	for _, a := range p.Actors {
		all = append(all, Option{string(a.ID), a.Name, p.Filter.Agency == a.ID})
	}
	return all
}
