package store

import (
	"context"
	"strconv"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
)

// FigureCells returns how long things took in the months from one day to another.
func (tx *Tx) FigureCells(ctx context.Context, from, until calendar.Date) ([]casework.FigureCell, error) {
	q := selectFrom(`SELECT region_id, month || '-01', what, hours, n, in_time FROM figure_cell`).and("month >= ?", from.String()[:7]).and("month <= ?", until.String()[:7])
	return collect(ctx, tx, q.by("ORDER BY month, region_id, what, hours"), func(s scanner) (casework.FigureCell, error) {
		var c casework.FigureCell
		err := s.Scan(&c.Region, on(&c.Month), &c.What, &c.Hours, &c.N, &c.InTime)
		return c, err
	})
}

// Unassessed returns the signals whose term for the assessment is over and was not met, since when and of which track.
func (tx *Tx) Unassessed(ctx context.Context) ([]casework.Milestone, error) {
	q := selectFrom(`SELECT 'assessed.' || g.track, k.region_id, k.start_at FROM clock AS k JOIN signal AS g ON g.id = k.signal_id
		JOIN clock_rule AS r ON r.ref = k.rule AND r.version = k.rule_v`).and("r.ends LIKE '%signal.assessed%'").
		and("k.state IN ('running', 'breached') AND k.due_at < ? OR k.state = 'cancelled' AND k.late", moment(tx.Now()))
	return collect(ctx, tx, q.by("ORDER BY k.id"), func(s scanner) (casework.Milestone, error) {
		var m casework.Milestone
		err := s.Scan(&m.What, str(&m.Region), at(&m.Start))
		return m, err
	})
}

// openFor is how many hours a closed case was open.
var openFor = map[Kind]string{
	SQLite:   `(julianday(c.closed_at) - julianday(c.opened_at)) * 24`,
	Postgres: `extract(epoch FROM c.closed_at::timestamptz - c.opened_at::timestamptz) / 3600`,
}

// Unplanned counts, by region and month of opening, the cases that were opened in the months from a first day to a last one and
// never had a plan in force, though they were open for longer than a plan may take.
func (tx *Tx) Unplanned(ctx context.Context, from, until calendar.Date, within time.Duration) ([]casework.FigureCell, error) {
	q := selectFrom(`SELECT c.region_id, CASE`)
	for m := from; !m.After(until); m = m.AddMonths(1) {
		q.text.WriteString(" WHEN c.opened_at < " + q.arg(moment(m.AddMonths(1).Start())) + " THEN " + q.arg(day(m)))
	}
	q.text.WriteString(` END, count(*) FROM case_file AS c`)
	q.and("c.opened_at >= ?", moment(from.Start())).and("c.opened_at < ?", moment(until.AddDays(1).Start())).and("c.opened_at < ?", moment(tx.Now().Add(-within))).
		and("c.closed_at IS NULL OR "+openFor[tx.db.kind]+" > ?", within.Hours()).
		and("NOT EXISTS (SELECT 1 FROM plan AS p WHERE p.case_id = c.id AND p.adopted_at IS NOT NULL)")
	return collect(ctx, tx, q.by("GROUP BY 1, 2 ORDER BY 1, 2"), func(s scanner) (casework.FigureCell, error) {
		var c casework.FigureCell
		err := s.Scan(&c.Region, on(&c.Month), &c.N)
		return c, err
	})
}

// FigureYears returns the first and the last year in which anything was counted; 0 where nothing was.
func (tx *Tx) FigureYears(ctx context.Context) (first, last int, err error) {
	row := selectFrom(`SELECT coalesce(min(month), '0000'), coalesce(max(month), '0000') FROM figure_cell`)
	y, err := one(ctx, tx, row, func(s scanner) ([2]string, error) {
		var v [2]string
		err := s.Scan(&v[0], &v[1])
		return v, err
	})
	return year(y[0]), year(y[1]), err
}

func year(month string) int {
	n, _ := strconv.Atoi(month[:min(4, len(month))])
	return n
}

// RegionsTrained returns on which day the first training of each region was completed.
func (tx *Tx) RegionsTrained(ctx context.Context) (map[access.RegionID]calendar.Date, error) {
	type first struct {
		region access.RegionID
		day    calendar.Date
	}
	q := selectFrom(`SELECT t.region_id, min(c.completed_on) FROM completion AS c JOIN training AS t ON t.id = c.training_id`)
	all, err := collect(ctx, tx, q.by("GROUP BY t.region_id ORDER BY t.region_id"), func(s scanner) (first, error) {
		var f first
		err := s.Scan(&f.region, on(&f.day))
		return f, err
	})
	out := map[access.RegionID]calendar.Date{}
	for _, f := range all {
		out[f.region] = f.day
	}
	return out, err
}
