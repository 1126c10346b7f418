package lang

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// nests are texts that nest n levels deep, one for each way to nest.
var nests = map[string]func(n int) string{
	"parentheses": func(n int) string { return "x = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) },
	"lists":       func(n int) string { return "x = " + strings.Repeat("[", n) + strings.Repeat("]", n) },
	"objects":     func(n int) string { return "x = " + strings.Repeat("{a=", n) + "1" + strings.Repeat("}", n) },
	"blocks":      func(n int) string { return strings.Repeat("a {\n", n) + strings.Repeat("}\n", n) },
	"calls":       func(n int) string { return "x = " + strings.Repeat("f(", n) + strings.Repeat(")", n) },
	"templates":   func(n int) string { return "x = " + strings.Repeat(`"${`, n/2) + strings.Repeat(`}"`, n/2) },
	"directives": func(n int) string {
		return `x = "` + strings.Repeat(`%{if true}`, n-2) + strings.Repeat(`%{endif}`, n-2) + `"`
	},
	"wrong ends":     func(n int) string { return `x = "` + strings.Repeat(`%{if true}%{endifx}`, n-1) + `"` },
	"for directives": func(n int) string { return `x = "` + strings.Repeat("%{~\n for a in b}", n-1) + `"` },
	"in heredoc": func(n int) string {
		return "x = <<E\n${" + strings.Repeat("(", n-2) + strings.Repeat(")", n-2) + "}\nE\n"
	},
	"negations":         func(n int) string { return "x = " + strings.Repeat("!", n) + "true" },
	"signs":             func(n int) string { return "x = " + strings.Repeat("-", n) + "1" },
	"sums":              func(n int) string { return "x = " + strings.Repeat("1 + ", n) + "1" },
	"conditions":        func(n int) string { return "x = " + strings.Repeat("true ? 1 : ", n) + "1" },
	"indices":           func(n int) string { return "x = a" + strings.Repeat("[b]", n-1) },
	"splats":            func(n int) string { return "x = a" + strings.Repeat("[*]", n/3) },
	"attributes":        func(n int) string { return "x = a" + strings.Repeat(".b", n) },
	"unclosed":          func(n int) string { return "x = " + strings.Repeat("([{", n/3) },
	"odd closings":      func(n int) string { return "x = " + strings.Repeat("(]", n) },
	"after a dash":      func(n int) string { return "x = é" + strings.Repeat("-", n) + "1" },
	"after a comment":   func(n int) string { return "/* \" */ # \" \n // \" \nx = " + strings.Repeat("(", n) },
	"after an escape":   func(n int) string { return `x = "\"$${%%{\\"` + "\ny = " + strings.Repeat("(", n) },
	"no heredoc":        func(n int) string { return "x = a <<€\n" + strings.Repeat("(", n) },
	"heredoc end":       func(n int) string { return "x = <<-E\n E\ny = " + strings.Repeat("(", n) },
	"newline in parens": func(n int) string { return "x = (" + strings.Repeat("1 +\n", n-1) + "1)" },
}

func TestScanDepth(t *testing.T) {
	for name, text := range nests {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1_000, 10_000, 100_000, 500_000} {
				diags := Check("deep.hcl", []byte(text(n)))
				if !diags.HasErrors() || diags[0].Summary != "Expression too deep" || diags[0].Subject.Start.Line < 1 {
					t.Fatalf("Check(%d levels) = %v, want Expression too deep", n, diags)
				}
			}
			if diags := scan([]byte(text(60)), "x.hcl", hcl.InitialPos); diags.HasErrors() {
				t.Errorf("scan(60 levels) = %v, want no error", diags)
			}
		})
	}
}

