// Package migrated compares what migrated pipelines mean with what OpenSelfSup and MMSelfSup make of the same files: parameters, learning rates, groups, moving averages, constants and views. The expectations in
// testdata/expected.json were written by testdata/oracle.py with MMSelfSup's own objects, those in testdata/1x and testdata/openselfsup by the scripts there with the objects of MMSelfSup 1.0.0 and of OpenSelfSup.
package migrated

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/lang/migrate"
	"ssc/runtime/datasource"
	"ssc/runtime/transform"
)

var tables = compiler.Tables{Source: datasource.Table, Transform: transform.Table}

// expectation is what one configuration means upstream.
type expectation struct {
	Epochs, Parameters int
	PerEpoch           int `json:"per_epoch"`
	Steps              []int
	Groups             []group
	Optimizer          map[string]any
	Views              [][][2]any // nil: not compared
	Extract            [][][2]any // views of the images that are clustered
	Constants          map[string]any
	Teacher            []float64
	Warmup             int // steps of a linear warm-up of 1.x
	Interval           int // steps from one change of the teacher to the next
}

// group are parameters with the same options, each with its shape, and their learning rates at the chosen steps.
type group struct {
	WeightDecay float64  `json:"weight_decay"`
	NoAdapt     bool     `json:"lars_exclude"`
	Momentum    *float64 // nil: not compared
	LR          []float64
	Names       []string
}

// TestMeaning migrates and compiles each configuration and compares its plan with upstream's objects.
func TestMeaning(t *testing.T) {
	for _, dir := range []string{"testdata", "testdata/1x", "testdata/openselfsup"} {
		t.Run(filepath.Base(dir), func(t *testing.T) { meaning(t, dir) })
	}
}

// meaning compares the configurations of a folder.
func meaning(t *testing.T, dir string) {
	text, err := os.ReadFile(dir + "/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]expectation
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(dir + "/*.py")
	if err != nil || len(files) != len(all)+1 { // and the script
		t.Fatalf("%d files and %d expectations, %v: run %s/oracle.py", len(files), len(all), err, dir)
	}
	for name, want := range all {
		t.Run(strings.TrimSuffix(name, ".py"), func(t *testing.T) {
			p := migrated(t, dir+"/"+name)
			if p.Train.Epochs != want.Epochs {
				t.Errorf("%d epochs, want %d", p.Train.Epochs, want.Epochs)
			}
			if got := parameters(p); got != want.Parameters {
				t.Errorf("%d trained parameters, want %d", got, want.Parameters)
			}
			got := groups(p, want)
			shorter(want, got)
			if d := cmp.Diff(lines(want.Groups), lines(got)); d != "" {
				t.Errorf("learning rates and weight decay (-upstream +ssc):\n%s", d)
			}
			compareTeacher(t, p, want)
			compareArguments(t, p, want)
			for i, views := range map[string][][][2]any{"train": want.Views, "extract": want.Extract} {
				if d := cmp.Diff(views, viewsOf(t, p, i)); views != nil && d != "" {
					t.Errorf("views of %s (-upstream +ssc):\n%s", i, d)
				}
			}
		})
	}
}

// migrated is the plan of a configuration.
func migrated(t *testing.T, name string) *plan.Plan {
	t.Helper()
	r, diags, err := migrate.Run([]string{name}, migrate.Options{Root: tables.Root, Kinds: tables.Kinds(), Flat: true, BaseRoot: "testdata"})
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags)
	}
	f := r.Files[0]
	if f.Text == nil || !f.Report.Done() {
		t.Fatalf("it is not converted: %+v", f.Report.Decisions)
	}
	p, diags := lang.Load([]string{"x.hcl"}, lang.Options{Root: tables.Root, ReadFile: func(string) ([]byte, error) { return f.Text, nil }})
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, f.Text)
	}
	c, diags := compiler.Compile(p.Root, tables, compiler.Options{Name: p.Name, NoPasses: true})
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, f.Text)
	}
	return c.Plan
}

func parameters(p *plan.Plan) (n int) {
	for _, s := range p.State {
		if s.Role == plan.RoleParam && !s.Frozen {
			size := 1
			for _, d := range s.Dims {
				size *= d
			}
			n += size
		}
	}
	return n
}

// groups are the plan's, with the shapes and learning rates of upstream's.
func groups(p *plan.Plan, want expectation) []group {
	var out []group
	for i, g := range p.Groups {
		one := group{WeightDecay: g.WeightDecay, NoAdapt: g.NoAdapt, Momentum: momentum(p, g, want)}
		j := slices.IndexFunc(p.Scalars, func(s plan.Scalar) bool { return s.Name == g.LR })
		for _, step := range want.Steps {
			one.LR = append(one.LR, g.LRMult*p.Scalars[j].Curve.At(step, want.PerEpoch, want.Epochs))
		}
		for _, s := range p.State {
			if s.Role == plan.RoleParam && s.Group == i && !s.Frozen {
				one.Names = append(one.Names, s.Name+" "+strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Dims), " ", "x"), "[]"))
			}
		}
		slices.Sort(one.Names)
		out = append(out, one)
	}
	return out
}

