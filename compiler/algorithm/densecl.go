package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/fn"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "densecl",
	Doc: "MoCo on whole images and on the cells of their feature maps: the positive of a cell is the cell of the other view whose backbone features are most like its own. Meant for detection and " +
		"segmentation; the neck must be densecl. The loss starts below ln(1 + queue_len); the log shows its two parts, weighted.",
	Equation: "loss = (1-λ)·head([q·k, q·queue], 0) + λ·mean over cells s of head([q_s·k_c(s), q_s·queue2], 0), c(s) = argmax_t n(f_s)·n(f'_t)",
	Paper:    schema.Paper{Authors: "Wang, Zhang, Shen, Kong, Li", Title: "Dense Contrastive Learning for Self-Supervised Visual Pre-Training", Year: 2020, ID: "2011.09157"},
	Before:   "model=dict(type='DenseCL', queue_len=65536, feat_dim=128, momentum=0.999, loss_lambda=0.5, …), custom_hooks=[dict(type='DenseCLHook', start_iters=1000)]",
}, New: func() Algorithm { return &densecl{} }})

type densecl struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
	memory   dictionary
	lambda   float64
	start    int
}

func (a *densecl) Args(s *schema.Set) {
	a.memory.declare(s)
	s.Float(&a.lambda, "loss_lambda", 0.5, "weight of the dense part of the loss, λ of eq. 3", schema.Fraction)
	s.Int(&a.start, "start_iters", 1000, "steps at the beginning for which that weight is 0", schema.NonNegative)
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projectors of averages and cells: densecl", true)
	schema.Child(s, &a.head, "head", head.Table, "loss", true)
}

func (a *densecl) Views() int { return 2 }

// encode gives what is compared, all of length 1 along the channels: averages [batch, dim], cells [batch, cell, dim], the average of the cells [batch, dim], the backbone's cells [batch, cell, channel].
// It is nil after an error.
func (a *densecl) encode(s nn.Scope, x *ir.Value) []*ir.Value {
	maps := a.backbone.Forward(s.Sub("backbone"), x)
	f := maps[len(maps)-1]
	out := a.neck.Forward(s.Sub("neck"), maps)
	if len(out) != 3 {
		s.Errorf(a.neck, "", "Unsuitable neck", "The algorithm densecl needs a neck that projects averages and cells. Write neck \"densecl\".")
		return nil
	}
	if !out[0].Valid() || !out[1].Valid() || !f.Valid() {
		return nil
	}
	grid := out[1]
	if grid.Shape[2].Size != f.Shape[2].Size || grid.Shape[3].Size != f.Shape[3].Size {
		s.Errorf(a.neck, "num_grid", "Shape mismatch", "The cells that are projected, %s, must be those of the backbone's map, %s, which are compared to find the positives. Leave num_grid out.", grid.Shape, f.Shape)
		return nil
	}
	return []*ir.Value{nn.Unit(out[0], -1), nn.Unit(cells(grid), -1), nn.Unit(out[2], -1), nn.Unit(cells(f), -1)}
}

// cells turns a map [batch, channel, height, width] into vectors [batch, cell, channel].
func cells(x *ir.Value) *ir.Value {
	s := x.Shape
	return op.Transpose(op.Reshape(x, ir.Shape{s[0], s[1], {Name: "cell", Size: s[2].Size * s[3].Size}}), 0, 2, 1)
}

// Loss takes the first view for queries and the second for keys, as moco does.
func (a *densecl) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	if !a.memory.parted(s, a) {
		return b.Failed()
	}
	q := a.encode(s.Groups(a.memory.groups), b.View(0))
	if q == nil || !a.memory.fits(s, a, q[0]) {
		return b.Failed()
	}
	k := a.memory.keys(b, a.encode)
	queue, queue2 := nn.NewQueue(s, "queue", a.memory.length, a.memory.dim), nn.NewQueue(s, "queue2", a.memory.length, a.memory.dim)
	single := against(s, a.head, q[0], k[0], queue)
	match := op.ArgMax(op.MatMul(fn.StopGradient(q[3]), op.Transpose(k[3], 0, 2, 1)), -1, false)
	positive := op.GatherND(k[1], op.Unsqueeze(match, 2), 1)
	dense := against(s, a.head, rows(q[1]), rows(positive), queue2)
	queue.Push(k[0])
	queue2.Push(k[2])

	// The weight is 0 at first.
	curve := plan.Curve{Kind: "constant", Base: a.lambda}
	if a.start > 0 {
		curve.Warmup = &plan.Warmup{Kind: "constant", Length: a.start}
	}
	lambda := b.Scalar("loss_lambda", curve)
	single, dense = op.Mul(single, op.Sub(op.Scalar(lambda, 1), lambda)), op.Mul(dense, lambda)
	b.Metric("loss_single", single)
	b.Metric("loss_dense", dense)
	return op.Add(single, dense)
}

// rows joins images and cells: [batch, cell, dim] to [row, dim].
func rows(x *ir.Value) *ir.Value {
	s := x.Shape
	return op.Reshape(x, ir.Shape{{Name: "row", Size: s[0].Size * s[1].Size}, s[2]})
}

// Embed gives what the loss of whole images compares.
func (a *densecl) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *densecl) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
