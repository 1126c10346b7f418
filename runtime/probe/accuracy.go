package probe

import (
	"context"
	"fmt"
	"strings"

	"ssc/compiler/plan"
	"ssc/runtime/loader"
	"ssc/runtime/ort"
)

var _ = Register("accuracy", func(c plan.Component) Probe {
	return &accuracy{queries: c.Text("queries"), maxQueries: c.Int("max_queries")}
})

type accuracy struct {
	queries    string
	maxQueries int
}

// head is one classifier of the network.
type head struct {
	output    string // "logits", "logits.2"
	classes   int
	predicted []int64
	top5      int
}

// Measure gives a measurement for each of the network's classifiers. Raw pixels have none and give nothing. The log's "accuracy" is the best of them.
func (p *accuracy) Measure(ctx context.Context, s *Subject) ([]Measurement, error) {
	if s.Weights == nil {
		return nil, nil
	}
	d, err := s.dataset(p.queries)
	if err != nil {
		return nil, err
	}
	session, err := s.Session("classify")
	if err != nil {
		return nil, err
	}
	defer session.Close()
	var heads []*head
	for _, o := range session.Outputs() {
		heads = append(heads, &head{output: o.Name, classes: o.Dims[1]})
	}
	samples := Every(d.Samples, p.maxQueries)
	x := s.extractor()
	image := d.Spec.Views[0].Image
	per := image.Channels * image.Height * image.Width
	var labels []int64
	err = x.pass(ctx, loader.Config{Samples: samples, Channels: d.Channels, Views: d.Spec.Views[:1]}, per, func(row int, b *loader.Batch) error {
		outputs := map[string][]int{}
		for _, h := range heads {
			outputs[h.output] = []int{b.N, h.classes}
		}
		logits, err := Apply(ctx, session, []int{b.N, image.Channels, image.Height, image.Width}, func(in *ort.Tensor) { copy(in.Float32(), b.Views[0][:b.N*per]) }, outputs)
		if err != nil {
			return fmt.Errorf("classifying: %w", err)
		}
		for i, l := range b.Label[:b.N] {
			if l < 0 {
				return fmt.Errorf("%s has no label", samples.Name(row+i))
			}
			for _, h := range heads {
				h.take(logits[h.output][i*h.classes:(i+1)*h.classes], l)
			}
		}
		labels = append(labels, b.Label[:b.N]...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dataset %q: %w", p.queries, err)
	}
	return p.report(s, heads, labels), nil
}

// take judges one image.
func (h *head) take(logits []float32, label int64) {
	best := 0
	for i, x := range logits {
		if x > logits[best] {
			best = i
		}
	}
	h.predicted = append(h.predicted, int64(best))
	if rankOf(logits, int(label)) < 5 {
		h.top5++
	}
}

func (p *accuracy) report(s *Subject, heads []*head, labels []int64) []Measurement {
	var out []Measurement
	best := 0
	for i, h := range heads {
		m := Measurement{Probe: "accuracy", Features: s.Name, Queries: len(labels), ClassNames: ClassNames(s.Data[p.queries].Samples), Classes: tally(labels, h.predicted)}
		m.Value = m.Classes.accuracy()
		suffix := strings.TrimPrefix(h.output, "logits")
		if suffix != "" {
			m.Setting = "classifier " + suffix[1:]
		}
		m.Metrics = map[string]float64{"accuracy" + suffix: m.Value, "accuracy" + suffix + ".top5": ratio(h.top5, len(labels))}
		if out = append(out, m); m.Value > out[best].Value {
			best = i
		}
	}
	out[best].Metrics["accuracy"] = out[best].Value
	return out
}
