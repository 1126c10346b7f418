package probe

import (
	"cmp"
	"slices"
)

// descending orders the indices by falling score, equals by index.
func descending(scores []float64) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return order
}

// averagePrecision is Σ (recall step)·precision over the thresholds between different scores, without interpolation; 0 without a positive.
func averagePrecision(scores []float64, positive []bool) float64 {
	order := descending(scores)
	total := count(positive)
	right, seen, sum := 0, 0, 0.0
	for i := 0; i < len(order); {
		found := 0
		score := scores[order[i]]
		for ; i < len(order) && scores[order[i]] == score; i++ {
			seen++
			if positive[order[i]] {
				found++
			}
		}
		right += found
		sum += float64(found) * float64(right) / float64(seen)
	}
	return sum / float64(max(total, 1))
}

// monotoneAP is the area under the precision-recall curve after each precision was raised to the best at any higher recall: PASCAL VOC's measure since 2010. 0 without a positive.
func monotoneAP(scores []float64, positive []bool) float64 {
	order := descending(scores)
	total := count(positive)
	precision := make([]float64, len(order))
	right := 0
	for i, at := range order {
		if positive[at] {
			right++
		}
		precision[i] = float64(right) / float64(i+1)
	}
	best, sum := 0.0, 0.0
	for i := len(order) - 1; i >= 0; i-- {
		best = max(best, precision[i])
		if positive[order[i]] {
			sum += best
		}
	}
	return sum / float64(max(total, 1))
}

func count(of []bool) int {
	n := 0
	for _, b := range of {
		if b {
			n++
		}
	}
	return n
}

// stratified deals the samples of each sign to folds in their order, as even as possible: the fold of each sample, or nil when a sign has fewer samples than
// there are folds. The allocation is scikit-learn's without shuffling.
func stratified(y []float64, folds int) []int {
	kind := func(v float64) int {
		if v == y[0] {
			return 0 // kinds in the order of their first sample
		}
		return 1
	}
	var number [2]int
	for _, v := range y {
		number[kind(v)]++
	}
	if min(number[0], number[1]) < folds {
		return nil
	}
	// The samples sorted by kind are dealt out in turn; that says how many of each kind a fold has.
	quota := make([][2]int, folds)
	for i := range len(y) {
		k := 0
		if i >= number[0] {
			k = 1
		}
		quota[i%folds][k]++
	}
	out, at := make([]int, len(y)), [2]int{}
	for i, v := range y {
		k := kind(v)
		for quota[at[k]][k] == 0 {
			at[k]++
		}
		quota[at[k]][k]--
		out[i] = at[k]
	}
	return out
}
