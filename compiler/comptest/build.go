package comptest

import (
	"fmt"

	"github.com/rogpeppe/go-internal/txtar"

	"ssc/compiler/algorithm"
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/memory"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/optimizer"
	"ssc/compiler/plan"
	"ssc/compiler/schedule"
	"ssc/lang/schema"
)

// sections builds the component and prints what came of it.
func (d *driver) sections(spec schema.Spec) ([]txtar.File, error) {
	switch c := d.comp.(type) {
	case schedule.Schedule:
		return curve(c), nil
	case optimizer.Optimizer:
		return d.optimizer(c)
	case algorithm.Algorithm:
		return d.algorithm(c)
	case memory.Memory:
		return d.memory(c)
	case backbone.Backbone, neck.Neck, head.Head, nn.Norm:
		if len(d.inputs) == 0 {
			return nil, fmt.Errorf("the %s has no input", d.kind.Name())
		}
		d.begin(spec.Label, true, nil)
		return d.network(d.apply(d.values()))
	}
	return arguments(spec)
}

// apply builds a component of a network on the inputs.
func (d *driver) apply(in []*ir.Value) []*ir.Value {
	s := d.Root().Sub(d.kind.Name())
	switch c := d.comp.(type) {
	case backbone.Backbone:
		return c.Forward(s, in[0])
	case neck.Neck:
		return c.Forward(s, in)
	case nn.Norm:
		return []*ir.Value{c.Apply(s, in[0], false)}
	}
	return []*ir.Value{d.comp.(head.Head).Loss(s, in...)}
}

// algorithm builds the loss, and the extraction of features in a section of its own.
func (d *driver) algorithm(a algorithm.Algorithm) ([]txtar.File, error) {
	var views []plan.ImageType
	for _, p := range d.inputs {
		t, err := p.image()
		if err != nil {
			return nil, err
		}
		views = append(views, t)
	}
	if len(views) != a.Views() {
		return nil, fmt.Errorf("the algorithm takes %d views, but there are %d inputs", a.Views(), len(views))
	}
	d.begin(d.kind.Name(), true, views)
	files, err := d.network([]*ir.Value{a.Loss(d.Builder)})
	if err != nil {
		return nil, err
	}
	d.begin("extract", false, nil)
	for _, m := range a.Features(d.Builder, d.G.Input("images", ir.Float32, d.inputs[0].dims())) {
		d.G.Output(m)
	}
	if d.G.Diags.HasErrors() {
		return nil, d.G.Diags
	}
	return append(files, section("extract", d.G.Text(ir.NoRanges))), nil
}

// memory prints what the bank is after the input, a batch of embeddings, was taken in.
func (d *driver) memory(m memory.Memory) ([]txtar.File, error) {
	if len(d.inputs) != 1 {
		return nil, fmt.Errorf("a memory takes one input, but there are %d", len(d.inputs))
	}
	d.begin(d.kind.Name(), true, nil)
	z := d.values()[0]
	s := d.Root().Sub(d.kind.Name())
	bank := m.Bank(s, z)
	if bank == nil {
		return nil, d.G.Diags
	}
	m.Update(s, bank, z)
	return d.network([]*ir.Value{bank.Rows()})
}

// network prints the graph of the results and the state they move, then its gradient by everything that can have one.
func (d *driver) network(results []*ir.Value) ([]txtar.File, error) {
	for _, v := range results {
		d.G.Output(v)
	}
	for _, st := range d.States {
		if st.New != nil {
			d.G.Output(st.New)
		}
	}
	if d.G.Diags.HasErrors() {
		return nil, d.G.Diags
	}
	files := []txtar.File{section("ir", d.G.Text(ir.NoRanges))}
	stats := []string{d.cost("forward")}
	nodes := len(d.G.Nodes)
	names, grads, err := d.gradients(results)
	if err != nil {
		return nil, err
	}
	files = append(files, section("grad", added(d.G, nodes, names, grads)), section("plan", d.declared()))
	d.G.Outputs = append(d.G.Outputs, grads...)
	passed, err := d.passed()
	if err != nil {
		return nil, err
	}
	return append(files, section("stats", lines(append(stats, d.cost("with gradient"), passed, d.size())...))), nil
}

// gradients differentiates the results, each weighted by an input, by all float inputs and trained parameters. Those of inputs that
// no gradient reaches are left out.
func (d *driver) gradients(results []*ir.Value) (names []string, grads []*ir.Value, err error) {
	var wrt []*ir.Value
	for _, v := range d.G.Inputs {
		if st := d.Lookup(v.Name); v.DType.IsFloat() && v.Name != "scalars" && (st == nil || st.Role == plan.RoleParam && !st.Frozen) {
			wrt = append(wrt, v)
		}
	}
	loss := results[0]
	if len(results) > 1 || len(loss.Shape) > 0 {
		var terms []*ir.Value
		for i, v := range results {
			weight := d.G.Input(fmt.Sprintf("d%d", i), v.DType, v.Shape)
			terms = append(terms, op.ReduceSum(op.Mul(v, weight), false))
		}
		loss = op.Sum(terms...)
	}
	all, err := nn.Gradient(loss, wrt)
	if err != nil {
		return nil, nil, err
	}
	for i, g := range all {
		if g != nil {
			names, grads = append(names, wrt[i].Name), append(grads, g)
		}
	}
	return names, grads, nil
}

// optimizer prints the update of the parameters that the inputs name.
func (d *driver) optimizer(o optimizer.Optimizer) ([]txtar.File, error) {
	d.begin(d.kind.Name(), true, nil)
	set := o.Settings()
	lr := d.Scalar("lr", plan.Curve{Kind: "constant", Base: set.LR})
	var groups []string
	for _, p := range d.inputs {
		st := d.State(p.name, plan.RoleParam, ir.Dims(p.shape...), nn.Constant(0))
		grad := d.G.Input("grad."+p.name, ir.Float32, st.In.Shape)
		options := set.Resolve(p.name)
		param := &optimizer.Param{B: d.Builder, Name: p.name, W: st.In, Grad: grad, LR: lr, Options: options}
		if c := set.DecayCurve(); c != nil && !options.FixedDecay {
			param.Decay = d.Scalar("weight_decay", *c)
		}
		st.New = o.Update(param)
		groups = append(groups, option(p.name, options))
	}
	for _, st := range d.States {
		d.G.Output(st.New)
	}
	if d.G.Diags.HasErrors() {
		return nil, d.G.Diags
	}
	files := []txtar.File{section("ir", d.G.Text(ir.NoRanges)), section("plan", d.declared()+lines(groups...))}
	stats := d.cost("update")
	passed, err := d.passed()
	if err != nil {
		return nil, err
	}
	return append(files, section("stats", lines(stats, passed))), nil
}
