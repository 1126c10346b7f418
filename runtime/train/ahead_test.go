package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/runtime/ort"
	"ssc/runtime/ort/standin"
)

// TestFarAhead: the batch of the next step may come while one is computed: what that one reads is not touched. Here all of it comes before the step is computed, by copies that are made at once and by those that wait.
func TestFarAhead(t *testing.T) {
	p, model := compiled(t)
	library := standin.Library(t)
	for name, open := range map[string]func() (*ort.Device, error){"at once": processor, "late": func() (*ort.Device, error) { return ort.OpenDevice("cpu", library) }} {
		near, e := begin(t, p, model, nil), begin(t, p, model, open)
		f := e.far
		e.random(0)
		for n := range 5 {
			want := near.train(t, n)
			copy(e.scalars.Float32(), e.scalarsAt(n))
			if err := errors.Join(f.take(e), f.send(e)); err != nil {
				t.Fatal(err)
			}
			e.random(n + 1)
			if err := errors.Join(f.load(e), e.once(t.Context()), f.receive(e)); err != nil {
				t.Fatal(err)
			}
			if got := e.metrics.Float32(); fmt.Sprint(got) != fmt.Sprint(want) || want[slices.Index(p.Metrics, "ok")] != 1 {
				t.Errorf("%s: step %d says %v, want %v", name, n, got, want)
			}
			if err := f.fetchBatch(e); err != nil {
				t.Fatal(err)
			}
			for field, x := range near.fields {
				if !bytes.Equal(e.fields[field].Bytes(), x.Bytes()) {
					t.Errorf("%s: step %d: the field %s that comes back is another", name, n, field)
				}
			}
		}
		if !bytes.Equal(stateOf(t, e), stateBytes(near.host)) {
			t.Errorf("%s: the states differ", name)
		}
	}
}

// pictures makes a folder of small images, one of them damaged, and returns a pipeline that trains on them.
func pictures(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	r := plan.NewRand(1, plan.UseNoise, 0, 0, 0)
	for i := range 14 {
		img := image.NewGray(image.Rect(0, 0, 12, 11))
		for k := range img.Pix {
			img.Pix[k] = uint8(256 * r.Float32())
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if i == 5 {
			b.Truncate(b.Len() / 2)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.png", i)), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.Replace(small, `"none"`, fmt.Sprintf("%q", dir), 1)
	return strings.Replace(text, "loader { batch_size = 4 }", "loader {\n  batch_size = 4\n  max_bad_fraction = 0.5\n}\ntrain {\n  epochs = 3\n  log_every = 1\n}", 1)
}

// noted is a reporter that keeps notes.
type noted struct{ notes []string }

func (q *noted) Note(format string, args ...any) {
	q.notes = append(q.notes, fmt.Sprintf(format, args...))
}
func (q *noted) Step(Status) {}

var clockOf = regexp.MustCompile(`,?"clock":\{[^}]*\}`)

// left is what a run left behind that must repeat: its metrics, without times, its unreadable samples and the newest checkpoint.
func left(t *testing.T, dir string) string {
	t.Helper()
	text := clockOf.ReplaceAllString(read(t, filepath.Join(dir, "metrics.jsonl")), "") + read(t, filepath.Join(dir, badFile))
	files, err := filepath.Glob(filepath.Join(dir, "checkpoints", "000012", "*.safetensors"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the checkpoint of step 12 is %v, %v", files, err)
	}
	for _, name := range files {
		text += filepath.Base(name) + read(t, name)
	}
	return text
}

// TestRunAhead: a run whose steps are on a device, where the next batch comes while a step is computed, leaves the same bits as one on the processor, also when it is stopped and goes on.
func TestRunAhead(t *testing.T) {
	p, model := compiledFor(t, pictures(t), compiler.Options{})
	models := map[string][]byte{"train": model}
	late := standin.Library(t)
	devices := map[string]*place{"processor": nil, "at once": {open: processor}, "late": {open: func() (*ort.Device, error) { return ort.OpenDevice("cpu", late) }}}
	var want string
	for _, name := range []string{"processor", "at once", "late"} {
		for _, stops := range [][]int{{0}, {3, 7, 0}} {
			dir := filepath.Join(t.TempDir(), "run")
			for _, steps := range stops {
				said := &noted{}
				err := Run(context.Background(), p, models, Options{Dir: dir, Threads: 1, Workers: 1, Steps: steps, Report: said, at: devices[name]})
				if err != nil && !(steps > 0 && errors.Is(err, ErrStopped)) {
					t.Fatalf("%s: %v\n%s", name, err, strings.Join(said.notes, "\n"))
				}
			}
			got := left(t, dir)
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s, stopped at %v: the run leaves something else", name, stops)
			}
		}
	}
	if !strings.Contains(want, `05.png","epoch":`) {
		t.Error("the damaged image is not told of")
	}
}
