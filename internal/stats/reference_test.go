package stats

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// referenceCase is one file of expected/.
type referenceCase struct {
	ID       string  `json:"id"`
	Input    string  `json:"input"`
	Args     args    `json:"args"`
	Expected any     `json:"expected"`
	RelTol   float64 `json:"rel_tol"`
	table    table   // the input, read
	dir      string  // the folder that holds input/
}

// errMissing marks a method, or a variant of one, that is not built.
var errMissing = errors.New("not built")

// TestReference compares every number of every reference case: the published ones and those of our own. The variable
// STRENGTHEN_STATS_REFERENCE names another folder with input/ and expected/.
func TestReference(t *testing.T) {
	folders := []string{filepath.Join("testdata", "reference"), filepath.Join("testdata", "reference-own")}
	if dir := os.Getenv("STRENGTHEN_STATS_REFERENCE"); dir != "" {
		folders = []string{dir}
	}
	var files []string
	for _, dir := range folders {
		in, err := filepath.Glob(filepath.Join(dir, "expected", "*.json"))
		if err != nil || len(in) == 0 {
			t.Fatalf("no case in %s/expected: %v", dir, err)
		}
		files = append(files, in...)
	}
	var passed, missing, failed int
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		faults, err := checkCase(filepath.Dir(filepath.Dir(file)), file)
		switch {
		case errors.Is(err, errMissing):
			missing++
			t.Logf("missing %s: %v", name, err)
		case err != nil:
			failed++
			t.Errorf("%s: %v", name, err)
		case len(faults) > 0:
			failed++
			t.Errorf("%s:\n\t%s", name, strings.Join(faults, "\n\t"))
		default:
			passed++
		}
	}
	summary = fmt.Sprintf("reference: %d passed, %d missing, %d failed", passed, missing, failed)
}

// summary is the last line of a run, printed after the verdict so that a script finds it.
var summary string

func TestMain(m *testing.M) {
	code := m.Run()
	if summary != "" {
		fmt.Println(summary)
	}
	os.Exit(code)
}

func checkCase(dir, file string) (faults []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := referenceCase{dir: dir, RelTol: 1e-9}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	run, built := methods[c.method()]
	if !built {
		return nil, fmt.Errorf("method %q: %w", c.method(), errMissing)
	}
	if strings.HasSuffix(c.Input, ".csv") && !matrices[c.method()] {
		if c.table, err = readTable(filepath.Join(dir, "input", c.Input)); err != nil {
			return nil, err
		}
		if c.table, err = c.table.only(c.Args.text("rows")); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Args)) {
		if !slices.Contains(understood, name) {
			return nil, fmt.Errorf("argument %q: %w", name, errMissing)
		}
	}
	got, err := run(c)
	if err != nil {
		return nil, err
	}
	compared := 0
	compare("", c.Expected, got, c.RelTol, &faults, &compared)
	if compared == 0 {
		return nil, errors.New("nothing compared")
	}
	return faults, nil
}

// matrices are the methods whose input is a square matrix without a head.
var matrices = map[string]bool{
	"network_measures": true, "qap_cor": true, "ei_perm": true, "mrqap_y": true, "density_change": true, "centralisation": true,
	"mrqap_dsp": true,
}

// understood are the arguments that some method reads; a case with another one is not computed as if it were not there.
var understood = strings.Fields("method note columns cluster rows coding rounding value groups formula reference contrasts weights " +
	"family id corstr statistic resamples clusters pre post covariates scale_min scale_max items reliability sd_pre p grid n " +
	"delta sd_change alpha strict group other perms x after exact")

// method names the method of a case; two cases name none and are known by what they are given.
func (c referenceCase) method() string {
	switch {
	case c.Args.text("method") != "":
		return c.Args.text("method")
	case c.Args["p"] != nil:
		return "p_adjust"
	case c.Args["delta"] != nil:
		return "power_paired"
	}
	return ""
}

// object holds results by the name that the expected values use.
type object map[string]any

// compare appends a fault for every expected value that got lacks or differs in.
func compare(path string, want, got any, tol float64, faults *[]string, compared *int) {
	fault := func(format string, a ...any) { *faults = append(*faults, path+": "+fmt.Sprintf(format, a...)) }
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(object)
		if !ok {
			fault("got %T", got)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(w)) {
			if _, ok := g[key]; !ok {
				*faults = append(*faults, path+"."+key+": no value")
				continue
			}
			compare(path+"."+key, w[key], g[key], tol, faults, compared)
		}
	case []any:
		g := list(got)
		if len(g) != len(w) {
			fault("got %d values, want %d", len(g), len(w))
			return
		}
		for i := range w {
			compare(fmt.Sprintf("%s[%d]", path, i), w[i], g[i], tol, faults, compared)
		}
	default:
		*compared++
		if l := list(got); len(l) == 1 { // a vector of one is written as a number
			got = l[0]
		}
		if s, ok := got.(string); ok {
			if s != want {
				fault("got %q, want %v", s, want)
			}
			return
		}
		g, ok := float(got)
		x, known := wanted(want)
		if !ok || !known {
			fault("got %v (%T), want %v", got, got, want)
			return
		}
		if !near(g, x, tol) {
			fault("got %.16g, want %.16g (off by %.2g)", g, x, math.Abs(g-x)/math.Abs(x))
		}
	}
}

func near(got, want, tol float64) bool {
	switch {
	case math.IsNaN(want):
		return math.IsNaN(got)
	case math.IsInf(want, 0):
		return got == want
	}
	return math.Abs(got-want) <= tol*math.Abs(want) || math.Abs(want) <= 1e-12 && math.Abs(got-want) <= 1e-12
}

func wanted(v any) (float64, bool) {
	switch v {
	case "NA", "NaN", nil:
		return math.NaN(), true
	case "Inf":
		return math.Inf(1), true
	case "-Inf":
		return math.Inf(-1), true
	}
	f, ok := v.(float64)
	return f, ok
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	}
	return 0, false
}

