package optest

import (
	"fmt"
	"math"
	"slices"

	"ssc/compiler/autodiff"
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// The central difference: a step of 1e-5 leaves an error of about 1e-10 from the third derivative and 1e-11 from rounding.
const (
	step       = 1e-5
	directions = 3
	slopeTol   = 1e-6 // of the sum of magnitudes that make up a directional derivative
	slopeFloor = 1e-9 // of the magnitude of the loss, for what is zero
)

// seed is the gradient that arrives at one output of a call; nil where none does.
type seed = *ir.Tensor

// Gradient checks Grad against the central difference of Eval in several random directions of every input, first with a gradient
// at every output, then at one alone. An input without a gradient must have slope 0.
func Gradient(c *Case) error {
	if c.Sample.NoGrad != "" {
		return nil
	}
	for _, seeds := range c.seeds() {
		grads, err := gradients(c, seeds)
		if err != nil {
			return err
		}
		for i, v := range c.In {
			if v == nil || v.Const() != nil || !v.DType.IsFloat() {
				continue
			}
			for k := range directions {
				if err := slope(c, seeds, i, k, grads[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// slope compares one directional derivative.
func slope(c *Case, seeds []seed, input, k int, grad *ir.Tensor) error {
	v := c.In[input]
	dir, err := Draw(fmt.Sprintf("%s/direction/%d/%d", c.Name, input, k), ir.Arg{Dims: v.Shape.Sizes()})
	if err != nil {
		return err
	}
	loss := func(h float64) (float64, float64, error) {
		x := c.Feeds[v.Name].Clone()
		for i, d := range dir.Data {
			x.Data[i] += h * d
		}
		feeds := map[string]*ir.Tensor{}
		for name, t := range c.Feeds {
			feeds[name] = t
		}
		feeds[v.Name] = x
		out, err := eval(c.Graph, feeds)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", c.Name, err)
		}
		sum, size := 0.0, 0.0
		for i, s := range seeds {
			if s == nil {
				continue
			}
			for j, w := range s.Data {
				sum += w * out[i].Data[j]
				size += math.Abs(w * out[i].Data[j])
			}
		}
		return sum, size, nil
	}
	up, size, err := loss(step)
	if err != nil {
		return err
	}
	down, _, err := loss(-step)
	if err != nil {
		return err
	}
	want, got, magnitude := (up-down)/(2*step), 0.0, 0.0
	if grad != nil {
		for i, d := range dir.Data {
			got += d * grad.Data[i]
			magnitude += math.Abs(d * grad.Data[i])
		}
	}
	if !(math.Abs(got-want) <= slopeTol*magnitude+slopeFloor*(1+size)) { // true for NaN
		note := ""
		if grad == nil {
			note = " (Grad gives none)"
		}
		return fmt.Errorf("%s: slope along input %d for %s = %v%s, want %v by central difference", c.Name, input, describe(seeds), got, note, want)
	}
	return nil
}

// seeds are the gradients that the checks let arrive: at every float output, then at each alone where there are several.
func (c *Case) seeds() [][]seed {
	all := make([]seed, len(c.Graph.Outputs))
	var floats []int
	for i, v := range c.Graph.Outputs {
		if !v.DType.IsFloat() {
			continue
		}
		floats = append(floats, i)
		s := ir.NewTensor(v.DType, v.Shape.Sizes()...)
		r := source(fmt.Sprintf("%s/seed/%d", c.Name, i))
		for j := range s.Data {
			s.Data[j] = r.Float64() + 0.5 // no weight near 0, which would hide an element
		}
		all[i] = s
	}
	if len(floats) == 0 {
		return nil
	}
	list := [][]seed{all}
	if len(floats) > 1 {
		for _, i := range floats {
			one := make([]seed, len(all))
			one[i] = all[i]
			list = append(list, one)
		}
	}
	return list
}

func describe(seeds []seed) string {
	text := "a gradient at outputs"
	for i, s := range seeds {
		if s != nil {
			text += fmt.Sprintf(" %d", i)
		}
	}
	return text
}

// Differentiated is a case with the same inputs whose outputs are the gradients of the sum of seed · output, with a seed at every
// float output. It is nil where there are none.
func Differentiated(c *Case) (*Case, error) {
	all := c.seeds()
	if len(all) == 0 {
		return nil, nil
	}
	g, _, err := differentiate(c, all[0])
	if err != nil || len(g.Outputs) == 0 {
		return nil, err
	}
	return &Case{Name: c.Name + "/gradient", Sample: c.Sample, Graph: g, In: g.Inputs, Feeds: c.Feeds}, nil
}

// gradients evaluates the gradient of the sum of seed · output with respect to every input of the case; nil where there is none.
func gradients(c *Case, seeds []seed) ([]*ir.Tensor, error) {
	g, grads, err := differentiate(c, seeds)
	if err != nil {
		return nil, err
	}
	values, err := eval(g, c.Feeds)
	if err != nil {
		return nil, fmt.Errorf("%s: gradient: %w", c.Name, err)
	}
	out := make([]*ir.Tensor, len(c.In))
	for i, d := range grads {
		if d != nil {
			out[i], values = values[0], values[1:]
		}
	}
	return out, nil
}

// differentiate copies the case's graph and appends the gradients of the sum of seed · output, which become the outputs. grads
// holds them by input of the call; nil where there is none.
func differentiate(c *Case, seeds []seed) (g *ir.Graph, grads []*ir.Value, err error) {
	g = ir.Rewrite(c.Graph, func(*ir.Graph, *ir.Node, []*ir.Value) []*ir.Value { return nil })
	var loss *ir.Value
	for i, s := range seeds {
		if s == nil {
			continue
		}
		part := op.Cast(op.ReduceSum(op.Mul(g.Outputs[i], op.Const(g, s)), false), ir.Float32)
		if loss == nil {
			loss = part
		} else {
			loss = op.Add(loss, part)
		}
	}
	var wrt []*ir.Value
	var place []int
	for i, v := range c.In {
		if v == nil || v.Def != nil || !v.DType.IsFloat() {
			continue
		}
		k := slices.IndexFunc(g.Inputs, func(w *ir.Value) bool { return w.Name == v.Name })
		wrt, place = append(wrt, g.Inputs[k]), append(place, i)
	}
	found, err := autodiff.Gradient(Builder(), loss, wrt)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	if len(g.Diags) > 0 {
		return nil, nil, fmt.Errorf("%s: building the gradient: %s", c.Name, g.Diags[0].Detail)
	}
	g.Outputs, grads = nil, make([]*ir.Value, len(c.In))
	for k, d := range found {
		if d == nil {
			continue
		}
		if !d.Type.Equal(wrt[k].Type) {
			return nil, nil, fmt.Errorf("%s: the gradient of input %d is %s, want %s", c.Name, place[k], d.Type, wrt[k].Type)
		}
		// Two inputs may have one gradient, and a graph lists an output once.
		grads[place[k]] = op.Identity(d)
		g.Output(grads[place[k]])
	}
	if err := ir.Verify(g); err != nil {
		return nil, nil, fmt.Errorf("%s: gradient: %w", c.Name, err)
	}
	return g, grads, nil
}

// Builder is that of nn.Gradient, which this package cannot import: nn needs fn, whose tests need this package.
func Builder() autodiff.Builder {
	return autodiff.Builder{Add: op.Add, SumTo: op.SumTo, Ones: func(v *ir.Value) *ir.Value {
		return op.Const(v.Graph(), ir.ScalarTensor(v.DType, 1))
	}}
}
