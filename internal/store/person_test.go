package store_test

import (
	"fmt"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// The names of as many people as one likes, some of them asked for twice, some unknown.
func TestNamesOfPeople(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		raw := testkit.Raw(t, db)
		const known = 130
		for i := range known {
			if _, err := raw.ExecContext(t.Context(), `INSERT INTO person (id, name, name_fold, sort, email, email_fold, lang, made_at, version) VALUES ($1, $2, 'x', 'x', $1, $1, 'bg', 'x', 1)`,
				fmt.Sprint("p", i), fmt.Sprint("Лице ", i)); err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range []int{0, 1, 3, 63, 64, 65, 130} {
			ids := []access.PersonID{"nobody", ""}
			for i := range n {
				ids = append(ids, access.PersonID(fmt.Sprint("p", i)), access.PersonID(fmt.Sprint("p", i)))
			}
			var names map[access.PersonID]string
			if err := db.View(t.Context(), access.TheSystem(), func(tx *store.Tx) (err error) {
				names, err = tx.PersonNames(t.Context(), ids)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if len(names) != n {
				t.Errorf("%d names of %d people", len(names), n)
			}
			for i := range n {
				if got := names[access.PersonID(fmt.Sprint("p", i))]; got != fmt.Sprint("Лице ", i) {
					t.Errorf("person %d is %q", i, got)
				}
			}
		}
	})
}
