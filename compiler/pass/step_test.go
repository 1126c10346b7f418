package pass_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"ssc/compiler/ir"
	"ssc/compiler/pass"
)

func stats(what string, g *ir.Graph) string {
	flops, bytes := pass.Total(g)
	peak, at := pass.Peak(g, nil)
	return fmt.Sprintf("%-6s nodes %d, operations %d, bytes %d, peak %d at %s\n", what, len(g.Nodes), flops, bytes, peak, at.Out[0].Name)
}

// TestStep runs all passes on a training step: golden text and numbers, the same results, the state still updated in place.
func TestStep(t *testing.T) {
	a := archive(t, "step")
	src := section(a, "before.ir")
	before, g := parse(t, src, "step"), parse(t, src, "step")
	if _, err := verified.All(g); err != nil {
		t.Fatal(err)
	}
	got := &txtar.Archive{Comment: a.Comment, Files: []txtar.File{
		{Name: "before.ir", Data: []byte(src)},
		{Name: "after.ir", Data: []byte(g.Text())},
		{Name: "stats.txt", Data: []byte(stats("before", before) + stats("after", g))},
	}}
	if *update {
		if err := os.WriteFile("testdata/step.txtar", txtar.Format(got), 0o666); err != nil {
			t.Fatal(err)
		}
	} else {
		for _, f := range got.Files[1:] {
			if diff := cmp.Diff(section(a, f.Name), string(f.Data)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", f.Name, diff)
			}
		}
	}
	same(t, before, g, 1e-5)
	known := hazards(before)
	for name, h := range hazards(g) {
		if _, ok := known[name]; !ok {
			t.Errorf("after the passes %s cannot be updated in place: %s", name, h)
		}
	}
	if _, err := verified.All(g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got.Files[1].Data), g.Text()); diff != "" {
		t.Errorf("a second run changes the step (-once +twice):\n%s", diff)
	}
}

// hazards are the state tensors, "x" with the output "next.x", that cannot share a buffer with their new value, and why.
func hazards(g *ir.Graph) map[string]string {
	in := map[string]*ir.Value{}
	for _, v := range g.Inputs {
		in[v.Name] = v
	}
	var pairs []ir.Pair
	for _, v := range g.Outputs {
		if name, ok := strings.CutPrefix(v.Name, "next."); ok {
			pairs = append(pairs, ir.Pair{In: in[name], Out: v})
		}
	}
	found := map[string]string{}
	for _, h := range ir.VerifyInPlace(g, pairs, nil) {
		found[h.In.Name] = h.Reason
	}
	return found
}

// TestScheduleOfStep checks that the order of emission alone lowers the step's peak.
func TestScheduleOfStep(t *testing.T) {
	g := parse(t, section(archive(t, "step"), "before.ir"), "step")
	if _, err := pass.Run(g, "simplify", "cse", "dce"); err != nil {
		t.Fatal(err)
	}
	before, _ := pass.Peak(g, nil)
	if _, err := verified.Run(g, "schedule"); err != nil {
		t.Fatal(err)
	}
	if after, _ := pass.Peak(g, nil); after >= before {
		t.Errorf("the schedule leaves the peak at %d bytes, which was %d", after, before)
	}
}

func BenchmarkAll(b *testing.B) {
	src := section(archive(b, "step"), "before.ir")
	for b.Loop() {
		b.StopTimer()
		g := parse(b, src, "step")
		b.StartTimer()
		if _, err := pass.All(g); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCSE(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		g := randomGraph(1, 10000)
		b.StartTimer()
		if _, err := pass.Run(g, "cse"); err != nil {
			b.Fatal(err)
		}
	}
}
