package head

import (
	"fmt"
	"math"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "multi_cls",
	Doc: "A linear classifier on each of several maps of a backbone, at once: which depth holds what. Every map is averaged to about 9000 values and normalised before its " +
		"classifier; the classifiers share nothing, their losses are added.",
	Equation: "loss = Σ_stage mean_i -log softmax(W_s norm(pool(x_s,i)) + b_s)[label_i]",
	Paper:    schema.Paper{Authors: "Goyal, Mahajan, Gupta, Misra", Title: "Scaling and Benchmarking Self-Supervised Visual Representation Learning", Year: 2019, ID: "1905.01235"},
	Before:   "head=dict(type='MultiClsHead', pool_type='specified', in_indices=[0, 1, 2, 3, 4], with_last_layer_unpool=False, norm_cfg=dict(type='SyncBN', momentum=0.1, affine=False))",
}, New: func() Head { return &multiCls{} }})

type multiCls struct {
	poolType  string
	inIndices []int
	unpooled  bool
	classes   int
	features  int
	norm      nn.Norm
}

func (h *multiCls) Args(s *schema.Set) {
	s.String(&h.poolType, "pool_type", "adaptive", "how maps are averaged: \"adaptive\" to the largest square with at most features values, \"specified\" by upstream's kernels for ResNet-50 at 224 pixels", schema.OneOf("adaptive", "specified"))
	s.Ints(&h.inIndices, "in_indices", []int{0, 1, 2, 3, 4}, "stages that the maps come from: the backbone's out_indices", schema.Between(0, 4), schema.NotEmpty, schema.Ascending)
	s.Bool(&h.unpooled, "with_last_layer_unpool", false, "whether a further classifier works on the last map as it is")
	s.Int(&h.classes, "num_classes", 1000, "number of classes; labels are 0 to num_classes - 1", schema.Between(2, 1<<24))
	s.Int(&h.features, "features", 9216, "values that a map is averaged to at most", schema.Positive)
	schema.ChildDefault(s, &h.norm, "norm", nn.Norms, "bn", "normalisation of the averaged maps")
}

// Loss takes maps [batch, channel, height, width], one for each of in_indices, and the labels [batch], int64.
func (h *multiCls) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	maps, label := labelled(s, "multi_cls", in)
	if label == nil {
		return failed(s)
	}
	logits := h.Logits(s, maps)
	if logits == nil {
		return failed(s)
	}
	return classify(s, logits, label, fn.CrossEntropy)
}

// Classes is num_classes.
func (h *multiCls) Classes() int { return h.classes }

// Logits are under the names "logits.1", … from shallow to deep.
func (h *multiCls) Logits(s nn.Scope, maps []*ir.Value) []nn.Metric {
	defer s.At(h)()
	if len(maps) != len(h.inIndices) {
		s.Errorf(h, "in_indices", "Shape mismatch", "The head has classifiers for %d stages, %v, but the backbone gives %d maps. Write the same list for the backbone's out_indices and the head's in_indices.", len(h.inIndices), h.inIndices, len(maps))
		return nil
	}
	var out []nn.Metric
	add := func(x *ir.Value) {
		i := len(out)
		x = h.norm.Apply(s.Sub(fmt.Sprintf("bns.%d", i)), x, false)
		out = append(out, nn.Metric{Name: fmt.Sprintf("logits.%d", i+1), Value: linear(s.Sub(fmt.Sprintf("fcs.%d", i)), nn.Flatten(x), h.classes, 0.01)})
	}
	for i, x := range maps {
		if !x.Valid() {
			return nil
		}
		if len(x.Shape) != 4 {
			s.B.G.Errorf("Shape mismatch", "Input %d of the head multi_cls must have 4 axes, but it is %s. Use a backbone of feature maps.", i, x.Shape)
			return nil
		}
		add(h.pool(x, h.inIndices[i]))
	}
	if h.unpooled {
		add(maps[len(maps)-1])
	}
	return out
}

// windows are kernel, stride and padding of the specified poolings, by stage: MMSelfSup's for maps of 112, 56, 28, 14 and 7 cells.
var windows = [5][3]int{{10, 10, 4}, {16, 8, 0}, {13, 5, 0}, {8, 3, 0}, {6, 1, 0}}

// pool averages the map of a stage. Padding counts as zeros, as PyTorch's default has it.
func (h *multiCls) pool(x *ir.Value, stage int) *ir.Value {
	if h.poolType == "specified" {
		w := windows[stage]
		return op.AveragePool(x, op.PoolOptions{KernelShape: []int{w[0], w[0]}, Strides: []int{w[1], w[1]}, Pads: []int{w[2], w[2], w[2], w[2]}, CountPad: true})
	}
	size := int(math.Sqrt(float64(h.features / x.Shape[1].Size)))
	return nn.AvgPool(x, max(1, min(size, x.Shape[2].Size, x.Shape[3].Size)))
}
