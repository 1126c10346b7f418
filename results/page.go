package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// head is the page above the tables. Its numbers are settings, not results.
const head = `# Results

What each method's small example makes of Fashion-MNIST: a narrow ResNet, trained without labels for some minutes on two cores. Printed from [results.json](results.json) by ` + "`make results`" + `, which trains every
example with three seeds, but one: SimCLR in 80 epochs, to see how far the method that is best by the sum of both meters goes; ` + "`make results ONLY=byol`" + ` makes the rows of one method again.

- *kNN*: cosine, k = 5, majority vote. *Linear*: logistic regression by L-BFGS. For both all 60,000 training images are the bank and all 10,000 test images the queries, and the features are the four cells that the last map of the encoder is averaged to.
- *Untrained* is the same encoder with the weights that training began with, *gain* the mean over seeds of what training adds to the meter that the example names in its file (**bold**).
- *Rank* is the effective rank of the test images' features, averaged over the map (RankMe, 2210.02885), of as many dimensions.
- *Time* is that of the training process from start to end, *processor* the time of both cores together, *MFU* the floating-point operations of the steps as a share of what the machine reaches with a matrix product; all of the seed that took least time, since a busy machine lengthens it. The processor's is not known (–) of a training that was interrupted and went on.
`

// page is the page, in Markdown.
func (t *table) page() string {
	var b strings.Builder
	b.WriteString(head)
	if t.Raw != nil {
		fmt.Fprintf(&b, "\nRaw pixels: kNN %s %%, linear %s %%.\n", percent(t.Raw.KNN), percent(t.Raw.Linear))
	}
	b.WriteString("\n| example | epochs | kNN, % | untrained | linear, % | untrained | gain | rank | time, min | processor, min | MFU, % |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for rows := t.Rows; len(rows) > 0; {
		n := 1
		for n < len(rows) && rows[n].Example == rows[0].Example {
			n++
		}
		group(&b, rows[:n])
		rows = rows[n:]
	}
	for _, r := range t.Rows {
		if r.Note != "" {
			fmt.Fprintf(&b, "\n%s, seed %d: %s.\n", r.Example, r.Seed, r.Note)
		}
	}
	b.WriteString("\n## By seed\n\n| example | seed | kNN, % | untrained | linear, % | untrained |\n|---|---|---|---|---|---|\n")
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s |\n", r.Example, r.Seed, percent(r.KNN.Encoder), percent(r.KNN.Untrained), percent(r.Linear.Encoder), percent(r.Linear.Untrained))
	}
	return b.String()
}

// group prints the means of an example's rows.
func group(b *strings.Builder, rows []row) {
	mean := func(f func(row) float64) float64 {
		sum := 0.0
		for _, r := range rows {
			sum += f(r)
		}
		return sum / float64(len(rows))
	}
	knn, linear := percent(mean(func(r row) float64 { return r.KNN.Encoder })), percent(mean(func(r row) float64 { return r.Linear.Encoder }))
	if rows[0].Meter == "kNN" {
		knn = "**" + knn + "**"
	} else {
		linear = "**" + linear + "**"
	}
	quick := slices.MinFunc(rows, func(a, b row) int { return cmp.Compare(a.Seconds, b.Seconds) })
	processor := "–"
	if quick.ProcessorSeconds > 0 {
		processor = fmt.Sprintf("%.1f", quick.ProcessorSeconds/60)
	}
	fmt.Fprintf(b, "| [%s](../examples/selfsup/%s/%s.hcl) | %d | %s | %s | %s | %s | %+.2f | %.1f of %d | %.1f | %s | %.0f |\n", rows[0].Method, rows[0].Method, rows[0].Example, rows[0].Epochs,
		knn, percent(mean(func(r row) float64 { return r.KNN.Untrained })), linear, percent(mean(func(r row) float64 { return r.Linear.Untrained })), 100*mean(row.gain),
		mean(func(r row) float64 { return r.Rank }), rows[0].Dimensions, quick.Seconds/60, processor, 100*quick.MFU)
}

// gain is what training adds to the meter.
func (r row) gain() float64 {
	s := r.KNN
	if r.Meter != "kNN" {
		s = r.Linear
	}
	return s.Encoder - s.Untrained
}

func percent(share float64) string { return fmt.Sprintf("%.2f", 100*share) }
