package web

import (
	"net/http"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

// Natures, wishes and the like are code lists; these are the words of a note.
func (p *casePage) NotesOf(part string) []casework.Note {
	return slices.DeleteFunc(slices.Clone(p.Notes), func(n casework.Note) bool { return string(n.Part) != part })
}

// LastVoice is the last note of the child's own words, if the reader may see one.
func (p *casePage) LastVoice() *casework.Note {
	for i := range p.Notes {
		if p.Notes[i].Part == casework.Voice {
			return &p.Notes[i]
		}
	}
	return nil
}

func (s *Server) addNote(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "notes", s.notes, func(by access.Actor, id casework.CaseID) error {
		_, err := s.Casework.AddNote(r.Context(), by, "note/"+field(r, "key"), casework.Note{
			Case: id, Part: casework.Compartment(field(r, "part")), Nature: casework.Nature(field(r, "nature")), Source: words(r, "source"), Text: words(r, "text"), Wish: field(r, "wish"),
		})
		return err
	})
}

type notePage struct {
	casePage
	Note casework.Note
}

func (s *Server) notePage(r *http.Request) (*notePage, error) {
	p := &notePage{casePage: *s.newCasePage(r, "notes")}
	if err := s.notes(r, &p.casePage); err != nil {
		return p, err
	}
	i := slices.IndexFunc(p.Notes, func(n casework.Note) bool { return n.ID == r.PathValue("note") })
	if i < 0 || !p.Write[p.Notes[i].Part] {
		return p, fault.New(fault.NotFound, "fault.notfound")
	}
	p.Note = p.Notes[i]
	p.Saw = casework.Form{"source": p.Note.Source, "text": p.Note.Text}
	return p, nil
}

func (s *Server) noteForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.notePage(r)
	if err != nil {
		return err
	}
	return s.show(w, "note", p)
}

// saveNote changes a statement. When somebody else changed the same in the meantime, both texts are shown.
func (s *Server) saveNote(w http.ResponseWriter, r *http.Request) error {
	saw, mine := form(r, "source", "text")
	err := s.Casework.EditNote(r.Context(), visitOf(r).actor(), caseID(r), r.PathValue("note"), saw, mine)
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/notes", "saved")
	}
	p, e := s.notePage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.clashed(err, saw, func(f string) string {
		return map[string]string{"source": p.L("Източник", "Source"), "text": p.L("Текст", "Text")}[f]
	})
	p.Note.Source, p.Note.Text = mine["source"], mine["text"]
	return s.again(w, err, &p.Page, "note", p)
}
