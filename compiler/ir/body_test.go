package ir

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBodyOf(t *testing.T) {
	g := New("g")
	x := g.Input("x", Float32, Named("batch", 2, "dim", 3))
	body, err := BodyOf(twiceFn{}, []*Value{x, nil})
	if err != nil {
		t.Fatal(err)
	}
	want := `graph Twice {
  in %in0: f32[batch=2, dim=3]
  %scale: f32[batch=2, dim=3] = ai.ssc.Scale(%in0) {by=2}
  %scale_2: f32[batch=2, dim=3] = ai.ssc.Scale(%scale) {by=3}
  out %scale, %scale_2
}
`
	if diff := cmp.Diff(want, body.String()); diff != "" {
		t.Errorf("BodyOf differs (-want +got):\n%s", diff)
	}
	if err := Verify(body); err != nil {
		t.Error(err)
	}
	types, err := InferBody(twiceFn{}, []*Value{x})
	if err != nil || len(types) != 2 || !types[1].Equal(x.Type) {
		t.Errorf("InferBody = %v, %v, want two of %s", types, err, x.Type)
	}
}

// TestBodyShared checks which calls share a body: those of equal functions of inputs of equal types, wherever a graph was copied to.
func TestBodyShared(t *testing.T) {
	g := New("g")
	x, y, z := g.Input("x", Float32, Named("batch", 2)), g.Input("y", Float32, Named("batch", 2)), g.Input("z", Float32, Dims(2))
	body := func(f Function, in ...*Value) *Graph {
		t.Helper()
		b, err := BodyOf(f, in)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := body(scaleFn{By: 2}, x)
	copied := Rewrite(g, func(*Graph, *Node, []*Value) []*Value { return nil })
	for _, c := range []struct {
		what string
		body *Graph
		same bool
	}{
		{"an equal call", body(scaleFn{By: 2}, y), true},
		{"an equal call in a copy", body(scaleFn{By: 2}, copied.Inputs[0]), true},
		{"another attribute", body(scaleFn{By: 3}, x), false},
		{"another name of an axis", body(scaleFn{By: 2}, z), false},
		{"an absent input", body(twiceFn{}, x, nil), false},
	} {
		if (c.body == first) != c.same {
			t.Errorf("%s shares the body = %t, want %t", c.what, !c.same, c.same)
		}
	}
	if body(twiceFn{}, x, nil) == body(twiceFn{}, x) {
		t.Error("a call with an absent input shares the body of one without that input")
	}
}

func TestBodyErrors(t *testing.T) {
	g := New("g")
	x, y := g.Input("x", Float32, Dims(2)), g.Input("y", Float32, Dims(3))
	tests := []struct {
		f    Function
		in   []*Value
		want string
	}{
		{twiceFn{}, []*Value{x, y}, "body of Twice: Add: shapes [2] and [3] do not broadcast"},
		{handFn{}, []*Value{x}, "output 0 is the input %in0: f32[2] itself; an Identity must stand between"},
	}
	for _, tt := range tests {
		if _, err := InferBody(tt.f, tt.in); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("InferBody(%s) = %v, want %s", tt.f.Name(), err, tt.want)
		}
	}
	if v := Apply(twiceFn{}, x, y)[1]; v.Valid() || len(g.Diags) != 1 || g.Diags[0].Summary != "Shape mismatch" {
		t.Errorf("a body that fails gives %v and %v, want an invalid value and one diagnostic", v, g.Diags)
	}
}

func TestEvalBody(t *testing.T) {
	x := Floats(Float32, []int{2}, 1, -4)
	got := EvalBody(twiceFn{}, []*Tensor{x})
	// a = 2x + 1, b = 3a + 1
	want := []*Tensor{Floats(Float32, []int{2}, 3, -7), Floats(Float32, []int{2}, 10, -20)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("EvalBody differs (-want +got):\n%s", diff)
	}
	got = EvalBody(twiceFn{}, []*Tensor{x, x})
	want = []*Tensor{Floats(Float32, []int{2}, 4, -11), Floats(Float32, []int{2}, 13, -32)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("EvalBody with the optional input differs (-want +got):\n%s", diff)
	}
}

