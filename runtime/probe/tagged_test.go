package probe

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/transform"
)

// tagged is the content of testdata/tagged.json.
type tagged struct { // features of dim numbers
	Bank, Query []float32
	Tags, Truth [][]int8
	AP, Cost    []float64
}

func taggedTask(t *testing.T) (*Subject, *tagged) {
	t.Helper()
	text, err := os.ReadFile("testdata/tagged.json")
	if err != nil {
		t.Fatal(err)
	}
	var r tagged
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	features := func(data []float32, tags [][]int8) *Features {
		labels := make([]int64, len(tags))
		for i := range labels {
			labels[i] = -1
		}
		f := featuresOf(t, data, labels)
		f.Tags = tags
		return f
	}
	return &Subject{Name: Encoder, Plan: &plan.Plan{Target: plan.Target{Device: "cpu"}}, Threads: 1,
		features: map[string]*Features{"bank 0": features(r.Bank, r.Tags), "test 0": features(r.Query, r.Truth)}}, &r
}

// TestSVMOfSeveralClasses compares the machines on images that may be of several classes with MMSelfSup's own scripts: costs, and average precision of each class without the queries that
// are not judged for it. Their solver ends at 2,000 passes before it has converged with a cost of 100, so a few queries stand in another order.
func TestSVMOfSeveralClasses(t *testing.T) {
	s, r := taggedTask(t)
	var costs []any
	for e := -19; e <= -4; e++ {
		costs = append(costs, math.Ldexp(1, e))
	}
	costs = append(costs, 1., 10., 100.)
	args := map[string]any{"costs": costs, "positive_weight": 2., "folds": 3, "tolerance": 1e-4, "max_iterations": 2000}
	m := carryOut(t, s, block("svm", args))[0]
	alike(t, "average precisions", m.Classes.AP, r.AP, 3e-3)
	mean := 0.0
	for _, ap := range r.AP {
		mean += ap / float64(len(r.AP))
	}
	if math.Abs(m.Value-mean) > 1e-3 || m.Metrics["svm"] != m.Value || m.Metric != meanAP {
		t.Errorf("svm = %g (%s), want %g", m.Value, m.Metric, mean)
	}
	if want := "C 0.0625 to 100 by class"; m.Setting != want {
		t.Errorf("setting %q, want %q", m.Setting, want)
	}
	of, judged := 0, 0
	for _, tags := range r.Truth {
		if tags[1] == 1 {
			of++
		}
		if tags[1] >= 0 {
			judged++
		}
	}
	if m.Classes.Total[1] != of || m.Classes.Right[1] > of || m.Classes.Predicted[1] > judged || m.Classes.Right[1] < of*3/4 {
		t.Errorf("class 1 has %d queries of %d, taken for it %d, rightly %d; it has %d and %d are judged", m.Classes.Total[1], m.Queries, m.Classes.Predicted[1], m.Classes.Right[1], of, judged)
	}
}

// TestLowShotOfSeveralClasses: each machine has so many images of its class and, for each other class, as many that are not of it; none that is not judged.
func TestLowShotOfSeveralClasses(t *testing.T) {
	s, r := taggedTask(t)
	args := map[string]any{"costs": []any{1.}, "positive_weight": 2., "folds": 3, "tolerance": 1e-4, "max_iterations": 2000, "low_shot": []any{1, 16}, "low_shot_samples": 3}
	found := carryOut(t, s, block("svm", args))
	if len(found) != 2 || found[1].Bank != 64 || !(found[0].Value+0.02 < found[1].Value) {
		t.Errorf("low shots = %v, want more from 16 images a class than from one", found)
	}
	p, err := New(block("svm", args))
	if err != nil {
		t.Fatal(err)
	}
	bank := s.features["bank 0"]
	task := &svmTask{svm: p.(*svm), classes: numbered(4), x: augmented(bank), tags: bank.Tags}
	given, err := task.draw(16, 1)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 4 {
		x, y := given(c)
		of := 0
		for _, v := range y {
			of += one(v > 0)
		}
		unjudged := 0
		for i := range y { // rows are found again by their first feature
			for j, tags := range r.Tags {
				unjudged += one(tags[c] < 0 && x.At(i, 0) == task.x.At(j, 0) && x.At(i, 1) == task.x.At(j, 1))
			}
		}
		if of != 16 || len(y) != 64 || unjudged > 0 {
			t.Errorf("machine %d has %d images of its class of %d, and %d that are not judged; want 16 of 64", c, of, len(y), unjudged)
		}
	}
	if _, err := task.draw(80, 0); err == nil || !strings.Contains(err.Error(), "that low_shot = 80 takes") {
		t.Errorf("80 images of each class: %v, want an error about low_shot", err)
	}
}

// TestSeveralClassesElsewhere: probes that ask for one label say that there is none, and different numbers of classes are refused.
func TestSeveralClassesElsewhere(t *testing.T) {
	s, _ := taggedTask(t)
	s.Data = map[string]Dataset{"bank": {Samples: tags{}}}
	if _, err := s.Labelled(t.Context(), "bank", 0); err == nil || !strings.Contains(err.Error(), "no label") {
		t.Errorf("Labelled = %v, want an error about labels", err)
	}
	short := s.features["test 0"]
	for i := range short.Tags {
		short.Tags[i] = short.Tags[i][:3]
	}
	if _, _, err := (split{bank: "bank", queries: "test"}).judged(t.Context(), s); err == nil || !strings.Contains(err.Error(), "may be of 4 classes, and those of \"test\" of 3") {
		t.Errorf("judged = %v, want an error about the numbers of classes", err)
	}
}

// tags are images of two classes.
type tags struct{}

func (tags) Len() int                                  { return 10 }
func (tags) Name(int) string                           { return "x" }
func (tags) Read(int, *transform.Image) (int64, error) { return -1, nil }
func (tags) Tags(i int) []int8                         { return []int8{int8(i), 0} }

// TestSpreadKeepsTags: a selection of evenly spread images has their tags.
func TestSpreadKeepsTags(t *testing.T) {
	s := Every(tags{}, 5).(datasource.Tagged)
	if got := s.Tags(2)[0]; got != 4 {
		t.Errorf("the third of 5 of 10 images has the tags of image %d, want 4", got)
	}
}
