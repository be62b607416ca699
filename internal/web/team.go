package web

import (
	"net/http"
	"slices"
	"strconv"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

// SeatOptions lists the institutions of the team.
func (p *casePage) SeatOptions() []Option {
	var all []Option
	for _, x := range p.Seats {
		if !slices.ContainsFunc(all, func(o Option) bool { return o.Value == string(x.Seat.Agency) }) {
			all = append(all, Option{Value: string(x.Seat.Agency), Text: x.Agency.Name})
		}
	}
	return all
}

// SeatPeople lists the people of the team who can answer for a task, with their institution.
func (p *casePage) SeatPeople() []Option {
	var all []Option
	for _, x := range p.Seats {
		if x.Person != "" && x.Until.IsZero() {
			all = append(all, Option{Value: string(x.Person), Text: x.Name + ", " + x.Agency.Name})
		}
	}
	return all
}

func (s *Server) team(r *http.Request, p *casePage) error {
	if err := s.caseOverview(r, p); err != nil {
		return err
	}
	var err error
	p.Agencies, err = s.Casework.Institutions(r.Context(), p.actor, p.Case.Region)
	if err != nil {
		return err
	}
	p.Staff = nil
	for _, x := range p.Seats {
		staff, err := s.Casework.Staff(r.Context(), p.actor, x.Seat.Agency)
		if err != nil {
			return err
		}
		for _, c := range staff {
			c.Name += ", " + x.Agency.Name
			p.Staff = append(p.Staff, c)
		}
	}
	return nil
}

func (s *Server) inviteSeat(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "team", s.team, func(by access.Actor, id casework.CaseID) error {
		days, err := strconv.Atoi(field(r, "days"))
		if err != nil {
			return fault.Field("days", "form.number")
		}
		return s.Casework.Invite(r.Context(), by, "seat/"+field(r, "key"), id, casework.Seat{Agency: access.AgencyID(field(r, "agency")), Person: access.PersonID(field(r, "person")), Function: field(r, "function")}, days)
	})
}

func (s *Server) leaveSeat(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "team", s.team, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Leave(r.Context(), by, id, r.PathValue("seat"))
	})
}
