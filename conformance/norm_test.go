package conformance

import (
	"fmt"
	"math"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
)

// TestBatchNormGroups compares batch norm over groups with its definition, written out: each contiguous part of the batch has its own
// statistics, and the running ones advance part after part.
func TestBatchNormGroups(t *testing.T) {
	const batch, channels, side, eps, momentum = 6, 2, 3, 1e-5, 0.1
	for _, groups := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(groups), func(t *testing.T) {
			b := nn.NewBuilder("norm", true, ir.Dim{Name: "batch", Size: batch}, []plan.ImageType{{Channels: channels, Height: side, Width: side}})
			y := nn.Norms.New("bn").Apply(b.Root().Sub("bn").Groups(groups), b.View(0), false)
			c := &comparison{Graph: b.G, feeds: map[string]*ir.Tensor{}}
			c.output("y", y)
			if b.G.Diags.HasErrors() {
				t.Fatal(b.G.Diags)
			}
			rnd := plan.NewRand(1, plan.UseNoise, 0, 0, 0)
			draw := func(dims ...int) *ir.Tensor {
				x := ir.NewTensor(ir.Float32, dims...)
				for i := range x.Data {
					x.Data[i] = float64(float32(0.5 + rnd.Float64()))
				}
				return x
			}
			c.feeds["view0"] = draw(batch, channels, side, side)
			for _, s := range b.States {
				c.feeds[s.Name] = draw(channels)
				if s.New != nil {
					c.output(s.Name, s.New)
				}
			}
			want := map[string][]float64{"y": make([]float64, batch*channels*side*side)}
			for _, s := range []string{"bn.running_mean", "bn.running_var"} {
				want[s] = append([]float64{}, c.feeds[s].Data...)
			}
			for g := range groups {
				for ch := range channels {
					var at []int // where the channel's elements lie
					for i := g * batch / groups; i < (g+1)*batch/groups; i++ {
						for k := range side * side {
							at = append(at, (i*channels+ch)*side*side+k)
						}
					}
					m, v, n := 0.0, 0.0, float64(len(at))
					for _, i := range at {
						m += c.feeds["view0"].Data[i] / n
					}
					for _, i := range at {
						v += math.Pow(c.feeds["view0"].Data[i]-m, 2) / n
					}
					for _, i := range at {
						want["y"][i] = (c.feeds["view0"].Data[i]-m)/math.Sqrt(v+eps)*c.feeds["bn.weight"].Data[ch] + c.feeds["bn.bias"].Data[ch]
					}
					for name, batch := range map[string]float64{"bn.running_mean": m, "bn.running_var": v * n / (n - 1)} {
						want[name][ch] = (1-momentum)*want[name][ch] + momentum*batch
					}
				}
			}
			out, err := c.Eval(c.feeds)
			if err != nil {
				t.Fatal(err)
			}
			native := c.execute(t)
			if len(c.names) != 3 {
				t.Errorf("the norm computes %q, want y and two running statistics", c.names)
			}
			for i, name := range c.names {
				if e := distance(out[i].Data, want[name]); !(e <= 1e-12) {
					t.Errorf("%s in float64: error %.2g, want at most 1e-12", name, e)
				}
				if e := distance(native[i].Data, want[name]); !(e <= 1e-6) {
					t.Errorf("%s in the runtime: error %.2g, want at most 1e-6", name, e)
				}
			}
		})
	}
}
