package org

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"

	"strengthen/internal/fault"
	"strengthen/internal/fold"
)

// Cost of Argon2id: 19 MiB and two passes, the first choice of the OWASP password storage cheat sheet for one lane.
const (
	costMemory = 19 * 1024 // KiB
	costPasses = 2
	saltBytes  = 16
	hashBytes  = 32
)

//go:embed data/common-passwords.txt
var commonPasswords string

// checkPassword reports what is wrong with a new password: its length, that it is common, or that it holds the login.
func checkPassword(login, password string) *fault.Error {
	n := len([]rune(password))
	if n < 12 || n > 128 {
		return fault.Field("password", "form.length", fault.Vars{"min": 12, "max": 128})
	}
	low := strings.ToLower(password)
	name, _, _ := strings.Cut(fold.Email(login), "@")
	if strings.Contains(low, fold.Email(login)) || (len(name) > 3 && strings.Contains(low, name)) {
		return fault.Field("password", "password.login")
	}
	if slices.Contains(strings.Fields(commonPasswords), strings.Trim(low, "0123456789!?.,*#@$")) || repeated(low) {
		return fault.Field("password", "password.common")
	}
	return nil
}

// repeated reports whether s consists of fewer than five different signs.
func repeated(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen) < 5
}

// hashPassword returns the PHC text of a password under a new salt. At most two are computed at a time.
func (s *Service) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	sum, err := s.compute(ctx, password, salt, costMemory, costPasses)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, costMemory, costPasses,
		enc.EncodeToString(salt), enc.EncodeToString(sum)), nil
}

func (s *Service) compute(ctx context.Context, password string, salt []byte, memory, passes uint32) ([]byte, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, passes, memory, 1, hashBytes), nil
}

// matches reports whether password is the one of hash. An empty hash costs the same computation and never matches, so that
// an unknown account cannot be told from a wrong password.
func (s *Service) matches(ctx context.Context, hash, password string) (bool, error) {
	real := hash != ""
	if !real {
		var err error
		if hash, err = s.memo.get(ctx, s); err != nil {
			return false, err
		}
	}
	memory, passes, salt, want, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	got, err := s.compute(ctx, password, salt, memory, passes)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && real, nil
}

func parseHash(text string) (memory, passes uint32, salt, sum []byte, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return 0, 0, nil, nil, fmt.Errorf("stored password is not an Argon2id text")
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &memory, &passes); err != nil {
		return 0, 0, nil, nil, fmt.Errorf("read password parameters: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return 0, 0, nil, nil, fmt.Errorf("read password salt: %w", err)
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return 0, 0, nil, nil, fmt.Errorf("read password hash: %w", err)
	}
	return memory, passes, salt, sum, nil
}

// dummyHash is the hash that unknown accounts are compared with; it is made once.
type dummyHash struct {
	mu   sync.Mutex
	text string
}

func (d *dummyHash) get(ctx context.Context, s *Service) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.text == "" {
		var err error
		if d.text, err = s.hashPassword(ctx, rand.Text()); err != nil {
			return "", err
		}
	}
	return d.text, nil
}
