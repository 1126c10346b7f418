package plan

import "testing"

// TestDigestPlaces demands that a digest does not depend on where blocks stand in files, and does on their arguments.
func TestDigestPlaces(t *testing.T) {
	make := func(at string, size int) *Plan {
		crop := Component{Type: "center_crop", Args: map[string]any{"size": size}, At: at}
		source := Component{Type: "source", Label: "idx", At: at}
		return &Plan{Datasets: []Dataset{{Name: "train", Source: source, Views: []View{{Transforms: []Component{crop}}}}},
			Fields: []Field{{Name: "idx", Kind: "idx", Below: 37, At: at}}, Evaluate: []Component{{Type: "evaluate", At: at}}, Pipeline: Component{Blocks: []Component{source, {Type: "view", Blocks: []Component{crop}, At: at}}}}
	}
	digest := func(p *Plan) string {
		d, err := p.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	here := make("a.hcl:1,1", 28)
	if a, b := digest(here), digest(make("dir/b.hcl:9,3", 28)); a != b {
		t.Errorf("digests of one plan from two places: %s and %s, want equal ones", a, b)
	}
	if a, b := digest(here), digest(make("a.hcl:1,1", 32)); a == b {
		t.Errorf("digests of two plans are both %s", a)
	}
	tracked := make("a.hcl:1,1", 28)
	tracked.Track, tracked.Settings = Track{Report: true, MLflow: "mlruns"}, []Setting{{"track.mlflow", "\"mlruns\"", "a.hcl:9,1"}}
	tracked.Pipeline.Blocks = append(tracked.Pipeline.Blocks, Component{Type: "track", Args: map[string]any{"mlflow": "mlruns"}})
	if a, b := digest(here), digest(tracked); a != b {
		t.Errorf("digests without and with a track block: %s and %s, want equal ones", a, b)
	}
	predicted := make("a.hcl:1,1", 28)
	predicted.Stats.Moments = []Moment{{Bytes: 1 << 20}}
	if a, b := digest(here), digest(predicted); a != b || len(predicted.Stats.Moments) == 0 {
		t.Errorf("digests without and with a prediction of scratch memory: %s and %s, want equal ones", a, b)
	}
	if here.Datasets[0].Views[0].Transforms[0].At == "" || here.Fields[0].At == "" {
		t.Error("Digest changed the plan")
	}
}
