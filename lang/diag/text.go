package diag

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/mattn/go-runewidth"
	"github.com/mitchellh/go-wordwrap"
	"github.com/zclconf/go-cty/cty"
)

// Options of the printer for people.
type Options struct {
	Width int  // columns that details are wrapped to; 0 does not wrap
	Color bool // use terminal colours
}

// sourceColumns is how much of a longer source line is shown.
const sourceColumns = 120

// Write prints diagnostics in the order of the source: file:line,col and the summary, the source line with a marker under the subject,
// the detail, and the values of the names that the expression uses. sources holds the text of each file by the name that ranges have.
// Lines of a detail that begin with a space are commands to copy and are never wrapped. Errors: those of w.
func Write(w io.Writer, sources map[string][]byte, diags hcl.Diagnostics, opt Options) error {
	var out bytes.Buffer
	for i, d := range Sort(diags) {
		if i > 0 {
			out.WriteByte('\n')
		}
		p := printer{&out, opt}
		p.head(d)
		p.source(sources, d)
		p.detail(d.Detail)
		p.values(d)
	}
	_, err := w.Write(out.Bytes())
	return err
}

type printer struct {
	*bytes.Buffer
	opt Options
}

// Terminal attributes.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "1;33"
	grey   = "2"
)

func (p printer) paint(attr, text string) string {
	if !p.opt.Color || text == "" {
		return text
	}
	return "\x1b[" + attr + "m" + text + "\x1b[0m"
}

func (p printer) head(d *hcl.Diagnostic) {
	if d.Subject != nil {
		p.WriteString(p.paint(bold, At(*d.Subject)) + ": ")
	}
	if d.Severity == hcl.DiagWarning {
		p.WriteString(p.paint(yellow, "Warning: "+d.Summary) + "\n")
		return
	}
	p.WriteString(p.paint(red, d.Summary) + "\n")
}

// source prints the first line of the subject and marks the subject's part of it.
func (p printer) source(sources map[string][]byte, d *hcl.Diagnostic) {
	if d.Subject == nil {
		return
	}
	text, ok := sources[d.Subject.Filename]
	at := d.Subject.Start.Byte
	if !ok || at > len(text) || d.Subject.Start.Line < 1 {
		return
	}
	begin := bytes.LastIndexByte(text[:at], '\n') + 1
	end := len(text)
	if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
		end = at + n
	}
	stop := min(max(d.Subject.End.Byte, at), end)
	before, marked, after := crop(printable(text[begin:at]), printable(text[at:stop]), printable(text[stop:end]))
	number := fmt.Sprintf("%5d | ", d.Subject.Start.Line)
	fmt.Fprintf(p, "%s%s%s%s\n", p.paint(grey, number), before, p.paint(bold, marked), after)
	fmt.Fprintf(p, "%s%s%s\n", p.paint(grey, "      | "), blank(before), p.paint(red, strings.Repeat("^", max(runewidth.StringWidth(marked), 1))))
}

// printable replaces what could move a terminal's cursor.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r != utf8.RuneError && unicode.IsPrint(r) {
			return r
		}
		if r == '\r' {
			return -1
		}
		return '\uFFFD'
	}, string(b))
}

// crop shortens the parts of a long line so that the marked part stays in sight.
func crop(before, marked, after string) (string, string, string) {
	if runewidth.StringWidth(before)+runewidth.StringWidth(marked)+runewidth.StringWidth(after) <= sourceColumns {
		return before, marked, after
	}
	marked = runewidth.Truncate(marked, sourceColumns/2, "…")
	before = runewidth.TruncateLeft(before, max(0, runewidth.StringWidth(before)-sourceColumns/4), "…")
	after = runewidth.Truncate(after, sourceColumns/4, "…")
	return before, marked, after
}

// blank is white space as wide as the text.
func blank(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\t' {
			b.WriteByte('\t')
			continue
		}
		b.WriteString(strings.Repeat(" ", runewidth.RuneWidth(r)))
	}
	return b.String()
}

// detailIndent stands before each line of a detail.
const detailIndent = "  "

func (p printer) detail(text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		if p.opt.Width > len(detailIndent) && !strings.HasPrefix(line, " ") {
			line = wordwrap.WrapString(line, uint(p.opt.Width-len(detailIndent)))
		}
		for part := range strings.SplitSeq(line, "\n") {
			p.WriteString(strings.TrimRight(detailIndent+part, " ") + "\n")
		}
	}
}

// values prints what the names in the expression stand for, when the diagnostic carries an expression.
func (p printer) values(d *hcl.Diagnostic) {
	if d.Expression == nil || d.EvalContext == nil {
		return
	}
	var rows []string
	for _, t := range d.Expression.Variables() {
		v, diags := t.TraverseAbs(d.EvalContext)
		if diags.HasErrors() || !v.IsWhollyKnown() {
			continue
		}
		rows = append(rows, traversal(t)+" = "+Value(v))
	}
	slices.Sort(rows)
	for i, r := range slices.Compact(rows) {
		lead := "with "
		if i > 0 {
			lead = "     "
		}
		p.WriteString(detailIndent + lead + r + "\n")
	}
}

func traversal(t hcl.Traversal) string {
	var b strings.Builder
	for _, s := range t {
		switch s := s.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + Value(s.Key) + "]")
		}
	}
	return b.String()
}

// Value is a value in a few words: a number, text or truth value as it is written, else its type and size.
func Value(v cty.Value) string {
	switch t := v.Type(); {
	case !v.IsKnown():
		return "unknown"
	case v.IsNull():
		return "null"
	case t == cty.Bool:
		return fmt.Sprint(v.True())
	case t == cty.Number:
		return v.AsBigFloat().Text('g', 10)
	case t == cty.String:
		return fmt.Sprintf("%q", runewidth.Truncate(v.AsString(), sourceColumns/2, "…"))
	case t.IsObjectType() || t.IsMapType():
		return fmt.Sprintf("an object with %d attributes", v.LengthInt())
	case v.CanIterateElements():
		return fmt.Sprintf("a list of %d", v.LengthInt())
	}
	return v.Type().FriendlyName()
}
