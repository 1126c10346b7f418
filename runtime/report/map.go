package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// Map is a layout of embeddings in the plane, as [PCA] and [TSNE] make it.
type Map struct {
	Title, Caption string
	Points         [][2]float64
	Labels         []int64  // class of each point; none: one colour for all
	Names          []string // of the classes; a class without a name shows its number
}

// mapSide is the side of a map's viewBox, mapMost the number of points drawn: more cannot be told apart.
const (
	mapSide = 420.0
	mapMost = 4000
	shapes  = 4 // times colours: the number of classes with their own mark
)

// drawnMap is a map as the page takes it.
type drawnMap struct {
	Title, Caption string
	Classes        []mapClass
	SVG            template.HTML
}

// mapClass is an entry of the legend, with its mark.
type mapClass struct {
	ID     int
	Colour int
	Name   string
	Count  int
	Mark   template.HTML
	at     [][2]float64
}

func (m Map) draw() (drawnMap, error) {
	d := drawnMap{Title: m.Title, Caption: m.Caption}
	if len(m.Labels) != 0 && len(m.Labels) != len(m.Points) {
		return d, fmt.Errorf("map %q: %d labels for %d points", m.Title, len(m.Labels), len(m.Points))
	}
	classes := m.classes()
	toX, toY := m.scales()
	n := min(len(m.Points), mapMost)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, mapSide, mapSide, template.HTMLEscapeString(m.describe(classes)))
	r := 2.2
	if n < 400 {
		r = 3.2
	}
	for k, c := range classes {
		fmt.Fprintf(&b, `<path class="mark s%d" data-class="%d" d="`, c.Colour, c.ID)
		for i, p := range c.at {
			if len(m.Points) > mapMost && i*mapMost/len(m.Points) == (i+1)*mapMost/len(m.Points) {
				continue
			}
			b.WriteString(shape(k%shapes, toX.at(p[0]), toY.at(p[1]), r))
		}
		b.WriteString(`"/>`)
	}
	if len(classes) > 1 && len(classes) <= 20 {
		for _, p := range places(classes, toX, toY) {
			fmt.Fprintf(&b, `<text class="place" data-class="%d" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, p.class, p.x, p.y, template.HTMLEscapeString(p.name))
		}
	}
	b.WriteString("</svg>")
	d.SVG = template.HTML(b.String())
	if len(classes) > 1 {
		d.Classes = classes
	}
	if len(m.Points) > mapMost {
		d.Caption = strings.TrimSpace(fmt.Sprintf("%s About %s of %s points are drawn.", d.Caption, thousands(mapMost), thousands(len(m.Points))))
	}
	return d, nil
}

// classes groups the points, classes in order of their numbers; points that are not finite are left out.
func (m Map) classes() []mapClass {
	by := map[int64]*mapClass{}
	var order []int64
	for i, p := range m.Points {
		if math.IsNaN(p[0]+p[1]) || math.IsInf(p[0]+p[1], 0) {
			continue
		}
		label := int64(0)
		if len(m.Labels) > 0 {
			label = m.Labels[i]
		}
		c := by[label]
		if c == nil {
			c = &mapClass{Name: fmt.Sprint(label)}
			switch {
			case label >= 0 && label < int64(len(m.Names)):
				c.Name = m.Names[label]
			case label < 0:
				c.Name = "no label"
			}
			by[label], order = c, append(order, label)
		}
		c.Count++
		c.at = append(c.at, p)
	}
	slices.Sort(order)
	var out []mapClass
	for k, label := range order {
		c := *by[label]
		c.ID, c.Colour = k, k%colours
		c.Mark = template.HTML(fmt.Sprintf(`<svg class="key" viewBox="0 0 12 12" aria-hidden="true"><path class="mark s%d" d="%s"/></svg>`, c.Colour, shape(k%shapes, 6, 6, 4)))
		out = append(out, c)
	}
	return out
}

// place is where the name of a class stands on a map.
type place struct {
	class int
	name  string
	x, y  float64
}

// places puts each name at the median of its class, from top to bottom, lower where it would cover another.
func places(classes []mapClass, toX, toY axis) []place {
	var out []place
	half := func(p place) float64 { return 4.2 * float64(len([]rune(p.name))) }
	for _, c := range classes {
		p := place{c.ID, clip(c.Name, 18), toX.at(median(c.at, 0)), toY.at(median(c.at, 1)) + 4}
		p.x = min(mapSide-half(p), max(half(p), p.x))
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b place) int { return cmp.Compare(a.y, b.y) })
	for i := range out {
		for _, above := range out[:i] {
			if math.Abs(out[i].x-above.x) < half(out[i])+half(above) && math.Abs(out[i].y-above.y) < 14 {
				out[i].y = above.y + 14
			}
		}
	}
	return out
}

// scales keep the proportions of the plane.
func (m Map) scales() (x, y axis) {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, p := range m.Points {
		for d, v := range p {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				lo[d], hi[d] = min(lo[d], v), max(hi[d], v)
			}
		}
	}
	half := max(hi[0]-lo[0], hi[1]-lo[1], 1e-12) / 2
	if math.IsInf(half, 0) {
		half, lo, hi = 1, [2]float64{}, [2]float64{}
	}
	cx, cy := (lo[0]+hi[0])/2, (lo[1]+hi[1])/2
	const margin = 12
	return axis{lo: cx - half, hi: cx + half, p0: margin, p1: mapSide - margin}, axis{lo: cy - half, hi: cy + half, p0: mapSide - margin, p1: margin}
}

func (m Map) describe(classes []mapClass) string {
	s := fmt.Sprintf("Map of %s embeddings: %s", thousands(len(m.Points)), m.Title)
	if len(classes) > 1 {
		s += fmt.Sprintf(", in %d classes", len(classes))
	}
	return s + "."
}

// shape is a mark as path commands: a circle of two arcs, a square, a triangle or a diamond, of about equal area.
func shape(kind int, x, y, r float64) string {
	switch kind {
	case 0:
		return fmt.Sprintf("M%.1f %.1fa%g %g 0 1 0 %g 0a%g %g 0 1 0 %g 0z", x-r, y, r, r, 2*r, r, r, -2*r)
	case 1:
		return fmt.Sprintf("M%.1f %.1fh%gv%gh%gz", x-0.9*r, y-0.9*r, 1.8*r, 1.8*r, -1.8*r)
	case 2:
		return fmt.Sprintf("M%.1f %.1fl%g %gh%gz", x, y-1.2*r, 1.25*r, 2.2*r, -2.5*r)
	}
	return fmt.Sprintf("M%.1f %.1fl%g %gl%g %gl%g %gz", x, y-1.3*r, 1.3*r, 1.3*r, -1.3*r, 1.3*r, -1.3*r, -1.3*r)
}

func median(points [][2]float64, d int) float64 {
	v := make([]float64, len(points))
	for i, p := range points {
		v[i] = p[d]
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// clip shortens a text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
