package access

import "time"

// Action is something that a person may do. Its text is noun.verb; the catalogue explains it under "action.noun.verb".
type Action string

// The actions.
const (
	SeePublic Action = "public.see" // pages for everybody
	SignIn    Action = "account.signin"
	CheckCert Action = "certificate.check"
	SeeHome   Action = "home.see" // one's own first page

	SeeProgramme  Action = "programme.see"
	PlanProgramme Action = "programme.plan"

	SeeTraining   Action = "training.see"
	PlanTraining  Action = "training.plan"
	ApplyForSeat  Action = "seat.apply"
	SeeSeat       Action = "seat.see"
	DecideSeat    Action = "seat.decide"
	EndorseSeat   Action = "seat.endorse"
	WithdrawSeat  Action = "seat.withdraw"
	TakeSeat      Action = "seat.take" // accept or decline an offer
	RecordDay     Action = "attendance.record"
	SeeCompletion Action = "completion.see"
	Certify       Action = "certificate.issue"
	RevokeCert    Action = "certificate.revoke"
	SeeCert       Action = "certificate.see"

	SeePerson  Action = "person.see"
	EditPerson Action = "person.edit"
	SeeAgency  Action = "agency.see"
	EditAgency Action = "agency.edit"

	SeeAccount    Action = "account.see"
	InviteAccount Action = "account.invite"
	GrantRole     Action = "account.grant"
	EndAccount    Action = "account.suspend"
	KeepOwn       Action = "account.own" // one's own password, factors, sessions

	SeeWave      Action = "wave.see"
	SendWave     Action = "wave.send"
	GiveAnswer   Action = "answer.give"
	ReadAnswer   Action = "answer.read"
	ImportAnswer Action = "answer.import"
	OpenCode     Action = "code.open" // from study code to person

	ReadReport   Action = "report.read"
	PlanStudy    Action = "study.plan"  // write, lock and deviate from the plan of a study
	GiveSignal   Action = "signal.give" // by the public form
	EnterSignal  Action = "signal.enter"
	SeeSignal    Action = "signal.see"
	HandleSignal Action = "signal.handle"
	EndSignal    Action = "signal.end" // decide, as the second person, that there will be no case

	OpenCase      Action = "case.open"
	LeadCase      Action = "case.lead"    // call the team, ask for closing, name people
	AssignCase    Action = "case.assign"  // name the lead
	ApproveCase   Action = "case.approve" // close, as the second person
	ShareCase     Action = "case.share"
	SeeCase       Action = "case_core.see"
	WriteCase     Action = "case_core.write"
	SeeWho        Action = "case_access.see" // who opened the case, and why
	BreakGlass    Action = "glass.break"
	ReviewGlass   Action = "glass.review"
	SeeFigures    Action = "casework_figures.see"
	KeepRota      Action = "rota.keep"
	SeeRequest    Action = "request.see" // that came to one's institution
	AnswerRequest Action = "request.answer"
	EditRules     Action = "clock_rule.edit"
	SetIdentity   Action = "identity.set" // name the controller and the legal basis on which names are kept
	FindChild     Action = "child.find"   // by name or number, among the cases whose identity one may see

	SeeRetention   Action = "retention.see"        // what is proposed for erasure
	EditRetention  Action = "retention.edit"       // how long each class of data stays
	HoldRecord     Action = "retention.hold"       // keep a record from being erased
	ConfirmErasure Action = "retention.confirm"    // as the first of two people
	AgreeErasure   Action = "retention.agree"      // of a case or a signal, as the second
	AgreeTidying   Action = "retention.tidy"       // of anything else, as the second
	KeepRegister   Action = "subject_request.keep" // requests of people about their data
	TakeCopy       Action = "copy.take"            // everything that is kept about one person
	SeeExports     Action = "export.see"
	AskExport      Action = "export.ask"
	TakeExport     Action = "export.take"     // the file, once
	AgreeExport    Action = "export.agree"    // as the second person of a large one
	SeeOpenings    Action = "openings.see"    // who opened unusually many cases in a day
	ConfirmGrant   Action = "account.confirm" // a role that another gave, as the second person

	SeeMail    Action = "mail.see"
	SeeAudit   Action = "audit.see"
	EditTables Action = "tables.edit" // regions, sectors, professions, kinds of institution
	EditHouse  Action = "house.edit"  // who answers for the system and who pays for it
	SeeSystem  Action = "system.see"
	BackUp     Action = "system.backup"  // take everything out, encrypted
	RestoreAll Action = "system.restore" // bring it back
	RotateKeys Action = "system.keys"    // replace the root key
	Work       Action = "system.work"    // what background jobs do
)

