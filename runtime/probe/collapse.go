package probe

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"ssc/compiler/plan"
	"ssc/runtime/ort"
)

var _ = Register("collapse", func(c plan.Component) Probe {
	return &collapse{images: c.Text("images"), samples: c.Int("samples"), minStd: c.Float("min_std"), minRank: c.Float("min_rank"), maxUniformity: c.Float("max_uniformity"),
		maxAlignment: c.Float("max_alignment"), minGradNorm: c.Float("min_grad_norm"), maxGradNorm: c.Float("max_grad_norm")}
})

type collapse struct {
	images                                       string
	samples                                      int
	minStd, minRank, maxUniformity, maxAlignment float64
	minGradNorm, maxGradNorm                     float64
}

// Measure looks at the first two views of the dataset, or twice at the first where the second has another size; the draws of the two differ. Raw pixels have no
// embeddings and give nothing.
func (p *collapse) Measure(ctx context.Context, s *Subject) ([]Measurement, error) {
	if s.Weights == nil {
		return nil, nil
	}
	d, err := s.dataset(p.images)
	if err != nil {
		return nil, err
	}
	x := s.extractor()
	if x.Session, err = s.Session("embed"); err != nil {
		return nil, err
	}
	defer x.Session.Close()
	views := []plan.View{d.Spec.Views[0], d.Spec.Views[0]}
	if len(d.Spec.Views) > 1 && d.Spec.Views[1].Image == views[0].Image {
		views[1] = d.Spec.Views[1]
	}
	samples := Every(d.Samples, p.samples)
	both, err := x.extract(ctx, samples, d.Channels, views)
	if err != nil {
		return nil, fmt.Errorf("dataset %q: %w", p.images, err)
	}
	defer both[0].Close()
	defer both[1].Close()
	out := Measurement{Probe: "collapse", Features: s.Name, Metric: "deviation", Queries: samples.Len()}
	if !finite(both[0].Data) || !finite(both[1].Data) {
		out.Value, out.Warnings = 0, []Warning{{"The embeddings are not finite", "some embeddings of " + s.Name + " are NaN or infinite",
			[]string{"running statistics of a norm that overflowed", "a learning rate that is too high"}}}
		return []Measurement{out}, nil
	}
	m, err := measure(dense(both[0]), dense(both[1]))
	if err != nil {
		return nil, err
	}
	out.Value = m.Std
	out.Setting = fmt.Sprintf("rank %.4g of %d, alignment %.4g, uniformity %.4g", m.Rank, both[0].Dim, m.Alignment, m.Uniformity)
	out.Metrics = map[string]float64{"collapse.std": m.Std, "collapse.rank": m.Rank, "collapse.alignment": m.Alignment, "collapse.uniformity": m.Uniformity,
		"collapse.distance": m.Distance}
	out.Warnings = p.judge(m, min(both[0].Dim, samples.Len()), s.Step)
	return []Measurement{out}, nil
}

func dense(f *Features) *mat.Dense {
	x := mat.NewDense(f.Rows, f.Dim, nil)
	for i := range f.Rows {
		for j, v := range f.Row(i) {
			x.Set(i, j, float64(v))
		}
	}
	return x
}

func finite(t *ort.Tensor) bool {
	return !slices.ContainsFunc(t.Float32(), func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
}

// judge compares the meters with their bounds. A rank of at most limit is possible; where that is below the bound, half of it is the bound.
func (p *collapse) judge(m Meters, limit int, step map[string]float64) []Warning {
	var out []Warning
	warn := func(bad bool, title, meter string, value float64, side string, bound float64, causes ...string) {
		if bad {
			out = append(out, Warning{title, fmt.Sprintf("%s is %.4g, %s the bound of %g", meter, value, side, bound), causes})
		}
	}
	warn(m.Std < p.minStd, "The embeddings collapse to one direction", "std, the deviation of the normalised embeddings times √d (healthy: near 1),", m.Std, "below", p.minStd,
		"no stop_gradient or no predictor where the method needs it", "no norm in the projector", "a momentum of the teacher that is too low", "a learning rate that is too high")
	minRank := min(p.minRank, float64(limit)/2)
	warn(m.Rank < minRank, "The embeddings collapse to few dimensions", fmt.Sprintf("rank, the effective rank of %d possible,", limit), m.Rank, "below", minRank,
		"augmentations so strong that views share little", "a temperature that is too high", "weight decay that is too high", "too few negatives, or a weight of the decorrelation term that is too low")
	warn(m.Uniformity > p.maxUniformity, "The embeddings crowd together", "uniformity (0: one point, -4: the even sphere)", m.Uniformity, "above", p.maxUniformity,
		"a loss without negatives, centring or decorrelation", "a temperature that is too high")
	if share := m.Alignment / m.Distance; m.Distance > 1e-12 {
		warn(share > p.maxAlignment, "Views of one image are as far apart as views of two", "alignment over the mean distance of two images", share, "above", p.maxAlignment,
			"crops too small for the object", "a learning rate that is too low, or training that has just begun", "views that are paired wrongly")
	}
	for _, name := range slices.Sorted(maps.Keys(step)) {
		part, ok := strings.CutPrefix(name, "grad_norm.")
		if !ok || step["ok"] != 1 { // a step without effect is told by others
			continue
		}
		meter := name + ", the norm of the gradient of the " + part + " in the last step,"
		warn(step[name] < p.minGradNorm, "No gradient reaches a part of the network", meter, step[name], "below", p.minGradNorm,
			"a loss at its minimum, as in a collapse", "a stop_gradient in the wrong place", "dead units after a step that was too large")
		warn(step[name] > p.maxGradNorm, "The gradient of a part of the network explodes", meter, step[name], "above", p.maxGradNorm,
			"a learning rate that is too high, or no warm-up", "no clip_norm", "a loss whose scale grows with its dimensions: divide it")
	}
	return out
}
