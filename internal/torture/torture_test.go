// Package torture holds the tests that break the real program: they kill it, cut its power, fill its disk, restart its database
// and steal its files, and then count what was acknowledged and is lost. The short form runs with every other test; the long
// one by "make torture". A seed is printed and accepted back:
//
//	STRENGTHEN_TORTURE=long STRENGTHEN_SEED=7 go test -count=1 -v -timeout 60m ./internal/torture
//
// A test proves nothing until it was seen to fail. Broken says which builds are broken on purpose, and each test says which of
// them it must catch.
package torture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"strengthen/internal/testkit"
)

var (
	long = os.Getenv("STRENGTHEN_TORTURE") == "long"
	seed = func() uint64 {
		if n, err := strconv.ParseUint(os.Getenv("STRENGTHEN_SEED"), 10, 64); err == nil {
			return n
		}
		return uint64(time.Now().UnixNano() % 1e9)
	}()
)

func TestMain(m *testing.M) { testkit.Main(m) }

// times is how often a test does what it does.
func times(short, inLong int) int {
	if long {
		return inLong
	}
	return short
}

// dice is a source of chance for one test; its seed is printed.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	h := fnv.New64()
	h.Write([]byte(t.Name()))
	t.Logf("STRENGTHEN_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// figures prints the one line of a test.
func figures(t *testing.T, format string, args ...any) {
	t.Helper()
	line := fmt.Sprintf(format, args...)
	t.Log(line)
	if file := os.Getenv("STRENGTHEN_FIGURES"); file != "" {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintln(f, line)
	}
}

// program is the real one, built once.
var program = sync.OnceValue(func() string { return build("strengthen") })

func build(name string, flags ...string) string {
	file := filepath.Join(testkit.Temporary, name)
	args := append(append([]string{"build", "-o", file}, flags...), "strengthen/cmd/strengthen")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		panic(fmt.Sprintf("the program does not build: %v\n%s", err, out))
	}
	return file
}

// faults are what the broken program can do wrong, by the word in STRENGTHEN_BROKEN: each is a change of the real source.
var faults = []struct{ file, from, to string }{
	// sync=NORMAL, sync=OFF: SQLite returns from a commit before the disk has it.
	{"store/db.go", `&_pragma=synchronous(FULL)`, `&_pragma=synchronous(" + func() string { if s, ok := strings.CutPrefix(os.Getenv("STRENGTHEN_BROKEN"), "sync="); ok { return s }; return "FULL" }() + ")`},
	{"store/db.go", "const pragmas =", "var pragmas ="},
	// forget: every tenth transaction is answered as kept, and is not.
	{"store/db.go", "return tx, sqlTx.Commit()", `if os.Getenv("STRENGTHEN_BROKEN") == "forget" && rand.IntN(10) == 0 { return tx, nil }; return tx, sqlTx.Commit()`},
	// twice: a form that comes again is carried out again.
	{"store/tx.go", "	if err == nil {\n		return id, nil\n	}\n	if err != sql.ErrNoRows {\n		return \"\", err\n	}", `	if os.Getenv("STRENGTHEN_BROKEN") == "twice" { key += NewSuffix() } else if err == nil { return id, nil } else if err != sql.ErrNoRows { return "", err }`},
	{"store/tx.go", "// Once makes a create", "func NewSuffix() string { return access.NewID()[:8] }\n\n// Once makes a create"},
	// silent: what is done on a second record leaves no entry.
	{"store/tx.go", "	return tx.putEntry(ctx, tx.entry(action, r))", `	if os.Getenv("STRENGTHEN_BROKEN") == "silent" { return nil }; return tx.putEntry(ctx, tx.entry(action, r))`},
	{"store/tx.go", "	\"strings\"\n", "	\"os\"\n	\"strings\"\n"},
	// rude422: what the server cannot keep is called a mistake of the person.
	{"web/middleware.go", "		return http.StatusServiceUnavailable\n", `		if os.Getenv("STRENGTHEN_BROKEN") == "rude422" { return http.StatusUnprocessableEntity }; return http.StatusServiceUnavailable` + "\n"},
	{"web/middleware.go", "	\"net/url\"\n", "	\"net/url\"\n	\"os\"\n"},
	// rude: a server that is told to stop cuts what is under way.
	{"../cmd/strengthen/serve.go", "stopped <- server.Shutdown(wait)", `if os.Getenv("STRENGTHEN_BROKEN") == "rude" { stopped <- server.Close() } else { stopped <- server.Shutdown(wait) }`},
}

// broken is the program built with faults, of which STRENGTHEN_BROKEN chooses one.
var broken = sync.OnceValue(func() string {
	overlay := map[string]map[string]string{"Replace": {}}
	for _, f := range faults {
		file, err := filepath.Abs(filepath.Join("..", f.file))
		if err != nil {
			panic(err)
		}
		source := file
		if done, ok := overlay["Replace"][file]; ok {
			source = done
		}
		b, err := os.ReadFile(source)
		if err != nil {
			panic(err)
		}
		if !bytes.Contains(b, []byte(f.from)) {
			panic(fmt.Sprintf("%s does not hold what was to be broken: %s", f.file, f.from))
		}
		changed := bytes.Replace(b, []byte(f.from), []byte(f.to), 1)
		out := filepath.Join(testkit.Temporary, strings.ReplaceAll(f.file, "/", "_"))
		if err := os.WriteFile(out, changed, 0o600); err != nil {
			panic(err)
		}
		overlay["Replace"][file] = out
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		panic(err)
	}
	file := filepath.Join(testkit.Temporary, "overlay.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		panic(err)
	}
	return build("strengthen-broken", "-overlay", file)
})
