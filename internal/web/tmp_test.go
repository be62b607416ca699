package web_test

import (
	"testing"

	"strengthen/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
