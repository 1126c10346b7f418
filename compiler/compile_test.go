package compiler_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"

	"ssc/compiler"
	"ssc/compiler/comptest"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/lang/schema"
)

// The runtime's components, as far as the compiler sees them.
var (
	sources    = schema.NewTable[schema.Component]("source")
	transforms = schema.NewTable[schema.Component]("transform")
	tables     = compiler.Tables{Source: sources, Transform: transforms}

	_ = sources.Register(schema.Entry[schema.Component]{Info: schema.Info{Name: "files"}, New: func() schema.Component { return &files{} }})
	_ = transforms.Register(schema.Entry[schema.Component]{Info: schema.Info{Name: "crop"}, New: func() schema.Component { return &crop{} }})
	_ = transforms.Register(schema.Entry[schema.Component]{Info: schema.Info{Name: "scale"}, New: func() schema.Component { return &scale{} }})
)

type files struct{ channels int }

func (f *files) Args(s *schema.Set) { s.Int(&f.channels, "channels", 3, "channels", schema.Positive) }

func (f *files) Channels() int { return f.channels }

// crop gives images a size.
type crop struct{ size int }

func (c *crop) Args(s *schema.Set) { s.Int(&c.size, "size", 0, "pixels", schema.Required) }

func (c *crop) Shape(in plan.ImageType) (plan.ImageType, error) {
	if in.Height > 0 && in.Height < c.size {
		return in, fmt.Errorf("the images have %d rows, fewer than %d", in.Height, c.size)
	}
	in.Height, in.Width = c.size, c.size
	return in, nil
}

// scale makes the size unknown.
type scale struct{}

func (scale) Args(*schema.Set) {}

func (scale) Shape(in plan.ImageType) (plan.ImageType, error) {
	in.Height, in.Width = 0, 0
	return in, nil
}

// compile compiles the files, given by name, a later one over an earlier one.
func compile(names []string, text map[string]string, o compiler.Options) (*compiler.Result, hcl.Diagnostics) {
	read := func(name string) ([]byte, error) {
		if s, ok := text[name]; ok {
			return []byte(s), nil
		}
		return nil, errors.New("no such file")
	}
	p, diags := lang.Load(names, lang.Options{ReadFile: read, Root: tables.Root})
	if diags.HasErrors() {
		return nil, diags
	}
	return compiler.Compile(p.Root, tables, o)
}

// TestGolden compiles the pipelines in testdata: the training graph as it is built, the plan, and what the passes leave.
func TestGolden(t *testing.T) {
	all, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(all) == 0 {
		t.Fatalf("%d golden files, %v", len(all), err)
	}
	for _, f := range all {
		t.Run(filepath.Base(f), func(t *testing.T) {
			comptest.Golden(t, f, func(in []byte) ([]txtar.File, error) {
				built, diags := compile([]string{"in.hcl"}, map[string]string{"in.hcl": string(in)}, compiler.Options{Version: "test", NoPasses: true})
				if diags.HasErrors() {
					return nil, diags
				}
				r, diags := compile([]string{"in.hcl"}, map[string]string{"in.hcl": string(in)}, compiler.Options{Version: "test"})
				if diags.HasErrors() {
					return nil, diags
				}
				for _, g := range []*ir.Graph{built.Train, built.Extract, r.Train, r.Extract} {
					if err := ir.Verify(g); err != nil {
						return nil, err
					}
				}
				stats := fmt.Sprintf("train: %d nodes built, %d after the passes\nextract: %d nodes built, %d after the passes\n",
					len(built.Train.Nodes), len(r.Train.Nodes), len(built.Extract.Nodes), len(r.Extract.Nodes))
				return []txtar.File{{Name: "out/ir", Data: []byte(built.Train.Text(ir.NoRanges))}, {Name: "out/plan", Data: summary(t, r.Plan)},
					{Name: "out/stats", Data: []byte(stats)}}, nil
			})
		})
	}
}

