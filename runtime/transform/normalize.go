package transform

import (
	"fmt"
	"sync/atomic"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name: "normalize",
		Doc: "Turns the 8-bit image into float32 planes with the given mean and deviation removed, in units of the range [0,1]: MMSelfSup 0.x's ToTensor and " +
			"Normalize in one. (mean and std of MMSelfSup 1.x are in units of [0,255]: divide them by 255.)",
		Equation: "x = (v/255 - mean) / std",
		Paper:    schema.Paper{None: "a standard image operation"},
		Before:   "dict(type='ToTensor'), dict(type='Normalize', mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])",
	},
	New: func() Transform { return &normalize{} },
})

type normalize struct {
	mean, std []float64
	table     atomic.Pointer[[]float32] // 256 values for each channel; made on first use
}

func (t *normalize) Args(s *schema.Set) {
	t.table.Store(nil)
	s.Floats(&t.mean, "mean", nil, "mean of each channel, or one for all", schema.Required, schema.NotEmpty, schema.Between(-2, 2))
	s.Floats(&t.std, "std", nil, "standard deviation of each channel, or one for all", schema.Required, schema.NotEmpty, schema.Between(1e-6, 4))
}

func (t *normalize) Check(r *schema.Report) {
	if m, s := len(t.mean), len(t.std); m != s && m != 1 && s != 1 {
		r.Errorf("std", "Conflicting arguments", "mean has %d numbers and std has %d. Give one for each channel.", m, s)
	}
}

func (t *normalize) Shape(in plan.ImageType) (plan.ImageType, error) {
	if err := eightBit(in); err != nil {
		return in, err
	}
	if n := max(len(t.mean), len(t.std)); n != 1 && n != in.Channels {
		return in, fmt.Errorf("mean and std are given for %d channels, but the images have %d", n, in.Channels)
	}
	in.Normalized = true
	return in, nil
}

func (t *normalize) Apply(m *Image, _ *plan.Rand) error {
	table := t.table.Load()
	if table == nil {
		made := t.make()
		table = &made
		t.table.Store(table)
	}
	stride := 256
	if len(*table) == stride {
		stride = 0
	}
	m.normalize(*table, stride)
	return nil
}

func (*normalize) taped() {}

// make divides and subtracts in float32, in the order in which PyTorch does.
func (t *normalize) make() []float32 {
	n := max(len(t.mean), len(t.std))
	table := make([]float32, 256*n)
	for c := range n {
		mean, std := float32(t.mean[c%len(t.mean)]), float32(t.std[c%len(t.std)])
		for v, x := range unit {
			table[c*256+v] = (x - mean) / std
		}
	}
	return table
}
