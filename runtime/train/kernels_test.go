package train

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"ssc/compiler"
	"ssc/compiler/cuda"
	"ssc/compiler/plan"
	"ssc/kernels/cuda/host"
	"ssc/runtime/nvrtc"
)

const data = `
dataset "train" {
  source "image_folder" {
    data_prefix = "none"
    channels    = 1
  }
  view {
    count = 2
    random_crop { size = 8 }
  }
}
loader { batch_size = 6 }
`

// convolutions have norms of maps and of rows, residual blocks, and the other optimizer.
const convolutions = data + `
algorithm "simclr" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "nonlinear" {
    hid_channels = 8
    out_channels = 8
  }
  head "contrastive" {}
}
optimizer "sgd" {
  lr       = 0.1
  momentum = 0.9
}
`

const tokens = data + `
algorithm "mocov3" {
  backbone "vision_transformer" {
    embed_dims = 8
    num_layers = 2
    num_heads  = 2
    mlp_ratio  = 2
    patch_size = 4
    img_size   = 8
  }
  neck "nonlinear" {
    hid_channels  = 8
    out_channels  = 8
    with_avg_pool = false
  }
  head "mocov3" {
    predictor "nonlinear" {
      hid_channels  = 8
      out_channels  = 8
      with_avg_pool = false
    }
  }
}
optimizer "adamw" {
  lr  = 0.01
  eps = 0.1 # a gradient that is nothing but rounding moves nothing
}
`

// patches have neither a norm over the batch nor a token of nothing but rounding, which would make of the last bit of a bfloat16 a gradient of its own.
const patches = data + `
algorithm "simclr" {
  backbone "vision_transformer" {
    embed_dims     = 16
    num_layers     = 2
    num_heads      = 2
    mlp_ratio      = 2
    patch_size     = 4
    img_size       = 8
    out_type       = "avg_featmap"
    with_cls_token = false
  }
  neck "linear" {
    out_channels  = 8
    with_avg_pool = false
  }
  head "contrastive" {}
}
optimizer "adamw" {
  lr  = 0.01
  eps = 0.1
}
`

// onGPU0 are the kernels of a plan for a GPU, launched on the processor by a library in the driver's place, the threads of a block in order or, on device 1, backwards.
func onGPU0(library string, device int) func(names []string) (*nvrtc.Functions, error) {
	return func(names []string) (*nvrtc.Functions, error) {
		return nvrtc.LoadFunctions(library, device, names, host.Compile)
	}
}

// withLibraries are those kernels, with NVIDIA's libraries.
func withLibraries(library string) func(names []string) (*nvrtc.Functions, error) {
	return func(names []string) (*nvrtc.Functions, error) {
		f, err := onGPU0(library, 0)(names)
		if err == nil {
			f.Use(library, library)
		}
		return f, err
	}
}

