package conformance

import (
	"slices"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/op/optest"
)

// bfloat16Tol is the distance of two neighbours of 8 significant bits: what two computations give that differ in float32 by little and are then rounded.
const bfloat16Tol = 1.0 / 128

// inBFloat16 is laid over a pipeline.
const inBFloat16 = `train { precision = "bf16" }`

// narrow is a function that can keep its large tensors in bfloat16; see package fn.
type narrow interface {
	Narrow() (in, out []int, begins bool)
}

// narrowed are the samples of functions that can keep tensors in bfloat16, with these.
func narrowed(samples []ir.Sample) []ir.Sample {
	var out []ir.Sample
	for _, s := range samples {
		f, ok := s.Op.(narrow)
		if !ok {
			continue
		}
		in, _, _ := f.Narrow()
		s.Label += ", bfloat16"
		s.NoGrad = "rounding has no slope"
		s.In = slices.Clone(s.In)
		for i := range s.In {
			if !slices.Contains(in, i) {
				continue
			}
			s.In[i].DType = ir.BFloat16
			if v := s.In[i].Value; v != nil {
				t := ir.NewTensor(ir.BFloat16, v.Dims...)
				for k, x := range v.Data {
					t.Data[k] = ir.RoundBFloat16(x)
				}
				s.In[i].Value = t
			}
		}
		out = append(out, s)
	}
	return out
}

// TestBFloat16Samples: the functions that can keep tensors in bfloat16 do in stock ONNX Runtime what the reference evaluator does, which rounds where a tensor is of that type;
// and those results that Narrow names are of that type, all others float32.
func TestBFloat16Samples(t *testing.T) {
	for _, s := range narrowed(samples()) {
		t.Run(optest.Name(s), func(t *testing.T) {
			c, err := optest.NewCase(s)
			if err != nil {
				t.Fatal(err)
			}
			_, out, _ := s.Op.(narrow).Narrow()
			for i, v := range c.Graph.Outputs {
				if got := v.DType == ir.BFloat16; got != slices.Contains(out, i) {
					t.Errorf("output %d is %s; Narrow names %v", i, v, out)
				}
			}
			if err := optest.Shapes(c); err != nil {
				t.Error(err)
			}
			judge(t, c)
		})
	}
}
