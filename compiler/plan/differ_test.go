package plan

import (
	"encoding/json"
	"testing"
)

// TestDifferencesOfReadPlan: a plan that was read differs from the compiled one in no value, although its whole numbers are floats.
func TestDifferencesOfReadPlan(t *testing.T) {
	of := func(epochs int) *Plan {
		return &Plan{Pipeline: Component{Blocks: []Component{{Type: "train", Args: map[string]any{"epochs": epochs, "max_pixels": 178956970, "lr": 1e-4, "scale": []float64{0.2, 2e6}, "by": "step"}}}}}
	}
	b, err := json.Marshal(of(3))
	if err != nil {
		t.Fatal(err)
	}
	read := &Plan{}
	if err := json.Unmarshal(b, read); err != nil {
		t.Fatal(err)
	}
	if got, want := Differences(read, of(5)), "\n  train.epochs: 3, now 5"; got != want {
		t.Errorf("Differences = %q, want %q", got, want)
	}
}
