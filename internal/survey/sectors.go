package survey

import (
	"maps"
	"slices"

	"strengthen/internal/disclosure"
)

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
		for i, hide := range disclosure.Inside.Row(n) {
			for _, code := range group[sectors[i]] {
				if !hide {
					shown[code] = sectors[i]
				}
			}
		}
	}
	return shown
}
