package testkit

import (
	"slices"

	"strengthen/internal/access"
)

// MayPlainly says who may do what a second time, by action and as plain ifs, so that a slip in the table of rights is seen.
// near is the nearest that the record comes to whoever asks: the record that a link opens, one's own, one on whose team one
// is, one of one's region or institution; empty for a record that has nothing to do with them. A new row of the table is written here too.
func MayPlainly(r access.Role, a access.Action, near access.Reach) bool {
	if slices.Contains([]access.Action{access.SeePublic, access.SignIn, access.CheckCert, access.ApplyForSeat, access.GiveSignal}, a) {
		return true
	}
	in := func(all ...access.Role) bool { return slices.Contains(all, r) }
	region := r == access.Coordinator && near == access.ReachRegion
	team := r == access.Trainer && near == access.ReachTeam
	own := r == access.Participant && near == access.ReachOwn
	link := r == access.Applicant && near == access.ReachRecord
	works := in(access.Caseworker, access.Supervisor, access.Partner)
	house := works && near == access.ReachAgency
	heads := r == access.Supervisor && near == access.ReachAgency
	joins := works && near == access.ReachTeam
	switch a {
	case access.SeeHome, access.KeepOwn:
		return r == access.Member && near == access.ReachOwn
	case access.SeeProgramme:
		return in(access.Manager, access.Coordinator, access.Trainer, access.Evaluator, access.Funder)
	case access.ReadReport:
		return in(access.Manager, access.Coordinator, access.Evaluator, access.Funder)
	case access.SeeTraining:
		return in(access.Manager, access.System) || region || team || own
	case access.SeeSeat:
		return in(access.Manager, access.System) || region || team || own || link
	case access.PlanTraining, access.DecideSeat:
		return in(access.Manager, access.System) || region
	case access.RecordDay:
		return in(access.Manager) || region || team
	case access.SeeCompletion:
		return in(access.Manager) || region || team || own
	case access.SeeCert:
		return in(access.Manager) || region || own || link
	case access.WithdrawSeat:
		return in(access.Manager) || region || own || link
	case access.TakeSeat:
		return own || link
	case access.EndorseSeat:
		return r == access.Head && near == access.ReachRecord
	case access.GiveAnswer:
		return r == access.Respondent && near == access.ReachRecord
	case access.SeePerson:
		return in(access.Manager, access.DataProtection) || region || team || own
	case access.SeeAgency:
		return in(access.Manager, access.Coordinator, access.Administrator)
	case access.EditAgency:
		return in(access.Manager, access.Administrator)
	case access.SeeWave:
		return in(access.Manager, access.Evaluator) || region
	case access.ImportAnswer:
		return in(access.Manager, access.Evaluator)
	case access.ReadAnswer:
		return in(access.Evaluator)
	case access.OpenCode:
		return in(access.DataProtection, access.System)
	case access.SendWave, access.Certify:
		return in(access.Manager, access.System)
	case access.PlanProgramme, access.EditPerson, access.RevokeCert:
		return in(access.Manager)
	case access.SeeMail:
		return in(access.Manager, access.DataProtection)
	case access.SeeAudit:
		return in(access.DataProtection)
	case access.SeeAccount, access.InviteAccount, access.GrantRole, access.EndAccount, access.EditTables, access.EditHouse, access.SeeSystem:
		return in(access.Administrator)
	case access.BackUp, access.RestoreAll, access.RotateKeys, access.EditRules:
		return in(access.Administrator)
	case access.Work:
		return in(access.System)
	case access.EnterSignal, access.HandleSignal, access.SeeRequest, access.AnswerRequest:
		return house
	case access.SeeSignal:
		return house || r == access.Partner && near == access.ReachOwn
	case access.OpenCase:
		return house && r != access.Partner
	case access.EndSignal, access.AssignCase, access.ApproveCase, access.KeepRota:
		return heads
	case access.SeeCase, access.WriteCase:
		return heads || joins
	case access.LeadCase:
		return heads || joins && r != access.Partner
	case access.ShareCase:
		return heads || joins && r == access.Caseworker
	case access.SeeWho:
		return heads || joins && r == access.Caseworker || in(access.DataProtection)
	case access.BreakGlass, access.FindChild:
		return works
	case access.ReviewGlass, access.SetIdentity:
		return in(access.DataProtection)
	case access.SeeFigures:
		return in(access.Manager, access.Evaluator, access.Funder) || region
	}
	for _, part := range []string{"identity", "location", "health", "school", "police", "voice", "offender"} {
		if a == access.Action("case_"+part+".see") || a == access.Action("case_"+part+".write") {
			return joins
		}
	}
	return false
}
