package sealed

import (
	"errors"
	"os"
	"path/filepath"
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
		"another format":  func() (string, error) { return b.Open("account/a/totp", "Ag"+text[2:]) },
	} {
		if got, err := open(); err == nil {
			t.Errorf("%s: opens as %q", name, got)
		}
	}
}

func TestTheRootKeyIsMadeOnceAndKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys", "root.key")
	if _, err := LoadRoot(file); !errors.Is(err, ErrNoKey) {
		t.Errorf("no file: %v", err)
	}
	first, err := MakeRoot(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := MakeRoot(file); err == nil {
		t.Error("a key was written over another")
	}
	second, err := LoadRoot(file)
	if err != nil || first != second || first == (Root{}) {
		t.Errorf("second load differs or is empty: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadRoot(file); err == nil {
		t.Error("a damaged key file was accepted")
	}
}
