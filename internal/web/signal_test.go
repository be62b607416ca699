package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// An anonymous signal that nobody may follow up is not taken in silence: the form says so before and after, how to give one that
// is, with the two telephones first, and keeps every word.
func TestAnAnonymousSignalOfAnotherRisk(t *testing.T) {
	s := open(t)
	form := url.Values{"narrative": {"Съученичка не идва от началото на срока."}, "kinds": {"dropout"}, "setting": {"school"}, "band": {"14-17"}, "sex": {"f"}, "place": {"PDV"}, "urgent": {"1"}, "knows": {"1"}, "key": {"0123456789abcdef"}}
	give := func(path, source string) (int, string) {
		form.Set("source", source)
		code, page, _ := s.post(t, path, "", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
		return code, page
	}
	for path, words := range map[string][2]string{
		"/signal":    {"Анонимен сигнал се проверява, когато е за насилие", "Сигналът още не е подаден"},
		"/en/signal": {"An anonymous signal is followed up when it is about violence", "The signal is not given yet"},
	} {
		if _, page := s.ask(t, http.MethodGet, path, ""); !strings.Contains(page, words[0]) || strings.Contains(page, words[1]) {
			t.Errorf("%s does not say beforehand what becomes of an anonymous signal", path)
		}
		code, page := give(path, "anonymous")
		if code != http.StatusUnprocessableEntity && code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, code)
		}
		at := strings.Index(page, words[1])
		for _, kept := range []string{"Съученичка не идва от началото на срока.", `value="dropout" checked`, `value="14-17" selected`, `value="school" selected`, `value="anonymous" selected`, `name="urgent" value="1" checked`, `name="knows" value="1" checked`} {
			if !strings.Contains(page, kept) {
				t.Errorf("%s lost %s", path, kept)
			}
		}
		if first := strings.Index(page, `href="tel:112"`); at < 0 || first < 0 || first > at || strings.Index(page, `href="tel:116111"`) > at {
			t.Errorf("%s: the telephones are not first, or nothing is said", path)
		}
	}
	if code, page := give("/signal", "person"); code != http.StatusOK || !strings.Contains(page, `<p class="code">`) {
		t.Errorf("with a sender it is not taken: %d", code)
	}
}
