package lang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/diag"
	"ssc/lang/schema"
)

// typed is one "name=value" of the command line, with its place in the text that stands for all of them.
type typed struct {
	file string
	text string
	eq   int // where the equals sign is; -1 when there is none
	pos  hcl.Pos
}

// commandLine makes a text of which each option is a line, for ranges to refer to.
func (l *loader) commandLine(file string, options []string) []typed {
	var src strings.Builder
	var out []typed
	pos := hcl.InitialPos
	for _, o := range options {
		out = append(out, typed{file: file, text: o, eq: equals(o), pos: pos})
		src.WriteString(o + "\n")
		pos = hcl.Pos{Line: pos.Line + strings.Count(o, "\n") + 1, Column: 1, Byte: src.Len()}
	}
	if len(out) > 0 {
		l.sources[file] = []byte(src.String())
	}
	return out
}

// equals finds the first equals sign outside quotes.
func equals(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '=' && !quoted:
			return i
		}
	}
	return -1
}

func (t typed) whole() hcl.Range { return t.span(0, len(t.text)) }

// span is the range of some bytes of the option; a name is ASCII on one line, so bytes are columns.
func (t typed) span(from, to int) hcl.Range {
	return hcl.Range{Filename: t.file, Start: t.offset(from), End: t.offset(to)}
}

func (t typed) offset(n int) hcl.Pos {
	before := t.text[:n]
	p := hcl.Pos{Line: t.pos.Line + strings.Count(before, "\n"), Byte: t.pos.Byte + n}
	p.Column = 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return p
}

// value parses what stands after the equals sign. A word that is no expression, or that uses names which no expression can have, is a text.
func (t typed) value() (hclsyntax.Expression, hcl.Diagnostics) {
	text, pos := t.text[t.eq+1:], t.offset(t.eq+1)
	diags := scan([]byte(text), t.file, pos)
	if diags.HasErrors() {
		return nil, diags
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), t.file, pos)
	known := !diags.HasErrors() && !slices.ContainsFunc(expr.Variables(), func(tr hcl.Traversal) bool {
		return len(tr) < 2 || !slices.Contains(roots, tr.RootName())
	})
	if !known && bareWord(text) {
		return &hclsyntax.LiteralValueExpr{Val: cty.StringVal(text), SrcRange: t.span(t.eq+1, len(t.text))}, nil
	}
	return expr, plain(diags)
}

// bareWord reports whether the text can stand without quotes: one word without brackets, quotes or commas.
func bareWord(text string) bool {
	return text != "" && !strings.ContainsAny(text, " \t\r\n\"'`()[]{}<>$,;=*?!&|")
}

// override applies the -set options to the merged tree.
func (l *loader) override(tree *node) *node {
	for _, t := range l.commandLine(setName, l.opt.Sets) {
		if t.eq < 1 {
			l.add(diag.Errorf(t.whole(), t.whole(), "Invalid override", "An override has the form path=value. Write -set 'algorithm.backbone.depth=18'."))
			continue
		}
		steps, ok := l.path(t)
		if !ok {
			continue
		}
		expr, diags := t.value()
		l.add(diags...)
		if diags.HasErrors() {
			continue
		}
		rng := expr.Range()
		a := &arg{expr: expr, src: rng.SliceBytes(l.sources[setName]), nameRange: t.span(0, t.eq), rng: rng, dir: "."}
		l.set(walk{cur: tree, view: l.rootView(), steps: steps, rng: a.nameRange}, a)
	}
	return tree
}

// step is a part of a path: a name, or the number of a block.
type step struct {
	name  string
	index int // -1 for a name
	rng   hcl.Range
}

