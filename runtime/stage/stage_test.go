package stage

import (
	"math"
	"slices"
	"strings"
	"testing"

	"ssc/compiler/plan"
)

func labelled(k int) *plan.Plan {
	return &plan.Plan{Stages: []plan.Stage{{Name: "clustering", At: "a.hcl:3,5", Do: []plan.Action{
		{Kind: plan.Extract, Dataset: "other"}, {Kind: plan.KMeans, K: k}, {Kind: plan.Label}, {Kind: plan.Balance}}}}}
}

// TestCheck: what the data does not allow is an error at its line.
func TestCheck(t *testing.T) {
	images := func(n, other int) func(string) int {
		return func(name string) int { return map[string]int{"train": n, "other": other}[name] }
	}
	memory := &plan.Memory{Labels: "l", Counts: "n", At: "a.hcl:7,9"}
	online := &plan.Plan{State: []plan.State{{Name: "l", Dims: []int{100}}, {Name: "n", Dims: []int{10}}}, Stages: []plan.Stage{{Do: []plan.Action{{Kind: plan.Merge, Least: 11, Memory: memory}}}}}
	for _, c := range []struct {
		p        *plan.Plan
		n, other int
		want     string
	}{
		{labelled(10), 10, 10, ""},
		{labelled(11), 10, 10, "a.hcl:3,5: 11 clusters cannot be made of the 10 images"},
		{labelled(5), 10, 9, `a.hcl:3,5: the features of clustering are those of dataset "other", which has 9 images, but dataset "train" has 10`},
		{online, 100, 0, "a.hcl:7,9: 10 clusters cannot all have at least min_cluster = 11 of 100 images. Write at most 10"},
	} {
		err := Check(c.p, images(c.n, c.other))
		if (c.want == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("Check with %d and %d images = %v, want %q", c.n, c.other, err, c.want)
		}
	}
}

// TestLabels: labels come back from a checkpoint as they were, and damaged ones are refused.
func TestLabels(t *testing.T) {
	l := LabelsOf(labelled(3))
	if l == nil || l.K != 3 || !l.Balanced {
		t.Fatalf("LabelsOf = %+v, want three balanced classes", l)
	}
	if LabelsOf(&plan.Plan{}) != nil || l.Tensors() != nil {
		t.Error("labels that nobody made")
	}
	l.Of = []int32{2, 0, 1, 2}
	saved := l.Tensors()[0].Data
	again := LabelsOf(labelled(3))
	if err := again.Restore(saved, 4); err != nil || !slices.Equal(again.Of, l.Of) {
		t.Errorf("Restore = %v (%v), want %v", again.Of, err, l.Of)
	}
	if err := again.Restore(saved, 5); err == nil {
		t.Error("labels of four images for five: no error")
	}
	if err := LabelsOf(labelled(2)).Restore(saved, 4); err == nil {
		t.Error("the label 2 of two classes: no error")
	}
	shown := make([]int64, 2)
	if l.Look([]int64{3, 1}, shown); !slices.Equal(shown, []int64{2, 0}) {
		t.Errorf("labels of images 3 and 1 = %v, want [2 0]", shown)
	}
}

// TestReweigh compares with MMSelfSup's formula: (1/(count + 1e-10))^power, divided by the sum.
func TestReweigh(t *testing.T) {
	w := make([]float32, 3)
	if err := reweigh(w, []int{1, 4, 16}, 0.5); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1 / 1.75, 0.5 / 1.75, 0.25 / 1.75} {
		if math.Abs(float64(w[i])-want) > 1e-6 {
			t.Errorf("weight %d = %g, want %g", i, w[i], want)
		}
	}
	if reweigh(w, []int{1}, 0.5) == nil {
		t.Error("weights for three classes of one cluster: no error")
	}
}

// TestAgreement: 1 for the same partition under other names, 0 for independent ones, and what the definition gives in between.
func TestAgreement(t *testing.T) {
	a := []int32{0, 0, 1, 1}
	for _, c := range []struct {
		b    []int32
		want float64
	}{{[]int32{5, 5, 2, 2}, 1}, {[]int32{0, 1, 0, 1}, 0}, {[]int32{0, 0, 1, 2}, math.Log(2) / math.Sqrt(math.Log(2)*1.5*math.Log(2))}} {
		if got := agreement(a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("agreement with %v = %g, want %g", c.b, got, c.want)
		}
	}
}
