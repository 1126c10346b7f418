package lang_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"ssc/lang"
	"ssc/lang/diag"
	"ssc/lang/langtest"
	"ssc/lang/schema"
)

// full is a whole pipeline of the small schema.
const full = `
locals {
  crop = [0.2, 1]
}
algorithm "simclr" {
  backbone "resnet" {
    depth = 18
  }
  neck "nonlinear" {}
  head "contrastive" {}
}
dataset "train" {
  source "idx" {
    images = "images"
  }
  view {
    random_resized_crop {
      scale = local.crop
    }
    normalize {}
  }
  view {
    normalize {}
  }
}
optimizer "sgd" {
  lr = 0.1
  group {
    match = "bn"
  }
  group {
    match   = "bias$"
    lr_mult = 2
  }
}
`

// files is a file system in memory.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	text, ok := f[filepath.ToSlash(name)]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

// load loads in.hcl of the files and decodes it; f["in.hcl"] may be left out for the whole pipeline.
func load(f files, opt lang.Options) (*lang.Pipeline, hcl.Diagnostics) {
	all := files{"in.hcl": full, "full.hcl": full}
	for name, text := range f {
		all[name] = text
	}
	opt.ReadFile, opt.Root = all.read, langtest.Root
	p, diags := lang.Load([]string{"in.hcl"}, opt)
	return p, append(diags, schema.Decode(langtest.Root(), p.Root)...)
}

// value is the row of a path as "literal @ origin".
func value(p *lang.Pipeline, path string) string {
	for _, r := range schema.Origins(p.Root) {
		if r.Path == path {
			return r.Value + " @ " + r.Origin
		}
	}
	return "none"
}

var ended = regexp.MustCompile(`[.?]$`)

// checkForm checks what holds for every diagnostic of the language.
func checkForm(t *testing.T, diags hcl.Diagnostics) {
	t.Helper()
	for _, d := range diags {
		if strings.ContainsAny(d.Summary, "\"'`") || d.Summary == "" {
			t.Errorf("summary %s, want one without quotes", d.Summary)
		}
		if !ended.MatchString(d.Detail) {
			t.Errorf("detail %q of %s, want one that ends in . or ?", d.Detail, d.Summary)
		}
		if d.Severity != hcl.DiagError {
			t.Errorf("severity of %s = %v, want an error", d.Summary, d.Severity)
		}
	}
}

// reload checks that the text of a resolved pipeline loads to the same values and prints as itself.
func reload(t *testing.T, p *lang.Pipeline) {
	t.Helper()
	text := schema.Text(p.Root)
	q, diags := load(files{"in.hcl": text}, lang.Options{})
	if diags.HasErrors() {
		t.Fatalf("resolved pipeline does not load: %v\n%s", diags, text)
	}
	if diff := cmp.Diff(specWithoutPlaces(p), specWithoutPlaces(q)); diff != "" {
		t.Fatalf("resolved pipeline loads to other values (-want +got):\n%s\n%s", diff, text)
	}
	if again := schema.Text(q.Root); again != text {
		t.Fatalf("Text = %s, want %s", again, text)
	}
}

func specWithoutPlaces(p *lang.Pipeline) schema.Spec {
	s := schema.Encode(p.Root)
	var strip func(s *schema.Spec)
	strip = func(s *schema.Spec) {
		s.At = ""
		for i := range s.Blocks {
			strip(&s.Blocks[i])
		}
	}
	strip(&s)
	return s
}

