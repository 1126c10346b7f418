package backbone

import (
	"fmt"
	"slices"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Backbone]{Info: schema.Info{Name: "resnet",
	Doc:      "Residual network of basic blocks (depth 10, 18, 34) or bottlenecks (50, 101, 152), with a stem for large or for small images.",
	Equation: "y = relu(x + f(x)), f = conv-bn-relu-…-conv-bn",
	Paper:    schema.Paper{Authors: "He, Zhang, Ren, Sun", Title: "Deep Residual Learning for Image Recognition", Year: 2015, ID: "1512.03385"},
	Before:   "backbone=dict(type='ResNet', depth=50, in_channels=3, out_indices=[4], norm_cfg=dict(type='BN'))",
}, New: func() Backbone { return &resnet{} }})

type resnet struct {
	depth, numStages           int
	baseChannels, stemChannels int
	strides, dilations         []int
	outIndices                 []int
	stem, style                string
	stemKernel, stemStride     int
	maxPool                    *bool
	frozenStages               int
	normEval, zeroInit         bool
	deepStem, avgDown, sobel   bool
	groups, groupWidth         int // of a bottleneck's 3x3 convolution: groups and channels of each in the first stage; one group has base_channels
	norm                       nn.Norm
}

func (r *resnet) Args(s *schema.Set) {
	r.declare(s, resnetDepth, resnetDepths...)
	r.declareVariants(s)
}

// The depths of networks that have basic blocks too.
var (
	resnetDepth  = "number of layers by the paper's count; 10 has one basic block per stage"
	resnetDepths = []int{10, 18, 34, 50, 101, 152}
)

// declareVariants are the two changes that make a ResNet-D.
func (r *resnet) declareVariants(s *schema.Set) {
	s.Bool(&r.deepStem, "deep_stem", false, "whether three 3x3 convolutions, the first two with half the channels, take the place of the stem's one (He et al. 2018, ResNet-C)")
	s.Bool(&r.avgDown, "avg_down", false, "whether a shortcut with a stride averages first and then has a 1x1 convolution of stride 1 (He et al. 2018, ResNet-D)")
}

// declare are the arguments that all residual networks have.
func (r *resnet) declare(s *schema.Set, depth string, depths ...int) {
	r.groups = 1
	s.Int(&r.depth, "depth", 50, depth, schema.OneOfInt(depths...))
	s.Int(&r.numStages, "num_stages", 4, "how many of the four stages there are", schema.Between(1, 4))
	s.Int(&r.baseChannels, "base_channels", 64, "channels inside the blocks of the first stage; each further stage has twice as many", schema.Positive)
	s.Int(&r.stemChannels, "stem_channels", 64, "channels of the stem", schema.Positive)
	s.Ints(&r.strides, "strides", []int{1, 2, 2, 2}, "stride of the first block of each stage", schema.Positive)
	s.Ints(&r.dilations, "dilations", []int{1, 1, 1, 1}, "dilation of the 3x3 convolutions of each stage", schema.Positive)
	s.Ints(&r.outIndices, "out_indices", []int{4}, "which maps to return: 0 is the stem before its pooling, 1 to 4 are the stages", schema.Between(0, 4), schema.NotEmpty)
	s.String(&r.stem, "stem", "imagenet", "first layers: \"imagenet\" is a 7x7 convolution of stride 2 and a 3x3 max pooling of stride 2, \"small\" a 3x3 convolution of stride 1 without pooling, for images up to 64 pixels", schema.OneOf("imagenet", "small"))
	s.Int(&r.stemKernel, "stem_kernel", 0, "side of the stem's convolution in pixels, odd; 0 takes what stem says, and a stem of three convolutions takes nothing else", schema.NonNegative)
	s.Int(&r.stemStride, "stem_stride", 0, "stride of the stem's (first) convolution; 0 takes what stem says", schema.NonNegative)
	s.OptBool(&r.maxPool, "max_pool", "whether a 3x3 max pooling of stride 2 follows the stem; unset takes what stem says")
	s.String(&r.style, "style", "pytorch", "where a bottleneck has its stride: \"pytorch\" in the 3x3, \"caffe\" in the first 1x1 convolution", schema.OneOf("pytorch", "caffe"))
	s.Int(&r.frozenStages, "frozen_stages", -1, "stages that are not trained: 0 the stem, n the stem and the first n stages, -1 none", schema.Between(-1, 4))
	s.Bool(&r.normEval, "norm_eval", false, "whether norms use their running statistics in training too")
	s.Bool(&r.zeroInit, "zero_init_residual", false, "whether the last norm of each block starts with gain 0, so that blocks start as identities (Goyal et al. 2017, 5.1)")
	s.Bool(&r.sobel, "with_sobel", false, "whether the network sees the two Sobel derivatives of the mean over the channels, instead of colours: a fixed filter before the stem (Caron et al. 2018, 4)")
	schema.ChildDefault(s, &r.norm, "norm", nn.Norms, "bn", "normalisation layer")
}

