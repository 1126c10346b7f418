// Package optimizer holds the update rules, one file each: entry, arguments, Args, Update. What they share, learning rate, weight decay and parameter groups,
// is in this file.
package optimizer

import (
	"regexp"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// Optimizer is an update rule.
type Optimizer interface {
	schema.Component
	// Settings are the arguments that all optimizers have.
	Settings() *Settings
	// Update builds the parameter's new value and sets the new values of the optimizer state it keeps for it.
	Update(p *Param) *ir.Value
}

// Table is the table of optimizers.
var Table = schema.NewTable[Optimizer]("optimizer")

// Settings are the arguments that all optimizers share.
type Settings struct {
	LR, WeightDecay float64
	EndDecay        *float64 // nil: the weight decay stays
	DecayBy         string
	ClipNorm        *float64
	Groups          []*Group
}

func (o *Settings) declare(s *schema.Set, lr, decay float64) {
	s.Float(&o.LR, "lr", lr, "learning rate at the peak of the schedule, for the total batch", schema.NonNegative)
	s.Float(&o.WeightDecay, "weight_decay", decay, "weight decay, with end_weight_decay that of the first step", schema.NonNegative)
	s.OptFloat(&o.EndDecay, "end_weight_decay", "weight decay at the end of training; it moves there along half a cosine. Unset, weight_decay stays", schema.NonNegative)
	s.String(&o.DecayBy, "weight_decay_by", "step", "what that curve counts: \"step\" changes the weight decay every step, \"epoch\" keeps it inside an epoch", schema.OneOf("step", "epoch"))
	s.OptFloat(&o.ClipNorm, "clip_norm", "largest Euclidean norm of all gradients together; larger ones are scaled down to it", schema.Positive)
	s.Repeated("group", "options of the parameters whose names match; later groups win", false, func() { o.Groups = nil }, func(string) schema.Component {
		g := &Group{}
		o.Groups = append(o.Groups, g)
		return g
	})
}

// Group overrides options for the parameters whose names a pattern matches.
type Group struct {
	Match       string
	LR, LRMult  *float64
	FixedLR     bool
	WeightDecay *float64
	Momentum    *float64
	NoAdapt     *bool

	re *regexp.Regexp
}

// Args declares the group block.
func (g *Group) Args(s *schema.Set) {
	s.String(&g.Match, "match", "", "regular expression (RE2) searched for in the parameter's name, such as backbone.layer1.0.bn1.weight", schema.Required, schema.NotEmpty)
	s.OptFloat(&g.LR, "lr", "learning rate at the peak of the schedule instead of the optimizer's; the schedule's min_lr stays as it is", schema.NonNegative)
	s.OptFloat(&g.LRMult, "lr_mult", "factor on the learning rate at every step, so on min_lr too", schema.NonNegative)
	s.Bool(&g.FixedLR, "fix_lr", false, "whether the learning rate stays at lr, whatever the schedule does")
	s.OptFloat(&g.WeightDecay, "weight_decay", "weight decay instead of the optimizer's; it stays, whatever end_weight_decay says", schema.NonNegative)
	s.OptFloat(&g.Momentum, "momentum", "momentum instead of the optimizer's", schema.Fraction)
	s.OptBool(&g.NoAdapt, "lars_exclude", "whether LARS and LAMB leave the learning rate of these parameters alone")
}

// DecayCurve is the course of the weight decay; nil when it stays.
func (o *Settings) DecayCurve() *plan.Curve {
	if o.EndDecay == nil {
		return nil
	}
	return &plan.Curve{Kind: "cosine", Base: o.WeightDecay, Min: *o.EndDecay, ByEpoch: o.DecayBy == "epoch"}
}

// refuseMomentum reports groups with a momentum, for an optimizer without one.
func (o *Settings) refuseMomentum(r *schema.Report) {
	blocks := r.Block.Find("group")
	for i, g := range o.Groups {
		if g.Momentum == nil || i >= len(blocks) {
			continue
		}
		own := &schema.Report{Block: blocks[i]}
		own.Errorf("momentum", "Unsuitable argument", "The optimizer %s has betas and no momentum. Leave momentum out.", r.Block.Label)
		r.Diags = append(r.Diags, own.Diags...)
	}
}

// Check compiles the pattern.
func (g *Group) Check(r *schema.Report) {
	re, err := regexp.Compile(g.Match)
	if err != nil {
		r.Errorf("match", "Invalid value", "The pattern %q is no regular expression: %s. Write a pattern such as \"bias$\".", g.Match, err)
		return
	}
	g.re = re
}

// Options are what holds for one parameter.
type Options struct {
	LR          float64 // at the peak, without LRMult
	LRMult      float64
	FixedLR     bool
	WeightDecay float64
	FixedDecay  bool     // it stays, though the optimizer's moves
	Momentum    *float64 // nil: the optimizer's
	NoAdapt     bool
}

// Resolve applies the groups whose pattern matches the name, in order: of what several say, the last stands, for factors too, as in MMSelfSup.
func (o *Settings) Resolve(name string) Options {
	opt := Options{LR: o.LR, LRMult: 1, WeightDecay: o.WeightDecay, FixedDecay: o.EndDecay == nil}
	for _, g := range o.Groups {
		if g.re == nil || !g.re.MatchString(name) {
			continue
		}
		if g.LR != nil {
			opt.LR = *g.LR
		}
		if g.LRMult != nil {
			opt.LRMult = *g.LRMult
		}
		opt.FixedLR = opt.FixedLR || g.FixedLR
		if g.WeightDecay != nil {
			opt.WeightDecay, opt.FixedDecay = *g.WeightDecay, true
		}
		if g.Momentum != nil {
			opt.Momentum = g.Momentum
		}
		if g.NoAdapt != nil {
			opt.NoAdapt = *g.NoAdapt
		}
	}
	return opt
}

// Param is one parameter in the step: W and Grad have its shape, LR is a scalar with the group's factor applied.
type Param struct {
	B           *nn.Builder
	Name        string
	W, Grad, LR *ir.Value
	Decay       *ir.Value // scalar of a weight decay that moves; nil: WeightDecay
	Apart       bool      // it does not move in every step: what others share, such as counts of steps, it has for itself
	// OK, a bool, says whether the step counts; nil: it does. An update that keeps the old values where it does not hold sets Gated, and that of the state that it keeps so
	// too; others are gated by the compiler.
	OK    *ir.Value
	Gated bool
	Options
}

// State declares optimizer state of the parameter's shape.
func (p *Param) State(what string) *nn.State {
	return p.state(what+"."+p.Name, p.W.Shape, 0)
}

// Shared declares a scalar that all parameters share but those apart; fresh tells the one call that must advance it.
func (p *Param) Shared(what string) (st *nn.State, fresh bool) {
	if p.Apart {
		what += "." + p.Name
	}
	fresh = p.B.Lookup("optimizer."+what) == nil
	return p.state(what, ir.Shape{}, 0), fresh
}

func (p *Param) state(name string, s ir.Shape, start float64) *nn.State {
	st := p.B.State("optimizer."+name, plan.RoleOptimizer, s, nn.Constant(start))
	st.PerApply = true
	return st
}

// decay is the weight decay, a scalar; nil where there is none.
func (p *Param) decay() *ir.Value {
	if p.Decay == nil && p.WeightDecay != 0 {
		return op.Scalar(p.LR, p.WeightDecay)
	}
	return p.Decay
}

// momentum is the group's, or else the optimizer's.
func (p *Param) momentum(own float64) float64 {
	if p.Options.Momentum != nil {
		return *p.Options.Momentum
	}
	return own
}