func TestLoadValues(t *testing.T) {
	t.Setenv("SSC_TEST_SET", "from the environment")
	t.Setenv("SSC_TEST_EMPTY", "")
	for _, c := range []struct {
		name string
		in   string
		opt  lang.Options
		path string
		want string
	}{
		{"literal", "train {\n  epochs = 3\n}", lang.Options{}, "train.epochs", "3 @ in.hcl:3,12"},
		{"default", "", lang.Options{}, "train.epochs", "100 @ default"},
		{"null is the default", "train {\n  epochs = null\n}", lang.Options{}, "train.epochs", "100 @ default"},
		{"local", "locals {\n  n = 2 * local.m\n  m = 4\n}\ntrain {\n  epochs = local.n\n}", lang.Options{}, "train.epochs", "8 @ in.hcl:7,12"},
		{"two blocks of locals", "locals {\n  n = local.m\n}\nlocals {\n  m = 4\n}\ntrain {\n  epochs = local.n\n}", lang.Options{}, "train.epochs", "4 @ in.hcl:9,12"},
		{"variable", "variable \"n\" {\n  default = 5\n}\ntrain {\n  epochs = var.n\n}", lang.Options{}, "train.epochs", "5 @ in.hcl:6,12"},
		{"-var", "variable \"n\" {\n  default = 5\n}\ntrain {\n  epochs = var.n\n}", lang.Options{Vars: []string{"n=6"}}, "train.epochs", "6 @ in.hcl:6,12"},
		{"last -var", "variable \"n\" {}\ntrain {\n  epochs = var.n\n}", lang.Options{Vars: []string{"n=6", "n=7"}}, "train.epochs", "7 @ in.hcl:4,12"},
		{"-var of text needs no quotes", "variable \"n\" {\n  type = string\n}\npipeline \"x\" {\n  description = var.n\n}", lang.Options{Vars: []string{"n=a b=1"}}, "pipeline.description", `"a b=1" @ in.hcl:6,17`},
		{"-var of a list", "variable \"n\" {\n  type = list(number)\n}\ntrain {\n  epochs = var.n[1]\n}", lang.Options{Vars: []string{"n=[1, 9]"}}, "train.epochs", "9 @ in.hcl:6,12"},
		{"-var takes the type of the default", "variable \"n\" {\n  default = \"x\"\n}\npipeline \"x\" {\n  description = var.n\n}", lang.Options{Vars: []string{"n=18"}}, "pipeline.description", `"18" @ in.hcl:6,17`},
		{"-set", "", lang.Options{Sets: []string{"algorithm.backbone.depth=34"}}, "algorithm.backbone.depth", "34 @ -set:1,26"},
		{"-set with labels", "", lang.Options{Sets: []string{"algorithm.simclr.backbone.resnet.depth=34"}}, "algorithm.backbone.depth", "34 @ -set:1,40"},
		{"-set of one of several", "", lang.Options{Sets: []string{"dataset.train.view[0].random_resized_crop.scale=[0.5,1]"}}, "dataset.train.view[0].random_resized_crop.scale", "[0.5, 1] @ -set:1,49"},
		{"-set without label", "", lang.Options{Sets: []string{"dataset.view[0].random_resized_crop.scale=[0.5,1]"}}, "dataset.train.view[0].random_resized_crop.scale", "[0.5, 1] @ -set:1,43"},
		{"-set with a quoted label", "", lang.Options{Sets: []string{`dataset["train"].view[1].count=2`}}, "dataset.train.view[1].count", "2 @ -set:1,32"},
		{"-set of what the file does not have", "", lang.Options{Sets: []string{"train.checkpoint.keep=7"}}, "train.checkpoint.keep", "7 @ -set:1,23"},
		{"last -set", "", lang.Options{Sets: []string{"train.epochs=1", "train.epochs=2"}}, "train.epochs", "2 @ -set:2,14"},
		{"-set of a word", "", lang.Options{Sets: []string{"algorithm.backbone.stem=small"}}, "algorithm.backbone.stem", `"small" @ -set:1,25`},
		{"-set of a path", "", lang.Options{Sets: []string{"dataset.train.source.images=data/train-images.gz"}}, "dataset.train.source.images", `"data/train-images.gz" @ -set:1,29`},
		{"-set of an expression", "", lang.Options{Sets: []string{"train.epochs=2 * length(local.crop)"}}, "train.epochs", "4 @ -set:1,14"},
		{"-set of a local", "", lang.Options{Sets: []string{"locals.crop=[0.7, 1]"}}, "dataset.train.view[0].random_resized_crop.scale", "[0.7, 1] @ in.hcl:18,15"},
		{"-set null", "", lang.Options{Sets: []string{"algorithm.backbone.depth=null"}}, "algorithm.backbone.depth", "50 @ default"},
		{"-set null of blocks", "", lang.Options{Sets: []string{"optimizer.group=null"}}, "optimizer.group.match", "none"},
		{"-set of a new monitor", "", lang.Options{Sets: []string{"monitor.knn.bank=a", "monitor.knn.queries=b"}}, "monitor.knn.queries", `"b" @ -set:2,21`},
		{"function", "train {\n  epochs = max(1, floor(2.7), ceil(2.1), abs(-2), tonumber(\"2\"))\n}", lang.Options{}, "train.epochs", "3 @ in.hcl:3,12"},
		{"numbers", "train {\n  epochs = round(log(8, 2) + pow(2, 3) + sqrt(4) + 0.4)\n}", lang.Options{}, "train.epochs", "13 @ in.hcl:3,12"},
		{"texts", "pipeline \"x\" {\n  description = upper(trimspace(join(\"-\", split(\",\", replace(format(\" %s,%d \", \"a\", 7), \"a\", \"b\")))))\n}", lang.Options{}, "pipeline.description", `"B-7" @ in.hcl:3,17`},
		{"collections", "algorithm \"simclr\" {\n  backbone \"resnet\" {\n    out_indices = concat(reverse(distinct([1, 1, 2])), flatten([[3], [4]]), range(5, 6))\n  }\n  neck \"nonlinear\" {}\n  head \"contrastive\" {}\n}", lang.Options{}, "algorithm.backbone.out_indices", "[2, 1, 3, 4, 5] @ in.hcl:4,19"},
		{"objects", "train {\n  epochs = lookup(merge({ a = 1 }, zipmap([\"b\"], [4])), \"b\", 0) + length(keys({ a = 1 })) + (contains([1], 1) ? 1 : 0)\n}", lang.Options{}, "train.epochs", "6 @ in.hcl:3,12"},
		{"environment", "pipeline \"x\" {\n  description = env(\"SSC_TEST_SET\", \"x\")\n}", lang.Options{}, "pipeline.description", `"from the environment" @ in.hcl:3,17`},
		{"environment set to nothing", "pipeline \"x\" {\n  description = env(\"SSC_TEST_EMPTY\", \"x\")\n}", lang.Options{}, "pipeline.description", `"x" @ in.hcl:3,17`},
		{"environment by default", "pipeline \"x\" {\n  description = env(\"SSC_TEST_UNSET\", \"x\")\n}", lang.Options{}, "pipeline.description", `"x" @ in.hcl:3,17`},
		{"templates", "pipeline \"x\" {\n  description = \"a%{ for x in [1, 2] }${x}%{ endfor }$${b}\"\n}", lang.Options{}, "pipeline.description", `"a12$${b}" @ in.hcl:3,17`},
		{"path.module", "pipeline \"x\" {\n  description = path.module\n}", lang.Options{}, "pipeline.description", `"." @ in.hcl:3,17`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := files{"in.hcl": "extends = \"full.hcl\"\n" + c.in}
			if c.in == "" {
				f = nil
			}
			p, diags := load(f, c.opt)
			if diags.HasErrors() {
				t.Fatalf("Load(%s) failed: %v", c.in, diags)
			}
			if got := value(p, c.path); got != c.want {
				t.Errorf("%s = %s, want %s", c.path, got, c.want)
			}
			reload(t, p)
		})
	}
}