func (r *resnet) Check(rep *schema.Report) {
	perStage := func(name string, l []int) {
		if len(l) < r.numStages {
			rep.Errorf(name, "Invalid value", "%s has %d elements for %d stages. Give one for each stage.", name, len(l), r.numStages)
		}
	}
	perStage("strides", r.strides)
	perStage("dilations", r.dilations)
	if m := slices.Max(r.outIndices); m > r.numStages {
		rep.Errorf("out_indices", "Invalid value", "out_indices asks for stage %d, but num_stages is %d. Write an index from 0 to %d.", m, r.numStages, r.numStages)
	}
	if r.stemKernel > 0 && r.stemKernel%2 == 0 {
		rep.Errorf("stem_kernel", "Invalid value", "stem_kernel must be odd; found %d.", r.stemKernel)
	}
	if r.deepStem && r.stemKernel > 0 {
		rep.Errorf("stem_kernel", "Invalid value", "A stem of three convolutions has kernels of 3x3. Leave stem_kernel out, or the deep stem.")
	}
	if r.deepStem && r.stemChannels%2 > 0 {
		rep.Errorf("stem_channels", "Invalid value", "A stem of three convolutions begins with half of stem_channels = %d. Write an even number.", r.stemChannels)
	}
}

// blocks is the number of blocks per stage: He et al. 2015, table 1.
var blocks = map[int][]int{10: {1, 1, 1, 1}, 18: {2, 2, 2, 2}, 34: {3, 4, 6, 3}, 50: {3, 4, 6, 3}, 101: {3, 4, 23, 3}, 152: {3, 8, 36, 3}}

// Forward names parameters as torchvision and MMSelfSup do: conv1, bn1, layer1.0.conv1, layer1.0.downsample.0, ….
func (r *resnet) Forward(s nn.Scope, x *ir.Value) []*ir.Value {
	defer s.At(r)()
	return r.forward(s, x)
}

// forward builds the network in a scope whose errors point at the component that the network belongs to.
func (r *resnet) forward(s nn.Scope, x *ir.Value) []*ir.Value {
	if r.normEval {
		s = s.Eval()
	}
	var outs []*ir.Value
	keep := func(i int, x *ir.Value) {
		if slices.Contains(r.outIndices, i) {
			outs = append(outs, x)
		}
	}
	if r.sobel {
		x = nn.Sobel(x)
	}
	kernel, stride, pool := r.stemShape()
	x = r.stemLayers(r.freeze(s, 0), x, kernel, stride)
	keep(0, x)
	if pool {
		x = fn.MaxPool(x, op.PoolOptions{KernelShape: []int{3, 3}, Strides: []int{2, 2}, Pads: []int{1, 1, 1, 1}})
	}
	for i := 0; i < r.numStages; i++ {
		stage := r.freeze(s, i+1).Sub(fmt.Sprintf("layer%d", i+1))
		for j := 0; j < blocks[r.depth][i]; j++ {
			b := block{width: r.baseChannels << i, inner: r.baseChannels << i, stride: 1, dilation: r.dilations[i]}
			if r.groups > 1 {
				b.inner = r.groups * r.groupWidth << i
			}
			if j == 0 {
				b.stride = r.strides[i]
			}
			x = r.block(stage.Sub(fmt.Sprint(j)), x, b)
		}
		keep(i+1, x)
	}
	return outs
}

