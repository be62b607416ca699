package casework

import (
	"context"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/org"
)

// Checked is what the sender of a signal learns with the code: that it was received, and that somebody has looked at it.
type Checked struct {
	Received time.Time
	Looked   bool
}

// CheckSignal tells the holder of a code what became of a signal, and nothing more.
func (s *Service) CheckSignal(ctx context.Context, code string) (Checked, error) {
	var c Checked
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		g, err := tx.SignalByReceipt(ctx, access.HashToken(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(code), " ", ""))))
		c = Checked{g.First, g.Looked}
		return err
	})
	return c, err
}

// SignalView is everything about a signal that its reader may see.
type SignalView struct {
	Signal      Signal
	Unit        org.Agency
	Source      org.Agency
	History     []SignalEvent
	Clocks      []ClockView
	Joined      []Signal    // kept with this one
	Candidates  []Candidate // signals and cases that may speak of the same child
	Steps       []SignalStep
	Sender      bool // the reader may see who gave it
	Protections []Protection
	Files       []Attachment
	Names       map[access.PersonID]string // of those who took steps
}

// OpenSignal opens a signal; the reading is on the record. Who gave it is shown to those who handle it only.
func (s *Service) OpenSignal(ctx context.Context, by access.Actor, id SignalID) (SignalView, error) {
	var v SignalView
	err := s.store.Update(ctx, by, func(tx Tx) error {
		g, err := openSignal(ctx, tx, id, access.SeeSignal)
		if err != nil {
			return err
		}
		v, err = s.signalView(ctx, tx, g)
		return err
	})
	return v, err
}

func (s *Service) signalView(ctx context.Context, tx Tx, g Signal) (SignalView, error) {
	v := SignalView{Signal: g}
	var err error
	if v.Sender, err = canSignal(ctx, tx, g, access.HandleSignal); err != nil {
		return v, err
	}
	if !v.Sender {
		v.Signal.Words.Sender = ""
	}
	if v.Unit, err = tx.Agency(ctx, g.Unit); err != nil {
		return v, err
	}
	if g.SourceAgency != "" {
		if v.Source, err = tx.Agency(ctx, g.SourceAgency); err != nil {
			return v, err
		}
	}
	if v.History, err = tx.SignalEvents(ctx, g.ID); err != nil {
		return v, err
	}
	clocks, err := tx.ClocksOf(ctx, g.ID, "")
	if err != nil {
		return v, err
	}
	if v.Clocks, err = clockViews(ctx, tx, clocks); err != nil {
		return v, err
	}
	if v.Files, err = tx.Attachments(ctx, g.ID, "", nil); err != nil {
		return v, err
	}
	if v.Joined, err = tx.SignalsJoined(ctx, g.ID); err != nil {
		return v, err
	}
	v.Names = map[access.PersonID]string{}
	if !v.Sender {
		return v, nil
	}
	var people []access.PersonID
	for _, e := range v.History {
		people = append(people, e.Actor)
	}
	if err := nameAll(ctx, tx, v.Names, people); err != nil {
		return v, err
	}
	v.Steps = signalMoves.may(g.State, SignalSteps())
	if g.State.Open() {
		if v.Candidates, err = s.candidates(ctx, tx, g); err != nil {
			return v, err
		}
	}
	v.Protections, err = tx.Protections(ctx, g.ID, "")
	return v, err
}

// Signals lists signals within the reader's reach, the newest first.
func (s *Service) Signals(ctx context.Context, by access.Actor, f SignalFilter) ([]Signal, error) {
	var all []Signal
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		all, err = tx.Signals(ctx, tx.Scope(access.SeeSignal), f)
		return err
	})
	return all, err
}
