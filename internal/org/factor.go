package org

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

const totpPeriod = 30 // seconds, RFC 6238

// noCode is the message that asks for the code of the second factor.
const noCode = "signin.code"

// checkFactor asks for the second factor: it reports whether one was proved, and what is wrong as a message key, or "". A code
// of the authenticator works once; a recovery code works once. Somebody who has only passkeys may come with a recovery code,
// or without, and then has the rights of one who proved no second factor.
func (s *Service) checkFactor(ctx context.Context, tx Tx, a Account, code string) (proved bool, wrong string, err error) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	switch {
	case !a.HasFactor(), a.TOTP == "" && code == "":
		return false, "", nil
	case code == "":
		return false, noCode, nil
	case len(code) > 8:
		wrong, err = s.useRecovery(ctx, tx, a, code)
	case a.TOTP == "":
		wrong = "signin.wrongcode"
	default:
		wrong, err = s.useCode(ctx, tx, a, code)
	}
	return wrong == "" && err == nil, wrong, err
}

func (s *Service) useCode(ctx context.Context, tx Tx, a Account, code string) (string, error) {
	secret, err := s.box.Open(FactorPlace(a.Person), a.TOTP)
	if err != nil {
		return "", err
	}
	step, ok := stepOf(secret, code, tx.Now())
	if !ok {
		return "signin.wrongcode", nil
	}
	err = tx.UseStep(ctx, a.Person, step)
	if fault.Is(err, fault.Conflict) { // the code was used before
		return "signin.wrongcode", nil
	}
	return "", err
}

// FactorBox is the purpose of the box that seals secrets of second factors; FactorPlace is where a person's lies.
const FactorBox = "totp"

// FactorPlace is the place for which a person's secret is sealed.
func FactorPlace(id access.PersonID) string { return "account/" + string(id) + "/totp" }

// stepOf returns the time step to which code belongs: the present one, or the one before or after it.
func stepOf(secret, code string, now time.Time) (int64, bool) {
	for _, d := range []int64{0, -1, 1} {
		at := now.Add(time.Duration(d*totpPeriod) * time.Second)
		want, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{
			Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
		})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return at.Unix() / totpPeriod, true
		}
	}
	return 0, false
}

func (s *Service) useRecovery(ctx context.Context, tx Tx, a Account, code string) (string, error) {
	hash := access.HashToken(string(a.Person) + "/" + strings.ToLower(strings.ReplaceAll(code, "-", "")))
	left, err := tx.RecoveryCodes(ctx, a.Person)
	if err != nil {
		return "", err
	}
	for _, h := range left {
		if h == hash {
			return "", tx.UseRecoveryCode(ctx, hash)
		}
	}
	return "signin.wrongcode", nil
}

// NewFactor is a second factor that is not in force yet. Sealed goes through the form and comes back to ConfirmFactor.
type NewFactor struct {
	Secret string // for typing into an authenticator
	URL    string // otpauth:// address, for the QR code
	Sealed string
}

// BeginFactor makes the secret of a new second factor.
func (s *Service) BeginFactor(ctx context.Context, by access.Actor) (NewFactor, error) {
	var f NewFactor
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, by.Person)
		if err != nil {
			return err
		}
		k, err := totp.Generate(totp.GenerateOpts{Issuer: "Strengthen", AccountName: a.Login, Period: totpPeriod})
		if err != nil {
			return err
		}
		f = NewFactor{Secret: k.Secret(), URL: k.URL(), Sealed: s.box.Seal("pending/"+string(by.Person), k.Secret())}
		return nil
	})
	return f, err
}

// ConfirmFactor puts a new second factor in force when code proves that the person holds it, and returns ten recovery
// codes, which are shown once. Replacing an existing factor needs a recent step-up. The session by which the person came is
// raised to one with a second factor; every other one ends.
func (s *Service) ConfirmFactor(ctx context.Context, by access.Actor, sealedSecret, code string) ([]string, error) {
	secret, err := s.box.Open("pending/"+string(by.Person), sealedSecret)
	if err != nil {
		return nil, fault.New(fault.Invalid, "factor.again").At("code")
	}
	var codes []string
	err = s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, by.Person)
		if err != nil {
			return err
		}
		if a.HasFactor() && tx.Now().Sub(by.StepUp) > StepUpLimit {
			return fault.New(fault.Conflict, "stepup.needed")
		}
		step, ok := stepOf(secret, strings.TrimSpace(code), tx.Now())
		if !ok {
			return fault.Field("code", "signin.wrongcode")
		}
		a.TOTP, a.Step = s.box.Seal(FactorPlace(by.Person), secret), step
		if err := tx.PutAccount(ctx, a); err != nil {
			return err
		}
		var hashes []string
		codes, hashes = newRecoveryCodes(by.Person)
		if err := tx.PutRecoveryCodes(ctx, by.Person, hashes); err != nil {
			return err
		}
		return raise(ctx, tx, by)
	})
	return codes, err
}

// raise marks the actor's session as opened with a second factor and ends the others.
func raise(ctx context.Context, tx Tx, by access.Actor) error {
	if by.Session != "" {
		if err := tx.RaiseSession(ctx, by.Session); err != nil {
			return err
		}
	}
	return tx.EndSessions(ctx, by.Person, by.Session)
}

func newRecoveryCodes(id access.PersonID) (codes, hashes []string) {
	for range 10 {
		raw := strings.ToLower(rand.Text()[:20])
		codes = append(codes, raw[:5]+"-"+raw[5:10]+"-"+raw[10:15]+"-"+raw[15:])
		hashes = append(hashes, access.HashToken(string(id)+"/"+raw))
	}
	return codes, hashes
}

// StepUp proves again who sits there: password, and code where there is a second factor. The session gets a new secret.
func (s *Service) StepUp(ctx context.Context, by access.Actor, c Credentials) (string, error) {
	err := s.store.View(ctx, by, func(tx Tx) error {
		a, err := tx.Account(ctx, by.Person)
		c.Login = a.Login
		return err
	})
	if err != nil {
		return "", err
	}
	a, err := s.knock(ctx, c)
	if err != nil {
		return "", err
	}
	right, err := s.matches(ctx, a.Hash, c.Password)
	if err != nil {
		return "", err
	}
	if !right {
		return "", s.refuse(ctx, by, a, "signin.wrong")
	}
	var token, wrong string
	var proved bool
	err = s.store.Update(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		if a, err = tx.Account(ctx, by.Person); err != nil {
			return err
		}
		if proved, wrong, err = s.checkFactor(ctx, tx, a, c.Code); err != nil || wrong != "" {
			return err
		}
		if err := forgive(ctx, tx, c); err != nil {
			return err
		}
		token, err = s.again(ctx, tx, by, Session{Device: c.Device, Factor: proved})
		return err
	})
	if err == nil && wrong != "" {
		return "", s.wrongFactor(ctx, by, a, c, wrong)
	}
	return token, err
}

// again replaces the actor's session by one with a new secret and a fresh proof; it does not outlast the old one.
func (s *Service) again(ctx context.Context, tx Tx, by access.Actor, ses Session) (string, error) {
	old, err := tx.Session(ctx, by.Session)
	if err != nil {
		return "", err
	}
	if err := tx.EndSession(ctx, by.Session); err != nil {
		return "", err
	}
	ses.Person, ses.StepUp, ses.Until, ses.Factor = by.Person, tx.Now(), old.Until, ses.Factor || old.Factor
	return s.begin(ctx, tx, ses)
}
