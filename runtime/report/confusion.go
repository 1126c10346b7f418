package report

import (
	"fmt"
	"math"
)

// Confusion is how often each class was taken for each.
type Confusion struct {
	Title  string   // "Linear probe"
	Names  []string // of the classes
	Counts [][]int  // [true class][predicted class]; nil where only the sums of Tally are known
	Tally  Tally
}

// Tally counts for each class; it is read where there is no matrix.
type Tally struct {
	Total, Predicted, Right []int // samples of the class, those taken for it, and those of it that were
}

// confusionLargest is the number of classes above which the matrix is left out and only the table of classes is shown: its cells could no longer be read.
const confusionLargest = 30

// classRow is a class as the table shows it.
type classRow struct {
	Name              string
	Count             int
	Recall, Precision float64
	Mistaken          string // for which other class most often
}

// cellShade is a cell of the matrix: its number and its share of the row.
type cellShade struct {
	Count int
	Share float64
	Right bool
}

func (c Confusion) check() error {
	if c.Counts == nil && len(c.Names) > 0 {
		for _, list := range [][]int{c.Tally.Total, c.Tally.Predicted, c.Tally.Right} {
			if len(list) != len(c.Names) {
				return fmt.Errorf("confusion matrix %q: neither a matrix nor sums for %d classes", c.Title, len(c.Names))
			}
		}
		return nil
	}
	if len(c.Counts) != len(c.Names) {
		return fmt.Errorf("confusion matrix %q: %d rows for %d classes", c.Title, len(c.Counts), len(c.Names))
	}
	for i, row := range c.Counts {
		if len(row) != len(c.Names) {
			return fmt.Errorf("confusion matrix %q: row %d has %d entries for %d classes", c.Title, i, len(row), len(c.Names))
		}
	}
	return nil
}

// Classes are the rows of the table. Recall and precision without a case are NaN.
func (c Confusion) Classes() (out []classRow) {
	if c.Counts == nil {
		for i, name := range c.Names {
			t := c.Tally
			out = append(out, classRow{name, t.Total[i], ratio(t.Right[i], t.Total[i]), ratio(t.Right[i], t.Predicted[i]), ""})
		}
		return out
	}
	predicted := make([]int, len(c.Names))
	for _, row := range c.Counts {
		for j, n := range row {
			predicted[j] += n
		}
	}
	for i, row := range c.Counts {
		r, worst := classRow{Name: c.Names[i]}, 0
		for j, n := range row {
			r.Count += n
			if j != i && n > worst {
				worst = n
				r.Mistaken = fmt.Sprintf("%s (%s)", c.Names[j], thousands(n))
			}
		}
		r.Recall, r.Precision = ratio(row[i], r.Count), ratio(row[i], predicted[i])
		out = append(out, r)
	}
	return out
}

// Matrix is the shaded matrix, nil when there are too many classes.
func (c Confusion) Matrix() [][]cellShade {
	if len(c.Names) > confusionLargest || c.Counts == nil {
		return nil
	}
	var out [][]cellShade
	for i, row := range c.Counts {
		sum := 0
		for _, n := range row {
			sum += n
		}
		var cells []cellShade
		for j, n := range row {
			s := cellShade{Count: n, Right: i == j}
			if sum > 0 {
				s.Share = math.Round(100*ratio(n, sum)) / 100
			}
			cells = append(cells, s)
		}
		out = append(out, cells)
	}
	return out
}

// Accuracy is the share of right answers.
func (c Confusion) Accuracy() float64 {
	right, all := 0, 0
	for i := range c.Tally.Total {
		right, all = right+c.Tally.Right[i], all+c.Tally.Total[i]
	}
	if c.Counts != nil {
		right, all = 0, 0
	}
	for i, row := range c.Counts {
		for j, n := range row {
			all += n
			if i == j {
				right += n
			}
		}
	}
	return ratio(right, all)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return math.NaN()
	}
	return float64(a) / float64(b)
}
