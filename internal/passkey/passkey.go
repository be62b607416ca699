// Package passkey speaks WebAuthn (W3C Web Authentication, Level 3) for the house: it asks a browser for a passkey and checks
// what comes back. It keeps nothing; package org keeps credentials and decides who comes in.
package passkey

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"strengthen/internal/org"
)

// Door asks for passkeys of one site.
type Door struct{ w *webauthn.WebAuthn }

var _ org.Authenticator = (*Door)(nil)

// New returns the door of the site at an address such as https://strengthen.example. Browsers keep passkeys for names, not for
// numbers: at an address like http://127.0.0.1:8080 there are none, and New returns nil.
func New(site string) (*Door, error) {
	u, err := url.Parse(site)
	if err != nil {
		return nil, fmt.Errorf("address of the site: %w", err)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || u.Hostname() == "" {
		return nil, nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Strengthen", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", site, err)
	}
	return &Door{w}, nil
}

// holder shows a person to the library.
type holder struct {
	org.Holder
	credentials []webauthn.Credential
}

func asHolder(h org.Holder) (holder, error) {
	out := holder{Holder: h}
	for _, record := range h.Records {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(record), &c); err != nil {
			return out, fmt.Errorf("read passkey: %w", err)
		}
		out.credentials = append(out.credentials, c)
	}
	return out, nil
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.Person) }
func (h holder) WebAuthnName() string                       { return h.Login }
func (h holder) WebAuthnDisplayName() string                { return h.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

// Create asks for a new passkey. It returns what the browser is told and what Created needs; both are JSON.
func (d *Door) Create(h org.Holder) (options, state string, err error) {
	user, err := asHolder(h)
	if err != nil {
		return "", "", err
	}
	var known []protocol.CredentialDescriptor
	for _, c := range user.credentials {
		known = append(known, c.Descriptor())
	}
	creation, session, err := d.w.BeginRegistration(user, webauthn.WithExclusions(known))
	if err != nil {
		return "", "", err
	}
	return both(creation.Response, session)
}

// Created checks the browser's answer to Create and returns the new credential.
func (d *Door) Created(h org.Holder, state, response string) (org.Credential, error) {
	user, err := asHolder(h)
	if err != nil {
		return org.Credential{}, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(state), &session); err != nil {
		return org.Credential{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	if err != nil {
		return org.Credential{}, err
	}
	c, err := d.w.CreateCredential(user, session, parsed)
	if err != nil {
		return org.Credential{}, err
	}
	return asCredential(c)
}

// Request asks whoever sits there for any passkey of the site.
func (d *Door) Request() (options, state string, err error) {
	assertion, session, err := d.w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return "", "", err
	}
	return both(assertion.Response, session)
}

// Answered checks the browser's answer to Request. find returns the holder whose identifier the passkey carries.
func (d *Door) Answered(state, response string, find func(person string) (org.Holder, error)) (org.Holder, org.Credential, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(state), &session); err != nil {
		return org.Holder{}, org.Credential{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return org.Holder{}, org.Credential{}, err
	}
	user, c, err := d.w.ValidatePasskeyLogin(func(_, person []byte) (webauthn.User, error) {
		h, err := find(string(person))
		if err != nil {
			return nil, err
		}
		return asHolder(h)
	}, session, parsed)
	if err != nil {
		return org.Holder{}, org.Credential{}, err
	}
	if c.Authenticator.CloneWarning {
		return org.Holder{}, org.Credential{}, fmt.Errorf("the passkey seems to have been copied")
	}
	out, err := asCredential(c)
	return user.(holder).Holder, out, err
}

func asCredential(c *webauthn.Credential) (org.Credential, error) {
	b, err := json.Marshal(c)
	return org.Credential{ID: fmt.Sprintf("%x", c.ID), Record: string(b)}, err
}

func both(a, b any) (string, string, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return "", "", err
	}
	y, err := json.Marshal(b)
	return string(x), string(y), err
}
