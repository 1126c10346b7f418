package python

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	sitter "github.com/tree-sitter/go-tree-sitter"
	grammar "github.com/tree-sitter/tree-sitter-python/bindings/go"

	"ssc/lang/diag"
)

// node is a piece of syntax by the names of tree-sitter-python's grammar. Comments and punctuation are left out; operators stay, because they have a field.
type node struct {
	kind, field string
	start, end  int // bytes
	kids        []*node
}

// source is a parsed file.
type source struct {
	name     string
	text     []byte
	lines    []int // byte at which each line starts
	root     *node
	json     bool            // read as JSON: null, true and false are values
	comments map[int]comment // by line, counted from 1
	taken    map[int]bool    // lines whose trailing comment has an owner
}

type comment struct {
	text string // without "#"
	own  bool   // nothing stands before it on its line
	at   int    // byte
}

// parse reads the text of a file. The root is nil after an error that leaves nothing to evaluate; syntax errors are reported and leave the other statements.
func parse(name string, text []byte) (*source, hcl.Diagnostics) {
	s := &source{name: name, text: text, comments: map[int]comment{}, taken: map[int]bool{}}
	if bad := s.unreadable(); bad != nil {
		return s, hcl.Diagnostics{bad}
	}
	text = s.text
	s.findLines()
	parser := sitter.NewParser()
	defer parser.Close()
	if err := parser.SetLanguage(sitter.NewLanguage(grammar.Language())); err != nil {
		panic(err) // parser and grammar are of one version
	}
	start := time.Now()
	tree := parser.ParseWithOptions(func(at int, _ sitter.Point) []byte { return text[min(at, len(text)):min(at+4096, len(text))] }, nil,
		&sitter.ParseOptions{ProgressCallback: func(sitter.ParseState) bool { return time.Since(start) > parseTime }})
	if tree == nil {
		return s, hcl.Diagnostics{diag.Errorf(s.rng(0, 0), s.rng(0, 0), "Text too hard to parse", "The file was not parsed within %v. It is probably no Python.", parseTime)}
	}
	defer tree.Close()
	diags := s.convert(tree)
	if open := unclosed(text); s.root != nil && len(diags) > 0 && len(open) > 0 { // what the parser makes of the rest only confuses
		at := open[len(open)-1]
		r := s.rng(at, at+1)
		diags = hcl.Diagnostics{diag.Errorf(r, r, "Syntax error", "The bracket %q is not closed, so what follows cannot be read.", text[at])}
		line := s.lines[s.line(open[0])-1]
		s.root.kids = slices.DeleteFunc(s.root.kids, func(k *node) bool { return k.end > line })
	}
	return s, diags
}

// plainSource is a text that is no Python, with an empty tree.
func plainSource(name string, text []byte) (*source, hcl.Diagnostics) {
	s := &source{name: name, text: text, comments: map[int]comment{}, taken: map[int]bool{}}
	if bad := s.unreadable(); bad != nil {
		return s, hcl.Diagnostics{bad}
	}
	s.findLines()
	s.root = &node{kind: "module", end: len(s.text)}
	return s, nil
}

func (s *source) findLines() {
	s.lines = append(s.lines, 0)
	for i, c := range s.text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
}

// unreadable tells why a text cannot be Python.
func (s *source) unreadable() *hcl.Diagnostic {
	at := hcl.Range{Filename: s.name, Start: hcl.InitialPos, End: hcl.InitialPos}
	if len(s.text) > MaxFileBytes {
		return diag.Errorf(at, at, "File too large", "The file has more than %d bytes, the bound for a configuration.", MaxFileBytes)
	}
	s.text = bytes.TrimPrefix(s.text, []byte("\xef\xbb\xbf"))
	line, col := 1, 1
	for i := 0; i < len(s.text); {
		r, n := utf8.DecodeRune(s.text[i:])
		if r == 0 || r == utf8.RuneError && n == 1 {
			at.Start = hcl.Pos{Line: line, Column: col, Byte: i}
			at.End = at.Start
			if r == 0 {
				return diag.Errorf(at, at, "Invalid character", "A configuration holds no zero bytes.")
			}
			return diag.Errorf(at, at, "Invalid character", "The file is not encoded in UTF-8 from here on. Convert it, for example: iconv -f latin1 -t utf-8 FILE")
		}
		if i, col = i+n, col+1; r == '\n' {
			line, col = line+1, 1
		}
	}
	return nil
}

