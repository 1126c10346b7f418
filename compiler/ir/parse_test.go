package ir

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// full has everything that the text form knows.
func full() *Graph {
	g := New("simclr/train step")
	x := g.Input("view.0", Float32, Shape{{"batch", 2}, {"", 3}, {"n", -1}, {"2 n", -1}, {"", -1}})
	undo := g.At(at(3, 7))
	w := g.Input("odd name é%", Float32, Dims())
	exit := g.In("backbone/layer1")
	y := add(x, w)
	exit()
	a := g.Apply(attrOp{Int: -3, Float: 0.1, Str: "a \"b\"\n", Bool: true, Ints: []int{}, Floats: []float64{1, 1e-5, math.Inf(-1)},
		Strs: []string{"", "x"}, To: BFloat16, T: Floats(Float16, []int{2, 1}, 0, math.NaN()), Omitted: []int{4}}, y)[0]
	undo()
	top := g.Apply(pairOp{}, a, nil, w)
	constant(g, Floats(Float64, []int{4}, 1/3.0, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64))
	constant(g, NewTensor(Int64, 5, 100))
	constant(g, NewTensor(Int64, 0))
	constant(g, Floats(Int64, []int{2}, 1<<53, -1000000))
	g.Apply(twiceFn{}, a)
	g.Output(top[1])
	g.Output(w)
	return g
}

const fullText = `graph "simclr/train step" {
  in %view.0: f32[batch=2, 3, n, "2 n", ?]
  in %"odd name é%": f32[] @a.hcl:3,7
  %backbone/layer1/add: f32[batch=2, 3, n, "2 n", ?] = Add(%view.0, %"odd name é%") @a.hcl:3,7
  %attrs: f32[batch=2, 3, n, "2 n", ?] = Attrs(%backbone/layer1/add) {int=-3, float=0.1, str="a \"b\"\n", bool=true, ints=[], floats=[1, 1e-05, -Inf], strs=["", "x"], to=bf16, t=f16[2, 1](0, NaN), omitted=[4]} @a.hcl:3,7
  %topk: f32[batch=2, 3, n, "2 n", ?], %topk_2: i64[batch=2, 3, n, "2 n", ?] = TopK(%attrs, _, %"odd name é%")
  %constant: f64[4] = Constant() {value=f64[4](0.3333333333333333, -0, 1.7976931348623157e+308, 5e-324)}
  %constant_2: i64[5, 100] = Constant() {value=i64[5, 100](splat 0)}
  %constant_3: i64[0] = Constant() {value=i64[0]()}
  %constant_4: i64[2] = Constant() {value=i64[2](9.007199254740992e+15, -1000000)}
  %twice: f32[batch=2, 3, n, "2 n", ?], %twice_2: f32[batch=2, 3, n, "2 n", ?] = ai.ssc.Twice(%attrs)
  out %topk_2, %"odd name é%"
}
`

func TestPrint(t *testing.T) {
	if diff := cmp.Diff(fullText, full().String()); diff != "" {
		t.Errorf("String() differs (-want +got):\n%s", diff)
	}
	want := strings.ReplaceAll(fullText, " @a.hcl:3,7", "")
	if diff := cmp.Diff(want, full().Text(NoRanges)); diff != "" {
		t.Errorf("Text(NoRanges) differs (-want +got):\n%s", diff)
	}
}

func TestParseIsTheInverseOfPrint(t *testing.T) {
	g, err := Parse(fullText, "full.ir", lookup)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fullText, g.String()); diff != "" {
		t.Errorf("print(parse(text)) differs (-want +got):\n%s", diff)
	}
	if err := Verify(g); err != nil {
		t.Errorf("Verify(parsed) = %v", err)
	}
	if got, want := g.Nodes[1].Op.(attrOp), full().Nodes[1].Op.(attrOp); !math.IsNaN(got.T.Data[1]) || got.Float != want.Float || got.Ints == nil {
		t.Errorf("parsed operator = %#v, want %#v", got, want)
	}
	data := g.Nodes[3].Out[0].Const().Data
	if data[0] != 1/3.0 || !math.Signbit(data[1]) || data[2] != math.MaxFloat64 || data[3] != math.SmallestNonzeroFloat64 {
		t.Errorf("parsed constant = %v", data)
	}
	// A parsed graph can be built on: fresh names avoid those of the text.
	if v := relu(identity(g.Inputs[0])); v.Name != "relu" {
		t.Errorf("fresh name = %s, want relu", v.Name)
	}
	if v := constant(g, Ints(1)); v.Name != "constant_5" {
		t.Errorf("fresh name = %s, want constant_5", v.Name)
	}
}

