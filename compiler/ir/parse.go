package ir

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Limits of a text: its size, and what a single shape may claim. The grammar does not nest.
const (
	maxText = 256 << 20 // bytes; ten thousand nodes take one megabyte
	maxRank = 32
	maxSize = 1 << 40 // elements along one axis
)

// Parse reads the text form of a graph. The file is what errors call the text; lookup gives a prototype of the operator of a
// [FullName], whose attributes hold ONNX's defaults. The error is a [*ParseError]: text that does not follow the grammar, an unknown
// operator or attribute, a name defined twice or read before its definition, a shape rule that fails or that gives another type
// than the text states.
func Parse(src, file string, lookup func(name string) (Op, bool)) (g *Graph, err error) {
	p := &parser{lexer: lexer{src: src, file: file, line: 1, column: 1}, lookup: lookup, values: map[string]*Value{}}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *ParseError:
			g, err = nil, e
		default:
			panic(e)
		}
	}()
	if len(src) > maxText {
		p.fail(token{line: 1, column: 1}, "the text has %d bytes, more than the %d that are read", len(src), maxText)
	}
	p.advanceToken()
	p.graph()
	return p.g, nil
}

type parser struct {
	lexer
	tok    token // the token at hand
	g      *Graph
	lookup func(string) (Op, bool)
	values map[string]*Value
	splat  int
}

func (p *parser) advanceToken() token {
	t := p.tok
	p.tok = p.lexer.next()
	return t
}

func (p *parser) is(text string) bool { return p.tok.kind != tokenString && p.tok.text == text }

func (p *parser) accept(text string) bool {
	ok := p.is(text)
	if ok {
		p.advanceToken()
	}
	return ok
}

func (p *parser) expect(text string) token {
	if !p.is(text) {
		p.fail(p.tok, "found %s where %s is expected", p.tok, text)
	}
	return p.advanceToken()
}

// name reads a word or a string.
func (p *parser) name(what string) token {
	if p.tok.kind != tokenWord && p.tok.kind != tokenString {
		p.fail(p.tok, "found %s where %s is expected", p.tok, what)
	}
	return p.advanceToken()
}

// list reads items separated by commas up to the closing mark.
func (p *parser) list(end string, item func()) {
	for first := true; !p.accept(end); first = false {
		if !first {
			p.expect(",")
		}
		item()
	}
}

func (p *parser) graph() {
	p.expect("graph")
	p.g = New(p.name("the name of the graph").text)
	p.expect("{")
	for p.accept("in") {
		t, name := p.valueName()
		p.expect(":")
		typ := p.typ()
		p.undefined(t, name)
		p.g.rng = p.source()
		p.values[name] = p.g.Input(name, typ.DType, typ.Shape)
	}
	for p.is("%") {
		p.node()
	}
	p.g.rng = hcl.Range{}
	if p.accept("out") {
		for p.g.Output(p.value()); p.accept(","); {
			p.g.Output(p.value())
		}
	}
	p.expect("}")
	if p.tok.kind != tokenEnd {
		p.fail(p.tok, "found %s behind the graph", p.tok)
	}
}

func (p *parser) node() {
	type result struct {
		at   token
		name string
		typ  Type
	}
	var results []result
	var names []string
	for {
		at, name := p.valueName()
		p.undefined(at, name)
		p.expect(":")
		results = append(results, result{at, name, p.typ()})
		names = append(names, name)
		if !p.accept(",") {
			break
		}
	}
	p.expect("=")
	at := p.tok
	op := p.operator()
	var in []*Value
	p.expect("(")
	p.list(")", func() {
		if p.accept("_") {
			in = append(in, nil)
			return
		}
		in = append(in, p.value())
	})
	if p.accept("{") {
		op = p.attrs(op)
	}
	p.g.rng = p.source()
	out, err := p.g.Define(op, in, names)
	if err != nil {
		p.fail(at, "%v", err)
	}
	if len(out) != len(results) {
		p.fail(at, "%s has %d outputs, not %d", op.Name(), len(out), len(results))
	}
	for i, v := range out {
		r := results[i]
		if !v.Type.Equal(r.typ) {
			p.fail(r.at, "%%%s is stated as %s, but %s gives %s", r.name, r.typ, op.Name(), v.Type)
		}
		v.Type = r.typ // the same, with the names of static axes that the text has
		p.values[r.name] = v
	}
}

func (p *parser) operator() Op {
	t := p.name("an operator")
	op, ok := p.lookup(t.text)
	if !ok {
		p.fail(t, "unknown operator %q", t.text)
	}
	return op
}

// undefined checks that the name is new.
func (p *parser) undefined(t token, name string) {
	if p.values[name] != nil || name == "" {
		p.fail(t, "%%%s is defined twice or has no name", quoted(name))
	}
}

