// Package fault names the kinds of error that a caller may act on. An error with a kind carries a message key and its
// variables, never a sentence, so that it can be shown in either language. Everything without a kind is Internal.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind tells a caller what it may do about an error.
type Kind string

// The kinds. Internal is the kind of every error that names no other.
const (
	Invalid  Kind = "invalid"  // the input is at fault; the person can mend it
	NotFound Kind = "notfound" // no such record, or none that this reader may know of
	Denied   Kind = "denied"   // the actor may not do this
	Conflict Kind = "conflict" // the record changed, or its state forbids the step
	Busy     Kind = "busy"     // the system cannot take this now; later it may
	Internal Kind = "internal"
)

// Size is a number of bytes in a message, written in the units that people know.
type Size int64

// Vars are the named values that a message needs.
type Vars map[string]any

// Error is an error with a kind, a message key, and the field, line or cell it speaks of.
type Error struct {
	Kind  Kind
	Key   string // key of a message in the catalogue
	Field string // form field or column, when one is at fault
	Row   int    // line of a file, from 1; 0 when there is none
	Vars  Vars
	cause error
}

// Error returns a text for logs: kind, key and place, without values that may name a person.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kind, e.Key)
	if e.Field != "" {
		fmt.Fprintf(&b, " (field %s)", e.Field)
	}
	if e.Row > 0 {
		fmt.Fprintf(&b, " (row %d)", e.Row)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// New returns an error of kind k with message key and variables.
func New(k Kind, key string, vars ...Vars) *Error {
	e := &Error{Kind: k, Key: key}
	for _, v := range vars {
		if e.Vars == nil {
			e.Vars = Vars{}
		}
		maps.Copy(e.Vars, v)
	}
	return e
}

// Wrap is New with a cause, which logs see and people do not.
func Wrap(cause error, k Kind, key string, vars ...Vars) *Error {
	e := New(k, key, vars...)
	e.cause = cause
	return e
}

// At returns a copy of e that names the field at fault.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// InRow returns a copy of e that names the row at fault, counted from 1.
func (e *Error) InRow(row int) *Error {
	c := *e
	c.Row = row
	return &c
}

// Field returns an Invalid error about one field.
func Field(field, key string, vars ...Vars) *Error { return New(Invalid, key, vars...).At(field) }

// List is several faults found in one input. It is Invalid when all of them are, and else of the kind that the person can mend
// least; it is never empty when returned as an error.
type List []*Error

// Error joins the texts of the faults.
func (l List) Error() string {
	texts := make([]string, len(l))
	for i, e := range l {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Add appends e when it is not nil.
func (l *List) Add(e *Error) {
	if e != nil {
		*l = append(*l, e)
	}
}

// Err returns the list as an error, or nil when it is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return slices.Clone(l)
}

// KindOf returns the kind of err: Internal when it names none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if l, ok := errors.AsType[List](err); ok {
		for _, k := range []Kind{Internal, Denied, NotFound, Busy, Conflict} {
			if slices.ContainsFunc(l, func(e *Error) bool { return e.Kind == k }) {
				return k
			}
		}
		return Invalid
	}
	return Internal
}

// Is reports whether err has kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// All returns every fault in err: the parts of a List, or the one Error, or nothing.
func All(err error) List {
	if l, ok := errors.AsType[List](err); ok {
		return l
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return List{e}
	}
	return nil
}
