package conformance

import (
	"math"
	"testing"

	"ssc/runtime/ort"
	"ssc/runtime/probe"
)

// TestKNN runs the compiled graph of nearest neighbours and the vote on the reference's features.
func TestKNN(t *testing.T) {
	var p struct {
		K           int `json:"k_weighted"`
		Temperature float64
	}
	ref := oracle(t, "knn", &p)
	r := compile(t, "tiny.hcl", true)
	s, err := ort.NewSession(r.Files[r.Plan.Graphs["neighbours"].File], ort.SessionOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	bank, queries := features(t, ref, "bank"), features(t, ref, "query")
	got, err := probe.KNN(t.Context(), s, bank, queries, probe.Vote{K: p.K, Weighted: true, Temperature: p.Temperature})
	if err != nil {
		t.Fatal(err)
	}
	if want := ref.tensor(t, "accuracy/weighted").Data[0]; math.Abs(got-want) > 1e-12 {
		t.Errorf("KNN weighted = %g, want %g", got, want)
	}
	small := &probe.Features{Rows: p.K - 1, Dim: bank.Dim, Data: bank.Data, Labels: bank.Labels}
	if _, err := probe.KNN(t.Context(), s, small, queries, probe.Vote{K: 1}); err == nil {
		t.Error("KNN with a bank smaller than k gives no error")
	}
}

// features are the vectors and labels of the reference under a name.
func features(t *testing.T, ref *reference, name string) *probe.Features {
	t.Helper()
	x, label := ref.tensor(t, name), ref.tensor(t, name+"_label")
	f := &probe.Features{Rows: x.Dims[0], Dim: x.Dims[1], Data: newTensor(t, "f32", x.Dims), Labels: make([]int64, x.Dims[0])}
	convert(f.Data.Float32(), x.Data)
	convert(f.Labels, label.Data)
	return f
}