// Reach says how far a right goes.
type Reach string

// The reaches, from near to far.
const (
	ReachRecord Reach = "record" // the one record that a link opens
	ReachOwn    Reach = "own"    // one's own records
	ReachTeam   Reach = "team"   // records on whose team one is
	ReachAgency Reach = "agency" // records of one's institution
	ReachRegion Reach = "region" // records of one's region
	ReachAll    Reach = "all"
)

// Row is one rule: who may do what, and how far.
type Row struct {
	Role   Role
	Action Action
	Reach  Reach
}

// Policy is the table of rules. What is not in it is refused.
type Policy []Row

// Standard returns the policy that the program ships.
func Standard() Policy {
	var p Policy
	p = p.with(Anyone, ReachAll, SeePublic, SignIn, CheckCert, ApplyForSeat)
	p = p.with(Manager, ReachAll,
		SeeProgramme, PlanProgramme, SeeTraining, PlanTraining, SeeSeat, DecideSeat, WithdrawSeat, RecordDay,
		SeeCompletion, Certify, RevokeCert, SeeCert, SeePerson, EditPerson, SeeAgency, EditAgency, SeeWave, SendWave,
		ImportAnswer, ReadReport, PlanStudy, SeeMail)
	p = p.with(Coordinator, ReachRegion,
		SeeTraining, PlanTraining, SeeSeat, DecideSeat, WithdrawSeat, RecordDay, SeeCompletion, SeeCert, SeePerson,
		SeeWave)
	p = p.with(Coordinator, ReachAll, SeeProgramme, SeeAgency, ReadReport)
	p = p.with(Trainer, ReachTeam, SeeTraining, SeeSeat, RecordDay, SeeCompletion, SeePerson)
	p = p.with(Trainer, ReachAll, SeeProgramme)
	p = p.with(Participant, ReachOwn, SeeTraining, SeeSeat, TakeSeat, WithdrawSeat, SeeCompletion, SeeCert, SeePerson)
	p = p.with(Applicant, ReachRecord, SeeSeat, TakeSeat, WithdrawSeat, SeeCert)
	p = p.with(Head, ReachRecord, EndorseSeat)
	p = p.with(Respondent, ReachRecord, GiveAnswer)
	p = p.with(Evaluator, ReachAll, SeeProgramme, SeeWave, ReadAnswer, ImportAnswer, ReadReport, PlanStudy)
	p = p.with(Funder, ReachAll, SeeProgramme, ReadReport)
	p = p.with(DataProtection, ReachAll, SeeAudit, OpenCode, SeePerson, SeeMail)
	p = p.with(Administrator, ReachAll,
		SeeAccount, InviteAccount, GrantRole, EndAccount, SeeAgency, EditAgency, EditTables, EditHouse, SeeSystem, BackUp, RestoreAll, RotateKeys)
	p = p.with(System, ReachAll, Work, SeeTraining, PlanTraining, SeeSeat, DecideSeat, SendWave, Certify, OpenCode)
	p = p.with(Member, ReachOwn, SeeHome, KeepOwn)
	return append(append(p, casework()...), privacy()...)
}

// parts are the compartments of a case beside its core; each is seen and written by actions of its own.
var parts = []string{"identity", "location", "health", "school", "police", "voice", "offender"}

