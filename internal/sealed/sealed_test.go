package sealed

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestAValueOpensOnlyInItsPlace(t *testing.T) {
	b := Root{1}.Box("totp")
	text := b.Seal("account/a/totp", "SECRET")
	if got, err := b.Open("account/a/totp", text); err != nil || got != "SECRET" {
		t.Fatalf("opens as %q, %v", got, err)
	}
	if strings.Contains(text, "SECRET") || text == b.Seal("account/a/totp", "SECRET") {
		t.Error("the text shows the value, or two sealings are alike")
	}
	for name, open := range map[string]func() (string, error){
		"another place":   func() (string, error) { return b.Open("account/b/totp", text) },
		"another purpose": func() (string, error) { return Root{1}.Box("other").Open("account/a/totp", text) },
		"another root":    func() (string, error) { return Root{2}.Box("totp").Open("account/a/totp", text) },
		"altered":         func() (string, error) { return b.Open("account/a/totp", text[:len(text)-2]+"AA") },
		"empty":           func() (string, error) { return b.Open("account/a/totp", "") },
		"another format":  func() (string, error) { return b.Open("account/a/totp", "/w"+text[2:]) },
	} {
		if got, err := open(); err == nil {
			t.Errorf("%s: opens as %q", name, got)
		}
	}
}

func TestTheKeyFileIsMadeOnceAndKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys", "root.key")
	if _, err := LoadRing(file); !errors.Is(err, ErrNoKey) {
		t.Errorf("no file: %v", err)
	}
	first, err := MakeRing(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := MakeRing(file); err == nil {
		t.Error("a key was written over another")
	}
	second, err := LoadRing(file)
	if err != nil || first.Current != second.Current || first.Current == (Root{}) {
		t.Errorf("second load differs or is empty: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, damaged := range []string{"short", "", "root QUJD\n", "audit AAAA BBBB\n", "king AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"} {
		if err := os.WriteFile(file, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadRing(file); err == nil || errors.Is(err, ErrNoKey) {
			t.Errorf("a damaged key file %q: %v", damaged, err)
		}
	}
}

// While a root is replaced, everything opens; afterwards nothing stands under the old one, and the record stays verifiable.
func TestARootIsReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "root.key")
	g, err := MakeRing(file)
	if err != nil {
		t.Fatal(err)
	}
	before := g.Box("totp").Seal("p", "secret")
	_, wrapped := g.Keeper().New("case1")
	mac := g.Current.AuditKeys()

	g = g.Begin()
	if err := g.Write(file); err != nil {
		t.Fatal(err)
	}
	if g, err = LoadRing(file); err != nil {
		t.Fatal(err)
	}
	if v, err := g.Box("totp").Open("p", before); err != nil || v != "secret" || !g.Box("totp").Stale(before) {
		t.Errorf("during: %q, %v, stale %v", v, err, g.Box("totp").Stale(before))
	}
	after := g.Box("totp").Seal("p", "secret")
	fresh, err := g.Keeper().Rewrap("case1", wrapped)
	if err != nil || !g.Keeper().Stale(wrapped) || g.Keeper().Stale(fresh) {
		t.Fatalf("rewrap: %v", err)
	}

	g = g.End()
	if err := g.Write(file); err != nil {
		t.Fatal(err)
	}
	if g, err = LoadRing(file); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Box("totp").Open("p", before); err == nil {
		t.Error("the old root still opens")
	}
	if v, err := g.Box("totp").Open("p", after); err != nil || v != "secret" {
		t.Errorf("after: %q, %v", v, err)
	}
	if _, err := g.Keeper().Open("case1", fresh); err != nil {
		t.Errorf("the record's key: %v", err)
	}
	if all := g.Audit(); len(all) != 2 || !reflect.DeepEqual(all[1], mac) {
		t.Errorf("%d sets of keys of the record, want the new and the old", len(all))
	}
}

// Values sealed by the first release and by this one open for ever (security page, E7).
func TestOldFormatsStayReadable(t *testing.T) {
	g := Ring{Current: Root{1, 2, 3}}
	for name, tc := range map[string]struct{ text, place, want string }{
		"the first format of boxes": {goldenFirst, "account/a/totp", "JBSWY3DPEHPK3PXP"},
		"boxes of a ring":           {goldenRing, "account/a/totp", "JBSWY3DPEHPK3PXP"},
	} {
		if v, err := g.Box("totp").Open(tc.place, tc.text); err != nil || v != tc.want {
			t.Errorf("%s: %q, %v", name, v, err)
		}
	}
	k, err := g.Keeper().Open("case1", goldenKey)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := k.Open("note.text", "n1", goldenValue); err != nil || v != "Иска да спи спокойно." {
		t.Errorf("a value of a record: %q, %v", v, err)
	}
}