func list(v any) (l []any) {
	switch v := v.(type) {
	case []any:
		return v
	case []float64:
		for _, x := range v {
			l = append(l, x)
		}
	case []string:
		for _, x := range v {
			l = append(l, x)
		}
	case []object:
		for _, x := range v {
			l = append(l, x)
		}
	}
	return l
}

// args are the arguments of a case.
type args map[string]any

func (a args) text(key string) string {
	s, _ := a[key].(string)
	return s
}

func (a args) texts(key string) []string {
	if s, ok := a[key].(string); ok {
		return []string{s}
	}
	var out []string
	l, _ := a[key].([]any)
	for _, v := range l {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func (a args) number(key string, otherwise float64) float64 {
	if f, ok := a[key].(float64); ok {
		return f
	}
	return otherwise
}

// table is a CSV file with a head, by column.
type table struct {
	names []string
	cells map[string][]string
}

func readTable(file string) (table, error) {
	f, err := os.Open(file)
	if err != nil {
		return table{}, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return table{}, err
	}
	t := table{names: rows[0], cells: map[string][]string{}}
	for _, r := range rows[1:] {
		for j, v := range r {
			if v == "NA" {
				v = ""
			}
			t.cells[t.names[j]] = append(t.cells[t.names[j]], v)
		}
	}
	return t, nil
}

var (
	someRows  = regexp.MustCompile(`^(first|last) (\d+) rows`)
	condition = regexp.MustCompile(`^([\w.]+)\s*(==|=|!=|>=|<=|>|<)\s*["']?([^"']*?)["']?$`)
)

// only keeps "last 80 rows of the file", or the rows for which "post == 1 and arm = 'A'" is true.
func (t table) only(rows string) (table, error) {
	if rows == "" {
		return t, nil
	}
	length := len(t.cells[t.names[0]])
	keep := func(int) bool { return true }
	if m := someRows.FindStringSubmatch(rows); m != nil {
		n, _ := strconv.Atoi(m[2])
		keep = func(i int) bool { return m[1] == "first" && i < n || m[1] == "last" && i >= length-n }
	} else {
		for part := range strings.SplitSeq(strings.ReplaceAll(rows, "&", " and "), " and ") {
			m := condition.FindStringSubmatch(strings.TrimSpace(part))
			if m == nil || t.cells[m[1]] == nil {
				return table{}, fmt.Errorf("rows %q: %w", rows, errMissing)
			}
			before := keep
			keep = func(i int) bool { return before(i) && holds(t.cells[m[1]][i], m[2], m[3]) }
		}
	}
	out := table{names: t.names, cells: map[string][]string{}}
	for _, name := range t.names {
		out.cells[name] = []string{}
		for i, v := range t.cells[name] {
			if keep(i) {
				out.cells[name] = append(out.cells[name], v)
			}
		}
	}
	return out, nil
}

func holds(a, operator, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	order := strings.Compare(a, b)
	if errX == nil && errY == nil {
		order = cmp.Compare(x, y)
	}
	switch operator {
	case "=", "==":
		return order == 0
	case "!=":
		return order != 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	}
	return order <= 0
}

func (t table) text(name string) []string {
	v, ok := t.cells[name]
	if !ok {
		panic("no column " + name)
	}
	return v
}

// holding is the column that has value in it.
func (t table) holding(value string) []string {
	for _, n := range t.names {
		if slices.Contains(t.cells[n], value) {
			return t.cells[n]
		}
	}
	panic("no column holds " + value)
}

func (t table) numeric(name string) bool {
	return !slices.ContainsFunc(t.text(name), func(s string) bool {
		_, err := strconv.ParseFloat(s, 64)
		return s != "" && err != nil
	})
}

// numbers is a column, or what a name means where there is no such column: "change" and "a-b" are differences, "a:b" is a
// product, "log(a)" and "I(a^2)" are those of a, and a wave, "treated" or a level stand for an indicator.
func (t table) numbers(name string) []float64 {
	name = strings.TrimSpace(name)
	if _, ok := t.cells[name]; ok && t.numeric(name) {
		return t.parse(name)
	}
	if a, b, ok := strings.Cut(name, ":"); ok {
		x, y := slices.Clone(t.numbers(a)), t.numbers(b)
		for i := range x {
			x[i] *= y[i]
		}
		return x
	}
	if name == "change" {
		name = "post-pre"
	}
	if m := function.FindStringSubmatch(name); m != nil && t.cells[m[2]] != nil {
		out := slices.Clone(t.numbers(m[2]))
		for i, v := range out {
			out[i] = map[string]float64{"log": math.Log(v), "I2": v * v, "I3": v * v * v}[m[1]+m[3]]
		}
		return out
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(name, "I("), ")")
	if a, b, ok := strings.Cut(inner, "-"); ok && t.knows(a) && t.knows(b) {
		return minus(t.numbers(a), t.numbers(b))
	}
	for _, is := range []func(string) []float64{t.indicator, t.level, t.second} {
		if yes := is(name); yes != nil {
			return yes
		}
	}
	panic("no column " + name)
}

var function = regexp.MustCompile(`^(log|I)\(([\w.]+)(?:\^([23]))?\)$`)

func (t table) knows(name string) bool { return t.cells[strings.TrimSpace(name)] != nil }

func (t table) parse(name string) (out []float64) {
	for _, s := range t.text(name) {
		v, err := strconv.ParseFloat(s, 64)
		if s == "" {
			v = math.NaN()
		} else if err != nil {
			panic(err)
		}
		out = append(out, v)
	}
	return out
}

// equals is 1 where a cell is value, missing where there is none.
func equals(of []string, value string) (yes []float64) {
	for _, s := range of {
		v := float64(count(s == value))
		if s == "" {
			v = math.NaN()
		}
		yes = append(yes, v)
	}
	return yes
}

// level is a column with one of its values, written as R does: armCBT, factor(wave)2.
func (t table) level(name string) []float64 {
	bare := strings.Replace(strings.TrimPrefix(name, "factor("), ")", "", count(strings.HasPrefix(name, "factor(")))
	names := slices.SortedFunc(slices.Values(t.names), func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, n := range names {
		if value, ok := strings.CutPrefix(bare, n); ok && slices.Contains(t.cells[n], value) && value != "" {
			return equals(t.cells[n], value)
		}
	}
	return nil
}

// second is the second of two levels of the column of words that begins like the name: "drugy" of drug No and Yes.
func (t table) second(name string) []float64 {
	for _, n := range t.names {
		levels := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(t.cells[n]))), func(s string) bool { return s == "" })
		if len(levels) == 2 && !t.numeric(n) && n[0] == name[0] {
			return equals(t.cells[n], levels[1])
		}
	}
	return nil
}