func TestInlineFunctions(t *testing.T) {
	g := mustParse(t, `graph g {
		in %x: f32[batch=2] @a.hcl:1,1
		%net/twice: f32[batch=2], %net/b: f32[batch=2] = ai.ssc.Twice(%x, _) @a.hcl:3,4
		%mul: f32[batch=2] = Mul(%net/twice, %net/b)
		out %net/b, %mul }`)
	before := g.String()
	all := InlineFunctions(g, nil)
	want := `graph g {
  in %x: f32[batch=2] @a.hcl:1,1
  %net/twice/scale/constant: f32[] = Constant() {value=f32[](2)} @a.hcl:3,4
  %net/twice/scale/mul: f32[batch=2] = Mul(%x, %net/twice/scale/constant) @a.hcl:3,4
  %net/twice/scale/constant_2: f32[] = Constant() {value=f32[](1)} @a.hcl:3,4
  %net/twice: f32[batch=2] = Add(%net/twice/scale/mul, %net/twice/scale/constant_2) @a.hcl:3,4
  %net/b/constant: f32[] = Constant() {value=f32[](3)} @a.hcl:3,4
  %net/b/mul: f32[batch=2] = Mul(%net/twice, %net/b/constant) @a.hcl:3,4
  %net/b/constant_2: f32[] = Constant() {value=f32[](1)} @a.hcl:3,4
  %net/b: f32[batch=2] = Add(%net/b/mul, %net/b/constant_2) @a.hcl:3,4
  %mul: f32[batch=2] = Mul(%net/twice, %net/b)
  out %net/b, %mul
}
`
	want = strings.ReplaceAll(want, "%net/twice/scale/", "%net/twice/")
	if diff := cmp.Diff(want, all.String()); diff != "" {
		t.Errorf("InlineFunctions differs (-want +got):\n%s", diff)
	}
	if err := Verify(all); err != nil {
		t.Error(err)
	}
	some := InlineFunctions(g, func(f Function) bool { return f.Name() == "Scale" })
	if n := len(some.Nodes); n != 3 || Verify(some) != nil {
		t.Errorf("InlineFunctions keeping Scale has %d nodes, want 3:\n%s", n, some)
	}
	if g.String() != before {
		t.Errorf("InlineFunctions changed its argument to\n%s", g)
	}
	feeds := map[string]*Tensor{"x": Floats(Float32, []int{2}, 0.5, -2)}
	ref, err := g.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	got, err := all.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ref, got); diff != "" {
		t.Errorf("the inlined graph computes something else (-functions +inlined):\n%s", diff)
	}
}

func TestRewrite(t *testing.T) {
	g := mustParse(t, `graph g {
		in %x: f32[2]
		%a/id: f32[2] = Identity(%x) @a.hcl:1,2
		%a/y: f32[2] = Relu(%a/id) @a.hcl:2,2
		%out: f32[2] = Identity(%a/y)
		out %out }`)
	// Drops identities and writes Relu as Mul of itself: the output keeps its name, hence its Identity.
	h := Rewrite(g, func(dst *Graph, n *Node, in []*Value) []*Value {
		switch n.Op.Name() {
		case "Identity":
			return in
		case "Relu":
			return []*Value{mul(relu(in[0]), in[0])}
		}
		return nil
	})
	want := `graph g {
  in %x: f32[2]
  %a/relu: f32[2] = Relu(%x) @a.hcl:2,2
  %a/y: f32[2] = Mul(%a/relu, %x) @a.hcl:2,2
  %out: f32[2] = Identity(%a/y)
  out %out
}
`
	if diff := cmp.Diff(want, h.String()); diff != "" {
		t.Errorf("Rewrite differs (-want +got):\n%s", diff)
	}
	if err := Verify(h); err != nil {
		t.Error(err)
	}
}

func TestCopy(t *testing.T) {
	g := full()
	dst := New("copy")
	x := dst.Input("x", Float32, Named("batch", 2, "", 3, "n", -1, "2 n", -1, "", -1))
	subst := map[*Value]*Value{g.Inputs[0]: x, g.Inputs[1]: dst.Input("attrs", Float32, Dims())}
	Copy(dst, g.Nodes, subst)
	if err := Verify(dst); err != nil {
		t.Fatal(err)
	}
	v := subst[g.Outputs[0]]
	if v == nil || v.Graph() != dst || v.Name != "topk_2" || v.Def.Range != g.Outputs[0].Def.Range {
		t.Errorf("copy of the output = %v, want topk_2 in the copy", v)
	}
	if a := subst[g.Nodes[1].Out[0]]; a.Name != "attrs_2" || a.Range != at(3, 7) {
		t.Errorf("copy of attrs = %s at %v, want attrs_2 at a.hcl:3,7", a.Name, a.Range)
	}
}
