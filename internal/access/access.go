// Package access decides who may do what. The policy is one table of role, action and reach; Policy.Scope is its only
// evaluation. Can applies a Scope to one Resource, and the store renders the same Scope to SQL, so that a list shows what
// may be opened and nothing else. The package knows no subject, no database and no page.
package access

import (
	"slices"
	"time"
)

// PersonID names a person in the house; it is random and tells nothing.
type PersonID string

// AgencyID names an institution or organisation.
type AgencyID string

// RegionID is the three-letter EKATTE code of an oblast, such as PER.
type RegionID string

// Role is what a person is in the programme. Roles are granted, each with its reach.
type Role string

// The roles. Anyone is held by every actor, with or without an account. Head and Respondent are held through a one-time
// link and never granted to an account; System is the program itself.
const (
	Anyone         Role = "anyone"
	Manager        Role = "manager"        // programme manager
	Coordinator    Role = "coordinator"    // regional coordinator
	Trainer        Role = "trainer"        // leads trainings
	Participant    Role = "participant"    // professional who takes part
	Member         Role = "member"         // whoever has an account and signed in
	Head           Role = "head"           // head of an institution, by link
	Applicant      Role = "applicant"      // asks for a seat, by link
	Respondent     Role = "respondent"     // answers a questionnaire, by link
	Evaluator      Role = "evaluator"      // reads answers by study code
	Funder         Role = "funder"         // reads aggregates
	DataProtection Role = "dataprotection" // data protection officer
	Administrator  Role = "administrator"  // keeps the house, opens no personal data
	Caseworker     Role = "caseworker"     // social worker in child protection: takes signals, leads cases
	Supervisor     Role = "supervisor"     // head of a child protection department
	Partner        Role = "partner"        // police, school, health, prosecution, municipality, service: works on cases with others
	System         Role = "system"         // background work
)

// Grantable lists the roles that an account can hold, in the order in which pages show them.
func Grantable() []Role {
	return []Role{Manager, Coordinator, Trainer, Participant, Caseworker, Supervisor, Partner, Evaluator, Funder, DataProtection, Administrator}
}

// OfAgency reports whether a role is held in an institution, which its grant has to name.
func OfAgency(r Role) bool { return r == Caseworker || r == Supervisor || r == Partner }

// NeedsFactor reports whether a holder of r reads names, contact data or single answers of other people, or gives power
// away, and so must come with a second factor.
func NeedsFactor(r Role) bool {
	return slices.Contains([]Role{Manager, Coordinator, Trainer, Caseworker, Supervisor, Partner, Evaluator, DataProtection, Administrator}, r)
}

// NeedsSecond reports whether a role that one person gives is in force only when another has agreed: those who see children's
// records or what was done with them, and those who give roles.
func NeedsSecond(r Role) bool {
	return slices.Contains([]Role{Caseworker, Supervisor, Partner, DataProtection, Administrator}, r)
}

// Grant is a role held by a person, limited to a region or a record where the role is, until a moment where it ends.
type Grant struct {
	Role   Role
	Region RegionID  // for Coordinator
	Agency AgencyID  // for the roles of OfAgency
	Record string    // for Head and Respondent: the one record that the link opens
	Until  time.Time // zero: no end
}

// Via says how an actor came.
type Via string

// The ways.
const (
	ViaSession Via = "session"
	ViaLink    Via = "link"
	ViaSystem  Via = "system"
	ViaCommand Via = "command"
	ViaPublic  Via = "public"
)

// Actor is who acts, with what rights, and how they came. The zero Actor is a member of the public with no rights.
type Actor struct {
	Person  PersonID
	Grants  []Grant
	Via     Via
	Request string    // identifier of the request, for the record
	Session string    // hash of the session by which the person came; rights are read anew through it before every write
	StepUp  time.Time // when the person last proved who they are
}

// Public is an actor without rights.
func Public(request string) Actor { return Actor{Via: ViaPublic, Request: request} }

// TheSystem is the program itself, doing background work.
func TheSystem() Actor {
	return Actor{Via: ViaSystem, Grants: []Grant{{Role: System}}}
}

// ByLink is an actor who holds a one-time link to one record in role r.
func ByLink(r Role, record, request string) Actor {
	return Actor{Via: ViaLink, Request: request, Grants: []Grant{{Role: r, Record: record}}}
}

// Holds reports whether the actor holds role r at moment now.
func (a Actor) Holds(r Role, now time.Time) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == r && g.lives(now) })
}

// AgencyAt returns the institution in whose name the actor acts at moment now, or "".
func (a Actor) AgencyAt(now time.Time) AgencyID {
	for _, g := range a.Grants {
		if g.Agency != "" && g.lives(now) {
			return g.Agency
		}
	}
	return ""
}

func (g Grant) lives(now time.Time) bool { return g.Until.IsZero() || now.Before(g.Until) }

// Resource says what the policy needs to know of a record.
type Resource struct {
	Kind       string // such as "training"
	ID         string
	Region     RegionID
	Agency     AgencyID   // the institution that answers for it
	Own        PersonID   // whose record it is
	Team       []PersonID // who works on it, such as the trainers of a training
	Units      []AgencyID // institutions all of whose people work on it
	Barred     []PersonID // who must never reach it, whatever else they may
	Restricted bool       // only its team reaches it: no region, no institution, no role that sees everything
}

// Scope is the part of the world in which an actor may do one action. The zero Scope covers nothing.
type Scope struct {
	All      bool
	Regions  []RegionID
	Agencies []AgencyID
	Team     PersonID   // records on whose team this person is
	Units    []AgencyID // or on whose team one of these institutions is
	Own      PersonID   // records of this person
	Records  []string   // single records, by link
	Person   PersonID   // who asks; what bars this person is left out
}

// Empty reports whether s covers nothing at all.
func (s Scope) Empty() bool {
	return !s.All && len(s.Regions) == 0 && len(s.Agencies) == 0 && s.Team == "" && len(s.Units) == 0 && s.Own == "" && len(s.Records) == 0
}

// Covers reports whether r lies within s.
func (s Scope) Covers(r Resource) bool {
	switch {
	case s.Person != "" && slices.Contains(r.Barred, s.Person):
		return false
	case s.Team != "" && slices.Contains(r.Team, s.Team), meet(s.Units, r.Units):
		return true
	case s.Own != "" && r.Own == s.Own:
		return true
	case r.ID != "" && slices.Contains(s.Records, r.ID):
		return true
	case r.Restricted:
		return false
	}
	return s.All || r.Region != "" && slices.Contains(s.Regions, r.Region) || r.Agency != "" && slices.Contains(s.Agencies, r.Agency)
}

func meet(a, b []AgencyID) bool {
	return slices.ContainsFunc(a, func(x AgencyID) bool { return slices.Contains(b, x) })
}
