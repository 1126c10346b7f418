package probe

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"ssc/compiler/plan"
	"ssc/runtime/ort"
)

var _ = Register("knn", func(c plan.Component) Probe {
	return &knn{data: classified(c), k: c.Ints("k"), vote: Vote{Weighted: c.Text("vote") == "weighted", Temperature: c.Float("temperature")}}
})

type knn struct {
	data split
	k    []int
	vote Vote
}

// Measure gives a measurement for each k. The log's "knn" is the best of them.
func (p *knn) Measure(ctx context.Context, s *Subject) ([]Measurement, error) {
	bank, queries, err := p.data.features(ctx, s)
	if err != nil {
		return nil, err
	}
	session, err := s.Session("neighbours")
	if err != nil {
		return nil, err
	}
	defer session.Close()
	if n := slices.Max(p.k); bank.Rows < n {
		return nil, fmt.Errorf("the bank has %d images, fewer than the %d neighbours asked for; give the probe a smaller k", bank.Rows, n)
	}
	near, err := search(ctx, session, bank, queries)
	if err != nil {
		return nil, err
	}
	if s.Look != nil {
		s.Look(ctx, p.look(s, bank, queries, near))
	}
	var out []Measurement
	best := 0
	for i, k := range p.k {
		v := p.vote
		v.K = k
		predicted, top5 := near.classify(v, bank.Labels, queries.Labels)
		m := p.data.measurement("knn", s, bank, queries)
		m.K, m.Vote, m.Classes = k, v.String(), tally(queries.Labels, predicted)
		m.Value = m.Classes.accuracy()
		m.Metrics = map[string]float64{fmt.Sprintf("knn.k%d", k): m.Value, fmt.Sprintf("knn.k%d.top5", k): top5}
		if len(p.k) == 1 {
			m.Metrics = map[string]float64{"knn.top5": top5}
		}
		if out = append(out, m); m.Value > out[best].Value {
			best = i
		}
	}
	out[best].Metrics["knn"] = out[best].Value
	return out, nil
}

// Vote says how k neighbours decide. Weighted adds exp(cos/Temperature) per label; else the most frequent label wins, ties to the label of the nearest among them.
type Vote struct {
	K           int
	Weighted    bool
	Temperature float64
}

func (v Vote) String() string {
	if v.Weighted {
		return "weighted"
	}
	return "majority"
}

// rank orders the labels of one query's neighbours, given with their cosines, nearest first: best label first, ties to the nearer.
func (v Vote) rank(cos []float32, labels []int64) []int64 {
	score := map[int64]float64{}
	var order []int64
	for i, l := range labels {
		w := 1.0
		if v.Weighted {
			w = math.Exp(float64(cos[i]-cos[0]) / v.Temperature)
		}
		if _, ok := score[l]; !ok {
			order = append(order, l)
		}
		score[l] += w
	}
	slices.SortStableFunc(order, func(a, b int64) int { return cmp.Compare(score[b], score[a]) })
	return order
}

// chunk is the number of queries that are compared with a part of the bank at once, and part its largest number of images: 256 rows of similarities to 32,768 images take
// 34 MB.
const chunk, part = 256, 32768

// KNN is the share of queries whose label the neighbours in the bank tell. neighbours is the plan's graph of that name, whose k is at least v.K.
func KNN(ctx context.Context, neighbours *ort.Session, bank, queries *Features, v Vote) (float64, error) {
	near, err := search(ctx, neighbours, bank, queries)
	if err != nil {
		return 0, err
	}
	predicted, _ := near.classify(v, bank.Labels, queries.Labels)
	return tally(queries.Labels, predicted).accuracy(), nil
}

// neighbourhood holds the k nearest images of the bank to each query, nearest first; of equal cosines the image of the smaller number is nearer.
type neighbourhood struct {
	k   int
	cos []float32 // [query, k]
	row []int64   // in the bank
}

// classify votes for every query, and counts the share of those whose label is among the best five.
func (n *neighbourhood) classify(v Vote, bank, labels []int64) (predicted []int64, top5 float64) {
	near := make([]int64, v.K)
	hits := 0
	for q, label := range labels {
		for i := range near {
			near[i] = bank[n.row[q*n.k+i]]
		}
		order := v.rank(n.cos[q*n.k:], near)
		predicted = append(predicted, order[0])
		if slices.Contains(order[:min(5, len(order))], label) {
			hits++
		}
	}
	return predicted, ratio(hits, len(labels))
}

