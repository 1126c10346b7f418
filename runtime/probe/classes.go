package probe

import "slices"

// Classes tell how the queries of each class fared, in the order of the labels.
type Classes struct {
	Labels    []int64   `json:"labels"`
	Total     []int     `json:"total"`        // queries of the class
	Predicted []int     `json:"predicted"`    // queries that were taken for it
	Right     []int     `json:"right"`        // queries of it that were
	AP        []float64 `json:"ap,omitempty"` // average precision, where a probe ranks
	// Counts is the confusion matrix, [true][predicted]; nil above maxMatrix classes.
	Counts [][]int `json:"counts,omitempty"`
}

// maxMatrix is the number of classes up to which the whole matrix is kept: 100 classes make 10,000 numbers of a log line.
const maxMatrix = 100

// Recall is the share of the class's queries that were found; 1 without a query.
func (c *Classes) Recall(i int) float64 { return ratio(c.Right[i], c.Total[i]) }

// Precision is the share of right answers among those taken for the class; 1 without one.
func (c *Classes) Precision(i int) float64 { return ratio(c.Right[i], c.Predicted[i]) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// tally compares predictions with labels. Classes are those of either.
func tally(labels, predicted []int64) *Classes {
	n := number(append(slices.Clone(labels), predicted...))
	size := len(n.labels)
	c := &Classes{Labels: n.labels, Total: make([]int, size), Predicted: make([]int, size), Right: make([]int, size)}
	if size <= maxMatrix {
		c.Counts = make([][]int, size)
		for i := range c.Counts {
			c.Counts[i] = make([]int, size)
		}
	}
	for i, l := range labels {
		t, p := n.of[l], n.of[predicted[i]]
		c.Total[t]++
		c.Predicted[p]++
		if t == p {
			c.Right[t]++
		}
		if c.Counts != nil {
			c.Counts[t][p]++
		}
	}
	return c
}

// accuracy is the share of right answers.
func (c *Classes) accuracy() float64 {
	right, total := 0, 0
	for i := range c.Labels {
		right, total = right+c.Right[i], total+c.Total[i]
	}
	return ratio(right, total)
}

// numbering numbers the labels of a bank from 0, in ascending order.
type numbering struct {
	labels []int64
	of     map[int64]int
}

// numbered are n classes whose labels are their numbers.
func numbered(n int) numbering {
	labels := make([]int64, n)
	for i := range labels {
		labels[i] = int64(i)
	}
	return number(labels)
}

func number(labels []int64) numbering {
	n := numbering{of: map[int64]int{}}
	for _, l := range labels {
		if _, ok := n.of[l]; !ok {
			n.of[l] = 0
			n.labels = append(n.labels, l)
		}
	}
	slices.Sort(n.labels)
	for i, l := range n.labels {
		n.of[l] = i
	}
	return n
}

// numbers are the labels' numbers; -1 for a label that the bank does not have.
func (n numbering) numbers(labels []int64) []int {
	out := make([]int, len(labels))
	for i, l := range labels {
		var ok bool
		if out[i], ok = n.of[l]; !ok {
			out[i] = -1
		}
	}
	return out
}
