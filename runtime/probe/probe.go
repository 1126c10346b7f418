package probe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ssc/compiler/plan"
)

// Probe carries out one monitor or evaluate block.
type Probe interface {
	Measure(ctx context.Context, s *Subject) ([]Measurement, error)
}

// table holds what makes the probes, by their name in a pipeline file.
var table = map[string]func(plan.Component) Probe{}

// Register enters a probe and panics when the name is taken. It returns a value so that files can register in a package variable.
func Register(name string, make func(plan.Component) Probe) struct{} {
	if _, ok := table[name]; ok {
		panic(fmt.Sprintf("probe: second probe named %q", name))
	}
	table[name] = make
	return struct{}{}
}

// New makes the probe of a block.
func New(c plan.Component) (Probe, error) {
	make, ok := table[c.Label]
	if !ok {
		return nil, fmt.Errorf("%s: there is no probe %q; there are %s", c.At, c.Label, strings.Join(slices.Sorted(maps.Keys(table)), ", "))
	}
	return make(c), nil
}

// Measurement is what a probe found.
type Measurement struct {
	Probe    string  `json:"probe"`    // "knn"
	Features string  `json:"features"` // "encoder", "raw pixels", "untrained encoder"
	Value    float64 `json:"value"`    // the number that counts most: a share of right answers, or what Metric says
	// Metric is what Value is; empty for a share of right answers.
	Metric  string `json:"metric,omitempty"` // "mean average precision", "deviation"
	Bank    int    `json:"bank,omitempty"`   // images that it learnt from
	Queries int    `json:"queries"`          // images that were measured
	K       int    `json:"k,omitempty"`
	Vote    string `json:"vote,omitempty"`
	Setting string `json:"setting,omitempty"` // what was chosen on the way, as "l2 0.0001, 87 iterations"
	// Metrics are all numbers by the names that the log has them under: "knn", "linear.top5".
	Metrics  map[string]float64 `json:"metrics,omitempty"`
	Warnings []Warning          `json:"warnings,omitempty"`
	Classes  *Classes           `json:"classes,omitempty"`
	// ClassNames are what the queries' classes are called; nil when nobody knows.
	ClassNames []string `json:"-"`
}

// IsShare reports whether Value is best read as a percentage.
func (m Measurement) IsShare() bool { return m.Metric == "" || m.Metric == meanAP }

// String says what was found and how, in a line: "knn of encoder: 87.31 % (k 5, majority vote, 60000 images in the bank, 10000 queries)".
func (m Measurement) String() string {
	value := fmt.Sprintf("%s %.4g", m.Metric, m.Value)
	if m.IsShare() {
		value = strings.TrimSpace(fmt.Sprintf("%s %.2f %%", m.Metric, 100*m.Value))
	}
	return fmt.Sprintf("%s of %s: %s (%s)", m.Probe, m.Features, value, m.Detail())
}

// Detail says how the number was found.
func (m Measurement) Detail() string {
	var parts []string
	add := func(ok bool, format string, args ...any) {
		if ok {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(m.K > 0, "k %d", m.K)
	add(m.Vote != "", "%s vote", m.Vote)
	add(m.Setting != "", "%s", m.Setting)
	add(m.Bank > 0, "%d images in the bank", m.Bank)
	add(true, "%d queries", m.Queries)
	return strings.Join(parts, ", ")
}

// Warning is a meter beyond its bound.
type Warning struct {
	Title  string   `json:"title"`  // "The embeddings collapse"
	Detail string   `json:"detail"` // the meter, its value and its bound
	Causes []string `json:"causes"` // usual ones
}

func (w Warning) String() string {
	return fmt.Sprintf("%s: %s. Usual causes: %s.", w.Title, w.Detail, strings.Join(w.Causes, "; "))
}
