package backbone

import (
	"fmt"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Backbone]{Info: schema.Info{Name: "vision_transformer",
	Doc: "Vision transformer of pre-norm blocks on patches of the image, with fixed or learnt positions. Parameters have MMClassification's names, which patterns of " +
		"MMSelfSup's configurations are written for: layers.0.attn.qkv.weight is timm's blocks.0.attn.qkv.weight.",
	Equation: "x = [class; E·patches] + positions; x += attention(ln1(x)), x += mlp(ln2(x)) in each block; y = ln1(x)",
	Paper:    schema.Paper{Authors: "Dosovitskiy, Beyer, Kolesnikov, Weissenborn, Zhai, Unterthiner, Dehghani, Minderer, Heigold, Gelly, Uszkoreit, Houlsby", Title: "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", Year: 2020, ID: "2010.11929"},
	Before:   "backbone=dict(type='VisionTransformer', arch='mocov3-small', img_size=224, patch_size=16, stop_grad_conv1=True)",
}, New: func() Backbone { return &visionTransformer{} }})

type visionTransformer struct {
	arch                    string
	dim, layers, heads      int
	mlpRatio                float64
	imgSize                 []int
	patchSize               int
	outIndices              []int
	outType, position, init string
	classToken, finalNorm   bool
	qkvBias, stopGradConv1  bool
	dropPath, eps           float64
	frozenStages            int
}

// vitArch is an architecture: width, depth, heads, and how much wider the MLP is inside.
type vitArch struct {
	dim, layers, heads int
	mlpRatio           float64
}

// hidden is the size between the two layers of an MLP.
func (a vitArch) hidden() int { return int(float64(a.dim)*a.mlpRatio + 0.5) }

// vitArchs has MMSelfSup's small and base (Chen, Xie and He 2021), MMClassification's large and huge (Dosovitskiy et al. 2020, table 1), and DeiT's (Touvron et
// al. 2020, table 1).
var vitArchs = map[string]vitArch{
	"tiny": {192, 12, 3, 4}, "small": {384, 12, 12, 4}, "base": {768, 12, 12, 4}, "large": {1024, 24, 16, 4}, "huge": {1280, 32, 16, 4},
	"deit-tiny": {192, 12, 3, 4}, "deit-small": {384, 12, 6, 4}, "deit-base": {768, 12, 12, 4}, "mocov3-small": {384, 12, 12, 4},
}

func (v *visionTransformer) Args(s *schema.Set) {
	s.String(&v.arch, "arch", "base", "width, depth and heads: tiny 192/12/3, small and mocov3-small 384/12/12, deit-small 384/12/6, base 768/12/12, large 1024/24/16, huge 1280/32/16",
		schema.OneOf("tiny", "small", "base", "large", "huge", "deit-tiny", "deit-small", "deit-base", "mocov3-small"))
	s.Int(&v.dim, "embed_dims", 0, "size of a token; 0 takes what arch says", schema.NonNegative)
	s.Int(&v.layers, "num_layers", 0, "number of blocks; 0 takes what arch says", schema.NonNegative)
	s.Int(&v.heads, "num_heads", 0, "attention heads of a block; 0 takes what arch says", schema.NonNegative)
	s.Float(&v.mlpRatio, "mlp_ratio", 0, "size between the two layers of a block's MLP over embed_dims; 0 takes what arch says, 4", schema.NonNegative)
	s.IntOrList(&v.imgSize, "img_size", []int{224}, "side of the images in pixels, or [height, width], that learnt positions are kept for; for images of another size they are resized bicubically", schema.Positive, schema.NotEmpty)
	s.Int(&v.patchSize, "patch_size", 16, "side of a patch in pixels", schema.Positive)
	s.Ints(&v.outIndices, "out_indices", []int{-1}, "blocks whose tokens are returned: 0 is the first, -1 the last", schema.NotEmpty)
	s.String(&v.outType, "out_type", "cls_token", "what is made of them: \"cls_token\" the class token, \"avg_featmap\" the mean of the patches, \"featmap\" a map of the patches, \"raw\" all tokens", schema.OneOf("cls_token", "avg_featmap", "featmap", "raw"))
	s.Bool(&v.classToken, "with_cls_token", true, "whether there is a class token, before the patches")
	s.String(&v.position, "pos_embed", "sincos", "positions: \"sincos\" are fixed sines and cosines of row and column, \"learned\" a table of parameters", schema.OneOf("sincos", "learned"))
	s.Float(&v.dropPath, "drop_path_rate", 0, "probability with which the last block drops a branch of a sample, in training; earlier blocks have less, the first 0", schema.Between(0, 0.99))
	s.Bool(&v.qkvBias, "qkv_bias", true, "whether queries, keys and values have a bias")
	s.Bool(&v.finalNorm, "final_norm", true, "whether a norm follows the last block")
	s.Float(&v.eps, "norm_eps", 1e-6, "added to the variance by the layer norms", schema.Positive)
	s.Bool(&v.stopGradConv1, "stop_grad_conv1", false, "whether the patch embedding keeps its initial weights (MoCo v3, 4.2)")
	s.Int(&v.frozenStages, "frozen_stages", -1, "blocks that are not trained: 0 the patch embedding and the tokens before the blocks, n these and the first n blocks, with the last block the final norm too, -1 none", schema.Between(-1, 1000))
	s.String(&v.init, "init", "mocov3", "how weights start: \"mocov3\" and \"mae\" uniformly by the sizes of each layer, mocov3 with queries, keys and values as three layers and a class token near 0; \"trunc_normal\" N(0, 0.02²) as DeiT, DINO and BEiT",
		schema.OneOf("mocov3", "mae", "trunc_normal"))
}

