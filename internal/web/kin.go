package web

import (
	"net/http"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/casework"
)

func (s *Server) markDuplicate(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.MarkDuplicate(r.Context(), by, id, version(r), field(r, "ref"))
	})
}

func (s *Server) undoDuplicate(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.UndoDuplicate(r.Context(), by, id, version(r))
	})
}

func (s *Server) groupCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Group(r.Context(), by, id, casework.KinKind(field(r, "kind")), field(r, "ref"))
	})
}

func (s *Server) ungroupCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Ungroup(r.Context(), by, id, casework.KinKind(field(r, "kind")), field(r, "ref"))
	})
}

// KinKinds lists the kinds of group in which the case stands, as options.
func (p *casePage) KinKinds() []Option {
	return slices.DeleteFunc(p.Codes("kin."), func(o Option) bool {
		return !slices.ContainsFunc(p.Kin, func(k casework.KinView) bool { return string(k.Kind) == o.Value })
	})
}
