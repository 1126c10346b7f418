package optest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/op"

	"github.com/google/go-cmp/cmp"
)

// squareAdd is a faultless function, y = x² + shift and z = x, unless a fault is named.
type squareAdd struct {
	Shift float64 `attr:"shift"`
	Fault string  // not an attribute: the text form loses it
}

func (squareAdd) Name() string { return "SquareAdd" }

func (squareAdd) MaxOutputs() int { return 2 }

func (f squareAdd) Doc() ir.Doc {
	x := []ir.Arg{{Dims: []int{3, 1, 2}}}
	d := ir.Doc{Text: "x² + shift, and x.", Samples: []ir.Sample{
		{Label: "default", Op: squareAdd{Shift: 1}, In: x}, {Label: "shifted", Op: squareAdd{Shift: 0.5}, In: x}}}
	switch f.Fault {
	case "text":
		d.Text = ""
	case "samples":
		d.Samples = nil
	case "label":
		d.Samples[1].Label = "default"
	case "defaults":
		d.Samples = d.Samples[1:]
	case "shapes":
		d.Samples = d.Samples[:1]
		d.Samples[0].In = []ir.Arg{{Dims: []int{2, 2}}}
	case "other":
		d.Samples[1].Op, _ = op.Lookup("Neg")
	}
	return d
}

func (f squareAdd) Infer(in []*ir.Value) ([]ir.Type, error) {
	y := in[0].Type
	switch f.Fault {
	case "infer shape":
		y.Shape = ir.Dims(y.Shape.Elems())
	case "infer dtype":
		y.DType = ir.Float64
	}
	return []ir.Type{y, in[0].Type}, nil
}

func (f squareAdd) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	if f.Fault == "grad nil" {
		return nil
	}
	var dx *ir.Value
	if dy[0] != nil {
		factor := 2.0
		if f.Fault == "grad factor" {
			factor = 2.00001
		}
		dx = op.Mul(dy[0], op.Mul(n.In[0], op.Scalar(dy[0], factor)))
	}
	switch {
	case dy[1] == nil || f.Fault == "grad forgets":
	case dx == nil:
		dx = dy[1]
	default:
		dx = op.Add(dx, dy[1])
	}
	return []*ir.Value{dx}
}

func (f squareAdd) Eval(in []*ir.Tensor) []*ir.Tensor {
	y := in[0].Clone()
	for i, x := range y.Data {
		y.Data[i] = x*x + f.Shift
	}
	switch f.Fault {
	case "eval panics":
		panic("no such element")
	case "eval nan":
		y.Data[1] = math.NaN()
	case "lost attribute":
		y.Data[0]++
	}
	return []*ir.Tensor{y, in[0]}
}

func (f squareAdd) Body(in []*ir.Value) []*ir.Value {
	x := in[0]
	y := op.Add(op.Mul(x, x), op.Scalar(x, f.Shift))
	z := op.Identity(x)
	switch f.Fault {
	case "body value":
		y = op.Add(y, op.Scalar(x, 1e-6))
	case "body type":
		y = op.Cast(y, ir.Float64)
	case "body gradient":
		y = op.Add(y, op.Sub(op.Floor(x), op.Floor(x)))
		z = op.Cast(op.Round(op.Cast(x, ir.Float32)), x.DType)
	case "body count":
		return []*ir.Value{y}
	}
	return []*ir.Value{y, z}
}

func lookup(name string) (ir.Op, bool) {
	if strings.HasSuffix(name, "SquareAdd") {
		return squareAdd{Shift: 1}, true
	}
	return op.Lookup(name)
}

func TestRunPassesFaultless(t *testing.T) {
	Run(t, Table{Names: []string{"SquareAdd"}, Lookup: lookup, Parse: lookup})
}

