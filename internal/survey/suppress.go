package survey

import (
	"maps"
	"slices"
)

const smallCell = 5

// Suppress says which cells of a table whose total is known must be hidden: those from 1 to 4, and when they are together
// fewer than five people or only one cell, the next smallest as well, so that the total gives none of them away. Cells named
// in also are hidden in any case and count with the others.
func Suppress(n []int, also ...int) []bool {
	hide := make([]bool, len(n))
	cells, people := 0, 0
	for i, v := range n {
		if v > 0 && (v < smallCell || slices.Contains(also, i)) {
			hide[i] = true
			cells++
			people += v
		}
	}
	for cells > 0 && (cells < 2 || people < smallCell) {
		next := -1
		for i, v := range n {
			if !hide[i] && v > 0 && (next < 0 || v < n[next]) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		hide[next] = true
		cells++
		people += n[next]
	}
	return hide
}

// ShownSectors returns, by code, the sector where it can be told without pointing at few people: fewer than five of one
// sector in one group are left blank, and with them as many more as it takes that the blanks of a group are five or more.
func ShownSectors(all []Respondent) map[string]string {
	cells := map[string]map[string][]string{} // group, sector, codes
	for _, x := range all {
		if cells[x.Cohort] == nil {
			cells[x.Cohort] = map[string][]string{}
		}
		cells[x.Cohort][x.Sector] = append(cells[x.Cohort][x.Sector], x.Code)
	}
	shown := map[string]string{}
	for _, group := range cells {
		sectors := slices.Sorted(maps.Keys(group))
		n := make([]int, len(sectors))
		for i, sector := range sectors {
			n[i] = len(group[sector])
		}
		for i, hide := range Suppress(n) {
			for _, code := range group[sectors[i]] {
				if !hide {
					shown[code] = sectors[i]
				}
			}
		}
	}
	return shown
}