// indicator is a wave by its name in a table in long form, or "treated", every arm but control.
func (t table) indicator(name string) (yes []float64) {
	if slices.Contains(t.cells["wave"], name) {
		return equals(t.cells["wave"], name)
	}
	if name == "treated" {
		for _, v := range equals(t.cells["arm"], "control") {
			yes = append(yes, 1-v)
		}
	}
	return yes
}

func (t table) matrix(names []string) [][]float64 {
	if names == nil {
		names = slices.DeleteFunc(slices.Clone(t.names), func(s string) bool { return s == "id" })
	}
	var rows [][]float64
	for _, n := range names {
		c := t.numbers(n)
		if rows == nil {
			rows = make([][]float64, len(c))
		}
		for i, v := range c {
			rows[i] = append(rows[i], v)
		}
	}
	return rows
}

var (
	difference = regexp.MustCompile(`([\w.]+)\s*-\s*([\w.]+)`)
	decimal    = regexp.MustCompile(`\d+`)
	atLeast    = regexp.MustCompile(`(?:>=\s*(-?\d[\d.]*)|(-?\d[\d.]*) (?:or|and) (?:more|higher|above|over))`)
)

// pairNames are the two columns that a case compares: those it gives, those its statistic or value names, pre and post, or
// the first and the last score.
func (c referenceCase) pairNames() (pre, post string) {
	if names := c.Args.texts("columns"); len(names) == 2 {
		return names[0], names[1]
	}
	for _, key := range []string{"statistic", "value"} {
		if m := difference.FindStringSubmatch(c.Args.text(key)); m != nil && c.table.knows(m[1]) && c.table.knows(m[2]) {
			return m[2], m[1]
		}
	}
	if c.table.knows("pre") && c.table.knows("post") {
		return "pre", "post"
	}
	scores := slices.DeleteFunc(slices.Clone(c.table.names), func(n string) bool {
		return n == "id" || n == c.Args.text("cluster") || n == "cohort" || !c.table.numeric(n)
	})
	return scores[0], scores[len(scores)-1]
}

func (c referenceCase) pair() (pre, post []float64) {
	a, b := c.pairNames()
	pre, post = c.table.numbers(a), c.table.numbers(b)
	if m := decimal.FindString(c.Args.text("rounding")); m != "" { // what is compared are rounded differences
		k, _ := strconv.Atoi(m)
		for i := range pre {
			pre[i], post[i] = 0, math.RoundToEven((post[i]-pre[i])*math.Pow10(k))/math.Pow10(k)
		}
	}
	if m := atLeast.FindStringSubmatch(c.Args.text("coding")); m != nil { // yes is a score of at least that
		cut, _ := strconv.ParseFloat(m[1]+m[2], 64)
		for _, v := range [][]float64{pre, post} {
			for i := range v {
				if !math.IsNaN(v[i]) {
					v[i] = float64(count(v[i] >= cut))
				}
			}
		}
	}
	return pre, post
}

func (c referenceCase) cluster() []string {
	if name := c.Args.text("cluster"); name != "" {
		return c.table.text(name)
	}
	return c.table.text("cohort")
}

// weights is nil where a case gives none.
func (c referenceCase) weights() []float64 {
	if name := c.Args.text("weights"); name != "" {
		return c.table.numbers(name)
	}
	return nil
}

// groups is the pair, or one value in two groups of rows.
func (c referenceCase) groups() (x, y []float64) {
	names := c.Args.texts("groups")
	if names == nil {
		return c.pair()
	}
	of := c.table.holding(names[0])
	for i, v := range c.values() {
		switch of[i] {
		case names[0]:
			x = append(x, v)
		case names[1]:
			y = append(y, v)
		}
	}
	return x, y
}

// values is the column, or the difference, that a case names.
func (c referenceCase) values() []float64 {
	name := c.Args.text("value")
	if c.table.knows(name) {
		return c.table.numbers(name)
	}
	pre, post := c.pair()
	return minus(post, pre)
}

var randomPart = regexp.MustCompile(`\+\s*\(1\s*\|\s*([^)]+)\)`)

// groupings reads the (1|a), (1|a:b) and (1|a/b) of a formula.
func (c referenceCase) groupings() (names []string, of [][]string) {
	for _, m := range randomPart.FindAllStringSubmatch(c.Args.text("formula"), -1) {
		name := strings.ReplaceAll(m[1], " ", "")
		if a, b, ok := strings.Cut(name, "/"); ok {
			names, of = append(names, a), append(of, c.table.text(a))
			name = b + ":" + a
		}
		var label []string
		for part := range strings.SplitSeq(name, ":") {
			column := c.table.text(part)
			if label == nil {
				label = slices.Clone(column)
				continue
			}
			for i := range label {
				label[i] += "\x00" + column[i]
			}
		}
		names, of = append(names, name), append(of, label)
	}
	return names, of
}

// contrasts are the given ones, or where none are given the single coefficients that have the expected estimates.
func (c referenceCase) contrasts(p int) (names []string, rows [][]float64) {
	whole := c.Expected.(map[string]any)
	expected, _ := whole["contrasts"].(map[string]any)
	given, _ := c.Args["contrasts"].(map[string]any)
	estimates, _ := whole["estimate"].([]any)
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		row := make([]float64, p)
		if l, ok := given[name].([]any); ok {
			for j, v := range l {
				row[j] = v.(float64)
			}
		} else {
			j := slices.Index(estimates, expected[name].(map[string]any)["estimate"])
			if j < 0 {
				panic("no contrast " + name)
			}
			row[j] = 1
		}
		names, rows = append(names, name), append(rows, row)
	}
	return names, rows
}