func TestScanLimits(t *testing.T) {
	for _, c := range []struct {
		name    string
		text    func(n int) string
		limit   int
		summary string
	}{
		{"parentheses", nests["parentheses"], MaxDepth, "Expression too deep"},
		{"lists", nests["lists"], MaxDepth, "Expression too deep"},
		{"objects", nests["objects"], MaxDepth, "Expression too deep"},
		{"blocks", nests["blocks"], MaxDepth, "Expression too deep"},
		{"sums", nests["sums"], MaxDepth, "Expression too deep"},
		{"directives", nests["directives"], MaxDepth, "Expression too deep"},
		{"digits", func(n int) string { return "x = " + strings.Repeat("1", n) }, MaxNumber, "Number too long"},
		{"exponent", func(n int) string { return "x = 1e" + strings.Repeat("1", n) }, MaxExponent, "Number out of range"},
		{"tokens", func(n int) string { return strings.Repeat("\n", n) }, MaxTokens, "File too long"},
	} {
		if diags := scan([]byte(c.text(c.limit)), "x.hcl", hcl.InitialPos); diags.HasErrors() {
			t.Errorf("%s: scan(%d) = %v, want no error", c.name, c.limit, diags)
		}
		diags := scan([]byte(c.text(c.limit+1)), "x.hcl", hcl.InitialPos)
		if !diags.HasErrors() || diags[0].Summary != c.summary || !strings.Contains(diags[0].Detail, fmt.Sprint(c.limit)) {
			t.Errorf("%s: scan(%d) = %v, want %s that names %d", c.name, c.limit+1, diags, c.summary, c.limit)
		}
	}
}

func TestScanOther(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1 /* b":          "x.hcl:1,7-8: Unclosed comment",
		"a = 1\nb = \"\xff\"": "x.hcl:2,6-7: Invalid character encoding",
	} {
		diags := scan([]byte(text), "x.hcl", hcl.InitialPos)
		if len(diags) != 1 || !strings.HasPrefix(diags[0].Error(), want) {
			t.Errorf("scan(%q) = %v, want %s", text, diags, want)
		}
	}
}

// lexed is the depth of brackets, strings and template sequences by the lexer of the HCL library. A closing brace closes what was left open inside.
func lexed(src []byte) int {
	tokens, _ := hclsyntax.LexConfig(src, "x.hcl", hcl.InitialPos)
	var open []hclsyntax.TokenType
	most := 0
	closing := func(kinds ...hclsyntax.TokenType) {
		for i := len(open) - 1; i >= 0; i-- {
			if slices.Contains(kinds, open[i]) {
				open = open[:i]
				return
			}
		}
	}
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open = append(open, t.Type)
			most = max(most, len(open))
		case hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
			closing(hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl)
		case hclsyntax.TokenCQuote:
			closing(hclsyntax.TokenOQuote)
		case hclsyntax.TokenCHeredoc:
			closing(hclsyntax.TokenOHeredoc)
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack:
			if n := len(open); n > 0 && (t.Type == hclsyntax.TokenCParen) == (open[n-1] == hclsyntax.TokenOParen) && open[n-1] != hclsyntax.TokenOBrace {
				open = open[:n-1]
			}
		}
	}
	return most
}

// FuzzScan compares the scanner with the library's lexer, which is the truth about strings, templates, heredocs and comments: the scanner
// never counts less depth. And the parser survives what the scanner lets pass.
func FuzzScan(f *testing.F) {
	for _, text := range nests {
		f.Add([]byte(text(8)))
	}
	for _, s := range []string{"a = \"${b}\"", "a = <<E\n x ${y}\nE\n", "a = <<-E\n  E\n", "a = \"$${\" + \"%%{\"", "a = \"$\"", "a = \"\\${\"", "x = <<E\n$\nE\n[", "~}", "\ufeffa = 1",
		"a = \"%{if b}c%{else}d%{endif}\"", "a = [for k, v in b : k => v...]", "a = \"$$${x}\"", "a = 1.5e-3.x", "a = {\"b\": 1, (c) = 2}", "/**/a=1//b\n#c",
		"x = <<E\n${<<F\n}\nF\n}\nE\n(", "x = \"${ ( }(\"", "x = <<E\r\n E \r\n((", "x = <<E\n\rE\n((", "x=\"a\nb(\"(("} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<16 || scan(src, "x.hcl", hcl.InitialPos).HasErrors() {
			return
		}
		if want := lexed(src); want > 0 && !scanTo(want-1, src, "x.hcl", hcl.InitialPos).HasErrors() {
			t.Errorf("scanTo(%d, %q) found no error, want one: HCL sees %d levels", want-1, src, want)
		}
		hclsyntax.ParseConfig(src, "x.hcl", hcl.InitialPos)
	})
}
