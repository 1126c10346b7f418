package track

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/datasource"
	"ssc/runtime/loader"
	"ssc/runtime/probe"
	"ssc/runtime/report"
	"ssc/runtime/transform"
)

// noise are images of 10x12 random pixels in three colours, of three classes; every fifth cannot be read.
type noise struct{ n int }

func (s noise) Len() int { return s.n }

func (s noise) Name(i int) string { return fmt.Sprintf("dir/%d.png", i) }

func (s noise) Classes() []string { return []string{"cat", "dog"} }

func (s noise) Read(i int, m *transform.Image) (int64, error) {
	if i%5 == 4 {
		return 0, errors.New("cut off")
	}
	r := plan.NewRand(1, plan.UseNoise, uint64(i), 0, 0)
	pix := m.Reset(3, 10, 12)
	for j := range pix {
		pix[j] = uint8(r.IntN(256))
	}
	return int64(i % 3), nil
}

var (
	_ datasource.Samples = noise{}
	_ datasource.Classed = noise{}
)

func views() []plan.View {
	v := plan.View{Image: plan.ImageType{Channels: 3, Height: 8, Width: 8, Normalized: true}, Transforms: []plan.Component{
		{Type: "random_resized_crop", Args: map[string]any{"size": 8}}, {Type: "random_horizontal_flip"},
		{Type: "normalize", Args: map[string]any{"mean": []any{0.5, 0.4, 0.3}, "std": []any{0.2, 0.3, 0.25}}}}}
	return []plan.View{v, v}
}

// scene is a run of 4 epochs of 10 steps.
func scene(dir string, said *[]string) Scene {
	p := &plan.Plan{Name: "n", Seed: 3, Loader: plan.Loader{BatchSize: 4, Shuffle: true, Last: plan.LastWrap}, Train: plan.Train{Epochs: 4, Accumulate: 1},
		Track: plan.Track{Report: true, TensorBoard: true}, Settings: []plan.Setting{{Path: "train.epochs", Value: "4", Origin: "n.hcl:7,3"}},
		Datasets: []plan.Dataset{{Name: "train", Views: views()}}, Pipeline: plan.Component{Blocks: []plan.Component{{Type: "algorithm", Label: "simclr"}}}}
	return Scene{FS: atomic.OS{}, Dir: dir, Plan: p, Train: probe.Dataset{Spec: p.Datasets[0], Samples: noise{40}, Channels: 3}, Images: 40, PerEpoch: 10,
		Note: func(format string, args ...any) { *said = append(*said, fmt.Sprintf(format, args...)) }}
}

// journal appends lines to metrics.jsonl and tells the tracker, as a run does.
func journal(t *testing.T, tr *Tracker, dir string, steps ...int) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "metrics.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, s := range steps {
		if _, err := fmt.Fprintf(f, `{"step":%d,"epoch":%g,"values":{"loss":%g},"bad_steps":0,"clock":{"seconds":%d,"images_per_second":9}}`+"\n", s, float64(s)/10, 1/float64(s), s); err != nil {
			t.Fatal(err)
		}
		tr.Record(report.Record{Step: s, Epoch: float64(s) / 10, Values: map[string]float64{"loss": 1 / float64(s)}, Clock: &report.Clock{Seconds: float64(s), ImagesPerSecond: 9}})
	}
}

func page(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, PageFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wants(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s lacks %q", what, p)
		}
	}
}