// design reads the answer from "y ~ a + b" and the columns from the terms that the case expects, which name every level and
// interaction.
func (c referenceCase) design() (y []float64, x [][]float64, terms []string, err error) {
	left, _, ok := strings.Cut(c.Args.text("formula"), "~")
	expected, isObject := c.Expected.(map[string]any)
	if !ok || !isObject {
		return nil, nil, nil, fmt.Errorf("formula %q: %w", c.Args.text("formula"), errMissing)
	}
	terms = args(expected).texts("terms")
	y = c.table.numbers(left)
	x = make([][]float64, len(y))
	for _, name := range terms {
		column := slices.Repeat([]float64{1}, len(y))
		if name != "(Intercept)" {
			column = c.table.numbers(name)
		}
		for i, v := range column {
			x[i] = append(x[i], v)
		}
	}
	return y, x, terms, nil
}

// methods runs a method on a case and names its results as the expected values do.
var methods = map[string]func(referenceCase) (any, error){
	"paired_change": func(c referenceCase) (any, error) {
		r, err := PairedChange(c.pair())
		return object{
			"n": r.N, "mean_pre": r.MeanPre, "sd_pre": r.SDPre, "mean_post": r.MeanPost, "sd_post": r.SDPost, "r": r.R,
			"mean_change": r.Mean, "sd_change": r.SD, "se": r.SE, "t": r.T, "df": r.DF, "p": r.P,
			"ci_low": r.CI.Low, "ci_high": r.CI.High,
		}, err
	},
	"paired_change_cr": func(c referenceCase) (any, error) {
		x, y := c.pair()
		r, err := PairedClusteredChangeWeighted(x, y, c.cluster(), c.weights())
		return object{
			"n": r.N, "clusters": r.Clusters, "mean_change": r.Mean, "se_CR0": r.SECR0, "se_CR1": r.SECR1, "t_CR1": r.TCR1,
			"p_CR1_dfJm1": r.PCR1, "se_CR2": r.SE, "t_CR2": r.T, "df_satterthwaite": r.DF, "p_CR2": r.P,
			"ci_low_CR2": r.CI.Low, "ci_high_CR2": r.CI.High,
		}, err
	},
	"cohort_level": func(c referenceCase) (any, error) {
		x, y := c.pair()
		r, err := CohortLevelChange(x, y, c.cluster())
		return object{
			"n": r.N, "clusters": r.Clusters, "mean_of_cohort_means": r.Mean, "sd": r.SD, "t": r.T, "df": r.DF, "p": r.P,
			"ci_low": r.CI.Low, "ci_high": r.CI.High,
		}, err
	},
	"sign_flip_exact": func(c referenceCase) (any, error) {
		x, y := c.pair()
		r, err := SignFlipExact(x, y, c.cluster())
		return object{
			"n": r.N, "clusters": r.Clusters, "vectors": r.Vectors, "sum_change": r.Sum, "p_sign_flip": r.P, "t_CR1": r.TCR1,
			"p_wild_t_restricted": r.PWild,
		}, err
	},
	"lm_cr2": func(c referenceCase) (any, error) {
		y, x, terms, err := c.design()
		if err != nil {
			return nil, err
		}
		r, err := RegressionCR2(y, x, c.cluster(), c.weights())
		var low, high []float64
		for _, ci := range r.CI {
			low, high = append(low, ci.Low), append(high, ci.High)
		}
		return object{
			"n": r.N, "clusters": r.Clusters, "terms": terms, "estimate": r.Coefficients, "se_CR2": r.SE,
			"df_satterthwaite": r.DF, "t": r.T, "p": r.P, "ci_low": low, "ci_high": high,
		}, err
	},
	"ols": func(c referenceCase) (any, error) {
		y, x, terms, err := c.design()
		if err != nil {
			return nil, err
		}
		r, err := LeastSquares(y, x)
		return object{
			"n": r.N, "terms": terms, "estimate": r.Coefficients, "se": r.SE, "t": r.T, "p": r.P, "df": r.DF, "sigma": r.Sigma,
			"r2": r.R2,
		}, err
	},
	"lmm": func(c referenceCase) (any, error) {
		y, x, terms, err := c.design()
		if err != nil {
			return nil, err
		}
		random, groupings := c.groupings()
		names, contrasts := c.contrasts(len(terms))
		r, err := MixedModelWeighted(y, x, c.weights(), groupings, contrasts)
		if err != nil {
			return nil, err
		}
		variances, groups, results := object{"Residual": r.Residual}, object{}, object{}
		for k, name := range random {
			variances[name], groups[name] = r.Variances[k], r.Groups[k]
			if a, b, ok := strings.Cut(name, ":"); ok {
				for _, other := range []string{b + ":" + a, "cohort:wave"} { // whatever the columns are called
					variances[other], groups[other] = r.Variances[k], r.Groups[k]
				}
			}
		}
		for k, m := range r.Contrasts {
			results[names[k]] = object{
				"estimate": m.Estimate, "se": m.SE, "df_satterthwaite": m.DF, "t": m.T, "p": m.P, "ci_low": m.CI.Low,
				"ci_high": m.CI.High, "se_kr": m.KR.SE, "df_kr": m.KR.DF, "t_kr": m.KR.T, "p_kr": m.KR.P,
				"ci_low_kr": m.KR.CI.Low, "ci_high_kr": m.KR.CI.High,
			}
		}
		// What was left of the gradient when the reference stopped is no result of the model.
		delete(c.Expected.(map[string]any), "gradient_at_solution")
		return object{
			"n_obs": r.N, "reml_criterion": r.REMLCriterion, "terms": terms, "estimate": r.Coefficients, "se": r.SE,
			"variance": variances, "n_groups": groups, "contrasts": results,
		}, nil
	},
	"gee": func(c referenceCase) (any, error) {
		y, x, terms, err := c.design()
		if err != nil {
			return nil, err
		}
		family, structure := c.Args.text("family"), c.Args.text("corstr")
		model := GEEModel{
			Binomial: family == "binomial", Poisson: family == "poisson", Exchangeable: structure == "exchangeable" || structure == "",
		}
		if !slices.Contains([]string{"", "gaussian", "binomial", "poisson"}, family) || structure != "independence" && !model.Exchangeable {
			return nil, fmt.Errorf("family %q, structure %q: %w", family, structure, errMissing)
		}
		r, err := GeneralisedEstimating(y, x, c.table.text(c.Args.text("id")), model)
		o := object{
			"n_obs": r.N, "clusters": r.Clusters, "terms": terms, "estimate": r.Coefficients, "se_robust": r.SE, "wald_chisq": r.Wald,
			"scale_phi": r.Scale, "alpha": []float64{},
		}
		if model.Exchangeable {
			o["alpha"] = r.Alpha
		}
		var corrected []float64
		for _, k := range r.Corrected {
			corrected = append(corrected, k.SE)
		}
		o["se_mancl_derouen"] = corrected
		return o, err
	},
	"effects_paired": func(c referenceCase) (any, error) {
		r, err := PairedEffects(c.pair())
		return object{
			"n": r.N, "J": r.J, "d_z": r.DZ, "g_z": r.GZ, "d_z_ci_low": r.DZCI.Low, "d_z_ci_high": r.DZCI.High,
			"d_av": r.DAv, "g_av": r.GAv, "se_d_av_bonett": r.SEDAv, "d_av_ci_low": r.DAvCI.Low, "d_av_ci_high": r.DAvCI.High,
			"g_av_ci_low": r.GAvCI.Low, "g_av_ci_high": r.GAvCI.High, "d_av_mean_sd": r.DAvMeanSD, "g_av_mean_sd": r.GAvMeanSD,
			"d_rm": r.DRm, "g_rm": r.GRm, "d_pre": r.DPre, "g_pre": r.GPre, "var_d_pre_becker": r.VarDPre,
			"J_approx": r.JApprox, "df_fitts": r.DFAv, "g_av_fitts": r.GAvDF,
		}, err
	},
	"effects_independent": func(c referenceCase) (any, error) {
		r, err := IndependentEffects(c.groups())
		return object{
			"n1": r.NX, "n2": r.NY, "diff": r.Difference, "sd_pooled": r.SDPooled, "d": r.D, "g": r.G,
			"d_ci_low": r.DCI.Low, "d_ci_high": r.DCI.High,
		}, err
	},
	"cluster_boot": runBootstrap,
	"wilcoxon": func(c referenceCase) (any, error) {
		r, err := WilcoxonSignedRank(c.pair())
		return object{
			"n_pairs": r.N, "n_zero": r.Zero, "n_positive": r.Positive, "n_negative": r.Negative,
			"wilcoxon": signedRankObject(r.Dropped), "pratt": signedRankObject(r.Pratt), "sign_test": object{"p_exact": r.SignP},
			"hodges_lehmann_all": r.HodgesLehmann, "hodges_lehmann_nonzero": r.HodgesLehmannNonzero,
		}, err
	},
	"friedman": func(c referenceCase) (any, error) {
		r, err := FriedmanTest(c.occasions())
		return object{"n": r.N, "occasions": r.Waves, "chisq": r.ChiSquare, "df": r.DF, "p": r.P, "kendall_w": r.KendallW}, err
	},
	"dominance_paired": func(c referenceCase) (any, error) {
		r, err := PairedDominance(c.pair())
		return object{"n": r.N, "improved": r.Improved, "same": r.Same, "worsened": r.Worsened, "d_w": r.D, "se": r.SE}, err
	},
	"cliff": func(c referenceCase) (any, error) {
		r, err := CliffDelta(c.groups())
		return object{
			"n_x": r.NX, "n_y": r.NY, "delta": r.Delta, "se": r.SE, "ci_low": r.CI.Low, "ci_high": r.CI.High,
			"prob_superiority": r.Superiority,
		}, err
	},
	"attrition": runAttrition,
	"icc_anova": func(c referenceCase) (any, error) {
		r, err := IntraclassCorrelation(c.values(), c.cluster())
		return object{
			"n": r.N, "clusters": r.Clusters, "msb": r.MSBetween, "msw": r.MSWithin, "n0": r.N0, "icc1": r.ICC1, "F": r.F, "p": r.P,
			"icc2": r.ICC2, "mean_size": r.MeanSize, "cv_size": r.CVSize, "deff": r.DesignEffect,
		}, err
	},
	"reliability": func(c referenceCase) (any, error) {
		r, err := ScaleReliability(c.table.matrix(c.Args.texts("items")))
		return object{
			"n": r.N, "items": r.Items, "alpha_raw": r.Alpha, "alpha_standardized": r.AlphaStandardized,
			"mean_inter_item_r": r.MeanInterItemR, "feldt_ci_low": r.AlphaCI.Low, "feldt_ci_high": r.AlphaCI.High, "sem": r.SEM,
			"total_mean": r.TotalMean, "total_sd": r.TotalSD, "loadings_ml_standardized": r.Loadings, "omega_congeneric": r.Omega,
			"omega_standardized": r.OmegaStandardized, "alpha_if_deleted": r.AlphaIfDeleted, "item_total_r": r.ItemTotalR,
			"item_rest_r": r.ItemRestR, "item_mean": r.ItemMean, "item_sd": r.ItemSD, "split_half_odd_even_sb": r.SplitHalf,
		}, err
	},
	"item_analysis": func(c referenceCase) (any, error) {
		r, err := AnalyseItems(c.table.matrix(c.Args.texts("items")))
		return object{
			"n": r.N, "items": r.Items, "difficulty": r.Difficulty, "discrimination_27": r.Discrimination, "n_upper": r.NUpper,
			"n_lower": r.NLower, "point_biserial": r.PointBiserial, "corrected_item_total": r.CorrectedItemTotal,
			"kr20": r.KR20, "kr21": r.KR21, "mean": r.Mean, "sd": r.SD, "floor_share": r.Floor, "ceiling_share": r.Ceiling,
		}, err
	},
	"rci": func(c referenceCase) (any, error) {
		x, y := c.pair()
		r, err := ReliableChangeIndex(x, y, c.Args.number("reliability", math.NaN()), c.Args.number("sd_pre", math.NaN()))
		return object{
			"n": r.N, "sem": r.SEM, "s_diff": r.SDiff, "threshold_points": r.Threshold, "up": r.Up, "unchanged": r.Unchanged,
			"down": r.Down,
		}, err
	},
	"mcnemar": func(c referenceCase) (any, error) {
		r, err := McNemarTest(c.pair())
		return object{
			"n": r.N, "a": r.A, "b": r.B, "c": r.C, "d": r.D, "p_pre": r.PPre, "p_post": r.PPost, "difference": r.Difference,
			"chisq": r.ChiSquare, "p_chisq": r.P, "chisq_cc": r.ChiSquareCC, "p_exact": r.PExact, "p_mid": r.PMid,
			"newcombe10_low": r.Newcombe.Low, "newcombe10_high": r.Newcombe.High,
			"bonett_price_low": r.BonettPrice.Low, "bonett_price_high": r.BonettPrice.High,
			"tango_low": r.Tango.Low, "tango_high": r.Tango.High,
			"odds_ratio": r.OddsRatio, "odds_ratio_low": r.OddsRatioCI.Low, "odds_ratio_high": r.OddsRatioCI.High,
		}, err
	},
	"cochran_q": func(c referenceCase) (any, error) {
		r, err := CochranQ(c.table.matrix(c.Args.texts("columns")))
		return object{"n": r.N, "occasions": r.Waves, "Q": r.Q, "df": r.DF, "p": r.P}, err
	},
	"prop_ci": func(c referenceCase) (any, error) {
		return eachExpected(c, func(w map[string]any) (object, error) { // what is given stands beside what is expected
			x, n := w["x"].(float64), w["n"].(float64)
			r, err := ProportionCI(int(x), int(n))
			return object{
				"x": r.X, "n": r.N, "p": r.P, "wilson_low": r.Wilson.Low, "wilson_high": r.Wilson.High,
				"clopper_pearson_low": r.ClopperPearson.Low, "clopper_pearson_high": r.ClopperPearson.High,
			}, err
		})
	},
	"count_ci": func(c referenceCase) (any, error) {
		return eachExpected(c, func(w map[string]any) (object, error) {
			r := CountCI(int(w["x"].(float64)))
			return object{"x": r.X, "poisson_low": r.CI.Low, "poisson_high": r.CI.High}, nil
		})
	},
	"p_adjust": func(c referenceCase) (any, error) {
		var p []float64
		for _, v := range c.Args["p"].([]any) {
			x, _ := wanted(v)
			p = append(p, x)
		}
		return object{
			"holm": Holm(p), "hochberg": Hochberg(p), "bh": BenjaminiHochberg(p), "by": BenjaminiYekutieli(p),
			"bonferroni": Bonferroni(p),
		}, nil
	},
	"mde": func(c referenceCase) (any, error) {
		var out []object
		for _, g := range c.Args["grid"].([]any) {
			a := args(g.(map[string]any))
			r, err := MinimalDetectable(Plan{
				N: int(a.number("n", 0)), Clusters: int(a.number("J", 0)), ICC: a.number("icc", 0), CV: a.number("cv", 0),
				Alpha: a.number("alpha", 0), Power: a.number("power", 0),
			})
			if err != nil {
				return nil, err
			}
			out = append(out, object{"deff": r.DesignEffect, "df": r.DF, "mde_sd_change": r.SDs, "mde_normal_approx": r.Normal})
		}
		return out, nil
	},
	"power_paired": func(c referenceCase) (any, error) {
		p, err := PairedPower(int(c.Args.number("n", 0)), c.Args.number("delta", 0), c.Args.number("sd_change", 1),
			c.Args.number("alpha", .05), c.Args["strict"] == true)
		return object{"power": p}, err
	},
	"network_measures": func(c referenceCase) (any, error) {
		a, _ := c.adjacency(c.Input)
		var group []string
		if where := c.Args.text("group"); where != "" {
			group = c.labels(where)
		}
		r, err := DescribeNetwork(a, group)
		return object{
			"n": r.N, "arcs": r.Arcs, "density": r.Density, "mutual": r.Mutual, "asymmetric": r.Asymmetric, "null": r.Null,
			"reciprocity_arc": r.Reciprocity, "reciprocity_dyadic_nonnull": r.ReciprocityDyadic,
			"mean_out_degree": r.MeanOutDegree, "isolates": r.Isolates, "weak_components": r.Components,
			"betweenness_directed": r.Betweenness, "betweenness_directed_normalized": r.BetweennessNormalized,
			"betweenness_undirected": r.BetweennessUndirected, "edges_undirected": r.Edges,
			"density_undirected": r.DensityUndirected, "transitivity_undirected": r.Transitivity,
			"internal_arcs": r.Internal, "external_arcs": r.External, "ei_index": r.EI, "ei_index_undirected": r.EIUndirected,
			"ei_expected_random": r.EIExpected, "density_internal": r.DensityInternal, "density_external": r.DensityExternal,
			"cross_sector_share": r.ExternalShare,
		}, err
	},
	"qap_cor": func(c referenceCase) (any, error) {
		_, a := c.adjacency(c.Input)
		_, b := c.adjacency(c.Args.text("other"))
		r, err := QAPCorrelation(a, b, whole(c.grid(c.Args.text("perms"))))
		return object{
			"r": r.Observed, "perms": r.Permutations, "mean_perm": r.Mean, "sd_perm": r.SD, "p_ge": r.PAtLeast,
			"p_le": r.PAtMost, "p_abs": r.PAbs,
		}, err
	},
	"ei_perm": func(c referenceCase) (any, error) {
		a, _ := c.adjacency(c.Input)
		r, err := EIPermutation(a, c.labels(c.Args.text("group")), whole(c.grid(c.Args.text("perms"))))
		return object{"ei": r.Observed, "mean_perm": r.Mean, "sd_perm": r.SD, "p_le": r.PAtMost, "p_ge": r.PAtLeast}, err
	},
	"mrqap_y": func(c referenceCase) (any, error) {
		y, x, terms, err := c.regressors()
		if err != nil {
			return nil, err
		}
		r, err := NetworkRegressionQAP(y, x, whole(c.grid(c.Args.text("perms"))))
		return object{"terms": terms, "estimate": r.Coefficients, "p_abs": r.PAbs}, err
	},
	"centralisation": func(c referenceCase) (any, error) {
		a, _ := c.adjacency(c.Input)
		r, err := DescribeNetwork(a, nil)
		return object{
			"in_degree": r.InCentralisation, "out_degree": r.OutCentralisation, "betweenness": r.BetweennessCentralisation,
		}, err
	},
	"mrqap_dsp": func(c referenceCase) (any, error) {
		y, x, _, err := c.regressors()
		if err != nil {
			return nil, err
		}
		r, err := NetworkRegressionDSP(y, x, whole(c.grid(c.Args.text("perms"))))
		return object{"estimate": r.Coefficients, "p_abs": r.PAbs}, err
	},
	"proportional_odds": func(c referenceCase) (any, error) {
		r, err := OrdinalRegression(c.table.numbers("y"), c.table.matrix(c.Args.texts("columns")), c.cluster())
		return object{
			"thresholds": r.Thresholds, "estimate": r.Coefficients, "se": r.SE, "se_cluster": r.SECluster, "deviance": r.Deviance,
		}, err
	},
	"clustered_wilcoxon": func(c referenceCase) (any, error) {
		x, y := c.pair()
		r, err := ClusteredWilcoxon(x, y, c.cluster())
		return object{"n": r.N, "clusters": r.Clusters, "sum": r.Sum, "z": r.Z, "p": r.P, "p_exact": r.PExact}, err
	},
	"flip_interval": func(c referenceCase) (any, error) {
		x, y := c.pair()
		r, err := SignFlipExact(x, y, c.cluster())
		return object{"low": r.CI.Low, "high": r.CI.High}, err
	},
	"shrink": func(c referenceCase) (any, error) {
		se := c.table.numbers("se")
		for i, v := range se {
			se[i] = v * v
		}
		r, err := Shrink(c.table.text("group"), c.table.numbers("y"), se)
		var estimate, errors []float64
		for _, g := range r.Groups {
			estimate, errors = append(estimate, g.Estimate), append(errors, g.SE)
		}
		return object{"mean": r.Mean, "between": r.Between, "estimate": estimate, "se": errors}, err
	},
	"wedge": runWedge,
	"density_change": func(c referenceCase) (any, error) {
		a, _ := c.adjacency(c.Input)
		b, _ := c.adjacency(c.Args.text("after"))
		r, err := NetworkDensityChange(a, b, whole(c.grid(c.Args.text("resamples"))))
		return object{
			"density_before": r.Before, "density_after": r.After, "change": r.Change, "arcs_gained": r.Gained,
			"arcs_lost": r.Lost, "arcs_kept": r.Kept, "jaccard": r.Jaccard, "se_vertex_bootstrap": r.SE,
			"percentile_low": r.Percentile.Low, "percentile_high": r.Percentile.High,
		}, err
	},
}

