package op_test

import (
	"errors"
	"strings"
	"testing"

	"ssc/compiler/op"

	"github.com/google/go-cmp/cmp"
)

func TestManual(t *testing.T) {
	var b strings.Builder
	if err := op.Manual(&b); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(b.String()) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			got = append(got, strings.TrimSpace(name))
		}
	}
	if diff := cmp.Diff(op.Names(), got); diff != "" {
		t.Errorf("sections of the manual (-want +got):\n%s", diff)
	}
	if err := op.Manual(full{}); err == nil {
		t.Error("Manual on a full disk = nil, want an error")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestEntry(t *testing.T) {
	for name, want := range map[string]string{
		"CumSum": `## CumSum

The running sum along an axis, given as a constant: of the elements up to this one, without it where exclusive is 1, from the end where reverse is 1.

| attribute | type | default |
|---|---|---|
| ` + "`exclusive`" + ` | 0 or 1 | 0 |
| ` + "`reverse`" + ` | 0 or 1 | 0 |

Gradient: of input 0.
`,
		"Sub": "## Sub\n\na - b, element by element, with broadcasting.\n\nGradient: of inputs 0 and 1.\n",
		"Not": "## Not\n\nTrue where the bool x is false. Not differentiable.\n\nGradient: none.\n",
	} {
		o, ok := op.Lookup(name)
		if !ok {
			t.Fatalf("Lookup(%q) finds nothing", name)
		}
		if diff := cmp.Diff(want, op.Entry(o)); diff != "" {
			t.Errorf("Entry(%s) (-want +got):\n%s", name, diff)
		}
	}
}
