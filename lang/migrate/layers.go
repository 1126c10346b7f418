package migrate

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// layerDecay is a learning rate that falls from the head of a transformer to its patches, by a factor from block to block.
type layerDecay struct {
	rate, model python.Value
	where       string
}

// decayKeys are what 0.x and 1.x call it among the optimizer's arguments.
var decayKeys = map[string]bool{"layer_decay": true, "layer_decay_rate": true, "model_type": true, "constructor": true}

// decayConstructors build optimizers with it.
var decayConstructors = regexp.MustCompile(`(TransformerFinetuneConstructor|LearningRateDecayOptimWrapperConstructor)$`)

// takeLayerDecay parts an optimizer's arguments from those of its layer decay.
func (c *converter) takeLayerDecay(d *python.Dict, where string) (*python.Dict, *layerDecay) {
	out, decay := python.NewDict(), &layerDecay{}
	for _, k := range d.Keys() {
		v, _ := d.Get(k)
		switch {
		case !decayKeys[k]:
			out.Set(k, v)
		case k == "model_type":
			decay.model = v
		case k == "constructor":
			if name, _ := v.X.(string); !decayConstructors.MatchString(name) && name != "DefaultOptimizerConstructor" {
				out.Set(k, v)
				continue
			}
			c.rep.add(Dropped, v.At, where+"."+k, "", "the groups are written out")
		default:
			decay.rate, decay.where = v, where+"."+k
		}
	}
	if f := floats(python.Value{X: &python.List{Elems: []python.Value{decay.rate}}}); decay.where == "" || len(f) == 1 && (f[0] == 0 || f[0] == 1) {
		return out, nil
	}
	return out, decay
}

// layerGroups writes the factors of a layer decay as groups: rate^(L+1) before the blocks, rate^(L-i) in block i of L, 1 behind them, as BEiT (Bao et al. 2021) and MAE (He et al. 2021) are fine-tuned.
func (c *converter) layerGroups(b *block, decay *layerDecay) {
	if decay == nil {
		return
	}
	v := decay.rate
	f := floats(python.Value{X: &python.List{Elems: []python.Value{v}}})
	layers := 0
	if a := c.root.find("algorithm", ""); a != nil {
		layers = blocksOf(a.find("backbone", ""))
	}
	switch {
	case layers == 0 && c.incomplete():
		c.rep.add(Missing, v.At, decay.where, "", "it belongs to a component that ssc does not have")
		return
	case len(f) != 1 || decay.model.X != "vit" || layers == 0 || c.groupSet(b).Field("lr_mult") == nil:
		c.rep.add(Attention, v.At, decay.where, "optimizer.group.lr_mult", "the layers are those of a vision_transformer with model_type='vit' only; write a group for each layer, with the lr_mult that it had")
		return
	}
	group := func(match string, power int) {
		b.blocks = append(b.blocks, &block{typ: "group", from: v.At, args: []*arg{
			{name: "match", text: schema.Literal(match), from: v.At}, {name: "lr_mult", text: schema.Literal(math.Pow(f[0], float64(power))), from: v.At}}})
	}
	group(`^backbone\.(cls_token|mask_token|pos_embed|patch_embed)`, layers+1)
	for i := range layers {
		group(fmt.Sprintf(`^backbone\.layers\.%d\.`, i), layers-i)
	}
	c.rep.add(Converted, v.At, decay.where, "optimizer.group.lr_mult", "a group for each of %d layers", layers)
}

// blocksOf is the number of blocks of a vision transformer; 0 when it is none or its depth is not known.
func blocksOf(backbone *block) int {
	if backbone == nil || backbone.label != "vision_transformer" || backbone.missing {
		return 0
	}
	if a := backbone.arg("num_layers"); a != nil {
		n := 0
		if _, err := fmt.Sscan(a.text, &n); err != nil || n > 1000 {
			return 0
		}
		return n
	}
	arch := ""
	if a := backbone.arg("arch"); a != nil {
		arch = strings.Trim(a.text, `"`)
	}
	switch arch {
	case "large":
		return 24
	case "huge":
		return 32
	}
	return 12 // what all other architectures have
}
