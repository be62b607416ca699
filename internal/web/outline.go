package web

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"strengthen/internal/access"
)

//go:embed map/regions.geojson
var regionsGeoJSON []byte

// outline is the map of the 28 regions as SVG paths, drawn once.
type outline struct {
	paths  map[access.RegionID]string
	centre map[access.RegionID][2]float64
}

// mapWidth and mapHeight are the box in which the paths lie.
const (
	mapWidth  = 560
	mapHeight = 363
)

type ring [][]float64

// loadOutline projects the provinces by plate carrée at 42.7° N, which keeps shapes at this size.
func loadOutline() outline {
	var file struct {
		Features []struct {
			Properties struct{ Oblast access.RegionID }
			Geometry   struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(regionsGeoJSON, &file); err != nil {
		panic(err)
	}
	shapes := map[access.RegionID][]ring{}
	box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, f := range file.Features {
		rings := ringsOf(f.Geometry.Type, f.Geometry.Coordinates)
		shapes[f.Properties.Oblast] = rings
		for _, r := range rings {
			for _, c := range r {
				box = [4]float64{min(box[0], c[0]), min(box[1], c[1]), max(box[2], c[0]), max(box[3], c[1])}
			}
		}
	}
	o := outline{map[access.RegionID]string{}, map[access.RegionID][2]float64{}}
	narrow := math.Cos(42.7 * math.Pi / 180)
	scale := min(mapWidth/((box[2]-box[0])*narrow), mapHeight/(box[3]-box[1]))
	place := func(c []float64) [2]float64 {
		return [2]float64{(c[0] - box[0]) * narrow * scale, (box[3] - c[1]) * scale}
	}
	for id, rings := range shapes {
		var b strings.Builder
		for _, r := range rings {
			trace(&b, r, place)
		}
		o.paths[id] = b.String()
		o.centre[id] = middle(largest(rings), place)
	}
	// The centre of Sofia province lies in Sofia city; its label moves to the north.
	c := o.centre["SFO"]
	o.centre["SFO"] = [2]float64{c[0] - 6, c[1] - 34}
	return o
}

func ringsOf(kind string, raw json.RawMessage) []ring {
	var rings []ring
	if kind == "MultiPolygon" {
		var parts [][]ring
		if err := json.Unmarshal(raw, &parts); err != nil {
			panic(err)
		}
		for _, p := range parts {
			rings = append(rings, p...)
		}
		return rings
	}
	if err := json.Unmarshal(raw, &rings); err != nil {
		panic(err)
	}
	return rings
}

// trace writes a ring in whole units of the box, relative, and drops points that fall together: the page stays small.
func trace(b *strings.Builder, r ring, place func([]float64) [2]float64) {
	var x, y int
	for i, c := range r {
		p := place(c)
		nx, ny := int(math.Round(p[0])), int(math.Round(p[1]))
		switch {
		case i == 0:
			fmt.Fprintf(b, "M%d %dl", nx, ny)
		case nx == x && ny == y:
			continue
		default:
			fmt.Fprintf(b, "%d %d ", nx-x, ny-y)
		}
		x, y = nx, ny
	}
	b.WriteString("z")
}

func largest(rings []ring) ring {
	best := rings[0]
	for _, r := range rings {
		if len(r) > len(best) {
			best = r
		}
	}
	return best
}

// middle is the centroid of a ring.
func middle(r ring, place func([]float64) [2]float64) [2]float64 {
	var area, x, y float64
	for i := range r {
		p, q := place(r[i]), place(r[(i+1)%len(r)])
		cross := p[0]*q[1] - q[0]*p[1]
		area += cross
		x += (p[0] + q[0]) * cross
		y += (p[1] + q[1]) * cross
	}
	return [2]float64{x / (3 * area), y / (3 * area)}
}

// MapPart is one region as the map shows it.
type MapPart struct {
	Region access.RegionID
	Path   string
	Class  string
	X, Y   int
	Label  string
	Name   string
}

func (o outline) part(id access.RegionID, class, label, name string) MapPart {
	c := o.centre[id]
	return MapPart{id, o.paths[id], class, int(c[0]), int(c[1]), label, name}
}
