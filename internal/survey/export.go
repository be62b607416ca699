package survey

import (
	"context"

	"strengthen/internal/access"
)

// TakeOut asks whether the actor may take the report of a study out of the system, and puts it on the record.
func (s *Service) TakeOut(ctx context.Context, by access.Actor, study string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		return tx.Allow(ctx, access.ReadReport, access.Resource{Kind: "export", ID: study})
	})
}
