package datasource

import (
	"context"
	"fmt"
	"math"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "class_balanced",
		Doc: "A source in which images of rare classes come several times. With mode \"repeat_factor\" an image comes as often as the factor of its class, rounded up; " +
			"classes with a share of oversample_thr or more are not repeated (this is mmcls' ClassBalancedDataset). With \"uniform\" every class comes as often as the " +
			"largest one: its images in turn, the first ones once more than the last. Copies follow their image; the source must have labels.",
		Equation: "r(c) = max(1, sqrt(oversample_thr / f(c))),  f(c) = share of the images that class c has",
		Paper:    schema.Paper{Authors: "Gupta, Dollár, Girshick", Title: "LVIS: A Dataset for Large Vocabulary Instance Segmentation", Year: 2019, ID: "1908.03195"},
		Before:   "dict(type='ClassBalancedDataset', dataset=..., oversample_thr=1e-3)",
	},
	New: func() Source { return &classBalanced{} },
})

type classBalanced struct {
	source    schema.Component
	mode      string
	threshold float64
}

func (s *classBalanced) Args(set *schema.Set) {
	set.String(&s.mode, "mode", "repeat_factor", "how often images are repeated", schema.OneOf("repeat_factor", "uniform"))
	set.Float(&s.threshold, "oversample_thr", 0.001, "share of the images below which a class is repeated; t of the paper, whose value is this one", schema.Positive, schema.Fraction)
	schema.ChildOf(set, &s.source, "source", Table, "the source", true)
}

func (s *classBalanced) Channels() int { return s.source.(Source).Channels() }

func (s *classBalanced) Open(ctx context.Context) (Samples, error) {
	samples, err := s.source.(Source).Open(ctx)
	if err != nil {
		return nil, err
	}
	classes, members := byClass(samples)
	if len(classes) > 0 && classes[0] < 0 {
		return nil, fmt.Errorf("class_balanced needs a label for each image, and %s has none", samples.Name(int(members[-1][0])))
	}
	largest := 0
	for _, m := range members {
		largest = max(largest, len(m))
	}
	times := make([]int, samples.Len())
	total := 0
	for _, c := range classes {
		factor := int(math.Ceil(max(1, math.Sqrt(s.threshold*float64(samples.Len())/float64(len(members[c]))))))
		for k, i := range members[c] {
			times[i] = factor
			if s.mode == "uniform" {
				times[i] = (largest - k + len(members[c]) - 1) / len(members[c])
			}
			total += times[i]
		}
	}
	if total > math.MaxInt32 {
		return nil, fmt.Errorf("balanced, the source has %d samples, more than the limit of %d", total, math.MaxInt32)
	}
	out := &selection{Samples: samples, index: make([]int32, 0, total)}
	for i, n := range times {
		for range n {
			out.index = append(out.index, int32(i))
		}
	}
	out.notes = []string{fmt.Sprintf("class_balanced: %d images of %d classes come %d times in all", samples.Len(), len(classes), total)}
	return out, nil
}
