package ir

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// PrintMode changes how a graph is printed.
type PrintMode uint8

// NoRanges leaves the source ranges out, so that a golden text does not change when a line moves.
const NoRanges PrintMode = 1

// maxSplat bounds the elements that the splat constants of one text may have together: the only place where a short text
// stands for a large graph.
const maxSplat = 1 << 24

// Print writes the text form of g, which [Parse] reads back. The form is described in spec/ir.md.
func Print(w io.Writer, g *Graph, mode ...PrintMode) error {
	p := printer{w: bufio.NewWriter(w)}
	for _, m := range mode {
		p.noRanges = p.noRanges || m == NoRanges
	}
	p.graph(g)
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("printing graph %s: %w", g.Name, err)
	}
	return nil
}

// String is the text form of g with source ranges.
func (g *Graph) String() string { return g.Text() }

// Text is the text form of g in the given mode.
func (g *Graph) Text(mode ...PrintMode) string {
	var b strings.Builder
	_ = Print(&b, g, mode...) // a strings.Builder does not fail
	return b.String()
}

type printer struct {
	w        *bufio.Writer
	noRanges bool
	splat    int // elements of the splat constants printed so far
}

func (p *printer) put(s ...string) {
	for _, x := range s {
		_, _ = p.w.WriteString(x) // the writer keeps its first error for Flush
	}
}

func (p *printer) graph(g *Graph) {
	p.put("graph ", quoted(g.Name), " {\n")
	for _, v := range g.Inputs {
		p.put("  in ")
		p.typed(v)
		p.source(v.Range)
		p.put("\n")
	}
	for _, n := range g.Nodes {
		p.node(n)
	}
	for i, v := range g.Outputs {
		p.put(choose(i == 0, "  out ", ", "), valueName(v))
	}
	p.put(choose(len(g.Outputs) > 0, "\n}\n", "}\n"))
}

func (p *printer) node(n *Node) {
	p.put("  ")
	for i, v := range n.Out {
		p.put(choose(i > 0, ", ", ""))
		p.typed(v)
	}
	p.put(" = ", quoted(FullName(n.Op)), "(")
	for i, v := range n.In {
		p.put(choose(i > 0, ", ", ""), valueName(v))
	}
	p.put(")")
	first := true
	for _, a := range Attrs(n.Op) {
		if isNil(a.Value) {
			continue
		}
		p.put(choose(first, " {", ", "), quoted(a.Name), "=")
		p.attr(a.Value)
		first = false
	}
	p.put(choose(first, "", "}"))
	p.source(n.Range)
	p.put("\n")
}

func (p *printer) typed(v *Value) {
	p.put(valueName(v), ": ", v.DType.String(), "[")
	for i, d := range v.Shape {
		p.put(choose(i > 0, ", ", ""), dimText(d))
	}
	p.put("]")
}

func (p *printer) source(r hcl.Range) {
	if !p.noRanges && r != (hcl.Range{}) {
		p.put(" @", quoted(r.Filename), ":", strconv.Itoa(r.Start.Line), ",", strconv.Itoa(r.Start.Column))
	}
}

func (p *printer) attr(v any) {
	switch v := v.(type) {
	case int:
		p.put(strconv.Itoa(v))
	case bool:
		p.put(strconv.FormatBool(v))
	case float64:
		p.put(floatText(v))
	case string:
		p.put(strconv.Quote(v))
	case DType:
		p.put(v.String())
	case []int:
		printList(p, v, strconv.Itoa)
	case []float64:
		printList(p, v, floatText)
	case []string:
		printList(p, v, strconv.Quote)
	case *Tensor:
		p.tensor(v)
	default:
		panic(fmt.Sprintf("ir: attribute of type %T", v))
	}
}

func printList[T any](p *printer, list []T, text func(T) string) {
	p.put("[")
	for i, x := range list {
		p.put(choose(i > 0, ", ", ""), text(x))
	}
	p.put("]")
}

// tensor prints f32[2, 2](1, 2, 3, 4), or f32[64](splat 0) for more than four elements with the same bits.
func (p *printer) tensor(t *Tensor) {
	p.put(t.DType.String())
	printList(p, t.Dims, strconv.Itoa)
	text := floatText
	if !t.DType.IsFloat() {
		text = intText
	}
	p.put("(")
	if n := len(t.Data); n > 4 && uniform(t.Data) && n <= maxSplat-p.splat {
		p.splat += n
		p.put("splat ", text(t.Data[0]), ")")
		return
	}
	for i, x := range t.Data {
		p.put(choose(i > 0, ", ", ""), text(x))
	}
	p.put(")")
}

func uniform(data []float64) bool {
	for _, x := range data {
		if floatText(x) != floatText(data[0]) {
			return false
		}
	}
	return true
}

// floatText is the shortest text that reads back as x: 0.1, 1e-05, -0, +Inf, NaN (whose payload is not kept).
func floatText(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// intText is floatText without an exponent for what an integer element type holds exactly.
func intText(x float64) string {
	if math.Abs(x) < 1<<53 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return floatText(x)
}

func dimText(d Dim) string {
	name := d.Name
	if !isIdent(name) && name != "" {
		name = strconv.Quote(name)
	}
	switch {
	case d.Static() && name == "":
		return strconv.Itoa(d.Size)
	case d.Static():
		return name + "=" + strconv.Itoa(d.Size)
	case name == "":
		return "?"
	}
	return name
}

func valueName(v *Value) string {
	if v == nil {
		return "_"
	}
	return "%" + quoted(v.Name)
}

// FullName is the name by which a text, and the lookup of its parser, knows an operator: functions carry their domain, because
// ai.ssc.Conv and Conv are two.
func FullName(op Op) string {
	if IsFunction(op) {
		return Domain + "." + op.Name()
	}
	return op.Name()
}

// quoted returns s as it is where the lexer reads it as one word, else in quotes.
func quoted(s string) string {
	for _, r := range s {
		if !isWord(r) {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

// isWord reports whether r may stand in a word: a name, a number, a file name.
func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./+-", r)
}

// isIdent reports whether s is a word that cannot be taken for a number.
func isIdent(s string) bool {
	return s != "" && quoted(s) == s && !strings.ContainsRune("0123456789+-.", rune(s[0]))
}

func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return (r.Kind() == reflect.Slice || r.Kind() == reflect.Pointer) && r.IsNil()
}

func choose(c bool, yes, no string) string {
	if c {
		return yes
	}
	return no
}
