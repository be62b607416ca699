package i18n_test

import (
	"testing"
	"time"

	"strengthen/internal/i18n"
)

func TestTimeInWords(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{i18n.BG.Left(49 * time.Hour), "остават 2\u00a0дни"},
		{i18n.BG.Left(47 * time.Hour), "остават 47\u00a0часа"},
		{i18n.BG.Left(89 * time.Minute), "остават 89\u00a0минути"},
		{i18n.BG.Left(time.Minute), "остава 1\u00a0минута"},
		{i18n.EN.Left(72 * time.Hour), "3\u00a0days left"},
		{i18n.BG.Late(25 * time.Hour), "закъснява с 25\u00a0часа"},
		{i18n.EN.Late(time.Minute), "1\u00a0minute late"},
		{i18n.BG.Took(17 * time.Hour), "за 17\u00a0часа"},
		{i18n.EN.Took(30 * 24 * time.Hour), "in 30\u00a0days"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}