// convert copies the syntax tree, without recursion.
func (s *source) convert(tree *sitter.Tree) hcl.Diagnostics {
	c := tree.Walk()
	defer c.Close()
	var diags hcl.Diagnostics
	s.root = &node{kind: "module", end: len(s.text)}
	open := []*node{s.root}
	if !c.GotoFirstChild() {
		return nil
	}
	for count := 0; ; {
		t := c.Node()
		start, end := int(t.StartByte()), int(t.EndByte())
		if count++; count > maxNodes || len(open) > 4*MaxDepth {
			what, bound := "File too large", "The file has more than %d words and expressions, the bound for a configuration."
			if count <= maxNodes {
				what, bound, count = "Too deeply nested", "Brackets and blocks nest more than %d levels deep, the bound for a configuration.", MaxDepth
			} else {
				count = maxNodes
			}
			s.root = nil
			return append(diags, diag.Errorf(s.rng(start, start), s.rng(start, start), what, bound, count))
		}
		down := false
		switch kind := t.Kind(); {
		case kind == "comment":
			s.comment(start, end)
		case t.IsMissing():
			diags = append(diags, diag.Errorf(s.rng(start, end), s.rng(start, end), "Syntax error", "Here %q is missing.", kind))
			open[len(open)-1].kids = append(open[len(open)-1].kids, &node{kind: "ERROR", start: start, end: end})
		case t.IsNamed() || c.FieldName() != "":
			n := &node{kind: kind, field: c.FieldName(), start: start, end: end}
			if kind == "ERROR" {
				diags = append(diags, diag.Errorf(s.rng(start, min(end, start+80)), s.rng(start, end), "Syntax error", "This is no Python that can be read here; the statement is left out."))
			}
			parent := open[len(open)-1]
			parent.kids = append(parent.kids, n)
			if kind != "ERROR" && c.GotoFirstChild() {
				open, down = append(open, n), true
			}
		}
		for !down && !c.GotoNextSibling() {
			if open = open[:len(open)-1]; len(open) == 0 || !c.GotoParent() {
				return diags
			}
		}
	}
}

// unclosed are the places of the brackets that the text does not close, the outermost first. Texts and comments are passed over.
func unclosed(text []byte) []int {
	var open []int
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '#':
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case '\'', '"':
			mark := []byte{c}
			if bytes.HasPrefix(text[i:], []byte{c, c, c}) {
				mark = []byte{c, c, c}
			}
			for i += len(mark); i < len(text) && !bytes.HasPrefix(text[i:], mark) && (len(mark) == 3 || text[i] != '\n'); i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i += len(mark) - 1
		case '(', '[', '{':
			open = append(open, i)
		case ')', ']', '}':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	return open
}

func (s *source) comment(start, end int) {
	line := s.line(start)
	own := len(bytes.TrimSpace(s.text[s.lines[line-1]:start])) == 0
	s.comments[line] = comment{text: strings.TrimSpace(strings.TrimLeft(string(s.text[start:end]), "#")), own: own, at: start}
}

// line is the number of the line that a byte stands on, from 1.
func (s *source) line(b int) int {
	return sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > b })
}

func (s *source) pos(b int) hcl.Pos {
	if len(s.lines) == 0 {
		return hcl.InitialPos
	}
	line := s.line(b)
	return hcl.Pos{Line: line, Column: 1 + utf8.RuneCount(s.text[s.lines[line-1]:b]), Byte: b}
}

func (s *source) rng(start, end int) hcl.Range {
	return hcl.Range{Filename: s.name, Start: s.pos(start), End: s.pos(end)}
}

// at is the place of a node; of a part that is missing, where the file does not parse, the beginning of the file.
func (s *source) at(n *node) hcl.Range {
	if n == nil {
		return s.rng(0, 0)
	}
	return s.rng(n.start, n.end)
}

// src is the text of a node, of a missing one none.
func (s *source) src(n *node) string {
	if n == nil {
		return ""
	}
	return string(s.text[n.start:n.end])
}

// lead returns the comments on the lines directly above a node that starts its line.
func (s *source) lead(n *node) []string {
	line := s.line(n.start)
	if len(bytes.TrimSpace(s.text[s.lines[line-1]:n.start])) > 0 {
		return nil
	}
	var out []string
	for l := line - 1; s.comments[l].own && !s.taken[l]; l-- {
		out = append([]string{s.comments[l].text}, out...)
		s.taken[l] = true
	}
	return out
}

// goesOn reports whether code stands on the line below a node.
func (s *source) goesOn(n *node) bool {
	line := s.line(n.end) + 1
	if line > len(s.lines) || s.comments[line].own {
		return false
	}
	below, _, _ := bytes.Cut(s.text[s.lines[line-1]:], []byte("\n"))
	return len(bytes.TrimSpace(below)) > 0
}

// trail returns the comment behind a node on the line where it ends, once. With sameLine only a node that also starts there gets it, so that the outermost such node does.
func (s *source) trail(n *node, sameLine bool) string {
	line := s.line(n.end)
	c, ok := s.comments[line]
	if !ok || c.own || s.taken[line] || c.at < n.end || sameLine && s.line(n.start) != line {
		return ""
	}
	s.taken[line] = true
	return c.text
}

// child returns the child with the field, or nil.
func (n *node) child(field string) *node {
	for _, k := range n.kids {
		if k.field == field {
			return k
		}
	}
	return nil
}

// torn reports whether a statement cannot be evaluated for a syntax error. Errors in the blocks of an if are those of the statements in them.
func (n *node) torn() bool {
	if n.kind != "if_statement" {
		return n.broken()
	}
	for _, k := range n.kids {
		if k.kind == "ERROR" || k.field == "condition" && k.broken() {
			return true
		}
	}
	return false
}

// broken reports whether a syntax error lies inside.
func (n *node) broken() bool {
	if n.kind == "ERROR" {
		return true
	}
	for _, k := range n.kids {
		if k.broken() {
			return true
		}
	}
	return false
}
