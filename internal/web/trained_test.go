package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"strengthen/internal/access"
)

// Whoever sees the cases of a unit and what its people completed sees both side by side, on the first page of a case and on that
// of its team.
func TestCompletedTrainingsStandBesideTheCase(t *testing.T) {
	s := open(t)
	token := s.cookie(t, access.Supervisor)
	_, list := s.ask(t, http.MethodGet, "/cases?open=", token)
	n := 0
	for _, at := range regexp.MustCompile(`"(/cases/[a-z2-7]{26})"`).FindAllStringSubmatch(list, -1) {
		beside := map[string]bool{}
		for _, page := range []string{"", "/team"} {
			code, text := s.ask(t, http.MethodGet, at[1]+page, token)
			if code != http.StatusOK {
				t.Fatalf("%s%s: %d", at[1], page, code)
			}
			beside[page] = strings.Contains(text, "завършено обучение на")
		}
		if beside[""] != beside["/team"] {
			t.Errorf("%s: on the first page %v, on that of the team %v", at[1], beside[""], beside["/team"])
		}
		if beside["/team"] {
			n++
		}
	}
	if n == 0 {
		t.Error("nobody who completed a training works on a case of the guest's unit")
	}
}
