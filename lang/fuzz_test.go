package lang_test

import (
	"strings"
	"testing"

	"ssc/lang"
	"ssc/lang/diag"
	"ssc/lang/langtest"
	"ssc/lang/schema"
)

// FuzzLoad loads any text as a pipeline, with itself as an override, and checks what holds for every input: no panic, diagnostics in their
// form, and a pipeline without errors prints as a text that loads to itself.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		full,
		"extends = [\"a.hcl\"]",
		"variable \"x\" {\n  type = list(number)\n  default = [1]\n  validation {\n    condition = length(var.x) > 0\n    error_message = \"no\"\n  }\n}",
		"locals {\n  a = local.b\n  b = [for x in range(3) : x if x > 1]\n  c = { for k in [\"a\"] : k => upper(k) }\n}",
		"train {\n  epochs = env(\"X\", \"3\")\n}\ntrain.epochs=3",
		"train {\n  epochs = <<E\n%{ if true }1%{ endif }\nE\n}",
		"dataset.train.view[1].random_resized_crop.scale=[0.2,1]",
		"monitor = null",
		"pipeline \"x\" {\n  description = \"${path.module}-${format(\"%03d\", 7)}\"\n}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<14 || strings.Count(src, "for") > 2 || strings.Contains(src, "extends") && len(src) > 1<<10 {
			return // nested loops are slow by right
		}
		opt := lang.Options{Root: langtest.Root, Sets: []string{src}, Vars: []string{src}, ReadFile: func(string) ([]byte, error) { return []byte(src), nil }}
		for _, o := range []lang.Options{opt, {Root: langtest.Root, ReadFile: opt.ReadFile}} {
			p, diags := lang.Load([]string{"x.hcl"}, o)
			diags = append(diags, schema.Decode(langtest.Root(), p.Root)...)
			checkForm(t, diags)
			if err := diag.Write(discard{}, p.Sources, diags, diag.Options{Width: 80}); err != nil {
				t.Fatal(err)
			}
			if !diags.HasErrors() {
				reload(t, p)
			}
		}
	})
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
