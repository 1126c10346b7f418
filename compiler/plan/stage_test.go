package plan

import (
	"slices"
	"strings"
	"testing"
)

func TestDue(t *testing.T) {
	stages := []Stage{{Initial: true, Epochs: 2}, {Steps: 3}, {Initial: true}}
	const perEpoch, total = 4, 24
	for step, want := range map[int][]int{0: {0, 2}, 1: nil, 3: {1}, 4: nil, 8: {0}, 12: {1}, 16: {0}, 24: nil, 25: nil} {
		if got := Due(stages, step, perEpoch, total); !slices.Equal(got, want) {
			t.Errorf("Due(step %d) = %v, want %v", step, got, want)
		}
	}
}

// TestNextRestart: orders are known up to the next epoch that a stage begins.
func TestNextRestart(t *testing.T) {
	p := &Plan{Train: Train{Epochs: 10}, Stages: []Stage{{Initial: true}, {Steps: 3}}}
	if got := p.NextRestart(4); got != 10 {
		t.Errorf("NextRestart without stages by epochs = %d, want the end, 10", got)
	}
	p.Stages = append(p.Stages, Stage{Epochs: 3})
	for epoch, want := range map[int]int{0: 3, 2: 3, 3: 6, 8: 9, 9: 10} {
		if got := p.NextRestart(epoch); got != want {
			t.Errorf("NextRestart(%d) = %d, want %d", epoch, got, want)
		}
	}
}

// TestBalancedOrder: each class that has members gives the same number of samples, none more often than it must, and the order is that of the seed and the epoch.
func TestBalancedOrder(t *testing.T) {
	labels := make([]int32, 100) // 80 samples of class 0, 17 of class 1, 3 of class 2, none of class 3
	for i := 80; i < 100; i++ {
		labels[i] = 1
	}
	for i := 97; i < 100; i++ {
		labels[i] = 2
	}
	order := BalancedOrder(3, 1, labels, 4)
	counts, times := make([]int, 4), make([]int, 100)
	for _, i := range order {
		counts[labels[i]]++
		times[i]++
	}
	if want := []int{26, 26, 26, 0}; !slices.Equal(counts, want) {
		t.Errorf("samples of each class = %v, want %v", counts, want)
	}
	if most := slices.Max(times[:80]); most != 1 {
		t.Errorf("a sample of the class that has enough comes %d times, want once", most)
	}
	if !slices.Equal(order, BalancedOrder(3, 1, labels, 4)) || slices.Equal(order, BalancedOrder(3, 2, labels, 4)) || slices.Equal(order, BalancedOrder(4, 1, labels, 4)) {
		t.Error("the order must be a function of seed and epoch, and differ from one to the other")
	}
	if got := len(BalancedOrder(3, 1, labels[:80], 1)); got != 80 {
		t.Errorf("one class of 80 samples gives %d, want 80", got)
	}
	again := DrawnOrder(3, 1, 1000)
	slices.Sort(again)
	if n := len(slices.Compact(again)); n < 600 || n > 665 { // 1 - 1/e of them are drawn at least once: 632
		t.Errorf("drawing 1000 of 1000 with replacement gives %d different ones, want about 632", n)
	}
}

// TestCheckStages: stages that name what is not there are refused.
func TestCheckStages(t *testing.T) {
	memory := &Memory{Features: "f", Labels: "l", Centroids: "c", Counts: "n"}
	plan := func(a ...Action) *Plan {
		return &Plan{Graphs: map[string]Graph{"cluster": {}}, Datasets: []Dataset{{Name: "train", Views: []View{{}}}}, Stages: []Stage{{Name: "s", Initial: true, Do: a}},
			State: []State{{Name: "f", DType: "f32", Dims: []int{9, 4}}, {Name: "l", DType: "f32", Dims: []int{9}}, {Name: "c", DType: "f32", Dims: []int{3, 4}}, {Name: "n", DType: "f32", Dims: []int{3}}}}
	}
	extract, kmeans := Action{Kind: Extract, Graph: "cluster", Dataset: "train"}, Action{Kind: KMeans, K: 3, Iterations: 2}
	if err := plan(extract, kmeans, Action{Kind: Label}, Action{Kind: Balance}, Action{Kind: Reweigh, Target: "n"}, Action{Kind: Remember, Memory: memory}, Action{Kind: Assign, Memory: memory}).checkStages(); err != nil {
		t.Errorf("a sound plan: %v", err)
	}
	for want, p := range map[string]*Plan{
		"kmeans needs extract":     plan(kmeans),
		"label needs kmeans":       plan(extract, Action{Kind: Label}),
		"assign needs kmeans":      plan(extract, Action{Kind: Assign, Memory: memory}),
		`no graph "other"`:         plan(Action{Kind: Extract, Graph: "other", Dataset: "train"}),
		`a dataset "none"`:         plan(Action{Kind: Extract, Graph: "cluster", Dataset: "none"}),
		"with 1 clusters":          plan(extract, Action{Kind: KMeans, K: 1, Iterations: 1}),
		`no state "f" for weights`: plan(extract, kmeans, Action{Kind: Reweigh, Target: "f"}),
		"no memory":                plan(Action{Kind: Merge}),
		"the sizes [9] [9]":        plan(Action{Kind: Merge, Memory: &Memory{Features: "l", Labels: "l", Centroids: "c", Counts: "n"}}),
		`no action "dream"`:        plan(Action{Kind: "dream"}),
	} {
		if err := p.checkStages(); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), ",", ""), want) {
			t.Errorf("checkStages() = %v, want %q", err, want)
		}
	}
	p := plan()
	p.Fields = []Field{{Name: "pseudo_label", Kind: "pseudo_label"}}
	if err := p.checkStages(); err == nil || !strings.Contains(err.Error(), "no stage makes them") {
		t.Errorf("pseudo-labels without a stage: %v", err)
	}
}