func (p *parser) valueName() (token, string) {
	t := p.expect("%")
	return t, p.name("the name of a value").text
}

func (p *parser) value() *Value {
	t, name := p.valueName()
	v := p.values[name]
	if v == nil {
		p.fail(t, "%%%s is not defined above", quoted(name))
	}
	return v
}

func (p *parser) typ() Type {
	t := Type{DType: p.dtype(), Shape: Shape{}}
	p.expect("[")
	p.list("]", func() { t.Shape = append(t.Shape, p.dim(len(t.Shape))) })
	return t
}

func (p *parser) dtype() DType {
	t := p.name("an element type")
	d, ok := ParseDType(t.text)
	if !ok {
		p.fail(t, "unknown element type %q", t.text)
	}
	return d
}

// dim reads 32, batch=256, batch or ?; a string can only be a name.
func (p *parser) dim(i int) Dim {
	if i == maxRank {
		p.fail(p.tok, "more than %d axes", maxRank)
	}
	if p.accept("?") {
		return Dim{Size: -1}
	}
	if p.tok.kind == tokenWord && !isIdent(p.tok.text) {
		return Dim{Size: p.size()}
	}
	name := p.name("an axis").text
	if p.accept("=") {
		return Dim{name, p.size()}
	}
	return Dim{name, -1}
}

func (p *parser) size() int {
	at := p.tok
	n := p.int()
	if n < 0 || n > maxSize {
		p.fail(at, "an axis of size %d", n)
	}
	return n
}

func (p *parser) int() int {
	t := p.name("an integer")
	n, err := strconv.Atoi(t.text)
	if err != nil || t.kind != tokenWord {
		p.fail(t, "%s is not an integer", t)
	}
	return n
}

func (p *parser) float() float64 {
	t := p.name("a number")
	x, err := strconv.ParseFloat(t.text, 64)
	if err != nil || t.kind != tokenWord || strings.Contains(t.text, "_") {
		p.fail(t, "%s is not a number", t)
	}
	return x
}

// source reads @file:line,column.
func (p *parser) source() hcl.Range {
	if !p.accept("@") {
		return hcl.Range{}
	}
	file := p.name("a file name").text
	p.expect(":")
	at := hcl.Pos{Line: p.int()}
	p.expect(",")
	at.Column = p.int()
	return hcl.Range{Filename: file, Start: at, End: at}
}

// AttrType is the Go type of the attribute of op with the given ONNX name.
func AttrType(op Op, name string) (reflect.Type, bool) {
	t := reflect.Indirect(reflect.ValueOf(op)).Type()
	for i := range t.NumField() {
		if tag, ok := t.Field(i).Tag.Lookup("attr"); ok {
			if n, _, _ := strings.Cut(tag, ","); n == name {
				return t.Field(i).Type, true
			}
		}
	}
	return nil, false
}

func (p *parser) attrs(op Op) Op {
	var attrs []Attr
	start := p.tok
	p.list("}", func() {
		t := p.name("an attribute")
		typ, ok := AttrType(op, t.text)
		if !ok {
			p.fail(t, "%s has no attribute %q", op.Name(), t.text)
		}
		p.expect("=")
		attrs = append(attrs, Attr{t.text, p.attr(t, typ)})
	})
	op, err := WithAttrs(op, attrs)
	if err != nil {
		p.fail(start, "%v", err)
	}
	return op
}

// attr reads a value of the attribute's type, so that 1 and [] need no decoration in the text.
func (p *parser) attr(at token, typ reflect.Type) any {
	switch reflect.Zero(typ).Interface().(type) {
	case int:
		return p.int()
	case float64:
		return p.float()
	case bool:
		return p.bool()
	case string:
		return p.string()
	case DType:
		return p.dtype()
	case []int:
		return parseList(p, p.int)
	case []float64:
		return parseList(p, p.float)
	case []string:
		return parseList(p, p.string)
	case *Tensor:
		return p.tensor()
	}
	p.fail(at, "attribute %s is a %s, which has no text form", at, typ)
	return nil
}

func (p *parser) bool() bool {
	t := p.name("true or false")
	if t.text != "true" && t.text != "false" {
		p.fail(t, "found %s where true or false is expected", t)
	}
	return t.text == "true"
}

func (p *parser) string() string {
	if p.tok.kind != tokenString {
		p.fail(p.tok, "found %s where a quoted string is expected", p.tok)
	}
	return p.advanceToken().text
}

func parseList[T any](p *parser, item func() T) []T {
	list := []T{}
	p.expect("[")
	p.list("]", func() { list = append(list, item()) })
	return list
}
