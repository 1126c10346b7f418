package conformance

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/compiler/tensorrt"
	builder "ssc/runtime/tensorrt"
)

var aheadOfTime = flag.Bool("ahead-of-time", false, "build engines of ResNet-50 and ViT-S/16 with TensorRT-RTX, which needs its libraries (TENSORRT_RTX_ROOT) and headers but no GPU")

// TestAheadOfTime: TensorRT-RTX reads the models of engines and builds them on a machine without a GPU, in every type. Nothing is run: that takes one.
func TestAheadOfTime(t *testing.T) {
	if !*aheadOfTime {
		t.Skip("needs the libraries of TensorRT-RTX, 90 MB, and headers: make gpu-less")
	}
	m := builder.Look(t.Context(), nil, nil)
	if m.NoRTX != nil {
		t.Fatal(m.NoRTX)
	}
	for _, file := range []string{"resnet50.hcl", "vit_small.hcl"} {
		g, _ := engineGraph(t, compileWith(t, compiler.Options{}, filepath.Join("..", "bench", file)))
		for _, d := range []ir.DType{ir.Float32, ir.Float16, ir.BFloat16, ir.Int8} {
			t.Run(file+"/"+d.String(), func(t *testing.T) {
				var typed *ir.Graph
				var err error
				if d == ir.Int8 {
					typed = quantisedEngine(t, g, uniform([]int{2, 3, 224, 224}, 6))
				} else if typed, err = tensorrt.Typed(g, d); err != nil {
					t.Fatal(err)
				}
				model := emitEngine(t, typed)
				start := time.Now()
				b, err := m.Build(t.Context(), builder.RTX, builder.Request{Model: model, Input: "images", Image: [3]int{3, 224, 224}, Profile: builder.Profile{Min: 1, Opt: 8, Max: 32}, Level: -1})
				if err != nil {
					t.Fatal(err)
				}
				if least := len(model) / 2; len(b.Engine) < least {
					t.Errorf("the engine has %d bytes, fewer than half of the model's %d: where are the weights?", len(b.Engine), len(model))
				}
				t.Logf("TensorRT-RTX %s: %.1f MB from a model of %.1f MB in %.1f s", b.Version, float64(len(b.Engine))/1e6, float64(len(model))/1e6, time.Since(start).Seconds())
			})
		}
	}
}
