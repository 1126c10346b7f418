package schema

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang/diag"
)

// Report lets a component's Check point at its own arguments.
type Report struct {
	Block *Block
	Diags hcl.Diagnostics
}

// Errorf adds an error at the argument (at the block when the argument was not given, or arg is empty).
func (r *Report) Errorf(arg, summary, format string, args ...any) {
	rng := r.Block.Range
	if a := r.Block.Arg(arg); a != nil {
		rng = a.Range
	}
	r.Diags = append(r.Diags, diag.Errorf(rng, r.Block.Range, summary, format, args...))
}

// Decode fills c, which it resets first, from the block, children included, and reports everything that is wrong with it.
// Unknown values (cty.DynamicVal, left by an earlier error) are skipped silently. The block remembers what was made of it, for
// [Encode], [Origins] and [Text]. A nil block, of a pipeline that could not be read, leaves c as it is.
func Decode(c Component, b *Block) hcl.Diagnostics {
	if b == nil {
		return nil
	}
	d := decoder{}
	d.component(c, b)
	return d.diags
}

type decoder struct{ diags hcl.Diagnostics }

func (d *decoder) component(c Component, b *Block) {
	b.set = Of(c)
	before := len(d.diags)
	d.args(b.set, b)
	d.children(b.set, b)
	if ch, ok := c.(Checker); ok && len(d.diags) == before {
		r := &Report{Block: b}
		ch.Check(r)
		d.diags = append(d.diags, r.Diags...)
	}
}

func (d *decoder) args(s *Set, b *Block) {
	for _, a := range b.Args {
		f := s.Field(a.Name)
		if f == nil {
			d.unknownArg(s, a, b)
			continue
		}
		d.arg(f, a, b)
	}
	for _, f := range s.Fields {
		if !f.Required {
			continue
		}
		at := b.Range
		a := b.Arg(f.Name)
		if a != nil && !a.Value.IsNull() {
			continue
		}
		if a != nil {
			at = a.Range
		}
		d.errorf(at, b.Range, "Missing argument", "%s needs the argument %q (%s): %s. Write %s.",
			subject(b), f.Name, f.Type, strings.TrimSuffix(f.Doc, "."), example(f))
	}
}

func (d *decoder) unknownArg(s *Set, a *Arg, b *Block) {
	if c := s.Child(a.Name); c != nil {
		label := ""
		if c.Type != "" && (c.Kind != nil || c.Labels) {
			label = ` "name"`
		}
		d.errorf(a.NameRange, b.Range, "Unknown argument", "In %s %q is a block, not an argument. Write %s%s { … } without an equals sign.",
			title(b), a.Name, a.Name, label)
		return
	}
	d.unknown("Unknown argument", "argument", a.Name, s.FieldNames(), title(b), a.NameRange, b.Range)
}

func (d *decoder) arg(f *Field, a *Arg, b *Block) {
	if !a.Value.IsWhollyKnown() || a.Value.IsNull() {
		return // null removes: the default stands
	}
	if err := f.set(a.Value); err != nil {
		d.errorf(a.Range, b.Range, "Wrong type", "The argument %q of %s takes %s, but the value is %s. Write %s.",
			f.Name, title(b), article(string(f.Type)), err, example(f))
		return
	}
	if reflect.DeepEqual(f.Value(), f.Default) {
		return // a default is always valid
	}
	for _, r := range f.Rules {
		if !r.Holds(f.Value()) {
			d.errorf(a.Range, b.Range, "Invalid value", "The argument %q of %s must be %s; found %s.%s",
				f.Name, title(b), r.Text, Literal(f.Value()), suggestion(f.Value(), r.Choices))
			return
		}
	}
}

func (d *decoder) children(s *Set, b *Block) {
	first := map[*ChildField]*Block{}
	labelled := map[string]*Block{}
	for _, cb := range b.Blocks {
		cf := s.Child(cb.Type)
		if cf == nil {
			d.unknownBlock(s, cb, b)
			continue
		}
		if prev := first[cf]; prev != nil && cf.Max == 1 {
			d.errorf(cb.Range, cb.Range, "Duplicate block", "%s takes one %s block at most, and there is one already at %s. Remove one of them.",
				subject(b), cb.Type, diag.At(prev.Range))
			continue
		}
		if prev := labelled[cb.Type+"."+cb.Label]; prev != nil && cf.Labels {
			d.errorf(cb.Range, cb.Range, "Duplicate block", "There is another %s at %s. Give each its own label.", title(cb), diag.At(prev.Range))
			continue
		}
		first[cf], labelled[cb.Type+"."+cb.Label] = cb, cb
		d.child(cf, cb)
	}
	for _, cf := range s.Children {
		if cf.Min > 0 && first[cf] == nil {
			noun, form := cf.Type, cf.Type+` "name" { … }`
			if noun == "" {
				noun, form = cf.Kind.Name(), "name { … }"
			}
			d.errorf(b.Range, b.Range, "Missing block", "%s needs %s block: %s. Write %s.%s",
				subject(b), article(noun), strings.TrimSuffix(cf.Doc, "."), form, choices(cf.Kind))
		}
	}
}

func (d *decoder) unknownBlock(s *Set, cb, b *Block) {
	if f := s.Field(cb.Type); f != nil {
		d.errorf(cb.Range, cb.Range, "Unknown block", "In %s %q is an argument, not a block. Write %s.",
			title(b), cb.Type, example(f))
		return
	}
	d.unknown("Unknown block", "block", cb.Type, s.BlockTypes(), title(b), cb.Range, cb.Range)
}

func (d *decoder) child(cf *ChildField, cb *Block) {
	name := cb.Label
	switch named := cf.Type != "" && (cf.Kind != nil || cf.Labels); {
	case !named && cb.Label != "":
		d.errorf(cb.Range, cb.Range, "Unexpected label", "%s block takes no label; found %q. Remove it.", capital(article(cb.Type)), cb.Label)
		return
	case named && cb.Label == "":
		d.errorf(cb.Range, cb.Range, "Missing label", "%s block needs a label that names it. Write %s \"name\" { … }.%s", capital(article(cb.Type)), cb.Type, choices(cf.Kind))
		return
	case cf.Type == "":
		name = cb.Type
	}
	if cf.Kind != nil {
		if _, ok := cf.Kind.Info(name); !ok {
			d.unknown("Unknown "+cf.Kind.Name(), cf.Kind.Name(), name, cf.Kind.Names(), "", cb.Range, cb.Range)
			return
		}
	}
	comp := cf.add(name)
	if held := cf.Held(); len(held) > 0 {
		held[len(held)-1].Block = cb
	}
	d.component(comp, cb)
}

func (d *decoder) errorf(subject, context hcl.Range, summary, format string, args ...any) {
	d.diags = append(d.diags, diag.Errorf(subject, context, summary, format, args...))
}

func (d *decoder) unknown(summary, noun, name string, valid []string, owner string, subject, context hcl.Range) {
	where := ""
	if owner != "" {
		where = " in " + owner
	}
	d.errorf(subject, context, summary, "There is no %s %q%s.%s", noun, name, where, DidYouMean(name, valid))
}

// subject is the title of a block at the beginning of a sentence.
func subject(b *Block) string {
	if b.Type == "" {
		return "The pipeline"
	}
	return title(b)
}

func title(b *Block) string {
	switch {
	case b.Type == "":
		return "the pipeline"
	case b.Label == "":
		return b.Type
	}
	return fmt.Sprintf("%s %q", b.Type, b.Label)
}