// TestKernelsInStep: a plan for a GPU has its functions computed by our kernels, and steps so are those by the bodies, whatever thread of a block is the first; where kernels cannot be had the bodies run.
func TestKernelsInStep(t *testing.T) {
	library := host.Functions(t)
	for _, c := range []struct {
		name, text, layout string
		kernels            []string // at least these
		tolerance          float64
	}{
		{"convolutions", convolutions, "nchw", []string{"AveragePool", "BatchNorm", "BatchNormGrad", "BatchNormRelu", "BatchNormReluGrad", "CrossEntropy", "CrossEntropyGrad", "SGD", "SumSquares"}, 1e-4},
		{"convolutions by LARS", strings.Replace(convolutions, `"sgd"`, `"lars"`, 1), "nchw", []string{"LARS", "SumSquares"}, 1e-4},
		{"tokens", tokens, "nchw", []string{"Adam", "LayerNorm", "LayerNormGrad"}, 1e-4},
		{"tokens by LAMB", strings.Replace(tokens, `"adamw"`, `"lamb"`, 1), "nchw", []string{"LAMB", "SumSquares"}, 1e-4},
		{"convolutions in bfloat16", convolutions + `train { precision = "bf16" }`, "nhwc", []string{"BatchNorm", "BatchNormGrad", "Conv", "ConvInputGrad", "ConvWeightGrad"}, 0.02},
		{"patches in bfloat16", patches + `train { precision = "bf16" }`, "nchw", []string{"Adam", "Attention", "AttentionGrad", "LayerNorm", "LayerNormGrad", "Linear", "LinearInputGrad", "LinearWeightGrad"}, 0.02},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, model := compiledFor(t, c.text, compiler.Options{Device: "cuda", Kernels: cuda.Own()})
			p.Target.Device = "cpu"
			for _, name := range c.kernels {
				if !slices.Contains(p.Target.Kernels, name) {
					t.Errorf("the plan has the kernels %v, without %s", p.Target.Kernels, name)
				}
			}
			if p.Target.Layout != c.layout {
				t.Errorf("the layout is %s, want %s", p.Target.Layout, c.layout)
			}
			bodies := *p
			bodies.Target.Kernels = nil
			none := errors.New("no compiler")
			want := beginAt(t, &bodies, model, place{})
			missing := beginAt(t, p, model, place{kernels: func([]string) (*nvrtc.Functions, error) { return nil, none }})
			if !errors.Is(missing.noKernels, none) {
				t.Errorf("without kernels the engine says %v", missing.noKernels)
			}
			byLibraries := beginAt(t, p, model, place{nil, withLibraries(library)})
			inOrder, backwards := beginAt(t, p, model, place{processor, onGPU0(library, 0)}), beginAt(t, p, model, place{nil, onGPU0(library, 1)})
			for n := range 3 {
				said := want.train(t, n)
				if got := missing.train(t, n); fmt.Sprint(got) != fmt.Sprint(said) {
					t.Errorf("step %d by bodies, since there are no kernels, says %v, want %v", n, got, said)
				}
				got, back := inOrder.train(t, n), backwards.train(t, n)
				if fmt.Sprint(got) != fmt.Sprint(back) {
					t.Errorf("step %d says %v, backwards %v", n, got, back)
				}
				compared := map[string][]float32{"kernels": got}
				if n < 2 { // cuDNN rounds gradients of weights, which large steps make more of
					compared["libraries"] = byLibraries.train(t, n)
				}
				for i, v := range said {
					for by, got := range compared {
						got := got[i]
						if d := math.Abs(float64(got - v)); !(d <= c.tolerance*max(1, math.Abs(float64(v)))) {
							t.Errorf("step %d: %s is %g by %s, %g by bodies", n, p.Metrics[i], got, by, v)
						}
					}
				}
			}
			if !bytes.Equal(stateOf(t, inOrder), stateOf(t, backwards)) {
				t.Error("the state differs between orders of threads")
			}
			for _, s := range p.State {
				near(t, s, inOrder.host.now[s.Name].Float32(), want.host.now[s.Name].Float32(), c.tolerance)
			}
		})
	}
}

func stateOf(t *testing.T, e *engine) []byte {
	t.Helper()
	s, err := e.onHost()
	if err != nil {
		t.Fatal(err)
	}
	return stateBytes(s)
}

// near compares a tensor of the state with what it should be, relative to its largest number.
func near(t *testing.T, s plan.State, got, want []float32, tolerance float64) {
	t.Helper()
	largest, worst := 1e-3, 0.0
	for i, v := range want {
		largest, worst = max(largest, math.Abs(float64(v))), max(worst, math.Abs(float64(got[i]-v)))
	}
	if !(worst <= 20*tolerance*largest) {
		t.Errorf("%s differs by %g of %g", s.Name, worst, largest)
	}
}

// TestNoKernelsAskedFor: SSC_KERNELS=off has the bodies run on a GPU, too.
func TestNoKernelsAskedFor(t *testing.T) {
	t.Setenv("SSC_KERNELS", "off")
	if _, err := nvrtc.OpenFunctions(0, []string{"SGD"}); err == nil || !strings.Contains(err.Error(), "SSC_KERNELS=off") {
		t.Errorf("OpenFunctions = %v", err)
	}
}
