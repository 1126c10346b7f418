package ir

import (
	"strings"
	"testing"
)

func TestVerify(t *testing.T) {
	if err := Verify(full()); err != nil {
		t.Fatalf("Verify(full) = %v", err)
	}
	other := New("other").Input("o", Float32, Dims(2))
	// Each breaks one rule of x -> Relu (y) -> Relu (z).
	tests := []struct {
		name, want string
		breakIt    func(g *Graph)
	}{
		{"foreign input", "V1: input 0 of node 1 (Relu) is not a value of the graph", func(g *Graph) { g.Nodes[1].In[0] = other }},
		{"foreign output", "V1: output 1 is not a value", func(g *Graph) { g.Output(other) }},
		{"nil output", "V1: output 1 is not a value", func(g *Graph) { g.Output(nil) }},
		{"no operator", "V1: node 0 has no operator", func(g *Graph) { g.Nodes[0].Op = nil }},
		{"index", "V1: %relu: f32[2] does not know that it is output 0 of node 0 (Relu)", func(g *Graph) { g.Nodes[0].Out[0].Index = 1 }},
		{"def", "V1: input %x: f32[2] is defined by a node", func(g *Graph) { g.Inputs[0].Def = g.Nodes[0] }},
		{"node twice", "V2: %relu: f32[2] is defined twice", func(g *Graph) { g.Nodes = append(g.Nodes, g.Nodes[0]) }},
		{"input twice", "V2: %x: f32[2] is defined twice", func(g *Graph) { g.Inputs = append(g.Inputs, g.Inputs[0]) }},
		{"name", "V3: two values are named x", func(g *Graph) { g.Nodes[0].Out[0].Name = "x" }},
		{"no name", `V3: two values are named ""`, func(g *Graph) { g.Nodes[0].Out[0].Name = "" }},
		{"order", "V4: Relu reads %relu: f32[2] before", func(g *Graph) { g.Nodes[0], g.Nodes[1] = g.Nodes[1], g.Nodes[0] }},
		{"self", "V4: Relu reads %relu: f32[2] before", func(g *Graph) { g.Nodes[0].In[0] = g.Nodes[0].Out[0] }},
		{"undefined output", "V5: output 0, %relu_2: f32[2]", func(g *Graph) { g.Nodes = g.Nodes[:1] }},
		{"output twice", "V5: output 1, %relu_2: f32[2]", func(g *Graph) { g.Output(g.Outputs[0]) }},
		{"invalid", "V6: %add: invalid[] is invalid", func(g *Graph) { add(g.Inputs[0], g.Input("w", Float32, Dims(3))) }},
		{"type", "V7: %relu: f32[3], but Relu gives f32[2]", func(g *Graph) { g.Nodes[0].Out[0].Shape = Dims(3) }},
		{"count", "V7: Relu of %relu: 1 outputs where the shape rule gives 2", func(g *Graph) { g.Nodes[0].Op = twoRelu{} }},
		{"arity", "V7: Add of %relu: the shape rule does not accept 1 inputs", func(g *Graph) { g.Nodes[0].Op = binaryOp{op: "Add"} }},
	}
	for _, tt := range tests {
		g := New("g")
		g.Output(relu(relu(g.Input("x", Float32, Dims(2)))))
		if err := Verify(g); err != nil {
			t.Fatalf("Verify(good) = %v", err)
		}
		tt.breakIt(g)
		if err := Verify(g); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Verify(g) = %v, want %s", tt.name, err, tt.want)
		}
	}
}

type twoRelu struct{ pairOp }

func (twoRelu) Name() string { return "Relu" }

