package comptest

import (
	"strings"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

// silent is a component that says nothing of itself.
type silent struct {
	size   int
	parts  []*part
	factor float64
}

func (n *silent) Args(s *schema.Set) {
	s.Int(&n.size, "size", 1, "")
	s.Float(&n.factor, "factor", 1, "factor")
	s.Repeated("part", "", false, func() { n.parts = nil }, func(string) schema.Component {
		n.parts = append(n.parts, &part{})
		return n.parts[len(n.parts)-1]
	})
}

func (n *silent) Forward(_ nn.Scope, x []*ir.Value) []*ir.Value { return x }

type part struct{ length int }

func (p *part) Args(s *schema.Set) { s.Int(&p.length, "length", 1, "") }

func TestDeclared(t *testing.T) {
	table := schema.NewTable[neck.Neck]("neck")
	table.Register(schema.Entry[neck.Neck]{Info: schema.Info{Name: "silent", Doc: "no sentence", Paper: schema.Paper{Authors: "A"}}, New: func() neck.Neck { return &silent{} }})
	err := Declared(table, "silent")
	if err == nil {
		t.Fatal("Declared(silent) = nil, want what it lacks")
	}
	want := []string{
		`neck "silent" has no Doc of whole sentences: "no sentence"`,
		`neck "silent" has no complete Paper (Authors, Title, Year, ID), and no reason in Paper.None`,
		`neck "silent" has no text for the argument size`,
		`neck "silent" has no text for the block part`,
		`neck "silent" has no text for the argument part.length`,
	}
	if got := err.Error(); got != strings.Join(want, "\n") {
		t.Errorf("Declared(silent) =\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if err := Declared(neck.Table, "linear"); err != nil {
		t.Errorf("Declared(linear) = %v, want nil", err)
	}
	if err := Declared(table, "absent"); err == nil {
		t.Error("Declared(absent) = nil, want an error")
	}
}

func TestComplete(t *testing.T) {
	err := complete(neck.Table, "linear", []string{"testdata/linear-wide.txtar"}, map[string]bool{"neck.nonlinear": true})
	for _, want := range []string{"write testdata/linear.txtar", "is used by no pipeline in examples"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("complete = %v, want %q in it", err, want)
		}
	}
	if err := complete(neck.Table, "linear", []string{"testdata/linear.txtar"}, map[string]bool{"neck.linear": true}); err != nil {
		t.Errorf("complete = %v, want nil", err)
	}
}

// TestSectionErrors: mistakes in a section in.hcl are told, not built.
func TestSectionErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "Missing block"},
		{"neck \"linear\" {\n", "Unclosed"},
		{`neck "nonlinear" {}`, `want "linear"`},
		{"input \"x\" { shape = [2, 3] }\nneck \"linear\" { in_channels = 4 }", "in_channels = 4"},
		{"neck \"linear\" {}", "has no input"},
	} {
		_, err := sections(neck.Table, "linear", []byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("sections(%q) = %v, want %q in it", c.in, err, c.want)
		}
	}
}

func TestExamples(t *testing.T) {
	used, err := examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"algorithm.simclr", "backbone.resnet", "probe.knn", "random_horizontal_flip", "norm.gn"} {
		if !used[want] {
			t.Errorf("examples use no %s", want)
		}
	}
}
