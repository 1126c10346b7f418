package head

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "dino",
	Doc: "Each crop predicts, by softmax, what the teacher makes of another, large crop; the teacher's output is centred, against one output taking all, and sharpened, against all being equal. " +
		"The log shows the entropy of the teacher: 0 and ln out_channels are collapses.",
	Equation: "loss = mean over large crops a and crops v ≠ a of -mean_i Σ_k softmax((t_a - c)/τ_t)_ik log softmax(s_v/τ_s)_ik; c = m·c + (1-m)·mean t",
	Paper:    schema.Paper{Authors: "Caron, Touvron, Misra, Jégou, Mairal, Bojanowski, Joulin", Title: "Emerging Properties in Self-Supervised Vision Transformers", Year: 2021, ID: "2104.14294"},
}, New: func() Head { return &dino{} }})

type dino struct {
	student, teacher, start, momentum float64
	warmup                            int
	crops                             []int
}

func (h *dino) Args(s *schema.Set) {
	s.Float(&h.student, "student_temp", 0.1, "softmax temperature of the student, τ_s", schema.Positive)
	s.Float(&h.teacher, "teacher_temp", 0.04, "softmax temperature of the teacher, τ_t", schema.Positive)
	s.Float(&h.start, "warmup_teacher_temp", 0.04, "that temperature at first; it moves to teacher_temp step by step, where the authors' moves epoch by epoch", schema.Positive)
	s.Int(&h.warmup, "warmup_teacher_temp_epochs", 0, "epochs that this takes", schema.NonNegative)
	s.Float(&h.momentum, "center_momentum", 0.9, "share of the old centre in the new one", schema.Fraction)
	s.Ints(&h.crops, "num_crops", []int{2}, "number of crops of each size, in the order of the view blocks; the teacher sees those of the first", schema.Positive, schema.NotEmpty)
}

func (h *dino) Check(r *schema.Report) {
	if h.Crops() < 2 {
		r.Errorf("num_crops", "Invalid value", "num_crops has %d crop in all, but one crop has none to agree with. Write num_crops = [2].", h.Crops())
	}
}

// Crops is the number of crops of an image.
func (h *dino) Crops() int { return total(h.crops) }

// Large is the number of crops of the first size.
func (h *dino) Large() int { return h.crops[0] }

// Loss takes the student's outputs for all crops, crop after crop, and the teacher's for those of the first size: [crop·batch, out] each.
func (h *dino) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	if !inputs(s, "dino", in, 2, 2) {
		return failed(s)
	}
	out := fn.StopGradient(in[1])
	center := s.Buffer("center", ir.Shape{{Size: 1}, out.Shape[1]}, nn.Constant(0))
	centred := op.Div(op.Sub(out, center.In), h.temperature(s.B))
	share := op.Scalar(out, 1-h.momentum)
	center.New = op.Add(op.Mul(center.In, op.Scalar(out, h.momentum)), op.Mul(op.ReduceMean(out, true, 0), share))

	probability := op.Softmax(centred, -1)
	entropy := op.ReduceSum(op.Mul(probability, op.LogSoftmax(centred, -1)), false, -1)
	s.B.Metric("teacher_entropy", op.Neg(op.ReduceMean(entropy, false)))

	targets := op.SplitEvenly(probability, 0, h.Large())
	crops := op.SplitEvenly(in[0], 0, h.Crops())
	var terms []*ir.Value
	for v, crop := range crops {
		if q := others(targets, v); q != nil {
			terms = append(terms, op.ReduceSum(op.Mul(q, op.LogSoftmax(op.Mul(crop, op.Scalar(crop, 1/h.student)), -1)), false))
		}
	}
	sum := op.Sum(terms...)
	pairs := h.Large() * (h.Crops() - 1)
	return op.Mul(sum, op.Scalar(sum, -1/float64(pairs*crops[0].Shape[0].Size)))
}

// temperature is τ_t in this step.
func (h *dino) temperature(b *nn.Builder) *ir.Value {
	curve := plan.Curve{Kind: "constant", Base: h.teacher}
	if h.warmup > 0 {
		curve.Warmup = &plan.Warmup{Kind: "linear", Length: h.warmup, Ratio: h.start / h.teacher, ByEpoch: true}
	}
	return b.Scalar("teacher_temp", curve)
}

// others is the sum of the targets but that of crop v, nil when there are none.
func others(targets []*ir.Value, v int) *ir.Value {
	var list []*ir.Value
	for i, t := range targets {
		if i != v {
			list = append(list, t)
		}
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return op.Sum(list...)
}
