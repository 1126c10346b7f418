package head

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "cls",
	Doc:      "Linear classifier with softmax and cross-entropy on the deepest map.",
	Equation: "loss = mean_i -log softmax(W x_i + b)[label_i]",
	Paper:    schema.Paper{None: "multinomial logistic regression"},
	Before:   "head=dict(type='ClsHead', with_avg_pool=True, in_channels=2048, num_classes=1000)",
}, New: func() Head { return &cls{} }})

// Classifier is a head that labels images.
type Classifier interface {
	Head
	// Logits builds the scores of the classes, [batch, class], of each classifier of the head, by name.
	Logits(s nn.Scope, maps []*ir.Value) []nn.Metric
	// Classes is the number of classes.
	Classes() int
}

// Weigher is a classifier whose loss can weigh the classes.
type Weigher interface {
	Classifier
	// WeighedLoss is Loss where each image counts as much as weight, [class], says of its class; the sum is divided by that of the weights of the batch.
	WeighedLoss(s nn.Scope, weight *ir.Value, in ...*ir.Value) *ir.Value
}

type cls struct {
	pool        bool
	in, classes int
	std         float64
}

func (h *cls) Args(s *schema.Set) {
	s.Bool(&h.pool, "with_avg_pool", false, "whether feature maps are averaged first")
	s.Int(&h.in, "in_channels", 0, "size of the input, pooled if asked for; 0 takes it as it comes", schema.NonNegative)
	s.Int(&h.classes, "num_classes", 1000, "number of classes; labels are 0 to num_classes - 1", schema.Between(2, 1<<24))
	s.Float(&h.std, "init_std", 0.01, "deviation of the weights at the start; biases start at 0", schema.NonNegative)
}

// Loss takes maps [batch, channel, height, width] or vectors [batch, dim], of which it uses the last, and the labels [batch], int64.
func (h *cls) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	maps, label := labelled(s, "cls", in)
	if label == nil {
		return failed(s)
	}
	return classify(s, h.Logits(s, maps), label, fn.CrossEntropy)
}

// WeighedLoss is Σ w[label_i]·-log softmax(…)[label_i] / Σ w[label_i].
func (h *cls) WeighedLoss(s nn.Scope, weight *ir.Value, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	maps, label := labelled(s, "cls", in)
	if label == nil {
		return failed(s)
	}
	return classify(s, h.Logits(s, maps), label, func(logits, label *ir.Value) *ir.Value {
		own := op.GatherElements(op.LogSoftmax(logits, -1), op.Unsqueeze(label, 1), 1)
		w := op.Gather(weight, op.Unsqueeze(label, 1), 0)
		return op.Neg(op.Div(op.ReduceSum(op.Mul(w, own), false), op.ReduceSum(w, false)))
	})
}

// Logits are under the name "logits". MMSelfSup calls the layer fc_cls.
func (h *cls) Logits(s nn.Scope, maps []*ir.Value) []nn.Metric {
	defer s.At(h)()
	x := maps[len(maps)-1]
	if h.pool && x.Valid() && len(x.Shape) == 4 {
		x = nn.AvgPool(x, 1)
	}
	x = nn.Flatten(x)
	if x.Valid() && h.in > 0 && x.Shape[1].Size != h.in {
		s.Errorf(h, "in_channels", "Shape mismatch", "The head is declared with in_channels = %d, but its input is %s. Write in_channels = %d, or leave the argument out.", h.in, x.Shape, x.Shape[1].Size)
		return []nn.Metric{{Name: "logits", Value: failed(s)}}
	}
	return []nn.Metric{{Name: "logits", Value: linear(s.Sub("fc_cls"), x, h.classes, h.std)}}
}

// Classes is num_classes.
func (h *cls) Classes() int { return h.classes }

// linear is a classifier's layer, whose weights start at N(0, std²).
func linear(s nn.Scope, x *ir.Value, classes int, std float64) *ir.Value {
	start := nn.Normal(0, std)
	y := nn.Linear(s, x, classes, true, &start)
	if y.Valid() {
		y.Shape[1].Name = "class"
	}
	return y
}

// labelled parts a classifier's inputs into maps and labels; the labels are nil when an error was reported.
func labelled(s nn.Scope, head string, in []*ir.Value) (maps []*ir.Value, label *ir.Value) {
	n := len(in) - 1
	if n < 1 || !in[n].Valid() || len(in[n].Shape) != 1 || in[n].DType != ir.Int64 {
		s.B.G.Errorf("Shape mismatch", "The head %s takes feature maps and the labels of their images, [batch], but the algorithm gives it other inputs. Use a head that belongs to the algorithm.", head)
		return nil, nil
	}
	return in[:n], in[n]
}

// classify is the sum of the classifiers' losses. The share of right answers is logged as acc; several classifiers log their losses and shares by number.
func classify(s nn.Scope, logits []nn.Metric, label *ir.Value, entropy func(logits, label *ir.Value) *ir.Value) *ir.Value {
	var losses []*ir.Value
	for _, l := range logits {
		if !l.Value.Valid() {
			return failed(s)
		}
		loss := entropy(l.Value, label)
		right := op.Equal(op.ArgMax(l.Value, -1, false), label)
		suffix := l.Name[len("logits"):]
		if suffix != "" {
			s.B.Metric("loss"+suffix, loss)
		}
		s.B.Metric("acc"+suffix, op.ReduceMean(op.Cast(right, ir.Float32), false))
		losses = append(losses, loss)
	}
	if len(losses) == 1 {
		return losses[0]
	}
	return op.Sum(losses...)
}
