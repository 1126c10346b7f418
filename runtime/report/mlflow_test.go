package report

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree reads the files under a folder, folder names replaced.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		out[name] = strings.ReplaceAll(string(contentsOf(t, path)), filepath.ToSlash(dir), "DIR")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWriteMLflow(t *testing.T) {
	dir := t.TempDir()
	const run = "0123456789abcdef0123456789abcdef"
	r := &Run{Name: `a "run"`, Status: Running, Started: time.UnixMilli(1760000000000), Command: "ssc run a.hcl",
		Settings: []Setting{{"dataset.view[1].scale", "[0.2, 1]", "default"}},
		Records:  []Record{{10, 0, map[string]float64{"loss": 2.5, "a/b": 1}, 0, &Clock{Seconds: 1.5, ImagesPerSecond: 100}}, {20, 0, map[string]float64{"loss": math.NaN(), "../up": 0.25}, 0, nil}}}
	m := MLflow{dir, "ssc", run}
	for range 2 { // a second time changes nothing
		if err := WriteMLflow(m, r); err != nil {
			t.Fatal(err)
		}
	}
	id := experimentID("ssc")
	want := map[string]string{
		id + "/meta.yaml": "artifact_location: \"file://DIR/" + id + "\"\ncreation_time: 1760000000000\nexperiment_id: \"" + id + "\"\nlast_update_time: 1760000000000\n" +
			"lifecycle_stage: active\nname: \"ssc\"\n",
		id + "/" + run + "/meta.yaml": "artifact_uri: \"file://DIR/" + id + "/" + run + "/artifacts\"\nend_time: null\nentry_point_name: ''\nexperiment_id: \"" + id + "\"\n" +
			"lifecycle_stage: active\nrun_id: " + `"` + run + `"` + "\nrun_name: \"a \\\"run\\\"\"\nrun_uuid: " + `"` + run + `"` + "\nsource_name: ''\nsource_type: 4\nsource_version: ''\n" +
			"start_time: 1760000000000\nstatus: 1\ntags: []\nuser_id: ''\n",
		id + "/" + run + "/tags/mlflow.runName":         `a "run"`,
		id + "/" + run + "/tags/mlflow.source.name":     "ssc run a.hcl",
		id + "/" + run + "/params/dataset.view.1.scale": "[0.2, 1]",
		id + "/" + run + "/metrics/loss":                "1760000001500 2.5 10\n1760000001500 NaN 20\n",
		id + "/" + run + "/metrics/a.b":                 "1760000001500 1 10\n",
		id + "/" + run + "/metrics/...up":               "1760000001500 0.25 20\n",
		id + "/" + run + "/metrics/images_per_second":   "1760000001500 100 10\n",
	}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("WriteMLflow (-want +got):\n%s", diff)
	}
	r.Status, r.Updated = Finished, time.UnixMilli(1760000009000)
	if err := WriteMLflow(m, r); err != nil {
		t.Fatal(err)
	}
	if meta := tree(t, dir)[id+"/"+run+"/meta.yaml"]; !strings.Contains(meta, "end_time: 1760000009000\n") || !strings.Contains(meta, "status: 3\n") {
		t.Errorf("meta.yaml of a finished run:\n%s", meta)
	}
}

func TestMLflowNames(t *testing.T) {
	for in, want := range map[string]string{"loss": "loss", "view[1].x": "view.1.x", "..": "_..", "": "_", "a/../../b": "a.......b", "größe %": "gr__e _", "/etc/x": ".etc.x"} {
		if got := mlflowName(in); got != want || filepath.Base(got) != got {
			t.Errorf("mlflowName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMLflowRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, m := range []MLflow{{t.TempDir(), "x", "../escape"}, {file, "x", strings.Repeat("0", 32)}} {
		if err := WriteMLflow(m, &Run{}); err == nil {
			t.Errorf("WriteMLflow(%v) = nil, want an error", m)
		}
	}
}
