package main

import (
	"context"
	"fmt"
	"os"

	"strengthen/internal/access"
	"strengthen/internal/sealed"
)

type rotateCmd struct{ place }

// Run replaces the root key. The new one goes into the key file first, beside the old one; the old one leaves it only when
// nothing stands under it any more. Whatever stops it between, running it again goes on.
func (c *rotateCmd) Run(ctx context.Context) error {
	ring, err := sealed.LoadRing(c.keyFile())
	if err != nil {
		return err
	}
	db, err := c.store(ctx, realTime, ring)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Hold(ctx, true); err != nil {
		return err
	}
	if err := db.Current(ctx); err != nil {
		return err
	}
	h := c.furnish(db, ring, realTime)
	if len(ring.Old) == 0 {
		if err := h.org.UseKeyChange(ctx, operator(access.Administrator)); err != nil {
			return err
		}
		if ring, err = c.begin(ctx, h); err != nil {
			return err
		}
	} else {
		fmt.Println("a replacement was begun and not finished; going on")
	}
	return c.turn(ctx, h, ring)
}

// begin seals the record under the old root, so that nothing of it is left to the new one, and puts the new root into the key
// file, beside the old one.
func (c *rotateCmd) begin(ctx context.Context, h *house) (sealed.Ring, error) {
	if _, _, err := h.db.SealAll(ctx, h.signer); err != nil {
		return h.ring, err
	}
	ring := h.ring.Begin()
	if err := ring.Write(c.keyFile()); err != nil {
		return ring, err
	}
	h.use(ring)
	return ring, nil
}

// use makes a ring the one of the house.
func (h *house) use(g sealed.Ring) {
	h.db.UseRing(g)
	h.ring, h.signer = g, g.Current.Signer()
}

// turn brings everything under the new root, and lets go of the old one when a second look finds nothing under it.
func (c *rotateCmd) turn(ctx context.Context, h *house, ring sealed.Ring) error {
	turned, err := h.db.Turn(ctx)
	if err != nil {
		return fmt.Errorf("%w: nothing is lost, both roots are in the key file; mend it and run strengthen rotate again", err)
	}
	for _, t := range turned {
		fmt.Printf("%s: %d, of them brought under the new root %d\n", t.What, t.Rows, t.Stale)
	}
	left, err := h.db.Standing(ctx)
	if err != nil {
		return err
	}
	for _, t := range left {
		if t.Stale > 0 {
			return fmt.Errorf("%d of %s are still under the old root: run strengthen rotate again", t.Stale, t.What)
		}
	}
	if err := h.note(ctx, access.RotateKeys); err != nil {
		return err
	}
	h.use(ring.End())
	if err := h.ring.Write(c.keyFile()); err != nil {
		return err
	}
	fmt.Printf("The root key is replaced. Copy %s to your copies of keys now, and make a backup.\n", c.keyFile())
	fmt.Fprintln(os.Stderr, "Keep the copy of the old key file as long as you keep backups from before: they open with it only.")
	return nil
}
