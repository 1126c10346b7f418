package optimizer_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/optimizer"
	"ssc/lang/schema"
)

func TestComponents(t *testing.T) { comptest.Run(t, optimizer.Table) }

// TestResolve: of what several groups say about a parameter the last stands, each option for itself, and factors are not multiplied.
func TestResolve(t *testing.T) {
	number := func(x float64) *float64 { return &x }
	set := &optimizer.Settings{LR: 2, WeightDecay: 0.5, Groups: []*optimizer.Group{
		{Match: "bn", LRMult: number(0.25), WeightDecay: number(0)},
		{Match: "bias", LRMult: number(0.5)},
		{Match: "head", LR: number(8)},
	}}
	for _, g := range set.Groups {
		g.Check(&schema.Report{})
	}
	for _, c := range []struct {
		name            string
		lr, mult, decay float64
	}{{"conv.weight", 2, 1, 0.5}, {"bn.weight", 2, 0.25, 0}, {"bn.bias", 2, 0.5, 0}, {"head.bias", 8, 0.5, 0.5}} {
		if o := set.Resolve(c.name); o.LR != c.lr || o.LRMult != c.mult || o.WeightDecay != c.decay {
			t.Errorf("Resolve(%s) = %+v, want lr %g times %g, weight decay %g", c.name, o, c.lr, c.mult, c.decay)
		}
	}
}
