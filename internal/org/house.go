package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// House says who answers for the system and who pays for it. Public pages tell it: the privacy note needs a controller, and
// the funder a line.
type House struct {
	Controller string // name of the organisation that decides why and how data are kept
	Address    string
	Contact    string // e-mail of the controller
	Officer    string // e-mail of the data protection officer
	ProjectBG  string // name of the project, as in the grant agreement
	ProjectEN  string
	Grant      string // number of the grant agreement
	Programme  string // of the Union, such as "Rights, Equality and Citizenship (2014–2020)"
	Retention  int    // years after the end of the programme for which attendance is kept, as the grant asks; 0 when not set
	Version    string // what was read, so that nobody overwrites what another has written
}

const houseSetting = "house"

// Set reports whether the note on privacy can name who answers.
func (h House) Set() bool { return h.Controller != "" && h.Contact != "" && h.Officer != "" }

// Project names the project in a language.
func (h House) Project(lang string) string {
	if lang == "en" {
		return h.ProjectEN
	}
	return h.ProjectBG
}

func (h House) check() error {
	var l fault.List
	for field, v := range map[string]string{"controller": h.Controller, "address": h.Address, "project_bg": h.ProjectBG, "project_en": h.ProjectEN} {
		if n := len([]rune(v)); n < 2 || n > 200 {
			l.Add(fault.Field(field, "form.length", fault.Vars{"min": 2, "max": 200}))
		}
	}
	for field, v := range map[string]string{"grant": h.Grant, "programme": h.Programme} {
		if len([]rune(v)) > 200 {
			l.Add(fault.Field(field, "form.length", fault.Vars{"min": 0, "max": 200}))
		}
	}
	for field, v := range map[string]string{"contact": h.Contact, "officer": h.Officer} {
		if !EmailLike(v) {
			l.Add(fault.Field(field, "form.email"))
		}
	}
	if h.Retention < 0 || h.Retention > 30 {
		l.Add(fault.Field("retention", "form.range", fault.Vars{"min": 0, "max": 30}))
	}
	return l.Err()
}

// House returns who answers for the system; everybody may know. Before it is set, it is empty.
func (s *Service) House(ctx context.Context) (House, error) {
	var h House
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		h, err = readHouse(ctx, tx)
		return err
	})
	return h, err
}

func readHouse(ctx context.Context, tx Tx) (House, error) {
	var h House
	v, err := tx.Setting(ctx, houseSetting)
	if err != nil || v == "" {
		return h, err
	}
	err = json.Unmarshal([]byte(v), &h)
	sum := sha256.Sum256([]byte(v))
	h.Version = hex.EncodeToString(sum[:8])
	return h, err
}

// SaveHouse changes who answers for the system.
func (s *Service) SaveHouse(ctx context.Context, by access.Actor, h House) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditHouse, access.Resource{Kind: "house"}); err != nil {
			return err
		}
		if err := h.check(); err != nil {
			return err
		}
		old, err := readHouse(ctx, tx)
		if err != nil {
			return err
		}
		if old.Version != h.Version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		h.Version = ""
		b, err := json.Marshal(h)
		if err != nil {
			return err
		}
		return tx.PutSetting(ctx, houseSetting, string(b))
	})
}
