package org

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"strengthen/internal/fold"
)

//go:embed data/common-passwords.txt.gz
var commonPasswords []byte

//go:embed data/common-passwords-bg.txt
var commonBulgarian string

// common is the set of passwords that many people have: 46 881 of five signs and more from @zxcvbn-ts/language-common, and
// our own Bulgarian ones in both scripts.
var common = sync.OnceValue(func() map[string]bool {
	z, err := gzip.NewReader(bytes.NewReader(commonPasswords))
	if err != nil {
		panic(err) // the file is part of the program
	}
	set := map[string]bool{}
	for lines := bufio.NewScanner(z); lines.Scan(); {
		set[lines.Text()] = true
	}
	for _, w := range strings.Fields(commonBulgarian) {
		set[w] = true
	}
	return set
})

// weak reports whether a password is one of those that are tried first: a common one, also with digits or signs around it or
// in place of letters; a word said several times; a walk over the keyboard or the alphabet; few different signs.
func weak(password string) bool {
	low := strings.ToLower(password)
	if distinct(low) < 5 || walked(low) {
		return true
	}
	for _, p := range []string{low, strings.ReplaceAll(fold.Words(low), " ", "")} {
		core := strings.TrimFunc(p, func(r rune) bool { return !unicode.IsLetter(r) })
		for _, form := range []string{p, core, unleet(p), unleet(core), strings.TrimRight(unleet(p), "0123456789!?.,*#@$-_ ")} {
			u := unit(form)
			if len([]rune(form)) < 5 || common()[form] || common()[u] || u != form && len([]rune(u)) < 8 {
				return true
			}
		}
	}
	return false
}

// unleet puts letters in the place of the digits and signs that people write for them.
func unleet(s string) string {
	return strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "l", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t").Replace(s)
}

// unit is the shortest text of which s consists when it is said several times: s itself in most cases.
func unit(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// keyboards are the rows of keys, each row a little to the right of the one above: Latin, and the same keys in the two
// Bulgarian layouts (BDS 5237 and phonetic).
var keyboards = [][]string{
	{"1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"},
	{"1234567890-.", "уеишщксдзц;", "ьяаожгтнвм", "юйъэфхпрлб"},
	{"1234567890-=", "явертъуиопшщ", "асдфгхйкл", "зьцжбнм"},
	{"1234567890-=", "чшертъуиопящ", "асдфгхйкл", "зжцвбнм"},
}

// places says where a key lies: twice the column plus the shift of the row, and the row.
var places = func() (all []map[rune][2]int) {
	for _, rows := range keyboards {
		at := map[rune][2]int{}
		for y, row := range rows {
			for x, r := range []rune(row) {
				at[r] = [2]int{2*x + y, y}
			}
		}
		all = append(all, at)
	}
	return all
}()

// walked reports whether at least seven of ten steps from sign to sign go to a neighbour on a keyboard, in the alphabet, or
// nowhere.
func walked(s string) bool {
	r := []rune(s)
	near := 0
	for i := 1; i < len(r); i++ {
		if d := r[i] - r[i-1]; d >= -1 && d <= 1 || neighbours(r[i-1], r[i]) {
			near++
		}
	}
	return len(r) > 1 && 10*near >= 7*(len(r)-1)
}

func neighbours(a, b rune) bool {
	for _, at := range places {
		p, here := at[a]
		q, there := at[b]
		if dx, dy := p[0]-q[0], p[1]-q[1]; here && there && dx >= -2 && dx <= 2 && dy >= -1 && dy <= 1 {
			return true
		}
	}
	return false
}