// stemShape resolves the stem's arguments: kernel side, stride, whether a pooling follows.
func (r *resnet) stemShape() (kernel, stride int, pool bool) {
	kernel, stride, pool = 7, 2, true
	if r.stem == "small" {
		kernel, stride, pool = 3, 1, false
	}
	if r.stemKernel > 0 {
		kernel = r.stemKernel
	}
	if r.stemStride > 0 {
		stride = r.stemStride
	}
	if r.maxPool != nil {
		pool = *r.maxPool
	}
	return kernel, stride, pool
}

// stemLayers are the convolutions before the pooling. Three have the names that MMSelfSup gives them, stem.0.conv, stem.0.bn, ….
func (r *resnet) stemLayers(s nn.Scope, x *ir.Value, kernel, stride int) *ir.Value {
	if !r.deepStem {
		x = nn.Conv2d(s.Sub("conv1"), x, nn.Conv{Out: r.stemChannels, Kernel: kernel, Stride: stride, Pad: kernel / 2})
		return nn.NormRelu(r.norm, s.Sub("bn1"), x, false, nil)
	}
	for i, c := range []nn.Conv{{Out: r.stemChannels / 2, Stride: stride}, {Out: r.stemChannels / 2, Stride: 1}, {Out: r.stemChannels, Stride: 1}} {
		c.Kernel, c.Pad = 3, 1
		part := s.Sub(fmt.Sprintf("stem.%d", i))
		x = nn.NormRelu(r.norm, part.Sub("bn"), nn.Conv2d(part.Sub("conv"), x, c), false, nil)
	}
	return x
}

// freeze makes part i (0 the stem) a constant of training, norms in evaluation mode, when frozen_stages says so.
func (r *resnet) freeze(s nn.Scope, i int) nn.Scope {
	if i <= r.frozenStages {
		return s.Frozen().Eval()
	}
	return s
}

// block is a residual block: channels before the expansion, channels of a bottleneck's 3x3 convolution, stride, dilation.
type block struct{ width, inner, stride, dilation int }

func (r *resnet) block(s nn.Scope, x *ir.Value, b block) *ir.Value {
	if !x.Valid() {
		return x
	}
	defer s.Recomputed()()
	bottleneck := r.depth >= 50
	out := b.width
	if bottleneck {
		out *= 4
	}
	conv := func(x *ir.Value, i int, c nn.Conv) *ir.Value {
		return nn.Conv2d(s.Sub(fmt.Sprintf("conv%d", i)), x, c)
	}
	layer := func(x *ir.Value, i int, c nn.Conv) *ir.Value {
		return nn.NormRelu(r.norm, s.Sub(fmt.Sprintf("bn%d", i)), conv(x, i, c), false, nil)
	}
	y, last := x, 2
	if bottleneck {
		s1, s3 := 1, b.stride
		if r.style == "caffe" {
			s1, s3 = b.stride, 1
		}
		y = layer(y, 1, nn.Conv{Out: b.inner, Kernel: 1, Stride: s1})
		y = layer(y, 2, nn.Conv{Out: b.inner, Kernel: 3, Stride: s3, Pad: b.dilation, Dilation: b.dilation, Groups: r.groups})
		y, last = conv(y, 3, nn.Conv{Out: out, Kernel: 1, Stride: 1}), 3
	} else {
		y = layer(y, 1, nn.Conv{Out: out, Kernel: 3, Stride: b.stride, Pad: b.dilation, Dilation: b.dilation})
		y = conv(y, 2, nn.Conv{Out: out, Kernel: 3, Stride: 1, Pad: 1})
	}
	if b.stride != 1 || x.Shape[1].Size != out {
		x = r.downsample(s.Sub("downsample"), x, out, b.stride)
	}
	return nn.NormRelu(r.norm, s.Sub(fmt.Sprintf("bn%d", last)), y, r.zeroInit, x)
}

// downsample is a shortcut that changes the map's size or channels. What averages first is layer 0 of it, as in MMSelfSup.
func (r *resnet) downsample(s nn.Scope, x *ir.Value, out, stride int) *ir.Value {
	first := 0
	if r.avgDown && stride > 1 {
		x, first, stride = nn.AvgDown(x, stride), 1, 1
	}
	x = nn.Conv2d(s.Sub(fmt.Sprint(first)), x, nn.Conv{Out: out, Kernel: 1, Stride: stride})
	return r.norm.Apply(s.Sub(fmt.Sprint(first+1)), x, false)
}
