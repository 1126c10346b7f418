package pass_test

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/pass"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// verified runs passes with the verifier on.
var verified = pass.Options{Verify: true}

// passesOf says which passes an archive of testdata is for, by its name.
var passesOf = map[string][]string{
	"cse": {"cse"}, "fold": {"fold"}, "dce": {"dce"}, "arithmetic": {"simplify", "dce"}, "shape": {"simplify", "dce"}, "schedule": {"schedule"},
}

// tolerance is how far results may be from those of the graph before, relative to their size. Folding rounds to the element type, which
// the evaluator does not: bfloat16 is the coarsest.
var tolerance = map[string]float64{"fold": 0x1p-8}

func parse(t testing.TB, src, file string) *ir.Graph {
	t.Helper()
	g, err := ir.Parse(src, file, fn.Any)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// archive reads a txtar file. Its files are named case/before.ir and case/after.ir.
func archive(t testing.TB, name string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// cases lists the texts before, by case, in order.
func cases(t testing.TB, a *txtar.Archive) (names []string, before map[string]string) {
	before = map[string]string{}
	for _, f := range a.Files {
		if c, what := path.Split(f.Name); what == "before.ir" {
			names = append(names, strings.TrimSuffix(c, "/"))
			before[strings.TrimSuffix(c, "/")] = string(f.Data)
		}
	}
	if len(names) == 0 {
		t.Fatal("the archive has no cases")
	}
	return names, before
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func TestPasses(t *testing.T) {
	for file, passes := range passesOf {
		a := archive(t, file)
		names, before := cases(t, a)
		out := &txtar.Archive{Comment: a.Comment}
		for _, name := range names {
			t.Run(file+"/"+name, func(t *testing.T) {
				g := parse(t, before[name], name)
				if _, err := verified.Run(g, passes...); err != nil {
					t.Fatal(err)
				}
				got := g.Text()
				out.Files = append(out.Files, txtar.File{Name: name + "/before.ir", Data: []byte(before[name])},
					txtar.File{Name: name + "/after.ir", Data: []byte(got)})
				if !*update {
					if diff := cmp.Diff(section(a, name+"/after.ir"), got); diff != "" {
						t.Errorf("%v (-want +got):\n%s", passes, diff)
					}
				}
				if _, err := verified.Run(g, passes...); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(got, g.Text()); diff != "" {
					t.Errorf("%v a second time changes the graph (-once +twice):\n%s", passes, diff)
				}
				same(t, parse(t, before[name], name), g, tolerance[file])
			})
		}
		if *update {
			if err := os.WriteFile(filepath.Join("testdata", file+".txtar"), txtar.Format(out), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestRulesHaveCases checks that every rule of simplify changes a graph of testdata.
func TestRulesHaveCases(t *testing.T) {
	used := map[string]int{}
	for _, file := range []string{"arithmetic", "shape"} {
		names, before := cases(t, archive(t, file))
		for _, name := range names {
			for doc, n := range pass.RuleUses(parse(t, before[name], name)) {
				used[doc] += n
			}
		}
	}
	for doc, n := range used {
		if n == 0 {
			t.Errorf("the rule %q changes no graph in testdata", doc)
		}
	}
	if len(used) < 15 {
		t.Errorf("%d rules were counted; want all", len(used))
	}
}

func TestRunOrder(t *testing.T) {
	tests := []struct {
		passes []string
		want   string
	}{
		{pass.Names(), ""},
		{[]string{"dce", "simplify", "dce", "schedule"}, ""},
		{[]string{"schedule", "cse"}, "pass cse of stage clean cannot run behind stage order"},
		{[]string{"layout", "fold"}, "pass fold of stage clean cannot run behind stage arrange"},
		{[]string{"fuse"}, `unknown pass "fuse"; there are [simplify fold cse dce layout schedule]`},
	}
	for _, tt := range tests {
		g := ir.New("g")
		g.Output(ir.Apply1(mustLookup(t, "Identity"), g.Input("x", ir.Float32, ir.Dims(2))))
		got := ""
		if _, err := pass.Run(g, tt.passes...); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("Run(g, %v) = %q, want %q", tt.passes, got, tt.want)
		}
	}
}

func mustLookup(t testing.TB, name string) ir.Op {
	t.Helper()
	o, ok := fn.Any(name)
	if !ok {
		t.Fatalf("no operator %s", name)
	}
	return o
}

func TestBrokenGraph(t *testing.T) {
	g := parse(t, "graph g {\n  in %x: f32[2]\n  %a: f32[2] = Exp(%x)\n  %b: f32[2] = Neg(%a)\n  out %b\n}\n", "broken")
	g.Nodes[0], g.Nodes[1] = g.Nodes[1], g.Nodes[0]
	if _, err := verified.All(g); err == nil || !strings.Contains(err.Error(), "V4") {
		t.Errorf("All(nodes out of order) = %v, want a breach of V4", err)
	}
}

func TestAfterSeesEveryPass(t *testing.T) {
	g := parse(t, "graph g {\n  in %x: f32[2]\n  %a: f32[2] = Exp(%x)\n  out %a\n}\n", "g")
	var got []string
	if _, err := (pass.Options{After: func(name string, _ *ir.Graph) { got = append(got, name) }}).All(g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pass.Names(), got); diff != "" {
		t.Errorf("passes of a graph with nothing to do (-want +got):\n%s", diff)
	}
}

// same checks that two graphs compute the same outputs, under the same names, from the same random inputs.
func same(t testing.TB, before, after *ir.Graph, tol float64) {
	t.Helper()
	feeds := draw(before, 1)
	want, err := before.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	got, err := after.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d outputs, want %d", len(got), len(want))
	}
	for i, v := range before.Outputs {
		if after.Outputs[i].Name != v.Name {
			t.Errorf("output %d is named %s, want %s", i, after.Outputs[i].Name, v.Name)
		}
		if err := near(got[i], want[i], tol); err != nil {
			t.Errorf("output %s: %v", v.Name, err)
		}
	}
}

func describe(x *ir.Tensor) string { return fmt.Sprintf("%s%v", x.DType, x.Dims) }