// TestViewsAreTraining compares the pictures with the first batch of training, made as a run makes it: other batch size, more workers, an image that cannot be read among the first.
func TestViewsAreTraining(t *testing.T) {
	s := scene(t.TempDir(), new([]string))
	const n = 12
	for name, shuffle := range map[string]bool{"train": true, "bank": false} {
		s.Train.Spec.Name = name
		g, err := Views(context.Background(), s.Plan, s.Train, n, nil)
		if err != nil {
			t.Fatal(err)
		}
		l, err := loader.New(context.Background(), loader.Config{Samples: s.Train.Samples, Channels: 3, Views: views(), Seed: 3, BatchSize: 32, Workers: 3, Last: plan.LastWrap, Shuffle: shuffle, Epochs: 1,
			MaxBadFraction: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		want, err := report.Views(report.BatchOf(views(), b.Views), n)
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Rows) != n {
			t.Fatalf("%s: %d rows, want %d", name, len(g.Rows), n)
		}
		for i, r := range g.Rows {
			if wantName := fmt.Sprintf("%d.png · %s", b.Idx[i], []string{"cat", "dog", "class\u00a02"}[b.Idx[i]%3]); r.Name != wantName || len(r.Tiles) != 3 {
				t.Errorf("%s: row %d is %q of %d tiles, want %q of 3", name, i, r.Name, len(r.Tiles), wantName)
			}
			for v, tile := range r.Tiles[1:] {
				if !slices.Equal(tile.Image.(*image.NRGBA).Pix, want.Rows[i].Tiles[v].Image.(*image.NRGBA).Pix) {
					t.Errorf("%s: view %d of row %d differs from the training batch", name, v, i)
				}
			}
		}
	}
}

// TestPages follows a run from its first line to its end, a failure, and the page made again.
func TestPages(t *testing.T) {
	dir := t.TempDir()
	var said []string
	tr := New(Options{Command: "ssc run n.hcl", Environment: []report.Fact{{Name: "ssc", Value: "9.9"}}})
	s := scene(dir, &said)
	tr.Begin(s)
	if _, err := os.Stat(filepath.Join(dir, PageFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a page before the first line (%v)", err)
	}
	journal(t, tr, dir, 1)
	wants(t, "the first page", page(t, dir), ">running<", "step 1 of 40", "Samples and their views", "ssc run n.hcl", "n.hcl:7,3", "9.9", "simclr")
	if err := os.WriteFile(filepath.Join(dir, "bad_samples.jsonl"), []byte(`{"index":4,"name":"4.png","reason":"cut off"}`+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	journal(t, tr, dir, 2, 3)
	tr.Monitored(10, []probe.Measurement{{Probe: "collapse", Features: probe.Encoder, Warnings: []probe.Warning{{Title: "They collapse", Detail: "std 0.01", Causes: []string{"no norm"}}}}})
	tr.Spend("steps", 2*time.Second)
	tr.End(report.Failed, "the disk is full")
	last := page(t, dir)
	wants(t, "the last page", last, ">failed<", "the disk is full", "They collapse", "no norm", "4.png", "cut off", "steps")
	if err := Remake(s.Plan, dir, filepath.Join(dir, "again.html"), false); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(filepath.Join(dir, "again.html"))
	if err != nil || string(again) != last {
		t.Errorf("the page made again differs (%v)", err)
	}
	if len(said) > 0 {
		t.Errorf("said %q, want nothing", said)
	}
}

// TestRemake makes pages of runs that cannot speak for themselves.
func TestRemake(t *testing.T) {
	for _, c := range []struct {
		name   string
		status report.Status
		alive  bool
		want   []string
	}{
		{"killed", report.Running, false, []string{">stopped<", "ended without a word", "step 7 of 40"}},
		{"going on", report.Running, true, []string{">running<", "step 7 of 40"}},
		{"finished", report.Finished, false, []string{">finished<"}},
		{"without a page", "", false, []string{">stopped<", "step 7 of 40", "n.hcl:7,3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s := scene(dir, new([]string))
			if c.status != "" {
				tr := New(Options{})
				tr.Begin(s)
				journal(t, tr, dir, 1, 2)
				tr.End(c.status, "")
			}
			journal(t, nil, dir, 7)
			if err := Remake(s.Plan, dir, filepath.Join(dir, PageFile), c.alive); err != nil {
				t.Fatal(err)
			}
			wants(t, "the page", page(t, dir), c.want...)
		})
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, stateFile), []byte(`{"Galleries":[{"Rows":[{"Tiles":[{"PNG":"eA=="}]}]}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Remake(scene(dir, nil).Plan, dir, filepath.Join(dir, PageFile), false); err == nil || !strings.Contains(err.Error(), "a picture of the report") {
		t.Errorf("Remake of a damaged report.json = %v, want what is wrong with it", err)
	}
}

// TestStoppedBetweenLines: the page of a run that stopped has the step of its checkpoint, although the log has none of it yet.
func TestStoppedBetweenLines(t *testing.T) {
	dir := t.TempDir()
	tr := New(Options{})
	tr.Begin(scene(dir, new([]string)))
	tr.Saved(13)
	tr.End(report.Stopped, "")
	wants(t, "the page", page(t, dir), "step 13 of 40, epoch 1 of 4")
}

// TestResume goes on from an older step: its warnings, pictures, time and command stay, warnings of steps that come again go.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	tr := New(Options{Command: "ssc run n.hcl"})
	s := scene(dir, new([]string))
	tr.Begin(s)
	journal(t, tr, dir, 1, 2, 3)
	warn := func(step int, titles ...string) {
		m := probe.Measurement{Features: probe.Encoder}
		for _, title := range titles {
			m.Warnings = append(m.Warnings, probe.Warning{Title: title, Detail: fmt.Sprintf("at %d", step)})
		}
		tr.Monitored(step, []probe.Measurement{m})
	}
	warn(10, "old", "both")
	warn(20, "both", "new")
	tr.Spend("steps", time.Second)
	tr.End(report.Stopped, "")
	next := New(Options{})
	s.Step = 10
	next.Begin(s)
	next.Spend("steps", time.Second)
	r := next.run
	if len(r.Warnings) != 2 || r.Warnings[0].Title != "old" || r.Warnings[1].Title != "both" || r.Warnings[1].Step != 10 || r.Warnings[1].Last != 0 {
		t.Errorf("warnings after going on from step 10 = %+v, want old and both, seen at step 10", r.Warnings)
	}
	if r.Command != "ssc run n.hcl" || len(r.Galleries) != 1 || r.Galleries[0].Rows[0].Tiles[0].Image == nil {
		t.Errorf("command %q and %d galleries, want those of before", r.Command, len(r.Galleries))
	}
	if i := slices.IndexFunc(r.Parts, func(p report.Part) bool { return p.Name == "steps" }); i < 0 || r.Parts[i].Seconds != 2 || r.Parts[i].Count != 2 {
		t.Errorf("parts = %+v, want steps of 2 s in 2", r.Parts)
	}
}

// TestAffordable: pages within a run keep to one per cent; the first and the last one are made all the same.
func TestAffordable(t *testing.T) {
	dir := t.TempDir()
	tr := New(Options{})
	s := scene(dir, new([]string))
	tr.Begin(s)
	journal(t, tr, dir, 1)
	made := func(what string, want bool, f func()) {
		t.Helper()
		before := tr.paged
		f()
		if got := tr.paged != before; got != want {
			t.Errorf("%s: page made = %t, want %t", what, got, want)
		}
	}
	tr.spent, tr.page = time.Second, time.Second
	for _, c := range []struct {
		began time.Duration
		want  bool
	}{{199 * time.Second, false}, {201 * time.Second, true}} {
		tr.spent, tr.page, tr.began = time.Second, time.Second, time.Now().Add(-c.began)
		made(fmt.Sprintf("end of an epoch %s after the beginning", c.began), c.want, tr.EndEpoch)
	}
	tr.began = time.Now().Add(-time.Hour)
	made("a line soon after a page", false, func() { journal(t, tr, dir, 2) })
	tr.paged = time.Now().Add(-2 * pageEvery)
	made("a line long after a page", true, func() { journal(t, tr, dir, 3) })
	tr.began = time.Now()
	made("the end", true, func() { tr.End(report.Finished, "") })
}

// TestTroubleIsALine: what cannot be written is said once, and nothing panics.
func TestTroubleIsALine(t *testing.T) {
	dir := t.TempDir()
	var said []string
	if err := os.MkdirAll(filepath.Join(dir, PageFile, "in the way"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, eventsDir), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, stateFile), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	tr := New(Options{})
	tr.Begin(scene(dir, &said))
	journal(t, tr, dir, 1, 2)
	tr.paged, tr.began = time.Time{}, time.Now().Add(-time.Hour)
	journal(t, tr, dir, 3)
	tr.Saved(3)
	tr.Measured(probe.Measurement{Probe: "knn", Features: probe.Encoder, Metrics: map[string]float64{"knn": 1}, Classes: &probe.Classes{Labels: []int64{0, 1}}}) // no counts: the page refuses them
	tr.End(report.Finished, "")
	if len(said) != 4 {
		t.Errorf("said %d lines, want 4: of the old state, the events, the page, and its refusal:\n%s", len(said), strings.Join(said, "\n"))
	}
	for _, line := range said {
		if strings.Contains(line, "\n") {
			t.Errorf("said %q, want one line", line)
		}
	}
	tr.safely("a part", func() error { panic("x") })
	if last := said[len(said)-1]; !strings.Contains(last, "a bug: x") || strings.Contains(last, "\n") {
		t.Errorf("after a panic: %q", last)
	}
}

// TestNil: a run without a tracker.
func TestNil(t *testing.T) {
	var tr *Tracker
	tr.Begin(Scene{})
	tr.Record(report.Record{})
	tr.Spend("x", 1)
	tr.Monitored(1, nil)
	tr.Look(context.Background(), probe.Look{})
	tr.Measured(probe.Measurement{})
	tr.EndEpoch()
	tr.Saved(3)
	tr.End(report.Finished, "")
	New(Options{}).End(report.Failed, "before it began")
}

// TestState: what a page shows survives report.json.
func TestState(t *testing.T) {
	s := scene(t.TempDir(), new([]string))
	tr := New(Options{})
	s.Evaluation, s.Step = true, 40
	tr.Begin(s)
	tr.Look(context.Background(), look(t))
	tr.Measured(probe.Measurement{Probe: "knn", Features: probe.Encoder, Value: 0.5, Queries: 4, Metrics: map[string]float64{"knn": 0.5}, Classes: &probe.Classes{Labels: []int64{0, 7}, Counts: [][]int{{1, 1}, {1, 1}}},
		ClassNames: []string{"cat"}})
	tr.Measured(probe.Measurement{Probe: "knn", Features: probe.RawPixels, Value: 0.25, Metrics: map[string]float64{"knn": 0.25}})
	tr.End(report.Finished, "")
	wants(t, "the page", page(t, s.Dir), "Nearest neighbours", "Principal components", "t-SNE", "raw pixels", "cat", "class\u00a07", "50.00 % right", "25.00 %")
	tr.run.Parts = nil // the time of the page itself comes after it
	b, err := json.Marshal(tr.run)
	if err != nil {
		t.Fatal(err)
	}
	back, err := load(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(back); err != nil || string(again) != string(b) {
		t.Errorf("report.json read and written again differs (%v):\n%s", err, cmp.Diff(string(b), string(again)))
	}
	tr = New(Options{})
	tr.Begin(s)
	if got := len(tr.run.Measurements); got != 2 {
		t.Errorf("%d measurements before a second evaluation, want 2", got)
	}
	tr.Measured(probe.Measurement{Probe: "linear", Features: probe.Encoder, Value: 0.75, Metrics: map[string]float64{"linear": 0.75}})
	if m := tr.run.Measurements; len(m) != 3 || len(tr.run.Confusions) != 1 {
		t.Errorf("measurements after another probe = %+v, want those of both", m)
	}
	tr.Measured(probe.Measurement{Probe: "knn", Features: probe.Encoder, Value: 0.6, Metrics: map[string]float64{"knn": 0.6}})
	if m := tr.run.Measurements; len(m) != 2 || m[0].Probe != "linear" || m[1].Value != 0.6 || len(tr.run.Confusions) > 0 || len(tr.run.References) > 0 {
		t.Errorf("measurements after the first probe again = %+v, want the new one and the other's", m)
	}
}

// TestUnreadableNeighbours: images that cannot be read are left out of the picture, and the rest is there.
func TestUnreadableNeighbours(t *testing.T) {
	l := look(t)
	l.Near[1] = probe.Near{Query: 6, Rows: []int{4, 7, 9}, Labels: []int64{1, 1, 0}, Cosine: []float32{0.9, 0.8, 0.7}} // 4 and 9 cannot be read
	l.Near = append(l.Near, probe.Near{Query: 4, Rows: []int{3}, Labels: []int64{0}, Cosine: []float32{0.9}})
	g := neighbours(l)
	if len(g.Rows) != 2 || len(g.Rows[0].Tiles) != 3 || len(g.Rows[1].Tiles) != 2 {
		t.Errorf("neighbours = %d rows %+v, want two of a query with two neighbours and one with one", len(g.Rows), g.Rows)
	}
}

// look are two queries with two neighbours, and six features of three classes.
func look(t *testing.T) probe.Look {
	l := probe.Look{Features: probe.Encoder, Queries: noise{10}, Bank: noise{20}, Dim: 2, Rows: []int{0, 1, 2, 3, 5, 6}, Data: []float32{0, 1, 1, 0, 5, 5, 6, 5, -3, 2, -3, 3}, Labels: []int64{0, 1, 2, 0, 2, 0}}
	for _, q := range []int{0, 6} {
		l.Near = append(l.Near, probe.Near{Query: q, Label: int64(q % 3), Rows: []int{3, 7}, Labels: []int64{0, 1}, Cosine: []float32{0.9, 0.8}})
	}
	return l
}
