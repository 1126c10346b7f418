package lang

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"ssc/lang/diag"
	"ssc/lang/schema"
)

// node is a block before evaluation. The root of a file has no type.
type node struct {
	typ, label string
	rng        hcl.Range
	args       []*arg
	blocks     []*node

	// What several bases say differently, until an extending file settles it: whole blocks with other labels, and another list of ordered blocks.
	rivals    []*node
	rivalList *node
}

// arg is an argument before evaluation.
type arg struct {
	name           string
	expr           hclsyntax.Expression
	src            []byte
	nameRange, rng hcl.Range
	dir            string // of the file, for path.module
	rival          *arg   // what another base says
}

func (n *node) arg(name string) *arg {
	for _, a := range n.args {
		if a.name == name {
			return a
		}
	}
	return nil
}

// find returns the first block of the type, or nil.
func (n *node) find(typ string) *node {
	for _, b := range n.blocks {
		if b.typ == typ {
			return b
		}
	}
	return nil
}

func (n *node) title() string {
	if n.label == "" {
		return n.typ
	}
	return fmt.Sprintf("%s %q", n.typ, n.label)
}

// isNull reports whether the expression is the word null, which removes.
func (a *arg) isNull() bool {
	lit, ok := a.expr.(*hclsyntax.LiteralValueExpr)
	return ok && lit.Val.IsNull()
}

// same reports whether two arguments are written alike, white space and comments aside.
func (a *arg) same(b *arg) bool {
	ta, tb := words(a.src), words(b.src)
	return slices.EqualFunc(ta, tb, bytes.Equal) && (a.dir == b.dir || !slices.ContainsFunc(ta, func(w []byte) bool { return string(w) == "path" }))
}

func words(src []byte) [][]byte {
	tokens, _ := hclsyntax.LexExpression(src, "", hcl.InitialPos)
	var out [][]byte
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			out = append(out, t.Bytes)
		}
	}
	return out
}

func (n *node) same(o *node) bool {
	return n.typ == o.typ && n.label == o.label && slices.EqualFunc(n.blocks, o.blocks, (*node).same) &&
		len(n.args) == len(o.args) && !slices.ContainsFunc(n.args, func(a *arg) bool {
		b := o.arg(a.name)
		return b == nil || !a.same(b)
	})
}

// place is how blocks of one type share a parent.
type place int

const (
	selects    place = iota // one block, whose label chooses what it is: another label replaces it
	named                   // one block, whose label is just its name: another label renames it
	sideBySide              // the label tells them apart
	byIndex                 // unlabelled: their order tells them apart
	inList                  // an ordered list, replaced whole
)

// view is what the schema knows of a node; nothing when set is nil.
type view struct {
	set *schema.Set
	top bool
}

func (l *loader) rootView() view {
	if l.opt.Root == nil {
		return view{top: true}
	}
	return view{set: schema.Of(l.opt.Root()), top: true}
}

func (v view) child(typ string) *schema.ChildField {
	if v.set == nil {
		return nil
	}
	return v.set.Child(typ)
}

func (v view) place(n *node) place {
	cf := v.child(n.typ)
	switch {
	case v.top && n.typ == "variable":
		return sideBySide
	case cf != nil && cf.Type == "":
		return inList
	case n.label == "":
		return byIndex
	case cf != nil && cf.Max != 1:
		return sideBySide
	case cf != nil && cf.Kind == nil:
		return named
	}
	return selects
}

// inside is the view of a child.
func (v view) inside(typ, label string) view {
	cf := v.child(typ)
	if cf == nil {
		return view{}
	}
	if cf.Type == "" {
		label = typ
	}
	if c := cf.New(label); c != nil {
		return view{set: schema.Of(c)}
	}
	return view{}
}

// merge lays over on base and leaves both as they are. With siblings neither is stronger: what they say differently is kept as rivals.
func merge(base, over *node, v view, siblings bool) *node {
	out := &node{typ: over.typ, label: over.label, rng: over.rng, rivalList: base.rivalList}
	if siblings {
		out.rng = base.rng
	}
	removed := map[string]bool{}
	for _, a := range base.args {
		out.args = append(out.args, mergeArg(a, over.arg(a.name), siblings))
	}
	for _, a := range over.args {
		switch {
		case base.arg(a.name) != nil:
		case !siblings && a.isNull() && base.find(a.name) != nil:
			removed[a.name] = true
		default:
			out.args = append(out.args, a)
		}
	}
	m := merger{out: out, view: v, siblings: siblings, at: map[string]int{}, over: over}
	for _, b := range base.blocks {
		if !removed[b.typ] {
			m.keep(b)
		}
	}
	m.layOver()
	return out
}

