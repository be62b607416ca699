package org

import (
	"context"

	"strengthen/internal/access"
)

// TurnAway records that somebody asked for what they may do nowhere.
func (s *Service) TurnAway(ctx context.Context, by access.Actor, action access.Action) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		return tx.RecordRefusal(ctx, action, access.Resource{Kind: "route"})
	})
}

// Entries lists the record of what was done, newest first, for the data protection officer. Looking is on the record too.
func (s *Service) Entries(ctx context.Context, by access.Actor, f access.EntryFilter, n int) ([]access.Entry, error) {
	var all []access.Entry
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeAudit, access.Resource{Kind: "audit"}); err != nil {
			return err
		}
		all, err = tx.Entries(ctx, f, n)
		return err
	})
	return all, err
}
