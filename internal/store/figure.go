package store

import (
	"context"
	"strconv"

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