func TestAValueOfARecordOpensOnlyThere(t *testing.T) {
	keeper := Ring{Current: Root{1}}.Keeper()
	k, wrapped := keeper.New("case1")
	other, _ := keeper.New("case2")
	text := k.Seal("note.text", "n1", "дума")
	if v, err := k.Open("note.text", "n1", text); err != nil || v != "дума" {
		t.Fatalf("%q, %v", v, err)
	}
	again, err := keeper.Open("case1", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := again.Open("note.text", "n1", text); err != nil || v != "дума" {
		t.Errorf("with the unwrapped key: %q, %v", v, err)
	}
	for name, open := range map[string]func() (Text, error){
		"another column":               func() (Text, error) { return k.Open("note.source", "n1", text) },
		"another row":                  func() (Text, error) { return k.Open("note.text", "n2", text) },
		"another record":               func() (Text, error) { return other.Open("note.text", "n1", text) },
		"parts that run together":      func() (Text, error) { return k.Open("note.textn", "1", text) },
		"a key of another record":      func() (Text, error) { x, err := keeper.Open("case2", wrapped); _ = x; return "", err },
		"a key under another root":     func() (Text, error) { _, err := Ring{Current: Root{2}}.Keeper().Open("case1", wrapped); return "", err },
		"something else than a sealed": func() (Text, error) { return k.Open("note.text", "n1", "дума") },
	} {
		if v, err := open(); err == nil {
			t.Errorf("%s: opens as %q", name, v)
		}
	}
	if k.Seal("note.text", "n1", "") != "" {
		t.Error("the empty text does not stay empty")
	}
}

// Whatever stands where a sealed value should opens as nothing, at every length, and never ends the program.
func TestWhatIsCutOrAlteredDoesNotOpen(t *testing.T) {
	g := Ring{Current: Root{1}}
	box, keeper := g.Box("totp"), g.Keeper()
	k, _ := keeper.New("case1")
	if v, err := k.Open("note.text", "n1", ""); err != nil || v != "" {
		t.Errorf("the empty text opens as %q, %v", v, err)
	}
	boxed, err := base64.RawStdEncoding.DecodeString(box.Seal("p", "x"))
	if err != nil {
		t.Fatal(err)
	}
	recorded := k.SealBytes("note.text", "n1", []byte("x"))
	try := func(raw []byte, what string) {
		t.Helper()
		text := base64.RawStdEncoding.EncodeToString(raw)
		if _, err := box.Open("p", text); !errors.Is(err, ErrSealed) {
			t.Errorf("a box, %s: %v", what, err)
		}
		if _, err := k.OpenBytes("note.text", "n1", raw); !errors.Is(err, ErrSealed) {
			t.Errorf("a record, %s: %v", what, err)
		}
		if _, err := keeper.Open("case1", text); !errors.Is(err, ErrSealed) {
			t.Errorf("a key, %s: %v", what, err)
		}
		box.Stale(text)
	}
	for _, whole := range [][]byte{boxed, recorded} {
		for n := range whole {
			try(whole[:n], fmt.Sprint(n, " bytes"))
			altered := bytes.Clone(whole)
			altered[n] ^= 1
			try(altered, fmt.Sprint("byte ", n, " altered"))
		}
	}
}

// A ring with those before it opens what they sealed, knows them by name and verifies their lines of the ledger of erasures; it
// takes none twice, and the earlier ring stays as it was.
func TestARingWithThoseBeforeIt(t *testing.T) {
	first := Ring{Current: Root{1}}
	old := first.Box("totp").Seal("p", "secret")
	now := Ring{Current: Root{2}}
	both := now.With(first).With(first)
	if v, err := both.Box("totp").Open("p", old); err != nil || v != "secret" {
		t.Errorf("%q, %v", v, err)
	}
	if len(both.Old) != 1 || len(now.Old) != 0 || !both.Opens(Root{1}.Name()) || !both.Opens(Root{2}.Name()) || now.Opens(Root{1}.Name()) {
		t.Errorf("%d old roots; opens %v", len(both.Old), both.Opens(Root{1}.Name()))
	}
	keys := both.Ledger()
	if len(keys) != 2 || !bytes.Equal(keys[0], now.Ledger()[0]) || !bytes.Equal(keys[1], first.Ledger()[0]) || bytes.Equal(keys[0], keys[1]) {
		t.Errorf("%d keys of the ledger", len(keys))
	}
	if bytes.Equal(first.Ledger()[0], first.Current.AuditKeys().MAC) {
		t.Error("the ledger stands under the key of the record itself")
	}
	ended := both.End()
	if again := ended.Begin().With(first).End(); len(again.Past) != 2 || len(ended.Past) != 1 {
		t.Errorf("%d keys of the past, and %d before", len(again.Past), len(ended.Past))
	}
}

func TestTokensFindWithoutTelling(t *testing.T) {
	x := Ring{Current: Root{1}}.Indexer("name")
	if x.Token("ivanov", 160) != x.Token("ivanov", 160) || x.Token("ivanov", 160) == x.Token("ivanova", 160) {
		t.Error("tokens are not a function of the value")
	}
	if x.Token("ivanov", 160) == (Ring{Current: Root{2}}).Indexer("name").Token("ivanov", 160) || x.Token("ivanov", 160) == (Ring{Current: Root{1}}).Indexer("place").Token("ivanov", 160) {
		t.Error("tokens do not depend on key and purpose")
	}
	seen := map[string]bool{}
	for i := range 5000 {
		seen[x.Token(fmt.Sprint("name", i), 12)] = true
	}
	if len(seen) > 1<<12 || len(seen) < 2800 { // 4096 (1 - exp(-5000/4096)) is about 2890
		t.Errorf("12 bits made %d tokens of 5000 values", len(seen))
	}
}

func TestNothingOfThisIsPrinted(t *testing.T) {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "root", Root{65, 66}, "text", Text("тайна"))
	if s := b.String(); strings.Contains(s, "тайна") || strings.Contains(s, "65") || strings.Count(s, "[withheld]") != 2 {
		t.Errorf("logged %s", s)
	}
}
