package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheFillingPageSaysHowFarItIs(t *testing.T) {
	f := &filling{}
	f.percent.Store(42)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/home", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Refresh") == "" || strings.Count(w.Body.String(), "42 %") < 2 || strings.Contains(w.Body.String(), "%!") {
		t.Errorf("%d %v\n%s", w.Code, w.Header(), w.Body)
	}
}

func TestATakenAddressIsSaidBeforeTheFilling(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	if _, err := openFilling(strings.TrimPrefix(taken.URL, "http://")); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("%v", err)
	}
}
