package plan

import (
	"maps"
	"slices"
)

// follows are the blocks of a pipeline that say what is made of the weights, and have no part in making them.
var follows = []string{"monitor", "evaluate", "export"}

// training is the part of the pipeline that decides about the weights: all blocks but those that follow it and the datasets other than "train", and of the whole the seed alone.
func (p *Plan) training() *Plan {
	c := p.Pipeline.placeless()
	c.Blocks = slices.DeleteFunc(c.Blocks, func(b Component) bool {
		return slices.Contains(follows, b.Type) || b.Type == "dataset" && b.Label != "train"
	})
	for i, b := range c.Blocks {
		if b.Type == "pipeline" {
			c.Blocks[i] = Component{Type: b.Type, Args: map[string]any{"seed": b.Args["seed"]}}
		}
	}
	return &Plan{Pipeline: c, Compiler: p.Compiler}
}

// TrainingDifferences lists, in the form of [Differences], the arguments that have a part in the weights and differ between two plans; empty when their training is the same. Two plans of
// the same training have the same state, and the weights of one serve the other's graphs.
func TrainingDifferences(old, now *Plan) string {
	same := old.Seed == now.Seed && len(old.State) == len(now.State)
	for i := 0; same && i < len(old.State); i++ {
		a, b := old.State[i], now.State[i]
		same = a.Name == b.Name && a.DType == b.DType && a.Role == b.Role && slices.Equal(a.Dims, b.Dims)
	}
	a, b := old.training(), now.training()
	if same && equal(a.Pipeline, b.Pipeline) {
		return ""
	}
	return Differences(a, b)
}

func equal(a, b Component) bool {
	x, y := map[string]string{}, map[string]string{}
	flatten("", a, x)
	flatten("", b, y)
	return maps.Equal(x, y)
}
