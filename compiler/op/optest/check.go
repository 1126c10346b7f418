package optest

import (
	"fmt"
	"math"

	"ssc/compiler/ir"

	"github.com/google/go-cmp/cmp"
)

// exact is the tolerance between two computations of one value in float64 by different formulas, relative to the largest magnitude.
const exact = 1e-9

// Shapes checks that the shape rule gives the element types and sizes that Eval gives, and that the graph is well formed.
func Shapes(c *Case) error {
	if err := ir.Verify(c.Graph); err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	if n := len(c.Graph.Outputs); n > 1 && ir.IsFunction(c.Sample.Op) {
		if m, ok := c.Sample.Op.(interface{ MaxOutputs() int }); !ok || m.MaxOutputs() < n {
			return fmt.Errorf("%s: a function with %d outputs needs MaxOutputs to say so", c.Name, n)
		}
	}
	got, err := eval(c.Graph, c.Feeds)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	for i, v := range c.Graph.Outputs {
		switch {
		case got[i] == nil:
			return fmt.Errorf("%s: Eval gives no output %d", c.Name, i)
		case !got[i].Type().Equal(v.Type):
			return fmt.Errorf("%s: output %d of Eval = %s, want %s as the shape rule says", c.Name, i, got[i].Type(), v.Type)
		case got[i].Type().Shape.Elems() != len(got[i].Data):
			return fmt.Errorf("%s: output %d of Eval is %s with %d elements", c.Name, i, got[i].Type(), len(got[i].Data))
		}
	}
	return nil
}

// Text checks that printing, reading and printing again gives the same text, and that what was read computes the same.
func Text(c *Case, lookup func(string) (ir.Op, bool)) error {
	text := c.Graph.String()
	g, err := ir.Parse(text, c.Name, lookup)
	if err != nil {
		return fmt.Errorf("%s: the text form does not read back: %w", c.Name, err)
	}
	if diff := cmp.Diff(text, g.String()); diff != "" {
		return fmt.Errorf("%s: print, parse, print (-first +second):\n%s", c.Name, diff)
	}
	want, err := eval(c.Graph, c.Feeds)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	got, err := eval(g, c.Feeds)
	if err != nil {
		return fmt.Errorf("%s: as read back: %w", c.Name, err)
	}
	return c.equal("Eval of the graph read back", got, want, 0)
}

// Body checks a function against its body: types, values and, unless the sample says no, the gradient of every output.
func Body(c *Case) error {
	f, ok := c.Sample.Op.(ir.Function)
	if !ok {
		return fmt.Errorf("%s is no function", c.Name)
	}
	body, err := ir.BodyOf(f, c.In)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	if err := ir.Verify(body); err != nil {
		return fmt.Errorf("%s: body: %w", c.Name, err)
	}
	if len(body.Outputs) != len(c.Graph.Outputs) {
		return fmt.Errorf("%s: the body has %d outputs, the shape rule %d", c.Name, len(body.Outputs), len(c.Graph.Outputs))
	}
	for i, v := range c.Graph.Outputs {
		if b := body.Outputs[i]; !b.Type.Equal(v.Type) {
			return fmt.Errorf("%s: output %d of the body = %s, want %s as the shape rule says", c.Name, i, b.Type, v.Type)
		}
	}
	got, err := eval(c.Graph, c.Feeds)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	want, err := eval(body, c.bodyFeeds())
	if err != nil {
		return fmt.Errorf("%s: body: %w", c.Name, err)
	}
	if err := c.equal("Eval against the body", got, want, exact); err != nil || c.Sample.NoGrad != "" {
		return err
	}
	return bodyGradient(c, f)
}

// bodyFeeds are the inputs of ir.BodyOf.
func (c *Case) bodyFeeds() map[string]*ir.Tensor {
	feeds := map[string]*ir.Tensor{}
	for i, v := range c.In {
		switch {
		case v == nil:
		case v.Const() != nil:
			feeds[fmt.Sprintf("in%d", i)] = v.Const()
		default:
			feeds[fmt.Sprintf("in%d", i)] = c.Feeds[v.Name]
		}
	}
	return feeds
}

// bodyGradient compares the function's gradient with that of its body.
func bodyGradient(c *Case, f ir.Function) error {
	inlined, err := newInputs(c.Sample)
	if err != nil {
		return err
	}
	inlined.Graph.Outputs = f.Body(inlined.In)
	if err := inlined.built(); err != nil {
		return err
	}
	for _, seeds := range c.seeds() {
		got, err := gradients(c, seeds)
		if err != nil {
			return err
		}
		want, err := gradients(inlined, seeds)
		if err != nil {
			return err
		}
		for i := range c.In {
			what := fmt.Sprintf("gradient of input %d for %s against autodiff through the body", i, describe(seeds))
			if err := c.equal(what, zeroed(got[i], want[i]), zeroed(want[i], got[i]), exact); err != nil {
				return err
			}
		}
	}
	return nil
}

// zeroed is t as a list, with zeros like u where t is nil and u is not.
func zeroed(t, u *ir.Tensor) []*ir.Tensor {
	switch {
	case t != nil:
		return []*ir.Tensor{t}
	case u != nil:
		return []*ir.Tensor{ir.NewTensor(u.DType, u.Dims...)}
	}
	return nil
}

// equal compares tensors: same types, elements apart by at most tol times the largest magnitude, NaN equal to NaN.
func (c *Case) equal(what string, got, want []*ir.Tensor, tol float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %s: %d tensors, want %d", c.Name, what, len(got), len(want))
	}
	for i := range want {
		if err := Close(got[i], want[i], tol); err != nil {
			return fmt.Errorf("%s: %s: output %d: %w", c.Name, what, i, err)
		}
	}
	return nil
}

// Close checks that two tensors have one type and that no elements differ by more than tol times the largest finite magnitude of
// want. NaN equals NaN, an infinity itself.
func Close(got, want *ir.Tensor, tol float64) error {
	if !got.Type().Equal(want.Type()) {
		return fmt.Errorf("type %s, want %s", got.Type(), want.Type())
	}
	scale := 0.0
	for _, x := range want.Data {
		if !math.IsInf(x, 0) && !math.IsNaN(x) {
			scale = math.Max(scale, math.Abs(x))
		}
	}
	for i, w := range want.Data {
		g := got.Data[i]
		if g == w || math.IsNaN(g) && math.IsNaN(w) || math.Abs(g-w) <= tol*scale {
			continue
		}
		return fmt.Errorf("element %d = %v, want %v within %.2g", i, g, w, tol*scale)
	}
	return nil
}
