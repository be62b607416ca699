package testkit

import (
	"slices"

	"strengthen/internal/access"
)

// MayPlainly says who may do what a second time, by action and as plain ifs, so that a slip in the table of rights is seen.
// near is the nearest that the record comes to whoever asks: the record that a link opens, one's own, one on whose team one
// is, one of one's institution or region; empty for a record that has nothing to do with them. A new row of the table is written here too.
func MayPlainly(r access.Role, a access.Action, near access.Reach) bool {
	if slices.Contains([]access.Action{access.SeePublic, access.SignIn, access.CheckCert, access.ApplyForSeat, access.GiveSignal}, a) {
		return true
	}
	for _, of := range []func(access.Role, access.Action, access.Reach) (bool, bool){mayOnCases, mayOnData} {
		if may, about := of(r, a, near); about {
			return may
		}
	}
	in := func(all ...access.Role) bool { return slices.Contains(all, r) }
	region := r == access.Coordinator && near == access.ReachRegion
	team := r == access.Trainer && near == access.ReachTeam
	own := r == access.Participant && near == access.ReachOwn
	link := r == access.Applicant && near == access.ReachRecord
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
		return in(access.Manager) || region || team || own || in(access.Caseworker, access.Supervisor, access.Partner) && near == access.ReachOwn ||
			in(access.Supervisor) && near == access.ReachAgency
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
	case access.ImportAnswer, access.PlanStudy:
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
	case access.SeeAccount, access.InviteAccount, access.GrantRole, access.EndAccount, access.EditTables, access.EditHouse, access.SeeSystem,
		access.BackUp, access.RestoreAll, access.RotateKeys:
		return in(access.Administrator)
	case access.Work:
		return in(access.System)
	}
	return false
}

// mayOnCases is MayPlainly for the actions of casework; it reports false for every other.
func mayOnCases(r access.Role, a access.Action, near access.Reach) (may, about bool) {
	worker, head, partner := r == access.Caseworker, r == access.Supervisor, r == access.Partner
	practice := worker || head || partner
	ours, team := near == access.ReachAgency, near == access.ReachTeam
	switch a {
	case access.EnterSignal, access.SeeRequest, access.AnswerRequest:
		return practice && ours, true
	case access.HandleSignal:
		return practice && ours || (worker || head) && team, true
	case access.SeeSignal:
		return practice && ours || (worker || head) && team || partner && near == access.ReachOwn, true
	case access.OpenCase:
		return (worker || head) && ours, true
	case access.EndSignal, access.AssignCase, access.ApproveCase:
		return head && ours, true
	case access.KeepRota:
		return (head || partner) && ours, true
	case access.SeeCase, access.WriteCase:
		return practice && team || head && ours, true
	case access.LeadCase:
		return (worker || head) && team || head && ours, true
	case access.ShareCase:
		return worker && team || head && ours, true
	case access.SeeWho:
		return worker && team || head && ours || r == access.DataProtection, true
	case access.BreakGlass, access.FindChild:
		return practice, true
	case access.ReviewGlass, access.SetIdentity:
		return r == access.DataProtection, true
	case access.SeeFigures:
		return r == access.Manager || r == access.Evaluator || r == access.Funder || r == access.Coordinator && near == access.ReachRegion, true
	case access.EditRules:
		return r == access.Administrator, true
	}
	for _, part := range []string{"identity", "location", "health", "school", "police", "voice", "offender"} {
		if a == access.Action("case_"+part+".see") || a == access.Action("case_"+part+".write") {
			return practice && team, true
		}
	}
	return false, false
}

// mayOnData is MayPlainly for what becomes of personal data: terms, holds, erasure, requests of people, exports.
func mayOnData(r access.Role, a access.Action, near access.Reach) (may, about bool) {
	officer, admin := r == access.DataProtection, r == access.Administrator
	unit := r == access.Supervisor && near == access.ReachAgency
	asks := r == access.Manager || r == access.Coordinator || r == access.Supervisor
	switch a {
	case access.EditRetention, access.HoldRecord, access.ConfirmErasure, access.KeepRegister, access.TakeCopy, access.SeeOpenings:
		return officer, true
	case access.SeeRetention:
		return officer || admin || unit, true
	case access.AgreeErasure:
		return officer || unit, true
	case access.AgreeTidying, access.AgreeExport, access.ConfirmGrant:
		return officer || admin, true
	case access.SeeExports:
		return officer || admin || asks && near == access.ReachOwn, true
	case access.TakeExport:
		return (officer || asks) && near == access.ReachOwn, true
	case access.AskExport:
		return officer || unit || r == access.Manager || r == access.Coordinator && near == access.ReachRegion, true
	}
	return false, false
}