// shape is arch with the arguments that override it.
func (v *visionTransformer) shape() vitArch {
	a := vitArchs[v.arch]
	for _, o := range []struct {
		to   *int
		from int
	}{{&a.dim, v.dim}, {&a.layers, v.layers}, {&a.heads, v.heads}} {
		if o.from > 0 {
			*o.to = o.from
		}
	}
	if v.mlpRatio > 0 {
		a.mlpRatio = v.mlpRatio
	}
	return a
}

func (v *visionTransformer) Check(r *schema.Report) {
	a := v.shape()
	if a.dim%a.heads != 0 {
		r.Errorf("num_heads", "Invalid value", "%d heads do not divide tokens of size %d. Write a num_heads that divides embed_dims, such as %d.", a.heads, a.dim, divisor(a.dim, a.heads))
	}
	if a.hidden() < 1 {
		r.Errorf("mlp_ratio", "Invalid value", "An MLP of %g times %d has no size. Write a larger mlp_ratio.", a.mlpRatio, a.dim)
	}
	if v.position == "sincos" && a.dim%4 != 0 {
		r.Errorf("embed_dims", "Invalid value", "Fixed positions need an embed_dims that 4 divides; found %d. Write a multiple of 4, or pos_embed = \"learned\".", a.dim)
	}
	if len(v.imgSize) > 2 {
		r.Errorf("img_size", "Invalid value", "img_size has %d numbers. Write one side in pixels, or [height, width].", len(v.imgSize))
	}
	for _, n := range v.imgSize {
		if v.position == "learned" && n%v.patchSize != 0 {
			r.Errorf("img_size", "Invalid value", "Patches of %d pixels do not cover a side of %d. Write an img_size that patch_size divides.", v.patchSize, n)
			break
		}
	}
	for _, i := range v.outIndices {
		if i < -a.layers || i >= a.layers {
			r.Errorf("out_indices", "Invalid value", "out_indices asks for block %d, but there are %d. Write an index from 0 to %d, or a negative one that counts from the end.", i, a.layers, a.layers-1)
			break
		}
	}
	if v.outType == "cls_token" && !v.classToken {
		r.Errorf("out_type", "Invalid value", "There is no class token to return. Write out_type = \"avg_featmap\", or with_cls_token = true.")
	}
	if v.frozenStages > a.layers {
		r.Errorf("frozen_stages", "Invalid value", "frozen_stages is %d, but there are %d blocks. Write a number from -1 to %d.", v.frozenStages, a.layers, a.layers)
	}
}

// divisor is the divisor of n that is nearest to near.
func divisor(n, near int) int {
	for d := range n {
		for _, c := range []int{near - d, near + d} {
			if c > 0 && n%c == 0 {
				return c
			}
		}
	}
	return 1
}