func (l *loader) path(t typed) ([]step, bool) {
	text := []byte(strings.TrimSpace(t.text[:t.eq]))
	tr, diags := hcl.Traversal(nil), scan(text, t.file, t.pos)
	if !diags.HasErrors() {
		tr, diags = hclsyntax.ParseTraversalAbs(text, t.file, t.pos)
	}
	var out []step
	for _, s := range tr {
		switch s := s.(type) {
		case hcl.TraverseRoot:
			out = append(out, step{s.Name, -1, s.SrcRange})
		case hcl.TraverseAttr:
			out = append(out, step{s.Name, -1, s.SrcRange})
		case hcl.TraverseIndex:
			if s.Key.Type() == cty.String {
				out = append(out, step{s.Key.AsString(), -1, s.SrcRange})
				continue
			}
			n, acc := s.Key.AsBigFloat().Int64()
			if acc != 0 || n < 0 {
				n = MaxBlocks
			}
			out = append(out, step{"", int(n), s.SrcRange})
		}
	}
	if diags.HasErrors() || len(out) == 0 {
		l.add(diag.Errorf(t.span(0, t.eq), t.whole(), "Invalid path", "A path is made of names, labels and numbers in brackets, as in dataset.train.view[1].random_resized_crop.scale; found %q. Correct it.", t.text[:t.eq]))
		return nil, false
	}
	return out, true
}

// walk is the way from the root to the argument that a path names.
type walk struct {
	cur   *node
	view  view
	steps []step
	rng   hcl.Range // of the whole path
}

// set follows the path and puts the argument in its place.
func (l *loader) set(w walk, a *arg) {
	for len(w.steps) > 1 {
		if !l.enter(&w) {
			return
		}
	}
	s := w.steps[0]
	if a.name = s.name; s.index >= 0 {
		l.add(diag.Errorf(s.rng, w.rng, "Blocks cannot be set", "The path ends at a block. Name one of its arguments."))
		return
	}
	if w.cur.find(s.name) != nil || w.view.child(s.name) != nil {
		if w.cur.find(s.name) != nil && a.isNull() {
			w.cur.blocks = slices.DeleteFunc(w.cur.blocks, func(b *node) bool { return b.typ == s.name })
			return
		}
		l.add(diag.Errorf(s.rng, w.rng, "Blocks cannot be set", "The path names a block, %s, and -set sets arguments only. Name one of its arguments, or write the block in a file that extends this one.", s.name))
		return
	}
	for i, old := range w.cur.args {
		if old.name == s.name {
			w.cur.args[i] = a
			return
		}
	}
	if w.view.set != nil && w.view.set.Field(s.name) != nil {
		w.cur.args = append(w.cur.args, a)
		return
	}
	where := " outside blocks"
	valid := l.names(w)
	if w.cur.typ != "" {
		where = " in " + w.cur.title()
	}
	l.add(diag.Errorf(s.rng, w.rng, "Unknown argument", "There is no argument %q%s.%s", s.name, where, schema.DidYouMean(s.name, valid)))
}

