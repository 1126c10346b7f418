package resume

import (
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/train"
)

// TestStoppedInBFloat16 stops a run whose step keeps activations in bfloat16: the end is the same, for the state is float32, and what is rounded is made anew in each step. A machine without
// kernels for it is told so.
func TestStoppedInBFloat16(t *testing.T) {
	r := compile(t, images(), "train.precision=bf16")
	for _, s := range r.plan.State {
		if s.DType != "f32" {
			t.Errorf("the state %s is %s, want f32", s.Name, s.DType)
		}
	}
	want, said := r.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
	if note := "a step in bf16 takes longer here than one in fp32"; strings.Count(said.said(), note) != 1 {
		t.Errorf("the run said %q, want %q once", said.said(), note)
	}
	got, _ := r.finish(t, train.Options{Dir: r.stoppedAt(t, 7)})
	compareStopped(t, got, want)
	differs := false
	for name, text := range undisturbed() {
		differs = differs || strings.HasSuffix(name, "weights.safetensors") && got[name] != text
	}
	if !differs {
		t.Error("the weights are those of a run in fp32")
	}
}
