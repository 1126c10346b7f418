package cmd

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/lang"
)

// tinyResult compiles the tests' pipeline.
func tinyResult(t *testing.T) *compiler.Result {
	t.Helper()
	p, diags := lang.Load([]string{"testdata/tiny.hcl"}, lang.Options{Root: tables.Root})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r, diags := compiler.Compile(p.Root, tables, compiler.Options{Version: Version})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return r
}

// TestCondense checks at every depth that a picture has each node once, no cycle, and a wire wherever a value flows.
func TestCondense(t *testing.T) {
	r := tinyResult(t)
	for _, g := range []*ir.Graph{r.Train, r.Extract} {
		for depth := range 5 {
			p := condense(g, r.Plan, depth)
			nodes, want := 0, 0
			for _, b := range p.boxes {
				nodes += b.nodes
			}
			for _, n := range g.Nodes {
				if n.Out[0].Const() == nil {
					want++
				}
			}
			if nodes != want {
				t.Errorf("%s at depth %d: the boxes have %d nodes, want %d", g.Name, depth, nodes, want)
			}
			if depth > 0 && len(p.boxes) >= want {
				t.Errorf("%s at depth %d: %d boxes for %d nodes", g.Name, depth, len(p.boxes), want)
			}
			if b := onCycle(p.boxes); b != nil {
				t.Errorf("%s at depth %d: the box %s lies on a cycle", g.Name, depth, b.title)
			}
			for _, b := range p.boxes {
				if strings.TrimSpace(b.title) == "" {
					t.Errorf("%s at depth %d: box %d has no title", g.Name, depth, b.id)
				}
			}
		}
	}
}

// onCycle is a box that can be reached from itself.
func onCycle(boxes []*box) *box {
	state := map[*box]int{} // 1: under way, 2: done
	var visit func(b *box) *box
	visit = func(b *box) *box {
		state[b] = 1
		for _, w := range b.out {
			if state[w.to] == 1 {
				return b
			}
			if state[w.to] == 0 {
				if found := visit(w.to); found != nil {
					return found
				}
			}
		}
		state[b] = 2
		return nil
	}
	for _, b := range boxes {
		if state[b] == 0 {
			if found := visit(b); found != nil {
				return found
			}
		}
	}
	return nil
}

// TestComponentsInPicture checks what a reader looks for: the components in the order of the data.
func TestComponentsInPicture(t *testing.T) {
	r := tinyResult(t)
	p := condense(r.Train, r.Plan, 1)
	row := rowsOf(p.boxes)
	last := -1
	for _, title := range []string{"view0", "backbone", "neck", "similarity", "head", "gradient", "update", "next state"} {
		found := false
		for _, b := range p.boxes {
			if b.title == title {
				found = true
				if row[b] <= last {
					t.Errorf("%s is in row %d, want it below row %d", title, row[b], last)
				}
				last = row[b]
			}
		}
		if !found {
			t.Errorf("no box is called %s", title)
		}
	}
}

// TestLayout checks that boxes of a row do not overlap, that wires go down one row at a time, and that everything lies inside the drawing.
func TestLayout(t *testing.T) {
	r := tinyResult(t)
	for depth := range 4 {
		d := lay(condense(r.Train, r.Plan, depth).boxes, func(b *box) float64 { return float64(40 + 8*len(b.title)) })
		for i, row := range d.rows {
			for k, s := range row {
				if s.x-s.width/2 < margin-0.5 || s.x+s.width/2 > d.width {
					t.Errorf("depth %d, row %d: spot %d lies outside the drawing", depth, i, k)
				}
				if k > 0 && row[k-1].x+row[k-1].width/2+gapX > s.x-s.width/2+0.01 {
					t.Errorf("depth %d, row %d: spots %d and %d are too near", depth, i, k-1, k)
				}
			}
		}
		for w, path := range d.paths {
			for k := range path[1:] {
				if path[k+1].row != path[k].row+1 {
					t.Errorf("depth %d: a wire to %s jumps from row %d to %d", depth, w.to.title, path[k].row, path[k+1].row)
				}
			}
		}
	}
}

// TestDrawings checks that the svg is well-formed and the same each time, and that dot has every box and wire.
func TestDrawings(t *testing.T) {
	r := tinyResult(t)
	draw := func(f func(*picture, io.Writer) error, depth int) string {
		var b strings.Builder
		if err := f(condense(r.Train, r.Plan, depth), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for depth := range 4 {
		svg := draw((*picture).svg, depth)
		if again := draw((*picture).svg, depth); again != svg {
			t.Errorf("depth %d: the second svg differs from the first", depth)
		}
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
			t.Errorf("depth %d: the svg is not well-formed: %v", depth, err)
		}
		p, dot := condense(r.Train, r.Plan, depth), draw((*picture).dot, depth)
		wires := 0
		for _, b := range p.boxes {
			wires += len(b.out)
			if !strings.Contains(dot, fmt.Sprintf("  n%d [label=", b.id)) {
				t.Errorf("depth %d: dot lacks the box %s", depth, b.title)
			}
		}
		if got := strings.Count(dot, " -> "); got != wires {
			t.Errorf("depth %d: dot has %d wires, want %d", depth, got, wires)
		}
	}
}
