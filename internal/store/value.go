package store

import (
	"encoding/json"
	"fmt"
	"time"

	"strengthen/internal/calendar"
)

// momentLayout is UTC, of fixed width, so that the order of the texts is the order of the moments in either database.
const momentLayout = "2006-01-02T15:04:05.000000Z"

func momentText(t time.Time) string { return t.UTC().Format(momentLayout) }

// moment binds a moment; the zero time is NULL.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return momentText(t)
}

// day binds a date; the zero date is NULL.
func day(d calendar.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.String()
}

// text binds a text; the empty text is NULL.
func text[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// asJSON binds a value as JSON text. It panics on values that cannot be written, which is a programmer's error.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// scanFunc adapts a function to sql.Scanner.
type scanFunc func(src any) error

// Scan implements sql.Scanner.
func (f scanFunc) Scan(src any) error { return f(src) }

func asString(src any) (string, bool, error) {
	switch v := src.(type) {
	case nil:
		return "", false, nil
	case string:
		return v, true, nil
	case []byte:
		return string(v), true, nil
	}
	return "", false, fmt.Errorf("column holds %T, not text", src)
}

// at scans a moment; NULL is the zero time.
func at(t *time.Time) scanFunc {
	return func(src any) error {
		s, ok, err := asString(src)
		if err != nil || !ok {
			*t = time.Time{}
			return err
		}
		*t, err = time.Parse(momentLayout, s)
		return err
	}
}

// on scans a date; NULL is the zero date.
func on(d *calendar.Date) scanFunc {
	return func(src any) error {
		s, ok, err := asString(src)
		if err != nil || !ok {
			*d = calendar.Date{}
			return err
		}
		*d, err = calendar.ParseDate(s)
		return err
	}
}

// str scans a text; NULL is the empty text.
func str[T ~string](p *T) scanFunc {
	return func(src any) error {
		s, _, err := asString(src)
		*p = T(s)
		return err
	}
}

// fromJSON scans JSON text into p; NULL leaves it as it is.
func fromJSON(p any) scanFunc {
	return func(src any) error {
		s, ok, err := asString(src)
		if err != nil || !ok {
			return err
		}
		return json.Unmarshal([]byte(s), p)
	}
}
