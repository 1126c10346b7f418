package probe

import (
	"context"
	"fmt"
	"math"

	"ssc/runtime/ort"
)

// Features are the vectors of a dataset: Rows×Dim, row-major, with a label each.
type Features struct {
	Rows, Dim int
	Data      *ort.Tensor // f32[Rows, Dim]
	Labels    []int64
}

// Close frees the vectors.
func (f *Features) Close() { f.Data.Close() }

// normalise gives every row the length 1; a zero row stays.
func (f *Features) normalise() {
	data := f.Data.Float32()
	for r := 0; r < f.Rows; r++ {
		row := data[r*f.Dim : (r+1)*f.Dim]
		var sum float64
		for _, x := range row {
			sum += float64(x) * float64(x)
		}
		if sum == 0 {
			continue
		}
		scale := float32(1 / math.Sqrt(sum))
		for i := range row {
			row[i] *= scale
		}
	}
}

// Vote says how k neighbours decide. Weighted adds exp(cos/Temperature) per label; else the most frequent label wins, ties to the label of the nearest among them.
type Vote struct {
	K           int
	Weighted    bool
	Temperature float64
}

// decide classifies one query from its neighbours' cosines and labels, nearest first.
func (v Vote) decide(cos []float32, labels []int64) int64 {
	score := map[int64]float64{}
	best, bestScore := int64(-1), math.Inf(-1)
	for i, l := range labels {
		w := 1.0
		if v.Weighted {
			w = math.Exp(float64(cos[i]-cos[0]) / v.Temperature)
		}
		score[l] += w
	}
	for _, l := range labels { // nearest first: the first label of the highest score wins
		if s := score[l]; s > bestScore {
			best, bestScore = l, s
		}
	}
	return best
}

// chunk is the number of queries that are compared with the bank at once: 256 rows of similarities to 60,000 samples take 61 MB.
const chunk = 256

// KNN is the share of queries whose label the neighbours in the bank tell. neighbours is the plan's graph of that name, whose k is at least v.K. The features are normalised in
// place.
func KNN(ctx context.Context, neighbours *ort.Session, bank, queries *Features, v Vote) (float64, error) {
	if bank.Dim != queries.Dim {
		return 0, fmt.Errorf("the bank's features have %d dimensions and the queries' %d", bank.Dim, queries.Dim)
	}
	k, err := graphK(neighbours)
	if err != nil {
		return 0, err
	}
	if bank.Rows < k {
		return 0, fmt.Errorf("the bank has %d images, fewer than the %d neighbours asked for", bank.Rows, k)
	}
	bank.normalise()
	queries.normalise()
	right := 0
	for from := 0; from < queries.Rows; from += chunk {
		n := min(chunk, queries.Rows-from)
		cos, rows, err := nearest(ctx, neighbours, bank, queries, from, n, k)
		if err != nil {
			return 0, err
		}
		labels := make([]int64, v.K)
		for q := 0; q < n; q++ {
			for i := range labels {
				labels[i] = bank.Labels[rows[q*k+i]]
			}
			if v.decide(cos[q*k:], labels) == queries.Labels[from+q] {
				right++
			}
		}
	}
	return float64(right) / float64(queries.Rows), nil
}

// graphK is the number of neighbours that the graph returns.
func graphK(s *ort.Session) (int, error) {
	for _, p := range s.Outputs() {
		if p.Name == "row" && len(p.Dims) == 2 && p.Dims[1] > 0 {
			return p.Dims[1], nil
		}
	}
	return 0, fmt.Errorf("the graph of nearest neighbours has no output row[query, k]")
}

// nearest compares queries from … from+n-1 with the bank.
func nearest(ctx context.Context, s *ort.Session, bank, queries *Features, from, n, k int) ([]float32, []int64, error) {
	q, err := ort.NewTensor("f32", []int{n, queries.Dim})
	if err != nil {
		return nil, nil, err
	}
	defer q.Close()
	copy(q.Float32(), queries.Data.Float32()[from*queries.Dim:])
	cos, err := ort.NewTensor("f32", []int{n, k})
	if err != nil {
		return nil, nil, err
	}
	defer cos.Close()
	row, err := ort.NewTensor("i64", []int{n, k})
	if err != nil {
		return nil, nil, err
	}
	defer row.Close()
	b, err := s.Bind(map[string]*ort.Tensor{"queries": q, "bank": bank.Data}, map[string]*ort.Tensor{"cosine": cos, "row": row})
	if err != nil {
		return nil, nil, err
	}
	defer b.Close()
	if err := b.Run(ctx); err != nil {
		return nil, nil, err
	}
	return append([]float32(nil), cos.Float32()...), append([]int64(nil), row.Int64()...), nil
}
