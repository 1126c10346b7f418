package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang"
	"ssc/lang/diag"
	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// block is a block of a pipeline that is to be written. The root has no type.
type block struct {
	typ, label string
	args       []*arg
	blocks     []*block
	lead       []string // comments above
	trail      string   // comment behind the opening brace
	from       hcl.Range
	unsaid     []string // arguments that ssc does not have: comments behind the others
	missing    bool     // ssc has no such component: the block is written as a comment
	behind     bool     // a transform that works on normalised images
}

// arg is an argument with its expression as it is written.
type arg struct {
	name, text string
	lead       []string
	trail      string
	from       hcl.Range
	// formula is the arithmetic that is written in the place of the number of, as long as the text is that
	formula, of string
}

// written is the text as the file has it.
func (a *arg) written() string {
	if a.formula != "" && a.of == a.text {
		return a.formula
	}
	return a.text
}

func (b *block) arg(name string) *arg {
	for _, a := range b.args {
		if a.name == name {
			return a
		}
	}
	return nil
}

// set gives an argument its text; one that is there keeps its comments.
func (b *block) set(name, text string, from python.Value) *arg {
	a := b.arg(name)
	if a == nil {
		a = &arg{name: name}
		b.args = append(b.args, a)
	}
	a.text, a.from = text, from.At
	if from.Lead != nil || from.Trail != "" {
		a.lead, a.trail = from.Lead, from.Trail
	}
	return a
}

// remove takes an argument away.
func (b *block) remove(name string) {
	b.args = slices.DeleteFunc(b.args, func(a *arg) bool { return a.name == name })
}

func (b *block) find(typ, label string) *block {
	for _, k := range b.blocks {
		if k.typ == typ && (label == "" || k.label == label) {
			return k
		}
	}
	return nil
}

// child returns the block of the type, made when there is none.
func (b *block) child(typ, label string) *block {
	if k := b.find(typ, label); k != nil {
		return k
	}
	k := &block{typ: typ, label: label}
	b.blocks = append(b.blocks, k)
	return k
}

// note takes the comments of the value that a block is made of.
func (b *block) note(v python.Value) *block {
	b.lead, b.trail, b.from = append(b.lead, v.Lead...), v.Trail, v.At
	return b
}

// hasMissing reports whether a component in the tree is missing.
func (b *block) hasMissing() bool {
	for _, k := range b.blocks {
		if k.missing || k.hasMissing() {
			return true
		}
	}
	return false
}

// same reports whether two blocks say the same, comments aside.
func (b *block) same(o *block) bool {
	if b.typ != o.typ || b.label != o.label || b.missing != o.missing || len(b.args) != len(o.args) || len(b.blocks) != len(o.blocks) {
		return false
	}
	for _, a := range b.args {
		if c := o.arg(a.name); c == nil || c.text != a.text {
			return false
		}
	}
	for i, k := range b.blocks {
		if !k.same(o.blocks[i]) {
			return false
		}
	}
	return true
}

// order of the top-level blocks in a file.
var order = []string{"pipeline", "algorithm", "dataset", "loader", "optimizer", "schedule", "train", "monitor", "evaluate", "export"}

// printer writes blocks in the form that `ssc fmt` leaves as it is once lang.Format has aligned it.
type printer struct {
	strings.Builder
	commented bool            // inside a block that is written as a comment
	written   map[string]bool // comments by the line of Python that they are of
}

// once is a comment, and nothing where that comment of that line is written already: one value may be the source of several arguments.
func (p *printer) once(lines []string, from hcl.Range) []string {
	if len(lines) == 0 || from.Filename == "" {
		return lines
	}
	key := fmt.Sprintf("%s:%d:%s", from.Filename, from.Start.Line, strings.Join(lines, "\n"))
	if p.written[key] {
		return nil
	}
	p.written[key] = true
	return lines
}

// trail writes the comment behind what stands on the line.
func (p *printer) trail(text string, from hcl.Range) {
	for _, t := range p.once(compact([]string{text}), from) {
		p.WriteString(" # " + t)
	}
}

// text is the file: a comment, the bases, the blocks.
func (b *block) text(head, extends []string) string {
	p := printer{written: map[string]bool{}}
	p.comments("", head)
	parts := len(head) > 0
	gap := func() {
		if parts {
			p.WriteByte('\n')
		}
		parts = true
	}
	if len(extends) > 0 {
		gap()
		quoted := make([]string, len(extends))
		for i, e := range extends {
			quoted[i] = schema.Literal(e)
		}
		line := "extends = [" + strings.Join(quoted, ", ") + "]"
		if len(line) > 120 {
			line = "extends = [\n  " + strings.Join(quoted, ",\n  ") + ",\n]"
		}
		p.WriteString(line + "\n")
	}
	for _, a := range b.args { // a removed type of block
		gap()
		p.arg("", a)
	}
	for _, typ := range order {
		for _, k := range b.blocks {
			if k.typ == typ {
				gap()
				p.block("", k)
			}
		}
	}
	return p.String()
}

func (p *printer) comments(indent string, lines []string) {
	for _, l := range lines {
		p.WriteString(strings.TrimRight(indent+"# "+l, " ") + "\n")
	}
}

func (p *printer) arg(indent string, a *arg) {
	p.comments(indent, p.once(a.lead, a.from))
	p.WriteString(indent + a.name + " = " + a.written())
	p.trail(a.trail, a.from)
	p.WriteByte('\n')
}

func (p *printer) block(indent string, b *block) {
	if b.missing && !p.commented {
		q := printer{commented: true, written: p.written}
		q.block("", b)
		text := string(lang.Format([]byte(q.String())))
		if b.from.Filename != "" {
			p.comments(indent, []string{"not in ssc, from " + diag.At(b.from)})
		}
		p.comments(indent, strings.Split(strings.TrimRight(text, "\n"), "\n"))
		return
	}
	p.comments(indent, p.once(b.lead, b.from))
	p.WriteString(indent + b.typ)
	if b.label != "" {
		p.WriteString(" " + schema.Literal(b.label))
	}
	switch {
	case len(b.unsaid) > 0:
	case len(b.blocks) == 0 && b.trail == "" && len(b.args) == 0:
		p.WriteString(" {}\n")
		return
	case len(b.blocks) == 0 && b.trail == "" && len(b.args) == 1 && b.args[0].lead == nil && b.args[0].trail == "" && !strings.Contains(b.args[0].text, "\n") && indent != "":
		p.WriteString(" { " + b.args[0].name + " = " + b.args[0].written() + " }\n")
		return
	}
	p.WriteString(" {")
	p.trail(b.trail, b.from)
	p.WriteByte('\n')
	for _, a := range b.args {
		p.arg(indent+"  ", a)
	}
	p.comments(indent+"  ", b.unsaid)
	for _, k := range b.blocks {
		p.block(indent+"  ", k)
	}
	p.WriteString(indent + "}\n")
}
