package lang_test

import (
	"testing"

	"ssc/lang"
	"ssc/lang/diag"
	"ssc/lang/langtest"
	"ssc/lang/schema"
)

// TestLanguage runs the conformance suite in this process.
func TestLanguage(t *testing.T) {
	langtest.Suite(t, "../spec/testdata/language", func(t *testing.T, dir string, args []string) ([]schema.Origin, []diag.Record) {
		t.Chdir(dir)
		opt := lang.Options{Root: langtest.Root}
		for i := 0; i+1 < len(args); i += 2 {
			switch args[i] {
			case "-set":
				opt.Sets = append(opt.Sets, args[i+1])
			case "-var":
				opt.Vars = append(opt.Vars, args[i+1])
			case "-var-file":
				opt.VarFiles = append(opt.VarFiles, args[i+1])
			default:
				t.Fatalf("unknown option %s", args[i])
			}
		}
		p, diags := lang.Load([]string{"in.hcl"}, opt)
		diags = append(diags, schema.Decode(langtest.Root(), p.Root)...)
		checkForm(t, diags)
		if diags.HasErrors() {
			return nil, diag.Records(diags)
		}
		return schema.Origins(p.Root), nil
	})
}
