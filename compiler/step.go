package compiler

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/optimizer"
	"ssc/compiler/plan"
	"ssc/compiler/schedule"
	"ssc/lang/schema"
)

// stepGraph is the training step under construction: see the design's third idea. Its inputs are the batch, the scalars and the state; its outputs the
// new state, under the names "next.<state>", and the metrics.
type stepGraph struct {
	*nn.Builder
	groups []plan.Group
	group  map[string]int // of each parameter

	loss        *ir.Value
	gate, apply *ir.Value // bool
	ok          *ir.Value // the step is sound: gate, and loss and gradients are finite
	next        map[string]*ir.Value
}

// buildStep builds forward, backward, guard and update.
func (c *compilation) buildStep() {
	var views []plan.ImageType
	for _, v := range c.dataset("train").Views {
		views = append(views, v.Image)
	}
	s := &stepGraph{Builder: nn.NewBuilder("train", true, ir.Dim{Name: "batch", Size: c.root.loader.BatchSize}, views),
		group: map[string]int{}, next: map[string]*ir.Value{}}
	s.Blocks, s.Recompute = c.blocks, c.root.train.recompute == "block"
	c.train = s
	flag := func(name string) *ir.Value {
		v := s.Scalar(name, plan.Curve{Kind: "constant", Base: 1})
		return op.Greater(v, op.Scalar(v, 0.5))
	}
	s.gate, s.apply = flag("gate"), flag("apply")
	s.loss = c.root.algorithm.Loss(s.Builder)
	if c.report(s.G.Diags); c.diags.HasErrors() {
		return
	}
	params := s.Trained()
	if len(params) == 0 {
		c.errorf(c.blocks[c.root.algorithm], "", "Nothing to train", "No parameter is trained: everything is frozen. Lower frozen_stages.")
		return
	}
	grads, err := s.gradients(params)
	if err != nil {
		c.errorf(c.blocks[c.root.algorithm], "", "No gradient", "%s.", err)
		return
	}
	s.update(c.root, params, grads)
	s.finish()
	c.report(s.G.Diags)
}

// gradients differentiates the loss. A parameter that the loss does not depend on is an error: it would be decayed without being trained.
func (s *stepGraph) gradients(params []*nn.State) ([]*ir.Value, error) {
	wrt := make([]*ir.Value, len(params))
	for i, p := range params {
		wrt[i] = p.In
	}
	grads, err := nn.Gradient(s.loss, wrt, s.Again()...)
	if err != nil {
		return nil, err
	}
	for i, g := range grads {
		if g == nil {
			return nil, fmt.Errorf("the loss does not depend on the parameter %s", params[i].Name)
		}
	}
	return grads, nil
}

// update sums gradients over micro-batches, guards, clips and applies the optimizer.
func (s *stepGraph) update(r *root, params []*nn.State, grads []*ir.Value) {
	set := r.optimizer.Settings()
	squares := make([]*ir.Value, len(grads))
	for i, g := range grads {
		leave := s.G.SetScope("guard/" + params[i].Name)
		squares[i] = fn.SumSquares(g)
		leave()
	}
	leave := s.G.SetScope("guard")
	norm2 := op.Sum(squares...)
	all := op.Add(norm2, op.Abs(s.loss))
	for _, x := range s.Guarded {
		all = op.Add(all, fn.SumSquares(x))
	}
	sound := op.Less(op.Abs(all), op.Scalar(norm2, 3e38))
	s.ok = op.And(s.gate, sound)
	leave()
	s.G.Rename(s.ok, okName)
	doApply := s.ok
	if r.train.accumulate > 1 {
		grads, squares, doApply = s.accumulate(r.train.accumulate, params, grads)
		norm2 = op.Sum(squares...)
	}
	s.Metric("loss", s.loss)
	s.Metric("grad_norm", op.Sqrt(norm2))
	s.partNorms(params, squares)
	if set.ClipNorm != nil {
		clip(grads, norm2, *set.ClipNorm)
	}
	back := s.G.At(s.rangeOf(r.optimizer))
	for i, p := range params {
		leave := s.G.SetScope("update/" + p.Name)
		param := &optimizer.Param{B: s.Builder, Name: p.Name, W: p.In, Grad: grads[i], OK: doApply, Apart: p.Hold != nil, Options: set.Resolve(p.Name)}
		if c := set.DecayCurve(); c != nil && !param.FixedDecay {
			param.Decay = s.Scalar(decayName, *c)
		}
		param.LR = s.rate(set, param.Options, r.schedule, p)
		own := len(s.States)
		p.New = r.optimizer.Update(param)
		p.Gated, p.PerApply = param.Gated, true
		if p.Project != nil {
			p.New, p.Gated = p.Project(p.New), false // projecting an unchanged weight rounds it
		}
		s.hold(p, s.States[own:])
		leave()
	}
	back()
	s.Follow(doApply)
	for _, st := range s.States {
		cond := s.ok
		if st.PerApply {
			cond = doApply
		}
		s.gated(st, cond)
	}
	s.Metric("ok", op.Cast(s.ok, ir.Float32))
}

// clip scales the gradients, whose squares sum to norm2, to a norm of at most most.
func clip(grads []*ir.Value, norm2 *ir.Value, most float64) {
	factor := op.Min(op.Div(op.Scalar(norm2, most), op.Add(op.Sqrt(norm2), op.Scalar(norm2, 1e-6))), op.Scalar(norm2, 1))
	for i := range grads {
		grads[i] = op.Mul(grads[i], factor)
	}
}