func TestParseKeepsDefaults(t *testing.T) {
	g := mustParse(t, `graph g { in %x: f32[2] %y: f32[2] = Attrs(%x) out %y } # comment`)
	if got := g.Nodes[0].Op.(attrOp).Int; got != 7 {
		t.Errorf("attribute left out = %d, want the prototype's 7", got)
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"empty", ``, `t:1,1: found the end of the text where graph is expected`},
		{"behind", "graph g {}\n x", `t:2,2: found x behind the graph`},
		{"string", "graph \"g\n", `t:1,7: the string has no closing quote`},
		{"escape", `graph "\q" {}`, `t:1,7: "\q" is not a string: invalid syntax`},
		{"dtype", `graph g { in %x: f31[2] }`, `t:1,18: unknown element type "f31"`},
		{"invalid", `graph g { in %x: invalid[2] }`, `t:1,18: unknown element type "invalid"`},
		{"size", `graph g { in %x: f32[-2] }`, `t:1,22: an axis of size -2`},
		{"huge", `graph g { in %x: f32[9999999999999] }`, `t:1,22: an axis of size 9999999999999`},
		{"rank", `graph g { in %x: f32[` + strings.Repeat("1,", 32) + `1] }`, `t:1,86: more than 32 axes`},
		{"comma", `graph g { in %x: f32[2 3] }`, `t:1,24: found 3 where , is expected`},
		{"twice", "graph g {\n in %é: f32[]\n in %é: f32[] }", `t:2,6: found é where the name of a value is expected`},
		{"twice", "graph g {\n in %\"é\": f32[]\n in %\"é\": f32[] }", `t:3,5: %"é" is defined twice or has no name`},
		{"twice in a node", `graph g { in %x: f32[] %y: f32[], %y: i64[] = TopK(%x) }`, `t:1,47: the name y is taken`},
		{"operator", `graph g { in %x: f32[] %y: f32[] = Ad(%x, %x) }`, `t:1,36: unknown operator "Ad"`},
		{"order", `graph g { %y: f32[] = Relu(%x) %x: f32[] = Relu(%y) }`, `t:1,28: %x is not defined above`},
		{"output", `graph g { out %x }`, `t:1,15: %x is not defined above`},
		{"rule", `graph g { in %x: f32[2] in %y: f32[3] %z: f32[2] = Add(%x, %y) }`, `t:1,52: Add: shapes [2] and [3] do not broadcast: axis 0 is 2 and 3`},
		{"arity", `graph g { in %x: f32[2] %z: f32[2] = Add(%x) }`, `t:1,38: Add: the shape rule does not accept 1 inputs (f32[2]): runtime error: index out of range [1] with length 1`},
		{"absent", `graph g { in %x: f32[2] %z: f32[2] = Add(%x, _) }`, `t:1,38: Add: the shape rule does not accept 2 inputs (f32[2], _): runtime error: invalid memory address or nil pointer dereference`},
		{"stated", `graph g { in %x: f32[2] %z: f32[3] = Add(%x, %x) }`, `t:1,25: %z is stated as f32[3], but Add gives f32[2]`},
		{"outputs", `graph g { in %x: f32[2] %z: f32[2], %y: f32[2] = Add(%x, %x) }`, `t:1,50: Add has 1 outputs, not 2`},
		{"fewer outputs", `graph g { in %x: f32[2] %z: f32[2] = TopK(%x) }`, `t:1,38: TopK has 2 outputs, not 1`},
		{"attribute", `graph g { in %x: f32[] %y: f32[] = Attrs(%x) {hidden=1} }`, `t:1,47: Attrs has no attribute "hidden"`},
		{"attribute value", `graph g { in %x: f32[] %y: f32[] = Attrs(%x) {int=0.5} }`, `t:1,51: 0.5 is not an integer`},
		{"bool", `graph g { in %x: f32[] %y: f32[] = Attrs(%x) {bool=1} }`, `t:1,52: found 1 where true or false is expected`},
		{"elements", `graph g { %y: f32[2] = Constant() {value=f32[2](1)} }`, `t:1,42: 1 elements for the dims [2]`},
		{"element", `graph g { %y: i64[1] = Constant() {value=i64[1](1.5)} }`, `t:1,49: 1.5 is no i64`},
		{"splat", `graph g { %y: f32[9] = Constant() {value=f32[100000, 1000](splat 0)} }`, `t:1,42: splat constants of more than 16777216 elements together`},
	}
	for _, tt := range tests {
		_, err := Parse(tt.src, "t", lookup)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: Parse(%q) = %v, want %s", tt.name, tt.src, err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(fullText)
	for _, s := range []string{"", "graph g {}", `graph "" { in %x: f32[?, a, "1"=1] out %x }`,
		"graph g { in %x: f32[2] %a: f32[2], %b: f32[2] = ai.ssc.Twice(%x, %x) @\"a b\":1,2 out %b, %a }",
		"graph g { %c: bool[6] = Constant() {value=bool[6](splat 1)} }", "graph g { in %x: f32[] %y: f32[] = ai.ssc.Hand(%x) }"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		g, err := Parse(src, "fuzz", lookup)
		if err != nil {
			return
		}
		text := g.String()
		h, err := Parse(text, "printed", lookup)
		if err != nil {
			t.Fatalf("Parse(print(g)) = %v, for\n%s", err, text)
		}
		if again := h.String(); again != text {
			t.Fatalf("print(parse(print(g))) differs:\n%s", cmp.Diff(text, again))
		}
	})
}