// search finds the neighbours of all queries, a part of the bank after the other.
func search(ctx context.Context, s *ort.Session, bank, queries *Features) (*neighbourhood, error) {
	if err := sameDim(bank, queries); err != nil {
		return nil, err
	}
	k, err := graphK(s)
	if err != nil {
		return nil, err
	}
	if bank.Rows < k {
		return nil, fmt.Errorf("the bank has %d images, fewer than the %d neighbours that the graph looks for", bank.Rows, k)
	}
	found := &neighbourhood{k: k, cos: make([]float32, queries.Rows*k), row: make([]int64, queries.Rows*k)}
	parts := (bank.Rows + part - 1) / part // of more than one, each has more images than any k
	for i := range parts {
		from, to := i*bank.Rows/parts, (i+1)*bank.Rows/parts
		b, err := unitRows(bank, from, to)
		if err != nil {
			return nil, err
		}
		err = found.add(ctx, s, b, queries, int64(from))
		b.Close()
		if err != nil {
			return nil, err
		}
	}
	return found, nil
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

// unitRows copies rows, each scaled to length 1; a zero row stays.
func unitRows(f *Features, from, to int) (*ort.Tensor, error) {
	t, err := ort.NewTensor("f32", []int{to - from, f.Dim})
	if err != nil {
		return nil, err
	}
	dst := t.Float32()
	for r := from; r < to; r++ {
		row := f.Row(r)
		var sum float64
		for _, x := range row {
			sum += float64(x) * float64(x)
		}
		scale := float32(1)
		if sum > 0 {
			scale = float32(1 / math.Sqrt(sum))
		}
		out := dst[(r-from)*f.Dim:]
		for i, x := range row {
			out[i] = x * scale
		}
	}
	return t, nil
}

// add compares all queries with a part of the bank that begins at row first.
func (n *neighbourhood) add(ctx context.Context, s *ort.Session, bank *ort.Tensor, queries *Features, first int64) error {
	for from := 0; from < queries.Rows; from += chunk {
		to := min(from+chunk, queries.Rows)
		q, err := unitRows(queries, from, to)
		if err != nil {
			return err
		}
		err = n.compare(ctx, s, bank, q, from, first)
		q.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// compare takes what the graph finds for the queries from row from on.
func (n *neighbourhood) compare(ctx context.Context, s *ort.Session, bank, q *ort.Tensor, from int, first int64) error {
	rows := q.Dims()[0]
	cos, err := ort.NewTensor("f32", []int{rows, n.k})
	if err != nil {
		return err
	}
	defer cos.Close()
	row, err := ort.NewTensor("i64", []int{rows, n.k})
	if err != nil {
		return err
	}
	defer row.Close()
	b, err := s.Bind(map[string]*ort.Tensor{"queries": q, "bank": bank}, map[string]*ort.Tensor{"cosine": cos, "row": row})
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Run(ctx); err != nil {
		return err
	}
	if first == 0 {
		copy(n.cos[from*n.k:], cos.Float32())
		copy(n.row[from*n.k:], row.Int64())
		return nil
	}
	for i := range rows {
		at := (from + i) * n.k
		merge(n.cos[at:at+n.k], n.row[at:at+n.k], cos.Float32()[i*n.k:(i+1)*n.k], row.Int64()[i*n.k:], first)
	}
	return nil
}

// merge keeps the best of two lists, both best first; of equals, the first list's. The second list's rows count from first.
func merge(cos []float32, row []int64, cos2 []float32, row2 []int64, first int64) {
	k := len(cos)
	oldCos, oldRow := slices.Clone(cos), slices.Clone(row)
	for i, a, b := 0, 0, 0; i < k; i++ {
		if oldCos[a] >= cos2[b] {
			cos[i], row[i] = oldCos[a], oldRow[a]
			a++
			continue
		}
		cos[i], row[i] = cos2[b], row2[b]+first
		b++
	}
}
