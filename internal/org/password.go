package org

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

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

// checkPassword reports what is wrong with a new password: its length (twelve signs, or eight beside a second factor), that
// it is among those tried first, or that it holds the login. OWASP ASVS 5.0, 6.2.
func checkPassword(a Account, password string) *fault.Error {
	least := 12
	if a.HasFactor() {
		least = 8
	}
	n, login := len([]rune(password)), a.Login
	if n < least || n > 128 {
		return fault.Field("password", "form.length", fault.Vars{"min": least, "max": 128})
	}
	low := strings.ToLower(password)
	name, _, _ := strings.Cut(fold.Email(login), "@")
	if strings.Contains(low, fold.Email(login)) || (len(name) > 3 && strings.Contains(low, name)) {
		return fault.Field("password", "password.login")
	}
	if weak(password) {
		return fault.Field("password", "password.common")
	}
	return nil
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
	s.computed.Add(1)
	return argon2.IDKey([]byte(password), salt, passes, memory, 1, hashBytes), nil
}

// nobody is the hash that a password is compared with where there is no account: of a random password, at the present cost.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// matches reports whether password is the one of hash. An empty hash costs the same computation and never matches, so that
// an unknown account cannot be told from a wrong password.
func (s *Service) matches(ctx context.Context, hash, password string) (bool, error) {
	real := hash != ""
	if !real {
		hash = nobody
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

// renewHash writes the hash of a password that has just proved right anew, when it was made at another cost.
func (s *Service) renewHash(ctx context.Context, tx Tx, a *Account, password string) error {
	memory, passes, _, _, err := parseHash(a.Hash)
	if err != nil || memory == costMemory && passes == costPasses {
		return err
	}
	if a.Hash, err = s.hashPassword(ctx, password); err != nil {
		return err
	}
	return tx.PutAccount(ctx, *a)
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
