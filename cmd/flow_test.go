package cmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/algorithm"
)

// TestFlow checks that each algorithm has a drawing in which everything leads to the loss and nothing but the batch and state comes from nowhere.
func TestFlow(t *testing.T) {
	for _, name := range algorithm.Table.Names() {
		r, file := exampleOf(name)
		if r == nil {
			t.Errorf("the algorithm %s has no example", name)
			continue
		}
		p := forward(r)
		titles := map[string]bool{}
		for _, b := range p.boxes {
			titles[b.title] = true
			if len(b.in) == 0 && b.kind != boxInput && b.title != "memory" { // a memory may be asked for its clusters alone
				t.Errorf("%s, %s: the box %s reads nothing", name, file, b.title)
			}
			if len(b.out) == 0 && b.title != "loss" {
				t.Errorf("%s, %s: the box %s leads nowhere", name, file, b.title)
			}
		}
		for _, want := range []string{"backbone", "loss"} {
			if !titles[want] {
				t.Errorf("%s, %s: there is no box %s", name, file, want)
			}
		}
		if b := onCycle(p.boxes); b != nil {
			t.Errorf("%s, %s: the box %s lies on a cycle", name, file, b.title)
		}
	}
}

// TestPictureText checks lines that branch, cross and pass a row, and that what arrives at a box arrives apart.
func TestPictureText(t *testing.T) {
	names := []string{"a", "b", "c", "d", "long name"}
	p := &picture{}
	for i, name := range names {
		p.boxes = append(p.boxes, &box{id: i, title: name, kind: boxInput})
	}
	p.boxes[4].detail = "two lines"
	for _, e := range [][2]int{{0, 2}, {0, 3}, {1, 2}, {1, 3}, {1, 4}, {2, 4}, {3, 4}} {
		from, to := p.boxes[e[0]], p.boxes[e[1]]
		from.out = append(from.out, &wire{to: to})
		to.in = append(to.in, from)
	}
	var b strings.Builder
	if err := p.text(&b); err != nil {
		t.Fatal(err)
	}
	want := `
     ┌───┐    ┌───┐
     │ a │    │ b │
     └─┬─┘    └─┬─┘
       │        │
   ┌───┴───────┐│
   │   ┌───────┼┴──┬──────┐
   ▼   ▼       ▼   ▼      │
 ┌───────┐   ┌───────┐    │
 │   c   │   │   d   │    │
 └───┬───┘   └───┬───┘    │
     │           │        │
     └─────┐   ┌─┘ ┌──────┘
           ▼   ▼   ▼
         ┌───────────┐
         │ long name │
         │ two lines │
         └───────────┘
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), b.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s\n%s", diff, b.String())
	}
}
