package migrate

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang/diag"
)

// Outcome says what became of a piece of a configuration.
type Outcome string

// The outcomes, from the least to the most that a person has to do.
const (
	Converted Outcome = "converted" // says the same under another name
	Changed   Outcome = "changed"   // says something else, on purpose
	Dropped   Outcome = "dropped"   // has no counterpart and needs none
	Missing   Outcome = "missing"   // a component that ssc does not have
	Attention Outcome = "attention" // cannot be converted; a person decides
)

// Decision is one line of a report.
type Decision struct {
	Outcome Outcome `json:"outcome"`
	At      string  `json:"at,omitempty"` // file:line,col in the Python file
	Path    string  `json:"path"`         // where it stands in the configuration, such as model.neck.norm_cfg
	To      string  `json:"to,omitempty"` // what it became
	Why     string  `json:"why,omitempty"`

	rng hcl.Range
}

// Report is what was decided about one file.
type Report struct {
	File      string     `json:"file"`
	Output    string     `json:"output,omitempty"`
	Decisions []Decision `json:"decisions"`
	Helpers   []string   `json:"helpers,omitempty"` // variables of the file that nothing reads

	seen map[string]bool
}

func (r *Report) add(o Outcome, at hcl.Range, path, to, format string, args ...any) {
	d := Decision{Outcome: o, Path: path, To: to, Why: fmt.Sprintf(format, args...), rng: at}
	if at.Filename != "" {
		d.At = diag.At(at)
	}
	key := fmt.Sprint(d.Outcome, d.At, d.Path, d.Why)
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if !r.seen[key] {
		r.seen[key] = true
		r.Decisions = append(r.Decisions, d)
	}
}

// Count is the number of decisions with the outcome.
func (r *Report) Count(o Outcome) (n int) {
	for _, d := range r.Decisions {
		if d.Outcome == o {
			n++
		}
	}
	return n
}

// Done reports whether nothing is left to a person.
func (r *Report) Done() bool { return r.Count(Missing)+r.Count(Attention) == 0 }

// rank is the order in which outcomes are printed: what a person has to do first.
var rank = map[Outcome]int{Attention: 0, Missing: 1, Changed: 2, Dropped: 3, Converted: 4}

// Write prints a report for people: a line of numbers, then what a person has to know. verbose adds what says the same under another name and what was dropped. Errors: those of w.
func (r *Report) Write(w io.Writer, verbose bool) error {
	var b strings.Builder
	name := r.File
	if r.Output != "" {
		name += " -> " + r.Output
	}
	fmt.Fprintf(&b, "%s: %d converted, %d changed, %d dropped", name, r.Count(Converted), r.Count(Changed), r.Count(Dropped))
	if n := r.Count(Missing); n > 0 {
		fmt.Fprintf(&b, ", %d missing", n)
	}
	if n := r.Count(Attention); n > 0 {
		fmt.Fprintf(&b, ", %d to decide", n)
	}
	if r.Output == "" {
		b.WriteString("; nothing is written")
	}
	b.WriteByte('\n')
	list := slices.Clone(r.Decisions)
	slices.SortStableFunc(list, func(x, y Decision) int {
		return cmp.Or(cmp.Compare(rank[x.Outcome], rank[y.Outcome]), strings.Compare(x.rng.Filename, y.rng.Filename), cmp.Compare(x.rng.Start.Byte, y.rng.Start.Byte))
	})
	for _, d := range list {
		if rank[d.Outcome] > rank[Changed] && !verbose {
			continue
		}
		fmt.Fprintf(&b, "  %-9s %s", d.Outcome, d.Path)
		if d.To != "" {
			b.WriteString(" -> " + d.To)
		}
		if d.Why != "" {
			b.WriteString(": " + d.Why)
		}
		if d.At != "" {
			b.WriteString(" (" + d.At + ")")
		}
		b.WriteByte('\n')
	}
	if verbose && len(r.Helpers) > 0 {
		fmt.Fprintf(&b, "  not read  %s\n", strings.Join(r.Helpers, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