// rangeOf is where a component was written, nowhere when it was not.
func (s *stepGraph) rangeOf(c schema.Component) (r hcl.Range) {
	if b := s.Blocks[c]; b != nil {
		r = b.Range
	}
	return r
}

// hold keeps a parameter that is held, and the optimizer's state for it, as they were.
func (s *stepGraph) hold(p *nn.State, optimizer []*nn.State) {
	if p.Hold == nil {
		return
	}
	p.New = op.Where(p.Hold, p.In, p.New)
	for _, st := range optimizer {
		st.New = op.Where(p.Hold, st.In, st.New)
	}
}

// rate is the scalar that carries a parameter's learning rate, with the group's factor. It also enters the parameter into its group.
func (s *stepGraph) rate(set *optimizer.Settings, o optimizer.Options, curves schedule.Schedule, p *nn.State) *ir.Value {
	name, curve := "lr", curves.Curve(o.LR)
	if o.FixedLR {
		name, curve = "lr_fixed", plan.Curve{Kind: "constant", Base: o.LR}
	}
	if o.LR != set.LR {
		name += "_" + strconv.FormatFloat(o.LR, 'g', -1, 64)
	}
	lr := s.Scalar(name, curve)
	g := plan.Group{LR: name, LRMult: o.LRMult, WeightDecay: o.WeightDecay, Momentum: o.Momentum, NoAdapt: o.NoAdapt}
	if !o.FixedDecay {
		g.Decay = decayName
	}
	index := -1
	for i := range s.groups {
		if s.groups[i].Same(g) {
			index = i
		}
	}
	if index < 0 {
		index = len(s.groups)
		s.groups = append(s.groups, g)
	}
	s.groups[index].Params++
	s.group[p.Name] = index
	if o.LRMult != 1 {
		lr = op.Mul(lr, op.Scalar(lr, o.LRMult))
	}
	return lr
}

// accumulate adds the micro-batch's gradients to their sums. The step that applies uses the mean over n, if every micro-batch was sound; the sums start anew after
// it either way.
func (s *stepGraph) accumulate(n int, params []*nn.State, grads []*ir.Value) (mean, squares []*ir.Value, apply *ir.Value) {
	defer s.G.SetScope("accumulate")()
	allOK := s.State("accum.ok", plan.RoleAccum, ir.Shape{}, nn.Constant(1))
	one, zero := op.Scalar(s.loss, 1), op.Scalar(s.loss, 0)
	sound := op.And(s.ok, op.Greater(allOK.In, op.Scalar(allOK.In, 0.5)))
	// A closed gate leaves even this state alone.
	carried := op.Where(s.apply, one, op.Where(sound, one, zero))
	s.next[allOK.Name] = op.Where(s.gate, carried, allOK.In)
	for i, p := range params {
		acc := s.State("accum."+p.Name, plan.RoleAccum, p.In.Shape, nn.Constant(0))
		sum := op.Add(acc.In, grads[i])
		m := op.Mul(sum, op.Scalar(sum, 1/float64(n)))
		mean = append(mean, m)
		squares = append(squares, fn.SumSquares(m))
		cleared := op.Where(s.apply, zero, op.Where(s.ok, sum, acc.In))
		s.next[acc.Name] = op.Where(s.gate, cleared, acc.In)
	}
	return mean, squares, op.And(sound, s.apply)
}

// partNorms logs the gradient's norm by part of the algorithm (backbone, neck, head), given the sum of squares of each parameter's gradient.
func (s *stepGraph) partNorms(params []*nn.State, squares []*ir.Value) {
	defer s.G.SetScope("grad_norm")()
	parts := map[string][]*ir.Value{}
	var names []string
	for i, p := range params {
		part, _, _ := strings.Cut(p.Name, ".")
		if parts[part] == nil {
			names = append(names, part)
		}
		parts[part] = append(parts[part], squares[i])
	}
	if len(names) == 1 {
		return // the whole
	}
	for _, part := range names {
		s.Metric("grad_norm."+part, op.Sqrt(op.Sum(parts[part]...)))
	}
}

// gated makes the state's next value: the new one where cond holds, else the old one.
func (s *stepGraph) gated(st *nn.State, cond *ir.Value) {
	if st.New == nil {
		return
	}
	if st.Gated {
		s.next[st.Name] = st.New
		return
	}
	defer s.G.SetScope("next")()
	if st.Rows != nil {
		rows := op.Where(cond, st.New, op.GatherND(st.In, st.Rows, 0))
		s.next[st.Name] = op.ScatterND(st.In, st.Rows, rows, "")
		return
	}
	s.next[st.Name] = op.Where(cond, st.New, st.In)
}

// finish names and orders the outputs. ONNX Runtime walks depth-first from the last node of the file, so the guard's reductions in forward order make it interleave input and weight
// gradients.
func (s *stepGraph) finish() {
	for _, st := range s.States {
		if v := s.next[st.Name]; v != nil {
			s.G.Rename(v, nextName(st.Name))
			s.G.Output(v)
		}
	}
	defer s.G.SetScope("")()
	var all []*ir.Value
	for _, m := range s.Metrics {
		all = append(all, op.Reshape(m.Value, ir.Dims(1)))
	}
	v := op.Concat(0, all...)
	s.G.Rename(v, "metrics")
	s.G.Output(v)
}

// decayName is the scalar of a weight decay that moves.
const decayName = "weight_decay"

// okName is the value that says whether the step is sound; every update depends on it.
const okName = "ok"

// nextName is the output that carries a state tensor's new value.
func nextName(state string) string { return "next." + state }
