package store

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

const accountSelect = `SELECT a.person_id, a.login, a.hash, a.totp, a.totp_step, a.state, a.made_at,
	(SELECT count(*) FROM passkey AS k WHERE k.person_id = a.person_id) FROM account AS a`

func accountFields(a *org.Account) []any {
	return []any{&a.Person, &a.Login, str(&a.Hash), str(&a.TOTP), &a.Step, &a.State, at(&a.Made), &a.Passkeys}
}

func scanAccount(s scanner) (org.Account, error) {
	var a org.Account
	err := s.Scan(accountFields(&a)...)
	return a, err
}

// Account returns the account of a person.
func (tx *Tx) Account(ctx context.Context, id access.PersonID) (org.Account, error) {
	return one(ctx, tx, selectFrom(accountSelect).and("a.person_id = ?", string(id)), scanAccount)
}

// AccountByLogin returns the account of a folded login.
func (tx *Tx) AccountByLogin(ctx context.Context, login string) (org.Account, error) {
	return one(ctx, tx, selectFrom(accountSelect).and("a.login = ?", login), scanAccount)
}

// AccountCards lists every account with its person's name and living roles.
func (tx *Tx) AccountCards(ctx context.Context) ([]org.AccountCard, error) {
	cards, err := collect(ctx, tx, selectFrom(`SELECT a.person_id, a.login, a.hash, a.totp, a.totp_step, a.state, a.made_at,
		(SELECT count(*) FROM passkey AS k WHERE k.person_id = a.person_id), p.name FROM account AS a JOIN person AS p ON p.id = a.person_id`).by("ORDER BY p.sort, p.id"),
		func(s scanner) (org.AccountCard, error) {
			var c org.AccountCard
			err := s.Scan(append(accountFields(&c.Account), &c.Name)...)
			c.Factor, c.Hash, c.TOTP = c.HasFactor(), "", ""
			return c, err
		})
	if err != nil {
		return nil, err
	}
	grants, err := collect(ctx, tx, selectFrom(grantSelect).and("ended_at IS NULL").by("ORDER BY granted_at, id"), scanGrant)
	of, waiting := map[access.PersonID][]org.RoleGrant{}, map[access.PersonID][]org.RoleGrant{}
	for _, g := range grants {
		if g.Waits {
			waiting[g.Person] = append(waiting[g.Person], g)
			continue
		}
		of[g.Person] = append(of[g.Person], g)
	}
	for i := range cards {
		cards[i].Grants, cards[i].Waiting = of[cards[i].Person], waiting[cards[i].Person]
	}
	return cards, err
}

// PutAccount adds or changes an account.
func (tx *Tx) PutAccount(ctx context.Context, a org.Account) error {
	return tx.upsert(ctx, "account", 1, field{"person_id", string(a.Person)}, field{"login", a.Login},
		field{"hash", text(a.Hash)}, field{"totp", text(a.TOTP)}, field{"totp_step", a.Step},
		field{"state", string(a.State)}, field{"made_at", moment(a.Made)})
}

const grantSelect = `SELECT id, person_id, role, region_id, agency_id, until_at, granted_by, granted_at, ended_at, waits, confirmed_by FROM role_grant`

func scanGrant(s scanner) (org.RoleGrant, error) {
	var g org.RoleGrant
	err := s.Scan(&g.ID, &g.Person, &g.Role, str(&g.Region), str(&g.Agency), at(&g.Until), &g.By, at(&g.At), at(&g.Ended), &g.Waits, str(&g.ConfirmedBy))
	return g, err
}

// Grants returns every role that a person was ever given, without those that wait for a second person.
func (tx *Tx) Grants(ctx context.Context, id access.PersonID) ([]org.RoleGrant, error) {
	return collect(ctx, tx, selectFrom(grantSelect).and("person_id = ?", string(id)).and("NOT waits").by("ORDER BY granted_at, id"), scanGrant)
}

// PutGrant adds or changes a grant of a role.
func (tx *Tx) PutGrant(ctx context.Context, g org.RoleGrant) error {
	return tx.upsert(ctx, "role_grant", 1, field{"id", g.ID}, field{"person_id", string(g.Person)},
		field{"role", string(g.Role)}, field{"region_id", text(g.Region)}, field{"agency_id", text(g.Agency)}, field{"until_at", moment(g.Until)},
		field{"granted_by", string(g.By)}, field{"granted_at", moment(g.At)}, field{"ended_at", moment(g.Ended)},
		field{"waits", g.Waits}, field{"confirmed_by", text(g.ConfirmedBy)})
}

// WaitingGrant returns a role that waits for a second person.
func (tx *Tx) WaitingGrant(ctx context.Context, id string) (org.RoleGrant, error) {
	return one(ctx, tx, selectFrom(grantSelect).and("id = ?", id).and("waits").and("ended_at IS NULL"), scanGrant)
}

// HaveConfirmed counts who else could ever give a role its second word: everybody who came in as officer or administrator,
// even if they do no longer, but those named.
func (tx *Tx) HaveConfirmed(ctx context.Context, but ...access.PersonID) (int, error) {
	q := selectFrom(`SELECT count(DISTINCT g.person_id) FROM role_grant AS g JOIN account AS a ON a.person_id = g.person_id`).
		and("g.role IN ('dataprotection', 'administrator')").and("NOT g.waits").and("a.state <> 'invited'")
	for _, p := range but {
		q.and("g.person_id <> ?", string(p))
	}
	return tx.count(ctx, q)
}

// RecoveryCodes returns the hashes of a person's unused recovery codes.
func (tx *Tx) RecoveryCodes(ctx context.Context, id access.PersonID) ([]string, error) {
	return collect(ctx, tx, selectFrom(`SELECT hash FROM recovery_code`).and("person_id = ?", string(id)).
		and("used_at IS NULL").by("ORDER BY hash"), scanText[string])
}

// PutRecoveryCodes replaces a person's recovery codes.
func (tx *Tx) PutRecoveryCodes(ctx context.Context, id access.PersonID, hashes []string) error {
	if _, err := tx.exec(ctx, `DELETE FROM recovery_code WHERE person_id = $1`, string(id)); err != nil {
		return err
	}
	for _, h := range hashes {
		if err := tx.insert(ctx, "recovery_code", field{"hash", h}, field{"person_id", string(id)}); err != nil {
			return err
		}
	}
	return nil
}

// UseRecoveryCode marks a code as used; a code that is used already is a Conflict.
func (tx *Tx) UseRecoveryCode(ctx context.Context, hash string) error {
	n, err := tx.keep(ctx, `UPDATE recovery_code SET used_at = $1 WHERE hash = $2 AND used_at IS NULL`, moment(tx.Now()), hash)
	return usedOnce(n, err)
}

// UseStep marks the time step of an authenticator's code as used; a step that is not later than the last one is a Conflict.
func (tx *Tx) UseStep(ctx context.Context, id access.PersonID, step int64) error {
	n, err := tx.keep(ctx, `UPDATE account SET totp_step = $1 WHERE person_id = $2 AND totp_step < $1`, step, string(id))
	return usedOnce(n, err)
}

func usedOnce(n int64, err error) error {
	if err == nil && n != 1 {
		err = fault.New(fault.Conflict, "fault.changed")
	}
	return err
}
