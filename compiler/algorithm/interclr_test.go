package algorithm

import (
	"math"
	"slices"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
)

// chooser evaluates what a sampling chooses for two images of a memory of twelve in three clusters, to which they are the less similar the later the row: the rows of positives, [2], and of negatives, [2, neg_num].
type chooser struct {
	t        *testing.T
	a        *interclr
	clusters []int
	index    []int
}

func (c chooser) choose(positives, negatives []float64) (own, others []float64) {
	c.t.Helper()
	b := nn.NewBuilder("train", true, ir.Dim{Name: "batch", Size: 2}, nil)
	m := nn.NewClusters(b.Root().Sub("memory"), &interclr{}, 12, 2, 3)
	n := c.a.numbered(b, m)
	b.G.Output(n.own(b.Draw("positives", ir.Shape{b.Batch()}, whole)))
	falling, labels, counts := ir.NewTensor(ir.Float32, 2, 12), ir.NewTensor(ir.Float32, 12), ir.NewTensor(ir.Float32, 3)
	for i, l := range c.clusters {
		falling.Data[i], falling.Data[12+i] = 1-0.1*float64(i), 1-0.1*float64(i)
		labels.Data[i] = float64(l)
		counts.Data[l]++
	}
	b.G.Output(c.a.others(b, m, n, op.Const(b.G, falling)))
	feeds := map[string]*ir.Tensor{"idx": ir.Ints(c.index...), "positives": ir.Floats(ir.Int64, []int{2}, positives...),
		"memory.feature_bank": ir.NewTensor(ir.Float32, 12, 2), "memory.label_bank": labels, "memory.counts": counts, "memory.centroids": ir.NewTensor(ir.Float32, 3, 2)}
	if negatives != nil {
		feeds["negatives"] = ir.Floats(ir.Int64, []int{2, len(negatives) / 2}, negatives...)
	}
	out, err := b.G.Eval(feeds)
	if err != nil {
		c.t.Fatal(err)
	}
	return out[0].Data, out[1].Data
}

// TestInterCLRSampling: over all draws, or many, each image that may be chosen is chosen equally often, and no other is.
func TestInterCLRSampling(t *testing.T) {
	clusters := []int{0, 1, 2, 0, 1, 2, 0, 0, 0, 2, 2, 1} // five, three and four images
	of := func(cluster int, rows ...int) (list []int) {
		for _, i := range rows {
			if clusters[i] != cluster {
				list = append(list, i)
			}
		}
		return list
	}
	all := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	for sampling, want := range map[string][2][]int{ // of images 3 and 4, in clusters 0 and 1
		"random":   {of(0, all...), of(1, all...)},
		"semihard": {of(0, all[:8]...), of(1, all[:8]...)},
		"semieasy": {of(0, all[4:]...), of(1, all[4:]...)},
	} {
		c := chooser{t: t, clusters: clusters, index: []int{3, 4}, a: &interclr{sampling: sampling, negatives: 2, hard: 8, easy: 8, memory: keyMemory{onlineMemory{length: 12}}}}
		rnd := plan.NewRand(1, plan.UseStep, 0, 0, 0)
		var own, chosen [2][12]float64
		const rounds = 2520
		for round := range rounds {
			draws := make([]float64, 16)
			if sampling == "random" {
				draws = draws[:4]
			}
			for i := range draws {
				draws[i] = float64(rnd.IntN(key))
			}
			positives, negatives := c.choose([]float64{float64(round), float64(round)}, draws)
			for i := range 2 {
				own[i][int(positives[i])]++
				chosen[i][int(negatives[2*i])]++
				chosen[i][int(negatives[2*i+1])]++
				if sampling != "random" && negatives[2*i] == negatives[2*i+1] {
					t.Fatalf("%s chooses image %g twice", sampling, negatives[2*i])
				}
			}
		}
		for i, cluster := range []int{0, 1} {
			for row, l := range clusters {
				members := float64(5 - 2*cluster) // five and three
				if wants := rounds / members; l == cluster && math.Abs(own[i][row]-wants) > 1 || l != cluster && own[i][row] != 0 {
					t.Errorf("%s: image %d is the positive of one in cluster %d %g times in %d, want all of the cluster equally often", sampling, row, cluster, own[i][row], rounds)
				}
				p := 2.0 / float64(len(want[i]))
				slack := 5 * math.Sqrt(rounds*2*p) // five deviations at least
				if !slices.Contains(want[i], row) {
					p, slack = 0, 0
				}
				if math.Abs(chosen[i][row]-rounds*p) > slack {
					t.Errorf("%s: image %d is a negative of one in cluster %d %g times in %d, want %.0f", sampling, row, cluster, chosen[i][row], rounds, rounds*p)
				}
			}
		}
	}
}

// TestInterCLRTurns: the most similar images of other clusters come first, and where there are too few they come in turn.
func TestInterCLRTurns(t *testing.T) {
	for _, c := range []struct {
		sampling string
		clusters []int
		draws    []float64
		want     []float64
	}{
		{"hard", []int{0, 1, 2, 0, 1, 2, 0, 0, 0, 2, 2, 1}, nil, []float64{1, 2, 4, 5, 9, 0, 2, 3, 5, 6}},
		{"hard", []int{0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2}, nil, []float64{1, 9, 11, 1, 9, 0, 2, 3, 4, 5}},
		{"semihard", []int{0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2}, []float64{8, 1, 9, 9, 9, 9, 5, 6, 1, 2, 3, 4}, []float64{1, 1, 1, 1, 1, 0, 5, 4, 3, 2}},
	} {
		a := &interclr{sampling: c.sampling, negatives: 5, hard: 6, memory: keyMemory{onlineMemory{length: 12}}}
		if _, got := (chooser{t: t, a: a, clusters: c.clusters, index: []int{0, 1}}).choose([]float64{0, 0}, c.draws); !slices.Equal(got, c.want) {
			t.Errorf("%s in clusters %v chooses %v, want %v", c.sampling, c.clusters, got, c.want)
		}
	}
}

// TestMargin compares with cosines of angles, and with what takes their place where the angle would leave [0, π].
func TestMargin(t *testing.T) {
	for _, m := range []margin{{}, {cosOn: true, cos: -0.5}, {arcOn: true, arc: 0.4}, {arcOn: true, arc: -0.4}} {
		for _, angle := range []float64{0, 0.1, 0.5, 1.5, 2.9, math.Pi} {
			want := math.Cos(angle)
			switch turned := angle + m.arc; {
			case m.cosOn:
				want += 0.5
			case m.arcOn && (turned > math.Pi || turned < 0):
				want -= math.Abs(m.arc) * math.Sin(m.arc)
			case m.arcOn:
				want = math.Cos(turned)
			}
			g := ir.New("margin")
			c := g.Input("c", ir.Float32, ir.Dims(1, 1))
			g.Output(m.apply(c))
			out, err := g.Eval(map[string]*ir.Tensor{"c": ir.Floats(ir.Float32, []int{1, 1}, math.Cos(angle))})
			if err != nil {
				t.Fatal(err)
			}
			if got := out[0].Data[0]; math.Abs(got-want) > 1e-6 {
				t.Errorf("%+v of an angle of %g = %g, want %g", m, angle, got, want)
			}
		}
	}
}