// Forward returns what out_type says for each of out_indices. Parameters have MMClassification's names: cls_token, pos_embed, patch_embed.projection, layers.0.ln1,
// layers.0.attn.qkv, layers.0.attn.proj, layers.0.ln2, layers.0.ffn.layers.0.0, layers.0.ffn.layers.1, and ln1 for the final norm. timm calls the same tensors cls_token,
// pos_embed, patch_embed.proj, blocks.0.norm1, blocks.0.attn.qkv, blocks.0.attn.proj, blocks.0.norm2, blocks.0.mlp.fc1, blocks.0.mlp.fc2 and norm; shapes are equal. Fixed positions
// are a constant of the graph, not a tensor of the weights.
func (v *visionTransformer) Forward(s nn.Scope, x *ir.Value) []*ir.Value {
	defer s.At(v)()
	a := v.shape()
	outs := make([]*ir.Value, len(v.outIndices))
	for i := range outs {
		outs[i] = s.B.Failed()
	}
	if !x.Valid() {
		return outs
	}
	grid := [2]int{x.Shape[2].Size / v.patchSize, x.Shape[3].Size / v.patchSize}
	t := v.embed(s, x, a, grid)
	if !t.Valid() {
		return outs
	}
	block := nn.Block{Heads: a.heads, Hidden: a.hidden(), QKVBias: v.qkvBias, Eps: v.eps, Init: nn.TokenInit(v.init)}
	paths := nn.NewDropPaths(s, 2*a.layers)
	for i := range v.last(a) + 1 {
		rate := v.dropPath * float64(i) / float64(max(a.layers-1, 1))
		if i < v.frozenStages {
			rate = 0
		}
		t = block.Apply(v.freeze(s, i+1).Sub(fmt.Sprintf("layers.%d", i)), t, func(k int, y *ir.Value) *ir.Value { return paths.Drop(2*i+k, rate, y) })
		y := t
		if v.finalNorm && i == a.layers-1 {
			y = nn.LayerNorm(v.freeze(s, a.layers).Sub("ln1"), t, v.eps)
		}
		for k, o := range v.outIndices {
			if o == i || o+a.layers == i {
				outs[k] = v.output(y, grid)
			}
		}
	}
	return outs
}

// last is the last block that out_indices asks for: later ones would have parameters that nothing depends on.
func (v *visionTransformer) last(a vitArch) int {
	n := 0
	for _, o := range v.outIndices {
		n = max(n, (o+a.layers)%a.layers)
	}
	return n
}

// freeze makes part i (0 what is before the blocks) a constant of training when frozen_stages says so.
func (v *visionTransformer) freeze(s nn.Scope, i int) nn.Scope {
	if i <= v.frozenStages {
		return s.Frozen()
	}
	return s
}

// embed makes the tokens of the first block: patches, before them the class token, and the positions of all. Shapes: x [batch, channel, height, width] to
// [batch, token, dim].
func (v *visionTransformer) embed(s nn.Scope, x *ir.Value, a vitArch, grid [2]int) *ir.Value {
	part := v.freeze(s, 0)
	projection := part.Sub("patch_embed.projection")
	if v.stopGradConv1 {
		projection = projection.Frozen()
	}
	t := nn.Patches(projection, x, v.patchSize, a.dim, nn.TokenInit(v.init))
	if !t.Valid() {
		return t
	}
	patches, class := v.positions(part, a, grid)
	if !v.classToken {
		return op.Add(t, patches)
	}
	first := part.Param("cls_token", ir.Shape{{Size: 1}, {Name: "token", Size: 1}, {Name: "dim", Size: a.dim}}, nn.TokenInit(v.init).Token())
	if class != nil {
		first = op.Add(first, class)
	}
	return op.Add(op.Pad(t, []int{1, 0}, op.PadOptions{Axes: []int{1}}), op.Concat(1, first, patches))
}

// positions are those of the patches, [1, token, dim], and of the class token, [1, 1, dim], nil for none or zeros.
func (v *visionTransformer) positions(s nn.Scope, a vitArch, grid [2]int) (patches, class *ir.Value) {
	if v.position == "sincos" {
		return op.Const(s.B.G, nn.SinCosPositions(grid[0], grid[1], a.dim)), nil
	}
	from := [2]int{v.imgSize[0] / v.patchSize, v.imgSize[len(v.imgSize)-1] / v.patchSize}
	n := from[0] * from[1]
	extra := 0
	if v.classToken {
		extra = 1
	}
	table := s.Param("pos_embed", ir.Shape{{Size: 1}, {Name: "token", Size: n + extra}, {Name: "dim", Size: a.dim}}, nn.TruncNormal(0.02))
	if !v.classToken {
		return nn.ResizePositions(table, from, grid), nil
	}
	parts := op.Split(table, 1, 1, n)
	return nn.ResizePositions(parts[1], from, grid), parts[0]
}

// output is what out_type makes of tokens [batch, token, dim]: [batch, dim], [batch, dim, height, width], or the tokens.
func (v *visionTransformer) output(t *ir.Value, grid [2]int) *ir.Value {
	if v.outType == "raw" || !t.Valid() {
		return t
	}
	s := t.Shape
	part := func(from, to int) *ir.Value {
		return op.Slice(t, op.SliceOptions{Starts: []int{from}, Ends: []int{to}, Axes: []int{1}})
	}
	patches := t
	if v.classToken && v.outType != "cls_token" {
		patches = part(1, s[1].Size)
	}
	switch v.outType {
	case "cls_token":
		return op.Squeeze(part(0, 1), 1)
	case "avg_featmap":
		return op.ReduceMean(patches, false, 1)
	}
	return op.Reshape(op.Transpose(patches, 0, 2, 1), ir.Shape{s[0], {Name: "channel", Size: s[2].Size}, {Name: "height", Size: grid[0]}, {Name: "width", Size: grid[1]}})
}
