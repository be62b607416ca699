package web_test

import (
	"net/http"
	"strings"
	"testing"

	"strengthen/internal/testkit"
)

// Whoever sees the cases of a unit and what its people completed sees both side by side, on the first page of a case and on that
// of its team; a member of the team from elsewhere sees the case alone.
func TestCompletedTrainingsStandBesideTheCase(t *testing.T) {
	w := newCaseTown(t)
	_, err := testkit.Raw(t, w.site.db).ExecContext(t.Context(), `INSERT INTO completion (enrolment_id, person_id, training_id, completed_on, attended, half_days, need_share, at)
		VALUES ('seat', $1, 'training', '2026-01-15', 5, 5, 0.8, '2026-01-15T10:00:00.000000Z')`, string(w.person["lead"].Person))
	w.must(err)
	for who, sees := range map[string]bool{"lead": true, "head": true, "member": false} {
		for _, page := range []string{"", "/team"} {
			code, text := w.site.ask(t, http.MethodGet, "/cases/"+string(w.files["open"].id)+page, w.token[who])
			if code != http.StatusOK || strings.Contains(text, "завършено обучение на") != sees {
				t.Errorf("%q of the case, for the %s: %d, and whether the lead completed a training is not told as it should: %v", page, who, code, !sees)
			}
		}
	}
}
