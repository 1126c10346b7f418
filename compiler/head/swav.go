package head

import (
	"fmt"
	"slices"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "swav",
	Doc: "Each crop predicts, by softmax over prototypes, the assignment of other crops of its image. Assignments are balanced over the batch and, from some epoch on, over a queue of earlier embeddings. " +
		"The prototypes have length 1.",
	Equation: "loss = mean over crops a in crops_for_assign of mean over crops v ≠ a of -mean_i Σ_k q_a,ik log softmax(z_v·C/τ)_ik, q = Sinkhorn(exp(z_a·C/ε))",
	Paper:    schema.Paper{Authors: "Caron, Misra, Mairal, Goyal, Bojanowski, Joulin", Title: "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", Year: 2020, ID: "2006.09882"},
	Before:   "head=dict(type='SwAVHead', feat_dim=128, epsilon=0.05, temperature=0.1, num_crops=[2, 6]), custom_hooks=[dict(type='SwAVHook', queue_length=3840, …)]",
}, New: func() Head { return &swav{} }})

// Cropped is a head that takes crops of several sizes.
type Cropped interface {
	Head
	// Crops is the number of crops of an image.
	Crops() int
}

type swav struct {
	dim, iterations, prototypes int
	epsilon, temperature        float64
	assign, crops               []int
	queue, start, freeze        int
}

func (h *swav) Args(s *schema.Set) {
	s.Int(&h.dim, "feat_dim", 0, "size of the embeddings; 0 takes it as it comes", schema.NonNegative)
	s.Int(&h.iterations, "sinkhorn_iterations", 3, "rounds of balancing", schema.Positive)
	s.Float(&h.epsilon, "epsilon", 0.05, "temperature of the assignments, ε of eq. 3", schema.Positive)
	s.Float(&h.temperature, "temperature", 0.1, "softmax temperature τ", schema.Positive)
	s.Ints(&h.assign, "crops_for_assign", []int{0, 1}, "crops whose assignments are predicted", schema.NonNegative, schema.NotEmpty, schema.Ascending)
	s.Ints(&h.crops, "num_crops", []int{2}, "number of crops of each size, in the order of the view blocks", schema.Positive, schema.NotEmpty)
	s.Int(&h.prototypes, "num_prototypes", 3000, "number of prototypes", schema.Positive)
	s.Int(&h.queue, "queue_length", 0, "embeddings in the queue of each crop that is assigned, a multiple of the batch size; 0 has no queue", schema.NonNegative)
	s.Int(&h.start, "epoch_queue_starts", 15, "epochs before the queue is filled", schema.NonNegative)
	s.Int(&h.freeze, "freeze_prototypes", 0, "steps at the beginning in which the prototypes stay", schema.NonNegative)
}

func (h *swav) Check(r *schema.Report) {
	if h.Crops() < 2 {
		r.Errorf("num_crops", "Invalid value", "num_crops has %d crop in all, but one crop has none to agree with. Write num_crops = [2].", h.Crops())
	}
	if m := slices.Max(h.assign); m >= h.Crops() {
		r.Errorf("crops_for_assign", "Invalid value", "crops_for_assign names crop %d, but num_crops has %d in all. Write numbers from 0 to %d.", m, h.Crops(), h.Crops()-1)
	}
}

// Crops is the number of crops of an image.
func (h *swav) Crops() int { return total(h.crops) }

func total(counts []int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// Loss takes the embeddings of all crops, crop after crop, [crop·batch, dim], with rows of length 1.
func (h *swav) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	if !inputs(s, "swav", in, 2) || !declared(s, h, "feat_dim", h.dim, in[0]) {
		return failed(s)
	}
	z := in[0]
	batch := z.Shape[0].Size / h.Crops()
	if h.queue%batch != 0 {
		s.Errorf(h, "queue_length", "Queue not filled evenly", "The queue of %d rows takes in %d at a time, which does not divide it. Write queue_length = %d.", h.queue, batch, max(1, h.queue/batch)*batch)
		return failed(s)
	}
	c := h.weights(s, z.Shape[1].Size)
	scores := op.MatMul(z, op.Transpose(c, 1, 0))
	parts := op.SplitEvenly(scores, 0, h.Crops())
	targets := h.targets(s, op.SplitEvenly(z, 0, h.Crops()), parts, c)
	var terms []*ir.Value
	for v, part := range parts {
		var of []*ir.Value // of the crops that this one predicts
		for i, a := range h.assign {
			if a != v {
				of = append(of, targets[i])
			}
		}
		if len(of) > 0 {
			q := op.Sum(of...)
			log := op.LogSoftmax(op.Mul(part, op.Scalar(part, 1/h.temperature)), -1)
			terms = append(terms, op.ReduceSum(op.Mul(q, log), false))
		}
	}
	sum := op.Sum(terms...)
	return op.Mul(sum, op.Scalar(sum, -1/float64(len(h.assign)*(h.Crops()-1)*batch)))
}

// weights are the prototypes [prototype, dim]. Where MMSelfSup gives them length 1 before each step, here the update does, so that those of a checkpoint have it too.
func (h *swav) weights(s nn.Scope, dim int) *ir.Value {
	init := nn.LinearDefault(dim)
	init.Unit = true
	c := s.Sub("prototypes").Param("weight", ir.Named("prototype", h.prototypes, "dim", dim), init)
	st := s.B.Lookup(s.Sub("prototypes").Path() + ".weight")
	st.Project = func(w *ir.Value) *ir.Value { return nn.Unit(w, -1) }
	if h.freeze > 0 {
		st.Hold = op.Not(s.B.Begun("prototypes", h.freeze, false))
	}
	return c
}

// targets are the assignments [batch, prototype] of the crops in crops_for_assign. No gradient passes through them.
func (h *swav) targets(s nn.Scope, z, scores []*ir.Value, c *ir.Value) []*ir.Value {
	var filling *ir.Value
	if h.queue > 0 {
		filling = s.B.Begun("queue", h.start, true)
	}
	var out []*ir.Value
	for i, a := range h.assign {
		own := fn.StopGradient(scores[a])
		if h.queue == 0 {
			out = append(out, nn.Sinkhorn(own, nil, h.epsilon, h.iterations))
			continue
		}
		queue := nn.NewEmptyQueue(s, fmt.Sprintf("queue.%d", i), h.queue, z[a].Shape[1].Size, filling)
		out = append(out, h.withQueue(own, queue, fn.StopGradient(c)))
		queue.Push(fn.StopGradient(z[a]))
	}
	return out
}

// withQueue balances the assignments over the rows of a queue too, once it is full.
func (h *swav) withQueue(own *ir.Value, queue *nn.Queue, c *ir.Value) *ir.Value {
	batch := own.Shape[0].Size
	column := func(x *ir.Value, n int) *ir.Value { return op.Expand(op.Reshape(x, ir.Dims(1, 1)), ir.Dims(n, 1)) }
	full := op.Cast(queue.Full(), own.DType)
	keep := op.Concat(0, column(full, h.queue), column(op.Scalar(own, 1), batch))
	all := op.Concat(0, op.MatMul(queue.Rows(), op.Transpose(c, 1, 0)), own)
	q := nn.Sinkhorn(all, keep, h.epsilon, h.iterations)
	return op.Slice(q, op.SliceOptions{Starts: []int{h.queue}, Ends: []int{h.queue + batch}, Axes: []int{0}})
}
