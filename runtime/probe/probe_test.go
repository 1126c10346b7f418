package probe

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	declared "ssc/compiler/probe"
)

// TestTable: what a pipeline may declare is what the runtime carries out.
func TestTable(t *testing.T) {
	var names []string
	for name := range table {
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(declared.Table.Names(), names); diff != "" {
		t.Errorf("probes (-declared +carried out):\n%s", diff)
	}
	if _, err := New(plan.Component{Label: "knnn", At: "a.hcl:3,1"}); err == nil || !strings.Contains(err.Error(), `a.hcl:3,1: there is no probe "knnn"`) {
		t.Errorf("New(knnn) = %v, want an error", err)
	}
}

func TestTally(t *testing.T) {
	got := tally([]int64{7, 7, 3, 3, 3, 9}, []int64{7, 3, 3, 3, 7, 4})
	want := &Classes{Labels: []int64{3, 4, 7, 9}, Total: []int{3, 0, 2, 1}, Predicted: []int{3, 1, 2, 0}, Right: []int{2, 0, 1, 0},
		Counts: [][]int{{2, 0, 1, 0}, {0, 0, 0, 0}, {1, 0, 1, 0}, {0, 1, 0, 0}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	if got, want := got.accuracy(), 0.5; got != want {
		t.Errorf("accuracy = %g, want %g", got, want)
	}
	if r, p := got.Recall(0), got.Precision(0); r != 2./3 || p != 2./3 {
		t.Errorf("recall and precision of class 3 = %g and %g, want 2/3", r, p)
	}
	many := make([]int64, maxMatrix+1)
	for i := range many {
		many[i] = int64(i)
	}
	if tally(many, many).Counts != nil {
		t.Errorf("%d classes have a matrix", len(many))
	}
}

// TestMerge: the best of two lists, by what a search of both together would find.
func TestMerge(t *testing.T) {
	r := plan.NewRand(4, plan.UseProbe, 0, 0, 0)
	for range 200 {
		const k = 5
		all := make([]float32, 20)
		for i := range all {
			all[i] = float32(r.IntN(8)) // with ties
		}
		search := func(from, to int) (cos []float32, row []int64) {
			scores := make([]float64, to-from)
			for i := range scores {
				scores[i] = float64(all[from+i])
			}
			for _, i := range descending(scores)[:k] {
				cos, row = append(cos, all[from+i]), append(row, int64(i))
			}
			return cos, row
		}
		cos, row := search(0, 9)
		cos2, row2 := search(9, 20)
		merge(cos, row, cos2, row2, 9)
		wantCos, wantRow := search(0, 20)
		if !slices.Equal(cos, wantCos) || !slices.Equal(row, wantRow) {
			t.Fatalf("merge of %v at 9 = %v %v, want %v %v", all, cos, row, wantCos, wantRow)
		}
	}
}

// TestPrecision: worked by hand, ties included.
func TestPrecision(t *testing.T) {
	scores, positive := []float64{0.9, 0.8, 0.7, 0.6, 0.5}, []bool{true, false, true, false, true}
	if got, want := averagePrecision(scores, positive), (1+2./3+3./5)/3; math.Abs(got-want) > 1e-12 {
		t.Errorf("averagePrecision = %g, want %g", got, want)
	}
	if got, want := monotoneAP([]float64{0.9, 0.8, 0.7, 0.6}, []bool{false, true, true, false}), 2./3; math.Abs(got-want) > 1e-12 {
		t.Errorf("monotoneAP = %g, want %g: the precision of 1/2 rises to that of the next recall", got, want)
	}
	if got, want := averagePrecision([]float64{1, 1, 0}, []bool{true, false, true}), (1./2+2./3)/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("averagePrecision with a tie = %g, want %g", got, want)
	}
	if averagePrecision(scores, make([]bool, 5)) != 0 || monotoneAP(scores, make([]bool, 5)) != 0 {
		t.Error("precision without a positive is not 0")
	}
}

// TestLowShot: the numbers ask for few images, repeat, grow with their number, and too many are refused.
func TestLowShot(t *testing.T) {
	r := readReference(t)
	args := map[string]any{"costs": []any{0.0625, 1.}, "positive_weight": 2., "folds": 3, "tolerance": 1e-4, "max_iterations": 2000, "low_shot": []any{1, 32}, "low_shot_samples": 3}
	one := carryOut(t, task(t, r), block("svm", args))
	if len(one) != 2 || one[0].Bank != 5 || one[1].Bank != 160 || !(one[0].Value+0.05 < one[1].Value) {
		t.Errorf("low shots = %v, want more from 32 images a class than from one", one)
	}
	if diff := cmp.Diff(one, carryOut(t, task(t, r), block("svm", args))); diff != "" {
		t.Errorf("again (-first +second):\n%s", diff)
	}
	args["low_shot"] = []any{1000}
	p, err := New(block("svm", args))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Measure(t.Context(), task(t, r)); err == nil || !strings.Contains(err.Error(), "fewer than the 1000 of low_shot") {
		t.Errorf("Measure = %v, want an error about low_shot", err)
	}
}

// TestCancelled: every probe that takes long ends with its context.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, args := range map[string]map[string]any{
		"linear":     {"l2": []any{1e-4}, "max_iterations": 100, "tolerance": 1e-6},
		"linear_sgd": {"optimizer": "sgd", "lr": 1., "batch_size": 10, "epochs": 100, "schedule": "cosine"},
		"svm":        {"costs": []any{1.}, "positive_weight": 2., "folds": 3, "tolerance": 1e-4, "max_iterations": 2000},
		"knn":        {"k": 5, "vote": "majority"},
	} {
		p, err := New(block(name, args))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Measure(ctx, task(t, readReference(t))); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with an ended context = %v, want context.Canceled", name, err)
		}
	}
}

func TestEach(t *testing.T) {
	var sum atomic.Int64
	if err := each(t.Context(), 3, 10, func(i int) error { sum.Add(int64(i)); return nil }); err != nil || sum.Load() != 45 {
		t.Errorf("each = %v, sum %d, want 45", err, sum.Load())
	}
	bad := errors.New("bad")
	if err := each(t.Context(), 2, 4, func(i int) error {
		if i == 2 {
			return bad
		}
		return nil
	}); !errors.Is(err, bad) {
		t.Errorf("each = %v, want the error of a call", err)
	}
}

func TestMeasurementString(t *testing.T) {
	for _, c := range []struct {
		m    Measurement
		want string
	}{
		{Measurement{Probe: "knn", Features: Encoder, Value: 0.87314, Bank: 60, Queries: 10, K: 5, Vote: "majority"},
			"knn of encoder: 87.31 % (k 5, majority vote, 60 images in the bank, 10 queries)"},
		{Measurement{Probe: "svm", Features: RawPixels, Value: 0.5, Metric: meanAP, Setting: "C 1", Bank: 60, Queries: 10},
			"svm of raw pixels: mean average precision 50.00 % (C 1, 60 images in the bank, 10 queries)"},
		{Measurement{Probe: "collapse", Features: Encoder, Value: 0.93127, Metric: "deviation", Queries: 64}, "collapse of encoder: deviation 0.9313 (64 queries)"},
	} {
		if got := c.m.String(); got != c.want {
			t.Errorf("String = %q, want %q", got, c.want)
		}
	}
}
