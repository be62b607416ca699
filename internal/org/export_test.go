package org

import (
	"context"
	"encoding/base64"
	"fmt"
)

// Computed is how many passwords were computed so far.
func (s *Service) Computed() int64 { return s.computed.Load() }

// HashAt returns the text of a password at another cost.
func (s *Service) HashAt(ctx context.Context, password string, memory, passes uint32) (string, error) {
	salt := []byte("sixteen bytes ok")
	sum, err := s.compute(ctx, password, salt, memory, passes)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", memory, passes, enc.EncodeToString(salt), enc.EncodeToString(sum)), err
}
