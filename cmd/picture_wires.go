package cmd

import (
	"cmp"
	"slices"
)

// fan is what leaves a spot towards the next row: one line that branches.
type fan struct {
	from    int   // column
	to      []int // columns
	label   string
	track   int
	waiting int // fans whose track must be above
	below   []*fan
}

func (f *fan) span() (int, int) {
	all := append([]int{f.from}, f.to...)
	return slices.Min(all), slices.Max(all)
}

func (f *fan) straight() bool {
	first, last := f.span()
	return first == last
}

// connect draws the wires from a row to the next, below the line y, and returns how many lines they take: one for what flows, the tracks of those that move aside, and one for arrows.
func (d *drawing) connect(c *canvas, row []*spot, y int) int {
	var fans []*fan
	arrows := map[int]bool{}
	for _, s := range row {
		if len(s.down) == 0 {
			continue
		}
		f := &fan{from: s.column()}
		for _, t := range s.down {
			to := t.column()
			if t.box != nil {
				to = t.port(s)
				arrows[to] = true
			}
			f.to = append(f.to, to)
		}
		if s.box != nil && s.box.kind != boxInput {
			f.label = s.box.out[0].label()
		}
		fans = append(fans, f)
	}
	tracks := layTracks(fans)
	arrow := y + 1 + tracks
	for _, f := range fans {
		f.draw(c, y, arrow)
	}
	for to := range arrows {
		c.write(to, arrow, "▼")
	}
	for _, f := range fans {
		if f.label != "" && c.free(f.from+2, y, f.label) {
			c.write(f.from+2, y, f.label)
		}
	}
	return tracks + 2
}

// portGap is how far apart wires enter a box, in columns.
const portGap = 4

// port is the column where the wire from a spot of the row above enters a box: below that spot where the box is as wide, else as near as the others let it.
func (s *spot) port(from *spot) int {
	first, last := s.edges()
	above := slices.SortedFunc(slices.Values(s.up), func(a, b *spot) int { return cmp.Compare(a.x, b.x) })
	port := first + 2 - portGap
	for i, u := range above {
		port = min(max(u.column(), port+portGap), last-2-portGap*(len(above)-1-i))
		if u == from {
			break
		}
	}
	return port
}

// draw leads a fan from the line y to that of the arrows.
func (f *fan) draw(c *canvas, y, arrow int) {
	turn := y + 1 + f.track
	c.vertical(f.from, y-1, turn)
	first, last := f.span()
	c.horizontal(turn, first, last)
	for _, to := range f.to {
		c.vertical(to, turn, arrow)
	}
}

// layTracks gives each fan that moves aside a line of its own, as far up as it goes: no two on one line where they overlap, and one that starts where another arrives above it. It returns the number of
// lines.
func layTracks(fans []*fan) int {
	var aside []*fan
	for _, f := range fans {
		if !f.straight() {
			aside = append(aside, f)
		}
	}
	for _, f := range aside {
		for _, g := range aside {
			if f != g && slices.Contains(g.to, f.from) {
				f.below = append(f.below, g)
				g.waiting++
			}
		}
	}
	var lines [][]*fan
	for len(aside) > 0 {
		i := max(slices.IndexFunc(aside, func(f *fan) bool { return f.waiting == 0 }), 0) // where all wait for one another, lines overlap
		f := aside[i]
		aside = slices.Delete(aside, i, i+1)
		for f.track < len(lines) && slices.ContainsFunc(lines[f.track], f.overlaps) {
			f.track++
		}
		if f.track == len(lines) {
			lines = append(lines, nil)
		}
		lines[f.track] = append(lines[f.track], f)
		for _, g := range f.below {
			g.waiting--
			g.track = max(g.track, f.track+1)
		}
	}
	return len(lines)
}

func (f *fan) overlaps(g *fan) bool {
	first, last := f.span()
	from, to := g.span()
	return first <= to+1 && from <= last+1
}