// casework are the rows about signals and cases. A case is reached by its team; the head of the department reaches the core of
// the department's cases. What lies in other compartments is opened by shares, which end.
func casework() Policy {
	var p Policy
	p = p.with(Anyone, ReachAll, GiveSignal)
	p = p.with(Caseworker, ReachAgency, EnterSignal, SeeSignal, HandleSignal, OpenCase)
	p = p.with(Supervisor, ReachAgency, EnterSignal, SeeSignal, HandleSignal, EndSignal, OpenCase, SeeCase, WriteCase, LeadCase, AssignCase, ApproveCase, ShareCase, SeeWho, KeepRota)
	p = p.with(Partner, ReachAgency, EnterSignal, SeeSignal, HandleSignal, KeepRota) // no head there has an account: each institution keeps its own
	p = p.with(Partner, ReachOwn, SeeSignal)                                         // which they gave themselves
	p = p.with(Caseworker, ReachTeam, SeeSignal, HandleSignal, SeeCase, WriteCase, LeadCase, ShareCase, SeeWho)
	p = p.with(Supervisor, ReachTeam, SeeSignal, HandleSignal, SeeCase, WriteCase, LeadCase)
	p = p.with(Partner, ReachTeam, SeeCase, WriteCase)
	for _, part := range parts {
		for _, r := range []Role{Caseworker, Supervisor, Partner} {
			p = p.with(r, ReachTeam, Action("case_"+part+".see"), Action("case_"+part+".write"))
		}
	}
	for _, r := range []Role{Caseworker, Supervisor, Partner} {
		p = p.with(r, ReachAll, BreakGlass, FindChild)
		p = p.with(r, ReachAgency, SeeRequest, AnswerRequest)
		p = p.with(r, ReachOwn, SeeCompletion)
	}
	p = p.with(Supervisor, ReachAgency, SeeCompletion) // of those who work in the unit
	p = p.with(DataProtection, ReachAll, ReviewGlass, SeeWho, SetIdentity)
	p = p.with(Coordinator, ReachRegion, SeeFigures)
	p = p.with(Manager, ReachAll, SeeFigures)
	p = p.with(Evaluator, ReachAll, SeeFigures)
	p = p.with(Funder, ReachAll, SeeFigures)
	p = p.with(Administrator, ReachAll, EditRules)
	return p
}

// privacy are the rows about the life of data: what is erased and when, copies and exports, and the second person of an act that
// needs two. The second person is another officer or an administrator, who sees no contents; for a child's record it is another
// officer or the head of the unit.
func privacy() Policy {
	var p Policy
	p = p.with(DataProtection, ReachAll, SeeRetention, EditRetention, HoldRecord, ConfirmErasure, AgreeErasure, AgreeTidying,
		KeepRegister, TakeCopy, SeeExports, AskExport, AgreeExport, SeeOpenings, ConfirmGrant)
	p = p.with(Supervisor, ReachAgency, SeeRetention, AgreeErasure, AskExport)
	p = p.with(Administrator, ReachAll, SeeRetention, AgreeTidying, SeeExports, AgreeExport, ConfirmGrant)
	p = p.with(Manager, ReachAll, AskExport)
	p = p.with(Coordinator, ReachRegion, AskExport)
	for _, r := range []Role{Supervisor, Manager, Coordinator} {
		p = p.with(r, ReachOwn, SeeExports, TakeExport)
	}
	p = p.with(DataProtection, ReachOwn, TakeExport)
	return p
}

func (p Policy) with(r Role, reach Reach, actions ...Action) Policy {
	for _, a := range actions {
		p = append(p, Row{r, a, reach})
	}
	return p
}

// Without returns the policy with row i left out; tests use it to show that every row matters.
func (p Policy) Without(i int) Policy {
	return append(append(Policy{}, p[:i]...), p[i+1:]...)
}

// Scope returns where actor may do action at moment now. It is the only evaluation of the policy.
func (p Policy) Scope(a Actor, action Action, now time.Time) Scope {
	s := Scope{Person: a.Person}
	for _, g := range append([]Grant{{Role: Anyone}}, a.Grants...) {
		if !g.lives(now) {
			continue
		}
		for _, row := range p {
			if row.Role == g.Role && row.Action == action {
				s.widen(row.Reach, g, a.Person)
			}
		}
	}
	return s
}

func (s *Scope) widen(r Reach, g Grant, p PersonID) {
	switch r {
	case ReachAll:
		s.All = true
	case ReachRegion:
		if g.Region != "" {
			s.Regions = append(s.Regions, g.Region)
		}
	case ReachAgency:
		if g.Agency != "" {
			s.Agencies = append(s.Agencies, g.Agency)
		}
	case ReachTeam:
		s.Team = p
		if g.Agency != "" {
			s.Units = append(s.Units, g.Agency)
		}
	case ReachOwn:
		s.Own = p
	case ReachRecord:
		if g.Record != "" {
			s.Records = append(s.Records, g.Record)
		}
	}
}

// Can reports whether actor may do action to r at moment now.
func (p Policy) Can(a Actor, action Action, r Resource, now time.Time) bool {
	return p.Scope(a, action, now).Covers(r)
}

// May reports whether actor may do action anywhere at all; a page uses it to show or leave out a link.
func (p Policy) May(a Actor, action Action, now time.Time) bool {
	return !p.Scope(a, action, now).Empty()
}