// momentum is a group's, nil where upstream's is not known.
func momentum(p *plan.Plan, g plan.Group, want expectation) *float64 {
	if want.Groups[0].Momentum == nil {
		return nil
	}
	if g.Momentum != nil {
		return g.Momentum
	}
	m := 0.0
	if text := plan.Settings(p)["optimizer.momentum"]; text != "" { // AdamW has none
		fmt.Sscan(text, &m)
	}
	return &m
}

// shorter takes the warm-up of 1.x from the expectations: it is one step shorter there than in ssc, so that a rate in it is at most one part in its length higher.
func shorter(want expectation, got []group) {
	for _, g := range want.Groups {
		for _, h := range got {
			if slices.Equal(g.Names[:1], h.Names[:1]) {
				for i, step := range want.Steps {
					if step < want.Warmup && g.LR[i] >= h.LR[i] && g.LR[i] <= h.LR[i]*(1+1.01/float64(want.Warmup-1)) {
						g.LR[i] = h.LR[i]
					}
				}
			}
		}
	}
}

// lines spells out, for each parameter, its shape, its decay and its learning rates in nine digits.
func lines(list []group) (out []string) {
	for _, g := range list {
		lr := make([]string, len(g.LR))
		for i, x := range g.LR {
			lr[i] = fmt.Sprintf("%.9g", round(x))
		}
		for _, n := range g.Names {
			line := fmt.Sprintf("%s: weight_decay %.9g, lars_exclude %t, lr %s", n, g.WeightDecay, g.NoAdapt, strings.Join(lr, " "))
			if g.Momentum != nil {
				line += fmt.Sprintf(", momentum %g", *g.Momentum)
			}
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}

// round makes 0 of what floating point leaves of it.
func round(x float64) float64 {
	if math.Abs(x) < 1e-15 {
		return 0
	}
	return x
}

func compareTeacher(t *testing.T, p *plan.Plan, want expectation) {
	t.Helper()
	if want.Teacher == nil {
		return
	}
	i := slices.IndexFunc(p.Scalars, func(s plan.Scalar) bool { return s.Name == "teacher_momentum" })
	if i < 0 {
		t.Errorf("the plan has no momentum of a teacher")
		return
	}
	for k, step := range want.Steps {
		if (step+1)%want.Interval > 0 { // the teacher does not move
			continue
		}
		if got := p.Scalars[i].Curve.At(step, want.PerEpoch, want.Epochs); math.Abs(got-want.Teacher[k]) > 1e-12 {
			t.Errorf("momentum of the teacher at step %d: %.12g, want %.12g", step, got, want.Teacher[k])
		}
	}
}

// compareArguments compares what the optimizer and the method are told.
func compareArguments(t *testing.T, p *plan.Plan, want expectation) {
	t.Helper()
	got := plan.Settings(p)
	expect := map[string]any{}
	for k, v := range want.Optimizer {
		expect["optimizer."+k] = v
	}
	for k, v := range want.Constants {
		expect[k] = v
	}
	for k, v := range expect {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Trim(string(text), `"`); got[k] != want {
			t.Errorf("%s = %s, want %s", k, got[k], want)
		}
	}
}

// compared are the arguments of a transform that upstream has too.
var compared = map[string][]string{
	"random_resized_crop": {"size", "scale", "ratio", "interpolation"}, "random_horizontal_flip": {"p"}, "color_jitter": {"brightness", "contrast", "saturation", "hue"}, "random_applied_trans": {"p"},
	"random_grayscale": {"p"}, "gaussian_blur": {"sigma_min", "sigma_max", "p"}, "solarization": {"threshold", "p"}, "normalize": {"mean", "std"}, "resize": {"size", "interpolation"}, "random_crop": {"size"},
	"center_crop": {"size"}, "random_rotation": {"degrees"},
}

// viewsOf are the transforms of each view of a dataset in the form of the expectations.
func viewsOf(t *testing.T, p *plan.Plan, dataset string) (out [][][2]any) {
	t.Helper()
	at := slices.IndexFunc(p.Datasets, func(d plan.Dataset) bool { return d.Name == dataset })
	if at < 0 {
		return nil
	}
	for _, v := range p.Datasets[at].Views {
		var list [][2]any
		for _, c := range v.Transforms {
			list = append(list, component(c))
		}
		out = append(out, list)
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var plain [][][2]any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

func component(c plan.Component) [2]any {
	args := map[string]any{}
	for _, k := range compared[c.Type] {
		args[k] = c.Args[k]
		if c.Type == "normalize" {
			args[k] = nine(c.Floats(k))
		}
		if n := c.Ints(k); k == "size" && len(n) == 1 && c.Type != "resize" {
			args[k] = []int{n[0], n[0]}
		}
	}
	if len(c.Blocks) > 0 {
		var inner [][2]any
		for _, b := range c.Blocks {
			inner = append(inner, component(b))
		}
		args["inner"] = inner
	}
	return [2]any{c.Type, args}
}

// nine are numbers in nine digits: those of 1.x are divided by 255.
func nine(list []float64) []float64 {
	out := make([]float64, len(list))
	for i, x := range list {
		fmt.Sscan(fmt.Sprintf("%.9g", x), &out[i])
	}
	return out
}