// TestChecksFindFaults: each check fails on the fault that it is for, and says what it found.
func TestChecksFindFaults(t *testing.T) {
	text := func(c *Case) error { return Text(c, lookup) }
	for _, k := range []struct {
		fault string
		check func(*Case) error
		want  string
	}{
		{"", Shapes, ""}, {"", Gradient, ""}, {"", Body, ""}, {"", text, ""},
		{"infer shape", Shapes, "output 0 of Eval = f32[3, 1, 2], want f32[6]"},
		{"infer dtype", Shapes, "output 0 of Eval = f32[3, 1, 2], want f64[3, 1, 2]"},
		{"eval panics", Shapes, "panics: no such element"},
		{"grad nil", Gradient, "(Grad gives none)"},
		{"grad factor", Gradient, "slope along input 0 for a gradient at outputs 0 1"},
		{"grad forgets", Gradient, "slope along input 0 for a gradient at outputs 0 1"},
		{"eval nan", Gradient, "want NaN by central difference"},
		{"body value", Body, "Eval against the body: output 0: element"},
		{"body type", Body, "output 0 of the body = f64[3, 1, 2], want f32[3, 1, 2]"},
		{"body count", Body, "the body has 1 outputs, the shape rule 2"},
		{"body gradient", Body, "Eval against the body: output 1"},
		{"grad factor", Body, "against autodiff through the body"},
		{"lost attribute", text, "Eval of the graph read back"},
	} {
		c, err := NewCase(ir.Sample{Label: "test", Op: squareAdd{Shift: 1, Fault: k.fault}, In: []ir.Arg{{Dims: []int{3, 1, 2}}}})
		if err != nil {
			t.Fatal(err)
		}
		err = k.check(c)
		if k.want == "" && err != nil || k.want != "" && (err == nil || !strings.Contains(err.Error(), k.want)) {
			t.Errorf("fault %q: %v, want %q", k.fault, err, k.want)
		}
	}
}

func TestDeclared(t *testing.T) {
	for fault, want := range map[string]string{
		"":         "",
		"text":     `Doc.Text = ""`,
		"samples":  "no samples",
		"label":    `sample label "default" is empty or taken`,
		"defaults": "no sample has the default attributes",
		"shapes":   "no sample has an axis of size 1",
		"other":    "sample shifted is of Neg",
	} {
		// The prototype differs from the samples' operators in Fault alone, which is no attribute.
		err := Declared(squareAdd{Shift: 1, Fault: fault})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Declared with fault %q = %v, want %q", fault, err, want)
		}
	}
}

func TestDraw(t *testing.T) {
	for _, c := range []struct {
		name   string
		arg    ir.Arg
		lo, hi float64
		whole  bool
	}{
		{"default", ir.Arg{Dims: []int{50}}, -1, 1, false},
		{"bounds", ir.Arg{Dims: []int{50}, Lo: 2, Hi: 3}, 2, 3, false},
		{"ints", ir.Arg{Dims: []int{50}, DType: ir.Int64, Lo: 3, Hi: 6}, 3, 5, true},
		{"bools", ir.Arg{Dims: []int{50}, DType: ir.Bool}, 0, 1, true},
		{"distinct", ir.Arg{Dims: []int{5, 4}, Distinct: true}, -1, 1, false},
		{"many distinct", ir.Arg{Dims: []int{10, 20}, Distinct: true}, -10, 10, false},
		{"distinct ints", ir.Arg{Dims: []int{6}, DType: ir.Int64, Lo: -2, Hi: 4, Distinct: true}, -2, 3, true},
	} {
		x, err := Draw(c.name, c.arg)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Draw(c.name, c.arg)
		if diff := cmp.Diff(x, again); diff != "" {
			t.Errorf("Draw(%s) differs the second time:\n%s", c.name, diff)
		}
		lo, hi := slices.Min(x.Data), slices.Max(x.Data)
		if lo < c.lo || hi > c.hi || lo == hi || c.whole && (lo != c.lo || hi != c.hi) {
			t.Errorf("Draw(%s) in [%v, %v], want [%v, %v]", c.name, lo, hi, c.lo, c.hi)
		}
		sorted := slices.Sorted(slices.Values(x.Data))
		for i, v := range x.Data {
			if c.whole && v != math.Floor(v) || float64(float32(v)) != v {
				t.Errorf("Draw(%s)[%d] = %v, want an integer or a float32", c.name, i, v)
			}
			if i > 0 && c.arg.Distinct && sorted[i]-sorted[i-1] < gap*(1-1e-6) {
				t.Errorf("Draw(%s): %v and %v are too close", c.name, sorted[i-1], sorted[i])
			}
		}
		if c.arg.Distinct && slices.IsSorted(x.Data) {
			t.Errorf("Draw(%s) is in order", c.name)
		}
	}
	if _, err := Draw("full", ir.Arg{Dims: []int{30}, Lo: 0, Hi: 1, Distinct: true}); err == nil {
		t.Error("Draw of 30 distinct values in [0, 1] = nil, want an error")
	}
}
