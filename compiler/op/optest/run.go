package optest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"ssc/compiler/ir"
)

// Table is a set of operators to check.
type Table struct {
	Names  []string
	Lookup func(name string) (ir.Op, bool) // the operator of one of Names with its default attributes
	Parse  func(name string) (ir.Op, bool) // finds operators by the names that the text form has
}

// Run makes a subtest of every operator and of every sample.
func Run(t *testing.T, table Table) {
	for _, name := range table.Names {
		t.Run(name, func(t *testing.T) {
			o, ok := table.Lookup(name)
			if !ok {
				t.Fatalf("Lookup(%q) finds nothing", name)
			}
			if err := Declared(o); err != nil {
				t.Error(err)
			}
			for _, s := range o.Doc().Samples {
				t.Run(s.Label, func(t *testing.T) { checkSample(t, s, table) })
			}
		})
	}
}

func checkSample(t *testing.T, s ir.Sample, table Table) {
	c, err := NewCase(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := Shapes(c); err != nil {
		t.Fatal(err)
	}
	checks := []error{Gradient(c), Text(c, table.Parse)}
	if ir.IsFunction(s.Op) {
		checks = append(checks, Body(c))
	}
	for _, err := range checks {
		if err != nil {
			t.Error(err)
		}
	}
}

// Declared checks what an operator says of itself: a meaning; samples of its own with unique labels, which between them cover the
// default attributes, an axis of size 1, a tensor with two axes of different sizes (where any has two axes), and a negative value of an attribute axis or
// axes. Attributes that have no default (an absent list or tensor, a zero element type) need no sample.
func Declared(o ir.Op) error {
	doc := o.Doc()
	var errs []error
	missing := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{o.Name()}, args...)...))
	}
	if !strings.HasSuffix(strings.TrimSpace(doc.Text), ".") {
		missing("Doc.Text = %q, want sentences", doc.Text)
	}
	if len(doc.Samples) == 0 {
		missing("no samples")
		return errors.Join(errs...)
	}
	var seen coverage
	labels := map[string]bool{}
	for _, s := range doc.Samples {
		if s.Label == "" || labels[s.Label] {
			missing("sample label %q is empty or taken", s.Label)
		}
		labels[s.Label] = true
		if s.Op.Name() != o.Name() {
			missing("sample %s is of %s", s.Label, s.Op.Name())
			continue
		}
		seen.sample(o, s)
	}
	if !seen.defaults {
		missing("no sample has the default attributes %v", ir.Attrs(o))
	}
	if !seen.thin {
		missing("no sample has an axis of size 1")
	}
	if seen.matrix && !seen.oblong {
		missing("no sample has a tensor with axes of different sizes")
	}
	if seen.axis && !seen.negative {
		missing("no sample has a negative axis")
	}
	return errors.Join(errs...)
}

// coverage is what the samples of an operator have between them.
type coverage struct{ defaults, thin, matrix, oblong, axis, negative bool }

func (c *coverage) sample(o ir.Op, s ir.Sample) {
	c.defaults = c.defaults || hasDefaults(o, s.Op)
	for _, a := range ir.Attrs(s.Op) {
		if a.Name != "axis" && a.Name != "axes" {
			continue
		}
		c.axis = true
		switch v := a.Value.(type) {
		case int:
			c.negative = c.negative || v < 0
		case []int:
			for _, k := range v {
				c.negative = c.negative || k < 0
			}
		}
	}
	shapes := make([][]int, 0, len(s.In)+1)
	for _, a := range s.In {
		shapes = append(shapes, a.Dims)
	}
	if k, err := NewCase(s); err == nil {
		for _, v := range k.Graph.Outputs {
			shapes = append(shapes, v.Shape.Sizes())
		}
	}
	for _, dims := range shapes {
		c.matrix = c.matrix || len(dims) > 1
		for _, d := range dims {
			c.thin = c.thin || d == 1
			c.oblong = c.oblong || d != dims[0]
		}
	}
}

// hasDefaults reports whether every attribute of sample has the prototype's value, where that has one.
func hasDefaults(prototype, sample ir.Op) bool {
	have := map[string]any{}
	for _, a := range ir.Attrs(sample) {
		have[a.Name] = a.Value
	}
	for _, a := range ir.Attrs(prototype) {
		v := reflect.ValueOf(a.Value)
		if required := v.Kind() != reflect.Bool && v.IsZero() && v.Kind() != reflect.Int && v.Kind() != reflect.Float64; required {
			continue
		}
		if !reflect.DeepEqual(have[a.Name], a.Value) {
			return false
		}
	}
	return true
}