// summary is what a plan declares beside its models, an item a line.
func summary(t *testing.T, p *plan.Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	line := func(what string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", what, text)
	}
	for _, s := range p.State {
		line("state", s)
	}
	for _, g := range p.Groups {
		line("group", g)
	}
	for _, s := range p.Scalars {
		line("scalar", s)
	}
	for _, f := range p.Fields {
		line("field", f)
	}
	for _, d := range p.Datasets {
		line("dataset", d)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Graphs)) {
		g := p.Graphs[name]
		line("graph", fmt.Sprintf("%s: %d inputs, %d outputs", g.File, len(g.Inputs), len(g.Outputs)))
	}
	line("metrics", p.Metrics)
	line("train", p.Train)
	line("evaluate", p.Evaluate)
	line("stats", p.Stats)
	return b.Bytes()
}

// blocks of a small pipeline, one a file.
var blocks = map[string]string{
	"pipeline.hcl": `pipeline "small" { seed = 5 }`,
	"locals.hcl":   "locals {\n  side = 8\n}",
	"algorithm.hcl": `algorithm "simclr" {
  head "contrastive" {}
  neck "nonlinear" {
    hid_channels = 4
    out_channels = 4
  }
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
}`,
	"train.hcl": `dataset "train" {
  source "files" {}
  view {
    count = 2
    crop { size = local.side }
  }
}`,
	"bank.hcl": `dataset "bank" {
  source "files" {}
  view {
    crop { size = local.side }
  }
}`,
	"test.hcl": `dataset "test" {
  source "files" {}
  view {
    crop { size = local.side }
  }
}`,
	"loader.hcl":    `loader { batch_size = 4 }`,
	"optimizer.hcl": `optimizer "sgd" { momentum = 0.9 }`,
	"schedule.hcl":  `schedule "cosine" {}`,
	"epochs.hcl":    `train { epochs = 2 }`,
	"monitor.hcl":   `monitor "knn" { k = 3 }`,
	"evaluate.hcl":  `evaluate "knn" { k = 5 }`,
	"export.hcl":    `export { pool_size = 2 }`,
}

// TestPermuted: the order of blocks means nothing. With each block in a file of its own, so that no line moves, the plans are the same
// byte for byte; in one file they are the same but for the lines that they name.
func TestPermuted(t *testing.T) {
	names := slices.Sorted(maps.Keys(blocks))
	rnd := plan.NewRand(1, plan.UseOrder, 0, 0, 0)
	var apart, together map[string]string
	for round := range 6 {
		for i := len(names) - 1; i > 0 && round > 0; i-- {
			j := rnd.IntN(i + 1)
			names[i], names[j] = names[j], names[i]
		}
		var one []string
		for _, name := range names {
			one = append(one, blocks[name])
		}
		a := planOf(t, names, blocks, func(c *plan.Component) {})
		b := planOf(t, []string{"one.hcl"}, map[string]string{"one.hcl": strings.Join(one, "\n")}, func(c *plan.Component) { c.At = "" })
		if round == 0 {
			apart, together = a, b
			continue
		}
		if diff := cmp.Diff(apart, a); diff != "" {
			t.Errorf("files in the order %v give another plan (-sorted +this):\n%s", names, diff)
		}
		if diff := cmp.Diff(together, b); diff != "" {
			t.Errorf("blocks in the order %v give another plan (-sorted +this):\n%s", names, diff)
		}
	}
}

// planOf is the content of a plan by file name, with each component and setting of plan.json edited.
func planOf(t *testing.T, names []string, text map[string]string, edit func(*plan.Component)) map[string]string {
	t.Helper()
	r, diags := compile(names, text, compiler.Options{Version: "test"})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var visit func(list []plan.Component)
	visit = func(list []plan.Component) {
		for i := range list {
			edit(&list[i])
			visit(list[i].Blocks)
		}
	}
	edit(&r.Plan.Pipeline)
	visit(r.Plan.Pipeline.Blocks)
	visit(r.Plan.Monitors)
	visit(r.Plan.Evaluate)
	for i := range r.Plan.Settings {
		c := plan.Component{At: r.Plan.Settings[i].Origin}
		edit(&c)
		r.Plan.Settings[i].Origin = c.At
	}
	for i := range r.Plan.Datasets {
		edit(&r.Plan.Datasets[i].Source)
		visit(r.Plan.Datasets[i].Source.Blocks)
		for _, v := range r.Plan.Datasets[i].Views {
			visit(v.Transforms)
		}
	}
	files := map[string]string{}
	for name, b := range r.Files {
		files[name] = string(b)
	}
	b, err := plan.Encode(r.Plan)
	if err != nil {
		t.Fatal(err)
	}
	files[plan.File] = string(b)
	return files
}
