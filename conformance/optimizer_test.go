package conformance

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/optimizer"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// optimizerCase is one variant of the reference.
type optimizerCase struct {
	Kind     string
	LR       []float64
	Options  map[string]any
	Excluded []string
}

// TestOptimizers runs five iterations of each variant with given gradients.
func TestOptimizers(t *testing.T) {
	var p struct{ Cases map[string]optimizerCase }
	ref := oracle(t, "optimizers", &p)
	if len(p.Cases) != 17 {
		t.Errorf("the reference has %d cases, want 17", len(p.Cases))
	}
	for name, c := range p.Cases {
		t.Run(name, func(t *testing.T) {
			t.Run("float64", func(t *testing.T) {
				c.run(t, ref, name, exact, func(g *updateGraph) ([]*ir.Tensor, error) { return g.Eval(g.feeds) })
			})
			t.Run("runtime", func(t *testing.T) {
				c.run(t, ref, name, single, func(g *updateGraph) ([]*ir.Tensor, error) { return g.execute(t), nil })
			})
		})
	}
}

func (c optimizerCase) run(t *testing.T, ref *reference, name string, bound float64, execute func(*updateGraph) ([]*ir.Tensor, error)) {
	g := c.graph(t, ref)
	for i, lr := range c.LR {
		g.feeds["scalars"] = ir.Floats(ir.Float32, []int{1}, lr)
		if g.decay != nil {
			g.feeds["scalars"] = ir.Floats(ir.Float32, []int{2}, lr, g.decay.At(i, 1, len(c.LR)))
		}
		for _, p := range ref.under("init/") {
			g.feeds["grad/"+p] = ref.tensor(t, fmt.Sprintf("grad/%d/%s", i, p))
		}
		out, err := execute(g)
		if err != nil {
			t.Fatal(err)
		}
		for k, state := range g.names {
			g.feeds[state] = out[k]
		}
		for _, p := range ref.under("init/") {
			ref.want(t, fmt.Sprintf("%s/%d/%s", name, i, p), g.feeds[p].Data, bound)
		}
	}
	kinds := ref.under(name + "/state/")
	for _, kind := range kinds { // momentum/norm
		state := "optimizer." + slashToDot(kind)
		if g.feeds[state] == nil {
			t.Fatalf("the optimizer keeps no %s", state)
		}
		ref.want(t, name+"/state/"+kind, g.feeds[state].Data, bound)
	}
}

// slashToDot turns the first slash into a dot.
func slashToDot(s string) string {
	b := []byte(s)
	if i := slices.Index(b, '/'); i >= 0 {
		b[i] = '.'
	}
	return string(b)
}

// updateGraph is one update: inputs are the parameters, their gradients and the optimizer's state, outputs the new parameters and
// state. feeds holds all inputs, and after a run the next ones.
type updateGraph struct {
	comparison
	decay *plan.Curve // nil: the weight decay stays
}

func (c optimizerCase) graph(t *testing.T, ref *reference) *updateGraph {
	t.Helper()
	spec := schema.Spec{Type: "optimizer", Label: c.Kind, Args: maps.Clone(c.Options)}
	for _, name := range c.Excluded {
		spec.Blocks = append(spec.Blocks, schema.Spec{Type: "group", Args: map[string]any{
			"match": "^" + name + "$", "weight_decay": 0.0, "lars_exclude": true}})
	}
	o := optimizer.Table.New(c.Kind)
	if err := schema.DecodeJSON(o, spec); err != nil {
		t.Fatal(err)
	}
	b := nn.NewBuilder("update", true, ir.Dim{Name: "batch", Size: 1}, nil)
	g := &updateGraph{comparison{Graph: b.G, feeds: map[string]*ir.Tensor{}}, o.Settings().DecayCurve()}
	lr := b.Scalar("lr", plan.Curve{Kind: "constant"})
	for _, name := range ref.under("init/") {
		start := ref.tensor(t, "init/"+name)
		st := b.State(name, plan.RoleParam, ir.Dims(start.Dims...), nn.Constant(0))
		grad := b.G.Input("grad/"+name, ir.Float32, st.In.Shape)
		p := &optimizer.Param{B: b, Name: name, W: st.In, Grad: grad, LR: lr, Options: o.Settings().Resolve(name)}
		if g.decay != nil && !p.FixedDecay {
			p.Decay = b.Scalar("weight_decay", *g.decay)
		}
		st.New = o.Update(p)
		g.feeds[name] = start
	}
	for _, st := range b.States {
		g.output(st.Name, st.New)
		if g.feeds[st.Name] == nil {
			x := ir.NewTensor(ir.Float32, st.In.Shape.Sizes()...)
			for i := range x.Data {
				x.Data[i] = st.Init.Value
			}
			g.feeds[st.Name] = x
		}
	}
	if b.G.Diags.HasErrors() {
		t.Fatal(b.G.Diags)
	}
	return g
}
