package cmd

import (
	"cmp"
	"slices"
)

// Measures of a drawing in pixels.
const (
	boxHeight = 44
	gapX      = 28 // between boxes of a row
	gapY      = 56 // between rows
	lineWidth = 12 // room for a wire that passes a row
	margin    = 20
	sweeps    = 12
)

// spot is a place in a row of the drawing: of a box, or of a wire that passes the row.
type spot struct {
	box      *box // nil where a wire passes
	x, width float64
	row      int
	up, down []*spot
}

// drawing is a layered layout (Sugiyama, Tagawa, Toda, 1981): boxes in rows by their longest path, crossings reduced by barycentres, then placed as near
// to their neighbours as the row allows.
type drawing struct {
	rows  [][]*spot
	spots map[*box]*spot
	paths map[*wire][]*spot // the spots that each wire goes through, ends included
	width float64
	texts []extent // where labels stand
}

// extent is a piece of a line between two rows.
type extent struct {
	row      int
	from, to float64
}

// free reports whether a label fits there, and takes the place.
func (d *drawing) free(e extent) bool {
	for _, t := range d.texts {
		if t.row == e.row && e.from < t.to && t.from < e.to {
			return false
		}
	}
	d.texts = append(d.texts, e)
	return true
}

// lay makes the layout of boxes whose widths are given.
func lay(boxes []*box, width func(*box) float64) *drawing {
	d := &drawing{spots: map[*box]*spot{}, paths: map[*wire][]*spot{}}
	rows := rowsOf(boxes)
	for _, b := range boxes {
		d.spots[b] = &spot{box: b, width: width(b), row: rows[b]}
		d.put(d.spots[b])
	}
	for _, b := range boxes {
		for _, w := range b.out {
			d.route(d.spots[b], w)
		}
	}
	d.order()
	d.place()
	return d
}

// rowsOf numbers the rows: below everything that a box depends on, and inputs just above what reads them. boxes are in topological order of their opening only, so
// the longest path is found by repetition.
func rowsOf(boxes []*box) map[*box]int {
	rows := map[*box]int{}
	var depth func(b *box) int
	known := map[*box]bool{}
	depth = func(b *box) int {
		if known[b] {
			return rows[b]
		}
		known[b] = true
		for _, in := range b.in {
			rows[b] = max(rows[b], depth(in)+1)
		}
		return rows[b]
	}
	for _, b := range boxes {
		depth(b)
	}
	for _, b := range boxes {
		if len(b.in) > 0 || len(b.out) == 0 {
			continue
		}
		next := rows[b.out[0].to]
		for _, w := range b.out {
			next = min(next, rows[w.to])
		}
		rows[b] = next - 1
	}
	return rows
}

func (d *drawing) put(s *spot) {
	for len(d.rows) <= s.row {
		d.rows = append(d.rows, nil)
	}
	d.rows[s.row] = append(d.rows[s.row], s)
}

// route leads a wire through the rows between its ends.
func (d *drawing) route(from *spot, w *wire) {
	to := d.spots[w.to]
	path := []*spot{from}
	for row := from.row + 1; row < to.row; row++ {
		s := &spot{width: lineWidth, row: row}
		d.put(s)
		path = append(path, s)
	}
	path = append(path, to)
	for i, s := range path[1:] {
		path[i].down = append(path[i].down, s)
		s.up = append(s.up, path[i])
	}
	d.paths[w] = path
}

// order sorts each row by the mean place of its neighbours in the row before, down and up in turn.
func (d *drawing) order() {
	at := map[*spot]float64{}
	number := func() {
		for _, row := range d.rows {
			for i, s := range row {
				at[s] = float64(i)
			}
		}
	}
	number()
	for i := range sweeps {
		for k := range d.rows {
			row, down := d.rows[k], i%2 == 0
			if !down {
				row = d.rows[len(d.rows)-1-k]
			}
			centre := map[*spot]float64{}
			for _, s := range row {
				centre[s] = mean(s.neighbours(down), func(n *spot) float64 { return at[n] }, at[s])
			}
			slices.SortStableFunc(row, func(a, b *spot) int { return cmp.Compare(centre[a], centre[b]) })
			for j, s := range row {
				at[s] = float64(j)
			}
		}
	}
}

func (s *spot) neighbours(up bool) []*spot {
	if up {
		return s.up
	}
	return s.down
}

// straight is how much more a wire between two boxes in neighbouring rows pulls than one that goes further.
const straight = 6

func mean(list []*spot, value func(*spot) float64, empty float64) float64 {
	if len(list) == 0 {
		return empty
	}
	sum, weights := 0.0, 0.0
	for _, s := range list {
		weight := 1.0
		if s.box != nil {
			weight = straight
		}
		sum, weights = sum+weight*value(s), weights+weight
	}
	return sum / weights
}

// place gives every spot the x of its centre.
func (d *drawing) place() {
	for _, row := range d.rows {
		x := 0.0
		for _, s := range row {
			s.x = x + s.width/2
			x += s.width + gapX
		}
	}
	for i := range 2 * sweeps {
		for k := range d.rows {
			row, down := d.rows[k], i%2 == 0
			if !down {
				row = d.rows[len(d.rows)-1-k]
			}
			pull(row, down)
		}
	}
	left := d.rows[0][0].x
	for _, row := range d.rows {
		left = min(left, row[0].x-row[0].width/2)
	}
	for _, row := range d.rows {
		for _, s := range row {
			s.x += margin - left
			d.width = max(d.width, s.x+s.width/2+margin)
		}
	}
}

// pull moves the spots of a row towards their neighbours and keeps their order and distance: the mean of the two extreme ways to do so.
func pull(row []*spot, up bool) {
	want := make([]float64, len(row))
	for i, s := range row {
		want[i] = mean(s.neighbours(up), func(n *spot) float64 { return n.x }, s.x)
	}
	right, left := slices.Clone(want), slices.Clone(want)
	for i := 1; i < len(row); i++ {
		right[i] = max(want[i], right[i-1]+(row[i-1].width+row[i].width)/2+gapX)
	}
	for i := len(row) - 2; i >= 0; i-- {
		left[i] = min(want[i], left[i+1]-(row[i].width+row[i+1].width)/2-gapX)
	}
	for i, s := range row {
		s.x = (right[i] + left[i]) / 2
	}
}
