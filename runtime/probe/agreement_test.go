package probe

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"ssc/compiler/onnx"
	"ssc/compiler/plan"
	declared "ssc/compiler/probe"
	"ssc/runtime/ort"
)

func TestMain(m *testing.M) {
	if err := ort.Init(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// regressed is a linear classifier of the reference: weights [dim, class].
type regressed struct {
	Accuracy, Loss float64
	Weights, Bias  []float64
}

// reference is testdata/agreement.json: a task, and what others make of it.
type reference struct {
	Bank, Query, View, Wide []float32
	Label, Truth            []int64
	KNN                     map[string]struct{ Weighted, Majority float64 }
	Linear                  map[string]regressed
	SGD, LARS               regressed
	SVM                     struct {
		Cost, AP         []float64
		AveragePrecision []float64 `json:"average_precision"`
		Weights          [][]float64
		Fold             [][]int
		MAP, Accuracy    float64
	}
	Meters     Meters
	MetersWide Meters `json:"meters_wide"`
}

// dim is the number of features of the reference.
const dim = 8

func readReference(t *testing.T) *reference {
	t.Helper()
	b, err := os.ReadFile("testdata/agreement.json")
	if err != nil {
		t.Fatal(err)
	}
	r := &reference{}
	if err := json.Unmarshal(b, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func featuresOf(t *testing.T, data []float32, labels []int64) *Features {
	t.Helper()
	f := &Features{Rows: len(data) / dim, Dim: dim, Labels: labels}
	var err error
	if f.Data, err = ort.NewTensor("f32", []int{f.Rows, dim}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	copy(f.Data.Float32(), data)
	return f
}

// task is a subject whose features are the reference's.
func task(t *testing.T, r *reference) *Subject {
	t.Helper()
	s := &Subject{Name: Encoder, Plan: &plan.Plan{Target: plan.Target{Device: "cpu"}}, Models: map[string][]byte{}, Threads: 1,
		features: map[string]*Features{"bank 0": featuresOf(t, r.Bank, r.Label), "test 0": featuresOf(t, r.Query, r.Truth)}}
	for _, g := range (declared.Needs{Neighbours: 20, Logistic: true}).Graphs() {
		b, err := onnx.Emit(g, onnx.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Models[g.Name] = b
	}
	return s
}

// block is a probe's block with arguments over the common ones.
func block(name string, args map[string]any) plan.Component {
	c := plan.Component{Type: "evaluate", Label: name, Args: map[string]any{"bank": "bank", "queries": "test"}}
	for name, v := range args {
		c.Args[name] = v
	}
	return c
}

func carryOut(t *testing.T, s *Subject, c plan.Component) []Measurement {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.Measure(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// alike fails unless two vectors differ by at most the bound, relative to the second's length.
func alike(t *testing.T, what string, got, want []float64, bound float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	if e := floats.Distance(got, want, 2) / floats.Norm(want, 2); !(e <= bound) {
		t.Errorf("%s: relative error %.2g, want at most %g", what, e, bound)
	}
}

// tenth of a point is what accuracies may differ by.
const tenth = 0.001 + 1e-12

func TestKNNAgrees(t *testing.T) {
	r := readReference(t)
	s := task(t, r)
	for _, vote := range []string{"weighted", "majority"} {
		best := 0.0
		for _, m := range carryOut(t, s, block("knn", map[string]any{"k": []any{1, 5, 20}, "vote": vote, "temperature": 0.07})) {
			want := r.KNN[strconv.Itoa(m.K)].Weighted
			if vote == "majority" {
				want = r.KNN[strconv.Itoa(m.K)].Majority
			}
			if math.Abs(m.Value-want) > tenth {
				t.Errorf("knn with k = %d, %s vote = %g, want %g", m.K, vote, m.Value, want)
			}
			if best = max(best, m.Metrics["knn"]); m.Metrics["knn.k"+strconv.Itoa(m.K)] != m.Value {
				t.Errorf("metrics of k = %d are %v, want %g among them", m.K, m.Metrics, m.Value)
			}
		}
		if want := max(r.KNN["1"].Weighted, r.KNN["5"].Weighted, r.KNN["20"].Weighted); vote == "weighted" && math.Abs(best-want) > tenth {
			t.Errorf("the log's knn = %g, want the best of all k, %g", best, want)
		}
	}
}

func TestLinearAgrees(t *testing.T) {
	r := readReference(t)
	s := task(t, r)
	for l2, want := range r.Linear {
		penalty, err := strconv.ParseFloat(l2, 64)
		if err != nil {
			t.Fatal(err)
		}
		c := block("linear", map[string]any{"l2": []any{penalty}, "holdout": 0.1, "max_iterations": 500, "tolerance": 1e-9, "standardize": true})
		m := carryOut(t, s, c)[0]
		if math.Abs(m.Value-want.Accuracy) > tenth {
			t.Errorf("linear with l2 = %s = %g, want %g", l2, m.Value, want.Accuracy)
		}
		p, _ := New(c)
		reg := regressionOf(t, s)
		reg.standardize(reg.f)
		_, fit, err := p.(*linear).fit(reg, 0)
		if err != nil {
			t.Fatal(err)
		}
		alike(t, "weights with l2 = "+l2, fit.params[:reg.dim*reg.classes], want.Weights, 1e-6)
		alike(t, "bias with l2 = "+l2, fit.params[reg.dim*reg.classes:], want.Bias, 1e-5)
	}
}

// regressionOf is the objective on the subject's bank.
func regressionOf(t *testing.T, s *Subject) *regression {
	t.Helper()
	bank := s.features["bank 0"]
	classes := number(bank.Labels)
	m, err := newSoftmax(s, bank.Dim, len(classes.labels))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return &regression{softmax: m, ctx: t.Context(), f: bank, target: classes.numbers(bank.Labels), rows: allRows(bank.Rows)}
}

// TestLinearChooses: with several penalties one is chosen on images held out, and with a prohibitive one among them never that.
func TestLinearChooses(t *testing.T) {
	s := task(t, readReference(t))
	m := carryOut(t, s, block("linear", map[string]any{"l2": []any{1e-4, 1e6}, "holdout": 0.2, "max_iterations": 200, "tolerance": 1e-6, "standardize": true}))[0]
	if !strings.HasPrefix(m.Setting, "l2 0.0001, ") {
		t.Errorf("setting = %q, want the penalty 0.0001", m.Setting)
	}
}

func TestLinearSGDAgrees(t *testing.T) {
	r := readReference(t)
	for _, c := range []struct {
		optimizer string
		lr, start float64
		want      regressed
	}{{"sgd", 0.05, 0, r.SGD}, {"lars", 2, 0.01, r.LARS}} {
		s := task(t, r)
		reg := regressionOf(t, s)
		p, _ := New(block("linear_sgd", map[string]any{"optimizer": c.optimizer, "lr": c.lr, "momentum": 0.9, "weight_decay": 0.01, "batch_size": reg.f.Rows, "epochs": 12,
			"schedule": "step", "milestones": []any{6, 9}, "gamma": 0.1}))
		params := make([]float64, reg.params())
		weights := reg.dim * reg.classes
		for i := range params {
			if params[i] = c.start; i < weights {
				params[i] += c.start * float64(i)
			}
		}
		loss, err := p.(*linearSGD).train(t.Context(), reg.softmax, reg.f, reg.target, params, 0)
		if err != nil {
			t.Fatal(err)
		}
		alike(t, c.optimizer+" weights", params[:weights], c.want.Weights, 1e-9)
		alike(t, c.optimizer+" bias", params[weights:], c.want.Bias, 1e-9)
		if math.Abs(loss-c.want.Loss) > 1e-9 {
			t.Errorf("%s loss = %g, want %g", c.optimizer, loss, c.want.Loss)
		}
	}
}

// TestLinearSGDLearns: with small batches it comes near the exact minimum.
func TestLinearSGDLearns(t *testing.T) {
	r := readReference(t)
	m := carryOut(t, task(t, r), block("linear_sgd", map[string]any{"optimizer": "sgd", "lr": 0.3, "momentum": 0.9, "batch_size": 64, "epochs": 30, "schedule": "cosine",
		"standardize": true}))[0]
	if want := r.Linear["0.0001"].Accuracy; m.Value < want-0.03 {
		t.Errorf("linear_sgd = %g, want nearly %g", m.Value, want)
	}
}

func TestSVMAgrees(t *testing.T) {
	r := readReference(t)
	s := task(t, r)
	args := map[string]any{"costs": []any{1. / 256, 1. / 16, 1., 10.}, "positive_weight": 2., "folds": 3, "tolerance": 1e-8, "max_iterations": 100000}
	m := carryOut(t, s, block("svm", args))[0]
	if math.Abs(m.Value-r.SVM.MAP) > tenth {
		t.Errorf("svm = %g, want %g", m.Value, r.SVM.MAP)
	}
	if got := m.Metrics["svm.accuracy"]; math.Abs(got-r.SVM.Accuracy) > tenth {
		t.Errorf("accuracy of the machines = %g, want %g", got, r.SVM.Accuracy)
	}
	alike(t, "average precisions", m.Classes.AP, r.SVM.AP, 1e-4)
	p, _ := New(block("svm", args))
	bank, test := s.features["bank 0"], s.features["test 0"]
	classes := number(bank.Labels)
	task := &svmTask{svm: p.(*svm), workers: 1, classes: classes, x: augmented(bank), labels: classes.numbers(bank.Labels), test: augmented(test), truth: test.Labels}
	for c := range classes.labels {
		y := task.against(task.labels, c)
		if got := stratified(y, 3); !slices.Equal(got, r.SVM.Fold[c]) {
			t.Errorf("folds of class %d = %v, want %v", c, got, r.SVM.Fold[c])
		}
		cost, err := task.choose(t.Context(), y, c)
		if err != nil {
			t.Fatal(err)
		}
		if cost != r.SVM.Cost[c] {
			t.Errorf("cost of class %d = %g, want %g", c, cost, r.SVM.Cost[c])
		}
		if err := task.path(t.Context(), task.x, y, []float64{r.SVM.Cost[c]}, c, func(_ int, w []float64) {
			alike(t, fmt.Sprintf("weights of class %d", c), w, r.SVM.Weights[c], 1e-5)
			var score mat.VecDense
			score.MulVec(task.test, mat.NewVecDense(len(w), w))
			positive := make([]bool, test.Rows)
			for i, l := range test.Labels {
				positive[i] = l == int64(c)
			}
			if got, want := averagePrecision(score.RawVector().Data, positive), r.SVM.AveragePrecision[c]; math.Abs(got-want) > 1e-4 {
				t.Errorf("average precision of class %d = %g, want %g", c, got, want)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMetersAgree(t *testing.T) {
	r := readReference(t)
	wide := dense(featuresOf(t, r.Wide, nil))
	back := mat.DenseCopyOf(wide)
	n, _ := wide.Dims()
	for i := range n {
		back.SetRow(i, wide.RawRowView(n-1-i))
	}
	for _, c := range []struct {
		x, y *mat.Dense
		want Meters
	}{{dense(featuresOf(t, r.Query[:len(r.View)], nil)), dense(featuresOf(t, r.View, nil)), r.Meters}, {wide, back, r.MetersWide}} {
		got, err := measure(c.x, c.y)
		if err != nil {
			t.Fatal(err)
		}
		list := func(m Meters) []float64 { return []float64{m.Std, m.Rank, m.Alignment, m.Uniformity, m.Distance} }
		for i, v := range list(got) {
			if want := list(c.want)[i]; math.Abs(v-want) > 1e-9 {
				t.Errorf("meters = %+v, want %+v", got, c.want)
				break
			}
		}
	}
}
