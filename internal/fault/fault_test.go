package fault

import (
	"errors"
	"testing"
)

// A list that holds what no person can mend does not pass for a mistake in a form.
func TestAListIsOfTheKindThatIsMendedLeast(t *testing.T) {
	of := func(kinds ...Kind) (l List) {
		for _, k := range kinds {
			l.Add(New(k, "x"))
		}
		return l
	}
	for _, x := range []struct {
		err  error
		want Kind
	}{
		{of(Invalid, Invalid), Invalid}, {of(Invalid, Conflict), Conflict}, {of(Busy), Busy}, {of(Invalid, Busy, Conflict), Busy},
		{of(NotFound), NotFound}, {of(Invalid, Denied, NotFound), Denied}, {of(Busy, Internal), Internal},
		{All(New(Busy, "x")).Err(), Busy}, {errors.New("x"), Internal}, {nil, ""}, {List{}.Err(), ""},
	} {
		if got := KindOf(x.err); got != x.want {
			t.Errorf("%v: %q, want %q", x.err, got, x.want)
		}
	}
}