func mergeArg(a, over *arg, siblings bool) *arg {
	if over == nil || siblings && a.same(over) {
		return a
	}
	if !siblings {
		return over
	}
	c := *a
	c.rival = over
	return &c
}

// merger builds the blocks of a merged node.
type merger struct {
	out      *node
	over     *node
	view     view
	siblings bool
	at       map[string]int // index in out.blocks by address
}

// address tells the blocks of a parent apart; count numbers those of one address.
func (m *merger) address(n *node, count map[string]int) string {
	addr := n.typ
	if m.view.place(n) == sideBySide {
		addr += "." + n.label
	}
	count[addr]++
	return fmt.Sprintf("%s[%d]", addr, count[addr]-1)
}

func (m *merger) list(n *node) []*node {
	var out []*node
	for _, b := range n.blocks {
		if m.view.place(b) == inList {
			out = append(out, b)
		}
	}
	return out
}

func (m *merger) keep(b *node) { m.out.blocks = append(m.out.blocks, b) }

func (m *merger) layOver() {
	m.layLists()
	count := map[string]int{}
	for i, b := range m.out.blocks {
		if m.view.place(b) != inList {
			m.at[m.address(b, count)] = i
		}
	}
	clear(count)
	for _, o := range m.over.blocks {
		if m.view.place(o) == inList {
			continue
		}
		if i, ok := m.at[m.address(o, count)]; ok {
			m.out.blocks[i] = m.block(m.out.blocks[i], o)
			continue
		}
		m.keep(o)
	}
}

// layLists replaces the ordered blocks when the upper node has any.
func (m *merger) layLists() {
	over, base := m.list(m.over), m.list(m.out)
	if len(over) == 0 {
		return
	}
	if m.siblings && len(base) > 0 {
		if !slices.EqualFunc(base, over, (*node).same) {
			m.out.rivalList = over[0]
		}
		return
	}
	m.out.rivalList = m.over.rivalList
	m.out.blocks = append(slices.DeleteFunc(slices.Clone(m.out.blocks), func(b *node) bool { return m.view.place(b) == inList }), over...)
}

// block merges two blocks of one address.
func (m *merger) block(b, o *node) *node {
	rename := !m.siblings && m.view.place(o) == named
	for i, c := range append([]*node{b}, b.rivals...) {
		if c.label != o.label && !rename {
			continue
		}
		c = merge(c, o, m.view.inside(o.typ, o.label), m.siblings)
		if !m.siblings {
			return c
		}
		if i == 0 {
			c.rivals = b.rivals
			return c
		}
		out := *b
		out.rivals = slices.Clone(b.rivals)
		out.rivals[i-1] = c
		return &out
	}
	if !m.siblings {
		return o
	}
	out := *b
	out.rivals = append(slices.Clone(b.rivals), o)
	return &out
}

// conflicts reports what bases say differently and nobody settled.
func (l *loader) conflicts(tree *node) {
	for _, a := range tree.args {
		l.add(diag.Errorf(a.nameRange, a.nameRange, "Unexpected argument", "Outside blocks only extends may stand, or the name of a block that a base has with null, which removes it; found %q. Move it into its block, or into locals.", a.name))
	}
	for _, b := range tree.blocks {
		l.conflictsIn(b)
	}
}

func (l *loader) conflictsIn(n *node) {
	const advice = "Say which one you mean in the file that extends both."
	for _, a := range n.args {
		if a.rival != nil {
			l.add(diag.Errorf(a.rival.rng, a.rival.rng, "Conflicting bases", "One base sets %s of %s to %s at %s, another to %s here. %s",
				a.name, n.title(), brief(a.src), diag.At(a.rng), brief(a.rival.src), advice))
		}
	}
	for _, r := range n.rivals {
		l.add(diag.Errorf(r.rng, r.rng, "Conflicting bases", "One base has %s at %s, another %s here. %s", n.title(), diag.At(n.rng), r.title(), advice))
	}
	if r := n.rivalList; r != nil {
		l.add(diag.Errorf(r.rng, r.rng, "Conflicting bases", "Two bases give %s other lists of blocks: one at %s, another here. %s", n.title(), diag.At(n.rng), advice))
	}
	for _, b := range n.blocks {
		l.conflictsIn(b)
	}
}

// brief is an expression on one line of bounded length.
func brief(src []byte) string {
	text := []rune(string(bytes.Join(bytes.Fields(src), []byte(" "))))
	if len(text) > 60 {
		text = append(text[:59], '…')
	}
	return string(text)
}
