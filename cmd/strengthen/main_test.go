package main

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// command runs the program as a script would, and returns its exit code and what it said.
func command(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	out, errs := os.Stdout, os.Stderr
	defer func() { os.Stdout, os.Stderr = out, errs }()
	ro, wo, _ := os.Pipe()
	re, we, _ := os.Pipe()
	os.Stdout, os.Stderr = wo, we
	said, complained := make(chan string), make(chan string)
	go func() { b, _ := io.ReadAll(ro); said <- string(b) }()
	go func() { b, _ := io.ReadAll(re); complained <- string(b) }()
	code := run(args)
	wo.Close()
	we.Close()
	return code, <-said, <-complained
}

func TestCommandsAsScriptsSeeThem(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	plan := filepath.Join(dir, "plan.csv")
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	head := "region,venue_bg,first_day,half_days,capacity,agency_max,apply_until,release,trainers\n"
	write(plan, head+"Никъде,Зала,2026-10-05,5,30,3,2026-09-20,2026-09-25,\n")
	schools := filepath.Join("..", "..", "internal", "impact", "testdata", "schools_two_wave.csv")
	mapping := filepath.Join("..", "..", "internal", "impact", "testdata", "schools.json")
	text, err := os.ReadFile(mapping)
	if err != nil {
		t.Fatal(err)
	}
	corrected, replacing := filepath.Join(dir, "corrected.json"), filepath.Join(dir, "replacing.json")
	write(corrected, strings.Replace(string(text), `"High": 1000`, `"High": 1001`, 1))
	write(replacing, strings.Replace(string(text), `"Study"`, `"Replace": true, "Study"`, 1))
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string // in what it says or complains
	}{
		{"version", []string{"version"}, 0, "strengthen"},
		{"an unknown command", []string{"fly"}, 2, "--help"},
		{"impact before there is a database", []string{"impact", "--data", filepath.Join(dir, "nowhere")}, 1, "--data"},
		{"verify before there is a database", []string{"verify", "--data", filepath.Join(dir, "nowhere")}, 1, "--data"},
		{"migrate", []string{"migrate", "--data", data}, 0, "up to date"},
		{"a user with an unknown role", []string{"user", "--data", data, "--name", "Ана Илиева", "--role", "king", "a@example.org"}, 2, "role"},
		{"a user", []string{"user", "--data", data, "--name", "Ана Илиева", "--role", "administrator", "a@example.org"}, 0, "/l/"},
		{"a plan without a programme", []string{"import", "--data", data, "trainings", plan}, 2, "row 2, region"},
		{"answers without a map", []string{"import", "--data", data, "answers", schools}, 2, "--map"},
		{"the same user again before the link was used", []string{"user", "--data", data, "--name", "Ана Илиева", "--role", "administrator", "a@example.org"}, 0, "/l/"},
		{"a dry run", []string{"import", "--data", data, "--map", mapping, "--dry", "answers", schools}, 0, "183 rows checked, nothing written"},
		{"answers", []string{"import", "--data", data, "--map", mapping, "answers", schools}, 0, "183 rows imported"},
		{"the same answers again", []string{"import", "--data", data, "--map", mapping, "answers", schools}, 0, "already imported, nothing changed"},
		{"the same answers under another mapping", []string{"import", "--data", data, "--map", corrected, "answers", schools}, 2, "Replace"},
		{"and once more, to replace them", []string{"import", "--data", data, "--map", replacing, "answers", schools}, 0, "183 rows imported"},
		{"a report of no study", []string{"impact", "--data", data, "--study", "none", "--lang", "en"}, 1, "no such record"},
		{"verify", []string{"verify", "--data", data}, 0, "0 findings"},
		{"a pair of keys for backups", []string{"backup-key", "--out", filepath.Join(dir, "secret.key")}, 0, "age1"},
		{"a second pair over the first", []string{"backup-key", "--out", filepath.Join(dir, "secret.key")}, 1, "not written"},
		{"a backup to no key", []string{"backup", "--data", data, "--out", filepath.Join(dir, "b.age"), "--recipient", "me"}, 2, "age1"},
		{"a backup over a file", []string{"backup", "--data", data, "--out", plan, "--recipient", "age1wd04f2sxfjr927wgr3rdzawglgh7c94vtn9zqnzmu8quzq3yepyszkqg0x"}, 2, "such a file"},
		{"a backup", []string{"backup", "--data", data, "--out", filepath.Join(dir, "b.age"), "--recipient", "age1wd04f2sxfjr927wgr3rdzawglgh7c94vtn9zqnzmu8quzq3yepyszkqg0x"}, 0, "rows of"},
		{"a restore with no secret key", []string{"restore", "--data", data, "--in", filepath.Join(dir, "b.age"), "--identity", plan}, 2, "--identity"},
		{"a restore of something else", []string{"restore", "--data", data, "--in", plan, "--identity", filepath.Join(dir, "secret.key")}, 2, "no backup"},
		{"a restore with the key of another pair", []string{"restore", "--data", data, "--in", filepath.Join(dir, "b.age"), "--identity", filepath.Join(dir, "secret.key")}, 2, "another key"},
		{"rotate", []string{"rotate", "--data", data}, 0, "The root key is replaced"},
		{"verify after it", []string{"verify", "--data", data}, 0, "0 findings"},
	} {
		code, out, errs := command(t, tc.args...)
		if code != tc.code || !strings.Contains(out+errs, tc.want) {
			t.Errorf("%s: code %d, said %q and %q; want %d and %q", tc.name, code, out, errs, tc.code, tc.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "nowhere")); !os.IsNotExist(err) {
		t.Error("a command that only reads made a folder")
	}
	code, out, _ := command(t, "impact", "--data", data, "--study", "schools", "--format", "json", "--lang", "en")
	var report struct {
		Data struct {
			Changes []struct {
				N int `json:"n"`
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || len(report.Data.Changes) != 1 || report.Data.Changes[0].N != 183 {
		t.Fatalf("the report as JSON: code %d, %v, %+v", code, err, report)
	}
	_, pdf, _ := command(t, "impact", "--data", data, "--study", "schools", "--format", "pdf")
	if !bytes.HasPrefix([]byte(pdf), []byte("%PDF-")) {
		t.Error("the report as PDF is none")
	}
}

// TestAnybodysDataIsAnalysedWithoutADatabase runs the worked studies of docs/examples, each with its one command.
func TestAnybodysDataIsAnalysedWithoutADatabase(t *testing.T) {
	dir, examples := t.TempDir(), filepath.Join("..", "..", "docs", "examples")
	for _, tc := range []struct{ study, data, says string }{
		{"pupils", "pupils_three_wave.csv", "1.25 [1.14; 1.35]"},
		{"programme", "answers.csv", "Knowledge"},
	} {
		plan, data := filepath.Join(examples, tc.study, "plan.yaml"), filepath.Join(examples, tc.study, tc.data)
		for _, format := range []string{"pdf", "xlsx", "json", "html"} {
			out := filepath.Join(dir, tc.study+"."+format)
			code, _, errs := command(t, "impact", "analyse", "--plan", plan, "--data", data, "--format", format, "--lang", "en", "--as-of", "2026-11-24", "--out", out)
			b, err := os.ReadFile(out)
			if code != 0 || err != nil || len(b) < 5000 {
				t.Fatalf("%s as %s: code %d, %q, %d bytes, %v", tc.study, format, code, errs, len(b), err)
			}
			if format == "html" && !strings.Contains(string(b), tc.says) {
				t.Errorf("%s: the page does not say %q", tc.study, tc.says)
			}
		}
	}
	theRowsBehind(t, filepath.Join(examples, "pupils", "plan.yaml"), filepath.Join(examples, "pupils", "pupils_three_wave.csv"), dir)
	bad := filepath.Join(dir, "bad.csv")
	if err := os.WriteFile(bad, []byte("id,cohort,female,pre,post,fup\n1,a,0,1,2,three\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "none.pdf")
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"text in a column of numbers": {[]string{"--lang", "en", "--plan", filepath.Join(examples, "pupils", "plan.yaml"), "--data", bad}, "row 2, fup: There must be a number here."},
		"the same in Bulgarian":       {[]string{"--plan", filepath.Join(examples, "pupils", "plan.yaml"), "--data", bad}, "ред 2, fup: Тук трябва да стои число."},
		"a plan that is not there":    {[]string{"--plan", filepath.Join(dir, "no.yaml"), "--data", bad}, "--plan"},
		"data that are not there":     {[]string{"--plan", filepath.Join(examples, "pupils", "plan.yaml"), "--data", filepath.Join(dir, "no.csv")}, "--data"},
		"a plan that is data":         {[]string{"--plan", bad, "--data", bad}, "plan"},
	} {
		code, _, errs := command(t, append([]string{"impact", "analyse", "--out", out}, tc.args...)...)
		if _, err := os.Stat(out); code != 2 || !strings.Contains(errs, tc.want) || err == nil {
			t.Errorf("%s: code %d, %q, file written: %v", name, code, errs, err == nil)
		}
	}
}

// theRowsBehind works the headline of the pupils out again, from the rows that are said to have been counted.
func theRowsBehind(t *testing.T, plan, data, dir string) {
	t.Helper()
	rows := filepath.Join(dir, "rows.csv")
	if code, _, errs := command(t, "impact", "analyse", "--plan", plan, "--data", data, "--out", filepath.Join(dir, "r.json"), "--format", "json", "--rows", rows); code != 0 {
		t.Fatal(errs)
	}
	b, err := os.ReadFile(rows)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n, sum, lost := 0, 0.0, 0
	for _, r := range all[1:] {
		if r[1] != "pre" || r[2] != "m6" {
			continue
		}
		if r[11] != "pair" {
			lost++
			continue
		}
		v, err := strconv.ParseFloat(r[10], 64)
		if err != nil {
			t.Fatal(err)
		}
		n, sum = n+1, sum+v
	}
	if n != 1192 || lost != 328 || math.Abs(sum/float64(n)-1.24526090604027) > 1e-9 {
		t.Errorf("the rows give %d pairs, %d lost and a mean change of %v", n, lost, sum/float64(n))
	}
}

// What a lost key would break is said, and no new key is made in its place.
func TestALostKeyIsNotReplaced(t *testing.T) {
	data := t.TempDir()
	if code, _, errs := command(t, "user", "--data", data, "--name", "Ана Илиева", "--role", "funder", "a@example.org"); code != 0 {
		t.Fatal(errs)
	}
	key := filepath.Join(data, "strengthen.key")
	if err := os.Rename(key, key+".kept"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify"}, {"migrate"}, {"user", "--name", "Ана Илиева", "--role", "funder", "b@example.org"}} {
		code, _, errs := command(t, append(args, "--data", data)...)
		if code != 1 || !strings.Contains(errs, "--key-file") {
			t.Errorf("%s without its key: code %d, %q", args[0], code, errs)
		}
		if _, err := os.Stat(key); err == nil {
			t.Fatalf("%s made a new key", args[0])
		}
	}
	if code, out, errs := command(t, "verify", "--data", data, "--key-file", key+".kept"); code != 0 {
		t.Errorf("with its key: code %d, %q %q", code, out, errs)
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	data := t.TempDir()
	if code, _, errs := command(t, "migrate", "--data", data); code != 0 {
		t.Fatal(errs)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "strengthen.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"migrate"}, {"impact"}, {"verify"}, {"user", "--name", "Ана Илиева", "--role", "funder", "a@example.org"}, {"demo"}} {
		if code, _, errs := command(t, append(args, "--data", data)...); code != 1 || !strings.Contains(errs, "newer than this program") {
			t.Errorf("%s: code %d, %q", args[0], code, errs)
		}
	}
}