func TestVarFiles(t *testing.T) {
	const in = "variable \"a\" {\n  default = \"default\"\n}\nvariable \"b\" {\n  default = \"default\"\n}\nvariable \"c\" {\n  default = \"default\"\n}\npipeline \"x\" {\n  description = \"${var.a} ${var.b} ${var.c}\"\n}"
	p, diags := load(files{"in.hcl": "extends = \"full.hcl\"\n" + in, "v/1": "b = \"file\"\nc = \"file\"", "v/2": "b = path.module"},
		lang.Options{VarFiles: []string{"v/1", "v/2"}, Vars: []string{"c=option"}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got, want := value(p, "pipeline.description"), `"default v option" @ in.hcl:12,17`; got != want {
		t.Errorf("variables = %s, want %s", got, want)
	}
}

func TestStdinAndSeveralFiles(t *testing.T) {
	p, diags := lang.Load([]string{"full.hcl", "-"}, lang.Options{Root: langtest.Root, ReadFile: files{"full.hcl": full}.read,
		Stdin: strings.NewReader("optimizer \"sgd\" {\n  lr = 3\n}")})
	diags = append(diags, schema.Decode(langtest.Root(), p.Root)...)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got, want := value(p, "optimizer.lr"), "3 @ <stdin>:2,8"; got != want {
		t.Errorf("optimizer.lr = %s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{"<stdin>", "full.hcl"}, p.Files); diff != "" {
		t.Errorf("Files (-want +got):\n%s", diff)
	}
}

// TestOrder loads the top-level blocks of a pipeline in other orders and wants the same values.
func TestOrder(t *testing.T) {
	blocks := strings.SplitAfter(strings.TrimPrefix(full+"dataset \"a\" {\n  source \"idx\" {\n    images = \"x\"\n  }\n}\nmonitor \"knn\" {\n  bank    = \"a\"\n  queries = \"a\"\n}\n", "\n"), "\n}\n")
	blocks = slices.DeleteFunc(blocks, func(s string) bool { return s == "" })
	var want schema.Spec
	for i := range len(blocks) {
		rotated := append(slices.Clone(blocks[i:]), blocks[:i]...)
		for _, order := range [][]string{rotated, reversed(rotated)} {
			p, diags := load(files{"in.hcl": strings.Join(order, "")}, lang.Options{})
			if diags.HasErrors() {
				t.Fatalf("%v", diags)
			}
			if got := specWithoutPlaces(p); i == 0 && want.Blocks == nil {
				want = got
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("blocks in order %d (-want +got):\n%s", i, diff)
			}
		}
	}
}

func reversed(l []string) []string {
	l = slices.Clone(l)
	slices.Reverse(l)
	return l
}

// TestBounds checks the bounds that many or large files hit.
func TestBounds(t *testing.T) {
	chain := func(n int) files {
		f := files{"in.hcl": "extends = \"0\""}
		for i := range n - 1 {
			f[fmt.Sprint(i)] = fmt.Sprintf("extends = [\"%d\"]", i+1)
		}
		f[fmt.Sprint(n-1)] = full
		return f
	}
	wide := files{}
	var names []string
	for i := range lang.MaxFiles {
		names = append(names, fmt.Sprintf("%q", fmt.Sprint(i)))
		wide[fmt.Sprint(i)] = ""
	}
	wide["in.hcl"] = "extends = [" + strings.Join(names, ",\n") + "]\n"
	large := files{"in.hcl": "extends = [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]\n" + full}
	for i := range 9 {
		large[fmt.Sprint(i+1)] = "#" + strings.Repeat("x", lang.MaxFileBytes-1)
	}
	for _, c := range []struct {
		name string
		f    files
		want string // empty: loads
	}{
		{"extends at the limit", chain(lang.MaxExtends), ""},
		{"extends beyond", chain(lang.MaxExtends + 1), "Too many bases"},
		{"files", wide, "Unreadable file"},
		{"file at the limit", files{"in.hcl": full + "#" + strings.Repeat("x", lang.MaxFileBytes-len(full)-1)}, ""},
		{"file beyond", files{"in.hcl": full + "#" + strings.Repeat("x", lang.MaxFileBytes-len(full))}, "Unreadable file"},
		{"all files", large, "Unreadable file"},
		{"blocks", files{"in.hcl": full + strings.Repeat("train {}\n", lang.MaxBlocks)}, "Too many blocks"},
		{"value", files{"in.hcl": full + "locals {\n  a = [for i in range(1000) : [for j in range(100) : j]]\n}"}, "Value out of range"},
		{"doubling", files{"in.hcl": full + doubling(64)}, "Value out of range"},
		{"references", files{"in.hcl": full + "train {\n  epochs = [" + strings.Repeat("local.crop,", lang.MaxReferences+1) + "]\n}"}, "Expression too long"},
		{"infinite", files{"in.hcl": full + "train {\n  epochs = 1e9999\n}"}, "Value out of range"},
		{"cycle", files{"in.hcl": "extends = [\"a/b\"]", "a/b": "extends = [\"c\"]", "a/c": "extends = [\"../in.hcl\"]"}, "Cycle of files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, diags := load(c.f, lang.Options{})
			checkForm(t, diags)
			i := slices.IndexFunc(diags, func(d *hcl.Diagnostic) bool { return d.Summary == c.want })
			if c.want == "" && diags.HasErrors() || c.want != "" && i < 0 {
				t.Errorf("Load = %v, want %q", diags, c.want)
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("Load took %v, want seconds", d)
			}
		})
	}
}

func doubling(n int) string {
	var b strings.Builder
	b.WriteString("locals {\n  a0 = \"xx\"\n")
	for i := range n {
		fmt.Fprintf(&b, "  a%d = \"${local.a%d}${local.a%d}\"\n", i+1, i, i)
	}
	return b.String() + "}\n"
}

// TestCycleChain wants the whole chain in the message.
func TestCycleChain(t *testing.T) {
	_, diags := load(files{"in.hcl": "extends = [\"a/b.hcl\"]", "a/b.hcl": "extends = [\"../in.hcl\"]"}, lang.Options{})
	const want = "a/b.hcl:1,12-23: Cycle of files; A file cannot extend itself: in.hcl -> a/b.hcl -> in.hcl. Remove one of these links."
	if len(diags) != 1 || diags[0].Error() != want {
		t.Errorf("Load = %v, want %s", diags, want)
	}
}

func TestLoadTime(t *testing.T) {
	best := time.Hour
	for range 5 {
		start := time.Now()
		if _, diags := load(nil, lang.Options{Sets: []string{"train.epochs=3"}}); diags.HasErrors() {
			t.Fatal(diags)
		}
		best = min(best, time.Since(start))
	}
	if best > 20*time.Millisecond {
		t.Errorf("Load took %v, want under 20ms", best)
	}
}

func TestFormat(t *testing.T) {
	if got, want := string(lang.Format([]byte("a {\nb=1\n  ccc =   2 # x\n}\n"))), "a {\n  b   = 1\n  ccc = 2 # x\n}\n"; got != want {
		t.Errorf("Format = %q, want %q", got, want)
	}
	var w strings.Builder
	_ = diag.JSON(&w, lang.Check("x.hcl", []byte("a = ")))
	if !strings.Contains(w.String(), `"file":"x.hcl","line":1`) {
		t.Errorf("Check = %s, want an error in x.hcl", w.String())
	}
}
