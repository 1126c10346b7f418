package pass_test

import (
	"strings"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/pass"
)

func TestLayout(t *testing.T) {
	g := parse(t, `graph g {
  in %x: f32[2, 3, 4, 5]
  in %v: f32[3]
  %a: f32[2, 3, 4, 5] = Relu(%x)
  %b: f32[2, 4, 5, 3] = Transpose(%a) {perm=[0, 2, 3, 1]}
  %c: f32[2, 4, 5, 3] = Add(%b, %v)
  %d: f32[2, 3, 4, 5] = Transpose(%c) {perm=[0, 3, 1, 2]}
  %e: f32[2, 3, 5, 4] = Transpose(%d) {perm=[0, 1, 3, 2]}
  out %e
}`, "g")
	l, err := pass.Layout(g)
	if err != nil {
		t.Fatal(err)
	}
	var moves []string
	for _, n := range l.Moves {
		moves = append(moves, n.Out[0].Name)
	}
	if got, want := strings.Join(moves, " "), "b d"; got != want {
		t.Errorf("Layout(g).Moves = %s, want %s", got, want)
	}
	if len(l.Of) != 6 || l.Of[g.Inputs[1]] != "" || l.Of[g.Inputs[0]] != "nchw" {
		t.Errorf("Layout(g).Of has %d values, want the 6 of four axes, all nchw", len(l.Of))
	}
}

// channelsLast is an operator that wants another layout.
type channelsLast struct{ pair }

func (channelsLast) Layout() string { return "nhwc" }

func TestUnsupportedLayout(t *testing.T) {
	g := ir.New("g")
	x := g.Input("x", ir.Float32, ir.Dims(1, 2, 2, 2))
	g.Output(ir.Apply1(channelsLast{}, x, x))
	if _, err := verified.All(g); err == nil || !strings.Contains(err.Error(), "pass layout: Pair of %pair: f32[1, 2, 2, 2] wants the layout nhwc") {
		t.Errorf("All(an operator that wants nhwc) = %v", err)
	}
}