// names lists what may follow in a path.
func (l *loader) names(w walk) []string {
	var out []string
	if w.view.set != nil {
		out = append(w.view.set.FieldNames(), w.view.set.BlockTypes()...)
	}
	for _, a := range w.cur.args {
		out = append(out, a.name)
	}
	for _, b := range w.cur.blocks {
		if b.typ != "variable" {
			out = append(out, b.typ)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// enter takes the steps that name one block, and makes the block where the schema says that it may be absent.
func (l *loader) enter(w *walk) bool {
	first := w.steps[0]
	if first.index >= 0 || w.cur.typ == "" && first.name == "variable" {
		l.add(diag.Errorf(first.rng, w.rng, "Invalid path", "A path is made of block types, each with its label or number where several stand side by side, and an argument. A variable is set by -var name=value."))
		return false
	}
	var found []*node
	for _, b := range w.cur.blocks {
		if b.typ == first.name {
			found = append(found, b)
		}
	}
	w.steps = w.steps[1:]
	label := ""
	if next := w.steps[0]; next.index < 0 && len(w.steps) > 1 && w.labelled(first.name, next.name, found) {
		found = slices.DeleteFunc(found, func(b *node) bool { return b.label != next.name })
		first.rng, label = next.rng, next.name
		w.steps = w.steps[1:]
	}
	n := l.pick(w, first, found, label)
	if n == nil {
		return false
	}
	w.view = w.view.inside(n.typ, n.label)
	w.cur = n
	return true
}

// labelled reports whether the name behind a block type is meant as its label: it is the label of a block, or could be that of a new one, or
// nothing inside the one block has that name.
func (w *walk) labelled(typ, name string, found []*node) bool {
	if slices.ContainsFunc(found, func(b *node) bool { return b.label == name }) {
		return true
	}
	if len(found) == 0 {
		return w.mayAdd(typ, name)
	}
	if found[0].label == "" {
		return false
	}
	in := w.view.inside(typ, found[0].label)
	return len(found) > 1 || found[0].find(name) == nil && in.child(name) == nil
}

// mayAdd reports whether the schema takes a further block of the type, which needs no arguments of its own.
func (w *walk) mayAdd(typ, label string) bool {
	cf := w.view.child(typ)
	switch {
	case cf == nil || cf.Type == "" || cf.Max == 1 && w.cur.find(typ) != nil:
		return false
	case cf.Kind == nil:
		return cf.Max == 1 && !cf.Labels && label == ""
	}
	return label != "" && cf.New(label) != nil
}

// pick chooses among the blocks that a type and label leave.
func (l *loader) pick(w *walk, first step, found []*node, label string) *node {
	title := (&node{typ: first.name, label: label}).title()
	if next := w.steps[0]; next.index >= 0 && len(found) > 0 {
		if next.index >= len(found) {
			l.add(diag.Errorf(next.rng, w.rng, "Unknown block", "There are %d blocks %s, counted from 0. Write a number from 0 to %d.", len(found), title, len(found)-1))
			return nil
		}
		w.steps = w.steps[1:]
		if len(w.steps) == 0 {
			w.steps = []step{next}
			l.add(diag.Errorf(next.rng, w.rng, "Blocks cannot be set", "The path ends at a block. Name one of its arguments."))
			return nil
		}
		return found[next.index]
	}
	switch {
	case len(found) == 1:
		return found[0]
	case len(found) > 1:
		l.add(diag.Errorf(first.rng, w.rng, "Ambiguous path", "There are %d blocks %s. Name one: %s.", len(found), title, strings.Join(addresses(found), ", ")))
		return nil
	case w.mayAdd(first.name, label):
		n := &node{typ: first.name, label: label, rng: w.rng}
		w.cur.blocks = append(w.cur.blocks, n)
		return n
	}
	l.add(diag.Errorf(first.rng, w.rng, "Unknown block", "There is no block %s here.%s", title, schema.DidYouMean(first.name, l.existing(w, first.name, label))))
	return nil
}

// existing lists the blocks that a path may name instead: the labels of the type when a label was wrong, else the types.
func (l *loader) existing(w *walk, typ, label string) []string {
	var out []string
	for _, b := range w.cur.blocks {
		switch {
		case label != "" && b.typ == typ:
			out = append(out, typ+"."+b.label)
		case label == "" && b.typ != "variable":
			out = append(out, b.typ)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// addresses names each of several blocks of one type as a path does.
func addresses(blocks []*node) []string {
	count, seen := map[string]int{}, map[string]int{}
	name := func(b *node) string {
		if b.label == "" {
			return b.typ
		}
		return b.typ + "." + b.label
	}
	for _, b := range blocks {
		count[name(b)]++
	}
	var out []string
	for _, b := range blocks {
		addr := name(b)
		if count[addr] > 1 {
			out = append(out, fmt.Sprintf("%s[%d]", addr, seen[addr]))
		} else {
			out = append(out, addr)
		}
		seen[addr]++
	}
	return out
}