// grid reads a matrix without a head.
func (c referenceCase) grid(file string) [][]float64 {
	t, err := readTable(filepath.Join(c.dir, "input", file))
	if err != nil {
		panic(err)
	}
	return t.matrix(t.names)
}

// adjacency reads a square matrix of 0 and 1 that has no head.
func (c referenceCase) adjacency(file string) (yes [][]bool, numbers [][]float64) {
	raw, err := os.ReadFile(filepath.Join(c.dir, "input", file))
	if err != nil {
		panic(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		panic(err)
	}
	for _, r := range rows {
		var b []bool
		var f []float64
		for _, s := range r {
			v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if err != nil {
				panic(err)
			}
			b, f = append(b, v > 0), append(f, v)
		}
		yes, numbers = append(yes, b), append(numbers, f)
	}
	return yes, numbers
}

var csvFile = regexp.MustCompile(`\S+\.csv`)

// groupFile is the table of groups that a case means: the one it names, or the one whose name shares a word with it.
func (c referenceCase) groupFile(said string) string {
	if f := csvFile.FindString(said + " " + c.Args.text("group")); f != "" {
		return f
	}
	files, _ := filepath.Glob(filepath.Join(c.dir, "input", "*.csv"))
	for _, f := range files {
		for word := range strings.FieldsSeq(said) {
			if len(word) > 4 && word != "group" && strings.Contains(filepath.Base(f), word) {
				return filepath.Base(f)
			}
		}
	}
	panic("no groups for " + said)
}

// labels reads "file.csv column c"; without a column it is the first after id.
func (c referenceCase) labels(where string) []string {
	f := strings.Fields(where)
	t, err := readTable(filepath.Join(c.dir, "input", f[0]))
	if err != nil {
		panic(err)
	}
	if len(f) == 3 {
		return t.text(f[2])
	}
	return t.text(t.names[1])
}

// occasions has a row per person: the named columns, all of them, or y by id and wave of a long table.
func (c referenceCase) occasions() [][]float64 {
	if names := c.Args.texts("columns"); names != nil || !c.table.knows("wave") {
		return c.table.matrix(names)
	}
	ids, waves := group(make([]float64, len(c.table.text("id"))), c.table.text("id")), c.table.text("wave")
	at := group(make([]float64, len(waves)), waves)
	rows := make([][]float64, ids.count())
	for i := range rows {
		rows[i] = slices.Repeat([]float64{math.NaN()}, at.count())
	}
	for i, v := range c.table.numbers("y") {
		rows[ids.of[i]][at.of[i]] = v
	}
	return rows
}

func whole(rows [][]float64) [][]int {
	out := make([][]int, len(rows))
	for i, r := range rows {
		for _, v := range r {
			out[i] = append(out[i], int(v))
		}
	}
	return out
}

func sameGroup(g []string) [][]float64 {
	m := make([][]float64, len(g))
	for i := range g {
		for j := range g {
			m[i] = append(m[i], float64(count(g[i] == g[j])))
		}
	}
	return m
}

// eachExpected runs f on the one object, or on each of the list, that the case expects.
func eachExpected(c referenceCase, f func(map[string]any) (object, error)) (any, error) {
	if w, ok := c.Expected.(map[string]any); ok {
		return f(w)
	}
	var out []object
	for _, w := range c.Expected.([]any) {
		r, err := f(w.(map[string]any))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func signedRankObject(s SignedRank) object {
	return object{
		"W_plus": s.WPlus, "W_minus": s.WMinus, "mean": s.Mean, "var": s.Var, "z": s.Z, "p_asymptotic": s.P, "z_cc": s.ZCC,
		"p_asymptotic_cc": s.PCC, "p_exact": s.PExact, "rank_biserial": s.RankBiserial,
	}
}

// regressors reads "name = file.csv" and "same = same sector" of a network regression.
func (c referenceCase) regressors() (y [][]float64, x [][][]float64, terms []string, err error) {
	_, y = c.adjacency(c.Input)
	terms = []string{"(Intercept)"}
	for _, said := range c.Args.texts("x") {
		name, what, _ := strings.Cut(said, " = ")
		switch {
		case strings.HasSuffix(what, ".csv"):
			_, m := c.adjacency(what)
			x = append(x, m)
		case strings.HasPrefix(what, "same "):
			x = append(x, sameGroup(c.labels(c.groupFile(what))))
		default:
			return nil, nil, nil, fmt.Errorf("regressor %q: %w", said, errMissing)
		}
		terms = append(terms, name)
	}
	return y, x, terms, nil
}

func runWedge(c referenceCase) (any, error) {
	var rows []WedgeRow
	period, exposure, weight := c.table.numbers("period"), c.table.numbers("exposure"), c.table.numbers("weight")
	for i, y := range c.table.numbers("y") {
		rows = append(rows, WedgeRow{c.table.text("oblast")[i], int(period[i]), int(exposure[i]), y, weight[i]})
	}
	w, err := SteppedWedge(rows)
	if err != nil {
		return nil, err
	}
	g, err := GroupTimeEffects(rows)
	if err != nil {
		return nil, err
	}
	o, err := WedgePermutation(rows, 0, 0)
	effect := func(k MixedContrast) object {
		return object{"estimate": k.Estimate, "se": k.SE, "df_satterthwaite": k.DF, "se_kr": k.KR.SE, "df_kr": k.KR.DF}
	}
	at := object{}
	for _, e := range w.ByExposure {
		at[fmt.Sprint("at", e.Exposure)] = effect(e.Mixed)
	}
	return object{
		"constant": effect(w.Constant.Mixed), "average": effect(w.Average.Mixed), "at": at, "variance_between": w.Between,
		"variance_cell": w.Cell, "variance_residual": w.Residual, "group_time": g.All.Mean, "group_time_se": g.All.SE,
		"orders": o.Orders, "p": o.P, "estimate_fixed": o.Estimate, "low": o.CI.Low, "high": o.CI.High,
	}, err
}

func runBootstrap(c referenceCase) (any, error) {
	rows := whole(c.grid(c.Args.text("resamples")))
	x, y := c.pair()
	var r Bootstrap
	var err error
	switch statistic := c.Args.text("statistic"); {
	case strings.HasPrefix(statistic, "mean"):
		r, err = ClusterBootstrap(x, y, c.cluster(), Moments.MeanChange, rows)
	case strings.HasPrefix(statistic, "g_av"):
		r, err = ClusterBootstrap(x, y, c.cluster(), Moments.GAv, rows)
	case strings.HasPrefix(statistic, "median"): // of changes free of the rounding of a difference
		d := minus(y, x)
		for i := range d {
			d[i] = math.Round(d[i]*1e8) / 1e8
		}
		r, err = ClusterBootstrapRows(c.cluster(), func(at []int) float64 { return quantile(present(pick(d, at)), .5) }, rows)
	default:
		return nil, fmt.Errorf("statistic %q: %w", statistic, errMissing)
	}
	return object{
		"n": r.N, "estimate": r.Estimate, "clusters": r.Clusters, "replicates": r.Replicates, "se_boot": r.SE,
		"percentile_low": r.Percentile.Low, "percentile_high": r.Percentile.High, "z0": r.Z0, "acceleration": r.Acceleration,
		"bca_low": r.BCa.Low, "bca_high": r.BCa.High, "se_jackknife": r.SEJackknife,
	}, err
}

func runAttrition(c referenceCase) (any, error) {
	names := c.Args.texts("covariates")
	d := AttritionData{
		Pre: c.table.numbers(c.Args.text("pre")), Post: c.table.numbers(c.Args.text("post")), Covariates: c.table.matrix(names),
		Scale: Interval{c.Args.number("scale_min", math.NaN()), c.Args.number("scale_max", math.NaN())},
	}
	if c.Args.text("cluster") != "" {
		d.Cluster = c.cluster()
	}
	r, err := CompareAttrition(d)
	o := object{
		"n_start": r.N, "n_followed": r.Followed, "attrition": r.Lost, "terms": append([]string{"(Intercept)"}, names...),
		"logit_coef": r.Response.Coefficients, "logit_se": r.Response.SE, "deviance": r.Response.Deviance,
		"smd_baseline_followed_minus_lost": r.BaselineDifference,
		"weight_min":                       r.WeightMin, "weight_max": r.WeightMax, "weight_mean": r.WeightMean, "kish_ess": r.KishN,
		"completers_mean_change": r.MeanChange, "ipw_mean_change": r.WeightedChange,
		"ipw_mean_change_trunc99": r.WeightedChangeTruncated,
		"tipping_delta_lower0":    r.TippingDelta, "bound_low": r.Bounds.Low, "bound_high": r.Bounds.High,
		"no_change_if_lost": r.NoChange,
	}
	if r.Unweighted != nil {
		o["completers_cr2"], o["ipw_cr2"] = clusteredMeanObject(*r.Unweighted), clusteredMeanObject(*r.Weighted)
	}
	return o, err
}

func clusteredMeanObject(m ClusteredMean) object {
	return object{
		"n": m.N, "clusters": m.Clusters, "terms": "(Intercept)", "estimate": m.Mean, "se_CR2": m.SE, "df_satterthwaite": m.DF,
		"t": m.T, "p": m.P, "ci_low": m.CI.Low, "ci_high": m.CI.High,
	}
}
