package probe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"testing"

	"ssc/runtime/checkpoint/safetensors"
)

// The sizes and the temperature of testdata/oracle/knn.py.
const (
	queries     = 20
	near        = 20
	kMajority   = 5
	temperature = 0.07
)

// oracle reads the reference votes: numbers by tensor name.
func oracle(t *testing.T) map[string][]float64 {
	t.Helper()
	data, err := os.ReadFile("../../testdata/oracle/knn.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for _, info := range f.Tensors() {
		n := 1
		for _, d := range info.Dims {
			n *= d
		}
		raw := make([]byte, 8*n)
		if err := f.Next(func(safetensors.Info) ([]byte, error) { return raw, nil }); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			bits := binary.LittleEndian.Uint64(raw[8*i:])
			x := float64(int64(bits))
			if info.DType == "f64" {
				x = math.Float64frombits(bits)
			}
			out[info.Name] = append(out[info.Name], x)
		}
	}
	if err := f.Next(nil); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last tensor: %v", err)
	}
	return out
}

// TestVotes compares decisions with an independent implementation's. The weighted vote is the same. The majority is the same where one
// label has most votes; ties go to the label of the nearest among the tied, which is neither of the reference's two rules and is
// worked out here from the reference's neighbours.
func TestVotes(t *testing.T) {
	ref := oracle(t)
	ties, right := 0, 0.0
	for q := range queries {
		cos, labels := make([]float32, near), make([]int64, near)
		for i := range cos {
			cos[i] = float32(ref["similarity"][q*near+i])
			labels[i] = int64(ref["bank_label"][int(ref["neighbour"][q*near+i])])
		}
		weighted := Vote{K: near, Weighted: true, Temperature: temperature}.rank(cos, labels)[0]
		if want := int64(ref["weighted"][q]); weighted != want {
			t.Errorf("query %d: weighted vote = %d, want %d", q, weighted, want)
		}
		got := Vote{K: kMajority}.rank(cos[:kMajority], labels[:kMajority])[0]
		tied := most(labels[:kMajority])
		want := int64(ref["majority_first"][q])
		if len(tied) > 1 {
			ties++
			want = labels[slices.IndexFunc(labels, func(l int64) bool { return slices.Contains(tied, l) })]
		}
		if got != want {
			t.Errorf("query %d with labels %v: majority vote = %d, want %d", q, labels[:kMajority], got, want)
		}
		if !slices.Contains(tied, int64(ref["majority_first"][q])) || !slices.Contains(tied, int64(ref["majority_similar"][q])) {
			t.Errorf("query %d: the reference's votes are not among the labels %v with most votes", q, tied)
		}
		if weighted == int64(ref["query_label"][q]) {
			right += 1. / queries
		}
	}
	if ties < 2 {
		t.Errorf("%d queries have a tie, want at least 2: the rule is not tested", ties)
	}
	if want := ref["accuracy/weighted"][0]; math.Abs(right-want) > 1e-12 {
		t.Errorf("accuracy of the weighted vote = %g, want %g", right, want)
	}
}

// most lists the labels that occur most often.
func most(labels []int64) []int64 {
	count := map[int64]int{}
	for _, l := range labels {
		count[l]++
	}
	var out []int64
	for l, n := range count {
		if !slices.ContainsFunc(labels, func(m int64) bool { return count[m] > n }) {
			out = append(out, l)
		}
	}
	return out
}

// TestWeightedFar: cosines far apart decide without overflow, and a far majority does not outvote a near neighbour.
func TestWeightedFar(t *testing.T) {
	v := Vote{K: 3, Weighted: true, Temperature: 1e-4}
	if got := v.rank([]float32{1, -1, -1}, []int64{7, 3, 3}); !slices.Equal(got, []int64{7, 3}) {
		t.Errorf("rank = %d, want [7 3]", got)
	}
}
