package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAPlanIsWrittenLockedAndDeviatedFrom goes the way of an evaluator over the page of the plan.
func TestAPlanIsWrittenLockedAndDeviatedFrom(t *testing.T) {
	s := newSmall(t, "en")
	page := func() string {
		t.Helper()
		code, body := s.get("/impact/plan")
		s.want(code, body, http.StatusOK, "Plan of the study")
		return body
	}
	if body := page(); !strings.Contains(body, "What can be found") || !strings.Contains(body, "standard deviations of the measure") {
		t.Error("the page does not say what the plan can find")
	}
	s.expect(http.StatusUnprocessableEntity, "number", "/impact/plan", pairs(fields(page()), "smallest_knowledge", "many")...)
	s.expect(http.StatusUnprocessableEntity, "column or the names", "/impact/plan", pairs(fields(page()), "design", "wait-list")...)
	s.expect(http.StatusUnprocessableEntity, `id="smallest_knowledge-e"`, "/impact/plan", pairs(fields(page()), "smallest_knowledge", "-1")...)
	s.expect(http.StatusUnprocessableEntity, `href="#icc"`, "/impact/plan", pairs(fields(page()), "icc", "2")...)
	s.expect(http.StatusOK, "Lock the plan", "/impact/plan", pairs(fields(page()), "smallest_knowledge", "7,5")...)
	if body := page(); !strings.Contains(body, `value="7.5"`) {
		t.Error("what was saved does not stand on the page")
	}
	old := fields(page())
	s.expect(http.StatusOK, "It was locked before there were data", "/impact/plan/lock", pairs(fields(page()))...)
	s.expect(http.StatusConflict, "changed this record", "/impact/plan", pairs(old, "smallest_knowledge", "1")...)
	s.expect(http.StatusUnprocessableEntity, "deviation with a reason", "/impact/plan", pairs(fields(page()), "smallest_knowledge", "1")...)
	s.expect(http.StatusUnprocessableEntity, "reason in both languages", "/impact/plan/deviate", pairs(fields(page()), "headline", "cohort", "reason_en", "Few trainings")...)
	s.expect(http.StatusOK, "Few trainings", "/impact/plan/deviate", pairs(fields(page()), "headline", "cohort", "reason_en", "Few trainings", "reason_bg", "Малко обучения")...)
	code, body := s.get("/impact")
	s.want(code, body, http.StatusOK, "before there were data for the primary contrast")
	if !strings.Contains(body, "Few trainings") {
		t.Error("the report does not tell of the deviation")
	}
	code, body = s.get("/impact/plan.yaml")
	s.want(code, body, http.StatusOK, "locked:")
}
