package resume

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/profile"
	"ssc/runtime/report"
	"ssc/runtime/train"
)

// TestProfiled: a run whose steps are timed ends in the same bits, also when it has fewer steps than a profile takes.
func TestProfiled(t *testing.T) {
	for _, c := range []struct{ steps, first, last int }{{0, profile.Warmup + 1, profile.Warmup + profile.Steps}, {2, 2, 2}} {
		dir := filepath.Join(t.TempDir(), "run")
		var told *report.Profile
		rec, err := profile.New(profile.Options{Nodes: []profile.Node{{Name: "metrics", Function: "Concat", At: "x:1,1", Block: "x"}}, FLOPs: 1, Threads: 1, Compare: true, Tell: func(p *report.Profile) { told = p }})
		if err != nil {
			t.Fatal(err)
		}
		o := train.Options{Dir: dir, Steps: c.steps, Profile: rec}
		if c.steps > 0 {
			_, err := tiny().run(t.Context(), o)
			if err == nil {
				t.Fatal("a run of two steps has ended all of them")
			}
			o = train.Options{Dir: dir}
		}
		got, _ := tiny().finish(t, o)
		compare(t, got, undisturbed())
		if told == nil || told.First != c.first || told.Last != c.last || len(told.Functions) < 5 || told.MFU <= 0 || len(told.Lines) != 2 {
			t.Fatalf("the profile of a run of %d steps is %+v, want one of steps %d to %d", c.steps, told, c.first, c.last)
		}
		if info, err := os.Stat(filepath.Join(dir, "profile.trace.json")); err != nil || info.Size() < 1000 {
			t.Errorf("the trace: %v, %v", info, err)
		}
		if log, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl")); c.steps == 0 && !strings.Contains(string(log), `"mfu":`) {
			t.Errorf("metrics.jsonl has no MFU after the machine was measured (%v)", err)
		}
		if _, err := os.Stat(filepath.Dir(rec.Prefix())); !os.IsNotExist(err) {
			t.Errorf("ONNX Runtime's trace is still there (%v)", err)
		}
	}
}
