package migrate

import (
	"fmt"
	"slices"

	"ssc/lang/schema"
)

// layout knows how blocks of one parent are told apart, by the rules of the language (spec/language.md, 2).
type layout struct{ set *schema.Set }

// inside is the layout of a child.
func (l layout) inside(b *block) layout {
	if l.set == nil {
		return layout{}
	}
	cf := l.set.Child(b.typ)
	if cf == nil {
		return layout{}
	}
	name := b.label
	if cf.Type == "" {
		name = b.typ
	}
	if c := cf.New(name); c != nil {
		return layout{schema.Of(c)}
	}
	return layout{}
}

// listed reports whether a block is one of an ordered list, which is replaced whole.
func (l layout) listed(b *block) bool {
	if l.set == nil {
		return false
	}
	cf := l.set.Child(b.typ)
	return cf != nil && cf.Type == ""
}

// named reports whether a block's label is just its name, and sideBySide whether labels tell blocks apart.
func (l layout) named(b *block) bool {
	cf := l.field(b)
	return cf != nil && cf.Max == 1 && cf.Kind == nil && b.label != ""
}

func (l layout) sideBySide(b *block) bool {
	cf := l.field(b)
	return cf != nil && cf.Max != 1 && b.label != ""
}

func (l layout) field(b *block) *schema.ChildField {
	if l.set == nil {
		return nil
	}
	return l.set.Child(b.typ)
}

// addresses lists the blocks that are no list by their addresses, in order.
func (l layout) addresses(b *block) (order []string, at map[string]*block) {
	at = map[string]*block{}
	count := map[string]int{}
	for _, k := range b.blocks {
		if l.listed(k) {
			continue
		}
		addr := k.typ
		if l.sideBySide(k) {
			addr += "." + k.label
		}
		count[addr]++
		key := fmt.Sprintf("%s[%d]", addr, count[addr])
		order, at[key] = append(order, key), k
	}
	return order, at
}

func (l layout) list(b *block) (out []*block) {
	for _, k := range b.blocks {
		if l.listed(k) {
			out = append(out, k)
		}
	}
	return out
}

// diff is what laid over base gives want. It is nil when nothing is to be said, and ok is false when the language cannot say it.
func (l layout) diff(base, want *block) (out *block, ok bool) {
	out = &block{typ: want.typ, label: want.label, lead: want.lead, trail: want.trail, from: want.from, missing: want.missing}
	if want.from.Filename == base.from.Filename { // the comments are the base's, where they stand
		if slices.Equal(base.lead, want.lead) {
			out.lead = nil
		}
		if base.trail == want.trail {
			out.trail = ""
		}
	}
	for _, a := range want.args {
		if b := base.arg(a.name); b == nil || b.text != a.text {
			out.args = append(out.args, a)
		}
	}
	for _, b := range base.args {
		if want.arg(b.name) == nil {
			out.args = append(out.args, &arg{name: b.name, text: "null"})
		}
	}
	for _, u := range want.unsaid {
		if !slices.Contains(base.unsaid, u) {
			out.unsaid = append(out.unsaid, u)
		}
	}
	if theirs, ours := l.list(base), l.list(want); !slices.EqualFunc(theirs, ours, (*block).same) {
		if len(ours) == 0 {
			return nil, false
		}
		out.blocks = append(out.blocks, ours...)
	}
	if !l.diffBlocks(out, base, want) {
		return nil, false
	}
	if len(out.args) == 0 && len(out.blocks) == 0 && len(out.unsaid) == 0 && (base.label == want.label || !l.named(want)) {
		return nil, true
	}
	return out, true
}

func (l layout) diffBlocks(out, base, want *block) bool {
	theirOrder, theirs := l.addresses(base)
	ourOrder, ours := l.addresses(want)
	for _, key := range theirOrder {
		if ours[key] != nil {
			continue
		}
		typ := theirs[key].typ
		switch {
		case theirs[key].missing: // a comment there
		case want.find(typ, "") != nil:
			return false // one of several cannot be removed
		case out.arg(typ) == nil:
			out.args = append(out.args, &arg{name: typ, text: "null"})
		}
	}
	for _, key := range ourOrder {
		w, b := ours[key], theirs[key]
		if b == nil || b.label != w.label && !l.named(w) || b.missing != w.missing {
			out.blocks = append(out.blocks, w)
			continue
		}
		inner := l.inside(w)
		d, ok := inner.diff(b, w)
		if !ok {
			return false
		}
		if d == nil && b.label != w.label {
			d = &block{typ: w.typ, label: w.label, lead: w.lead, trail: w.trail}
		}
		if d != nil {
			out.blocks = append(out.blocks, d)
		}
	}
	return true
}

// overlay is what over laid on base gives; siblings must not say anything differently, else ok is false.
func (l layout) overlay(base, over *block, siblings bool) (out *block, ok bool) {
	out = &block{typ: over.typ, label: over.label, missing: over.missing, lead: over.lead, trail: over.trail, from: over.from}
	if len(out.lead) == 0 && out.trail == "" {
		out.lead, out.trail, out.from = base.lead, base.trail, base.from
	}
	ok = true
	out.unsaid = slices.Concat(base.unsaid, over.unsaid)
	out.args = slices.Clone(base.args)
	for _, a := range over.args {
		i := slices.IndexFunc(out.args, func(b *arg) bool { return b.name == a.name })
		switch {
		case i < 0:
			out.args = append(out.args, a)
		case siblings && out.args[i].text != a.text:
			ok = false
		default:
			out.args[i] = a
		}
	}
	theirs, ours := l.list(base), l.list(over)
	if len(ours) == 0 {
		ours = theirs
	} else if siblings && len(theirs) > 0 && !slices.EqualFunc(theirs, ours, (*block).same) {
		ok = false
	}
	out.blocks = append(out.blocks, ours...)
	theirOrder, theirMap := l.addresses(base)
	ourOrder, ourMap := l.addresses(over)
	for _, key := range theirOrder {
		b, o := theirMap[key], ourMap[key]
		switch {
		case o == nil:
			out.blocks = append(out.blocks, b)
		case b.label != o.label || b.missing != o.missing:
			ok = ok && !siblings
			out.blocks = append(out.blocks, o)
		default:
			m, fits := l.inside(o).overlay(b, o, siblings)
			ok = ok && fits
			out.blocks = append(out.blocks, m)
		}
	}
	for _, key := range ourOrder {
		if theirMap[key] == nil {
			out.blocks = append(out.blocks, ourMap[key])
		}
	}
	return out, ok
}