func TestVerifyInPlace(t *testing.T) {
	const head = "graph g {\n in %w: f32[4] in %x: f32[4] in %gate: bool[]\n"
	const step = " %g: f32[4] = Mul(%w, %x) %ok: bool[] = Finite(%g, %gate) %new: f32[4] = Add(%w, %g) %out: f32[4] = Where(%ok, %new, %w)\n"
	tests := []struct{ name, body, want string }{
		{"a step", step + "out %out", ""},
		{"late metric", step + "%m: f32[] = ReduceSum(%w) out %out, %m", "%m (ReduceSum) reads %w and may run after the update"},
		{"metric before", "%m: f32[] = ReduceSum(%w)" + step + "out %out, %m", "%m (ReduceSum) reads %w and may run after the update"},
		{"metric feeds ok", "%m: f32[] = ReduceSum(%w) %g: f32[4] = Mul(%w, %x) %ok: bool[] = Finite(%g, %m) %out: f32[4] = Where(%ok, %g, %w) out %out, %m", ""},
		{"metric feeds the update", "%m: f32[] = ReduceSum(%w) %g: f32[4] = Mul(%x, %m) %ok: bool[] = Finite(%x) %out: f32[4] = Where(%ok, %g, %w) out %out, %m", ""},
		{"metric of the new value", step + "%m: f32[] = ReduceSum(%out) out %out, %m", ""},
		{"late reader of a view", "%s: i64[1] = Constant() {value=i64[1](4)} %v: f32[4] = Reshape(%w, %s) %n: f32[] = ReduceSum(%v) %g: f32[4] = Mul(%v, %x)" +
			"%ok: bool[] = Finite(%g) %out: f32[4] = Where(%ok, %g, %w) out %out, %n", "%n (ReduceSum) reads %v and may run after the update"},
		{"late reader of a copy", "%v: f32[4] = Relu(%w) %n: f32[] = ReduceSum(%v) %g: f32[4] = Mul(%v, %x)" +
			"%ok: bool[] = Finite(%g) %out: f32[4] = Where(%ok, %g, %w) out %out, %n", ""},
		{"late reader of x+0", "%z: f32[] = Constant() {value=f32[](0)} %v: f32[4] = Add(%w, %z) %n: f32[] = ReduceSum(%v) %g: f32[4] = Mul(%v, %x)" +
			"%ok: bool[] = Finite(%g) %out: f32[4] = Where(%ok, %g, %w) out %out, %n", "%n (ReduceSum) reads %v and may run after the update"},
		{"old value is an output", step + "out %out, %w", "the old value is an output, %w"},
		{"view is an output", "%i: f32[4] = Identity(%w) %g: f32[4] = Mul(%i, %x) %ok: bool[] = Finite(%g) %out: f32[4] = Where(%ok, %g, %w) out %out, %i",
			"the old value is an output, %i"},
		{"unconditional", "%g: f32[4] = Mul(%w, %x) %ok: bool[] = Finite(%g) %out: f32[4] = Relu(%x) out %out, %g", "the update does not depend on %ok"},
		{"ok through a product", "%g: f32[4] = Mul(%w, %x) %ok: bool[] = Finite(%g) %and: bool[] = Finite(%ok, %gate) %out: f32[4] = Where(%and, %g, %w) out %out", ""},
		{"not a where", "%g: f32[4] = Mul(%w, %x) %ok: bool[] = Finite(%g) %n: f32[4] = Where(%ok, %g, %x) %out: f32[4] = Mul(%n, %w) out %out",
			"the update, Mul, does not read %w element by element"},
		{"does not read it", "%g: f32[4] = Mul(%w, %x) %ok: bool[] = Finite(%g) %n: f32[4] = Where(%ok, %g, %x) %out: f32[4] = Relu(%n) out %out", ""},
		{"scatter", "%i: i64[1] = Constant() {value=i64[1](0)} %ok: bool[] = Finite(%x) %u: f32[4] = Where(%ok, %x, %x) %out: f32[4] = ScatterND(%w, %i, %u) out %out", ""},
		{"scatter of rows gathered before", "%i: i64[1] = Constant() {value=i64[1](0)} %ok: bool[] = Finite(%x) %r: f32[4] = Relu(%w) %u: f32[4] = Where(%ok, %x, %r)" +
			"%out: f32[4] = ScatterND(%w, %i, %u) out %out", ""},
		{"scatter of itself", "%i: i64[1] = Constant() {value=i64[1](0)} %ok: bool[] = Finite(%x) %u: f32[4] = Where(%ok, %x, %x) %out: f32[4] = ScatterND(%w, %u, %w) out %out",
			"the update, ScatterND, does not read %w element by element"},
		{"function reads", "%t: f32[4], %t2: f32[4] = ai.ssc.Twice(%w) %ok: bool[] = Finite(%t2) %out: f32[4] = Where(%ok, %t, %w) out %out", ""},
		{"one half of a function is late", "%t: f32[4], %t2: f32[4] = ai.ssc.Twice(%x, %w) %s: f32[4] = ai.ssc.Scale(%w) {by=2} %ok: bool[] = Finite(%t) %out: f32[4] = Where(%ok, %t, %w) out %out, %s",
			"%s/mul (Mul) reads %w and may run after the update"},
		{"function promises", "%ok: bool[] = Finite(%x) %out: f32[4] = ai.ssc.Update(%ok, %w, %x) out %out", ""},
		{"function promises for one input", "%ok: bool[] = Finite(%x) %out: f32[4] = ai.ssc.Update(%ok, %x, %w) out %out", "the function Update computes the output, and may write before it has read"},
		{"function is given the input twice", "%ok: bool[] = Finite(%x) %out: f32[4] = ai.ssc.Update(%ok, %w, %w) out %out", "the function Update computes the output, and may write before it has read"},
		{"late reader beside a function", "%ok: bool[] = Finite(%x) %out: f32[4] = ai.ssc.Update(%ok, %w, %x) %m: f32[] = ReduceSum(%w) out %out, %m",
			"%m (ReduceSum) reads %w and may run after the update"},
		{"unconditional function", "%y: bool[] = Finite(%w) %ok: bool[] = Finite(%x) %out: f32[4] = ai.ssc.Update(%y, %w, %x) out %out, %ok", "the update does not depend on %ok"},
		{"function updates", "%ok: bool[] = Finite(%x) %t: f32[4], %out: f32[4] = ai.ssc.Twice(%w, %ok) out %out", ""},
	}
	for _, tt := range tests {
		g, err := Parse(head+tt.body+"\n}", tt.name, lookup)
		if tt.name == "function updates" {
			g, err = Parse(head+"%ok: bool[] = Finite(%x) %out: f32[4] = ai.ssc.Scale(%w) out %out }", tt.name, lookup)
			tt.want = "the function Scale computes the output, and may write before it has read"
		}
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, h := range VerifyInPlace(g, []Pair{{g.Inputs[0], g.Outputs[0]}}, value(g, "ok")) {
			got = h.Reason
		}
		if got != tt.want {
			t.Errorf("%s: VerifyInPlace = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestVerifyInPlacePairs(t *testing.T) {
	g := mustParse(t, `graph g { in %a: f32[2] in %b: f32[2] in %ok: bool[]
		%a1: f32[2] = Where(%ok, %b, %a)
		%b1: f32[2] = Where(%ok, %a, %b)
		%c1: f32[] = ReduceSum(%a1)
		out %a1, %b1, %c1 }`)
	in, out := g.Inputs, g.Outputs
	tests := []struct {
		name  string
		pairs []Pair
		want  int
	}{
		{"a swap of two tensors", []Pair{{in[0], out[0]}, {in[1], out[1]}}, 2},
		{"the same input twice", []Pair{{in[0], out[0]}, {in[0], out[1]}}, 2},
		{"types", []Pair{{in[0], out[2]}}, 1},
		{"not an input", []Pair{{out[0], out[1]}}, 1},
	}
	for _, tt := range tests {
		if got := VerifyInPlace(g, tt.pairs, in[2]); len(got) != tt.want {
			t.Errorf("%s: VerifyInPlace = %v, want %d hazards", tt.name, got, tt.want)
		}
	}
}

func value(g *Graph, name string) *Value {
	for _, v := range definitions(g) {
		if v.Name == name {
			return v
		}
	}
	return nil
}
