package schema

import (
	"fmt"
	"strings"

	"ssc/lang/diag"
)

// resolved is a decoded block with its children, those that stand by default included.
type resolved struct {
	typ, label string
	path       string
	chosen     bool // the label selects a component, and is a value like any other
	set        *Set
	block      *Block // nil when it stands by default
	kids       []*resolved
}

// resolve lays out what Decode made of the block. A block that Decode did not reach has no values.
func resolve(b *Block) *resolved {
	r := &resolved{typ: b.Type, label: b.Label, set: b.set, block: b}
	if r.set == nil {
		r.set = &Set{}
	}
	r.addKids()
	return r
}

func (r *resolved) addKids() {
	for _, cf := range r.set.Children {
		held := cf.Held()
		count := map[string]int{}
		for _, h := range held {
			count[cf.address(h)]++
		}
		seen := map[string]int{}
		for _, h := range held {
			addr := cf.address(h)
			k := &resolved{typ: cf.Type, label: h.Label, path: join(r.path, addr), chosen: cf.Kind != nil && cf.Type != "" && cf.Max == 1, block: h.Block}
			if cf.Type == "" {
				k.typ, k.label = h.Label, ""
			}
			if count[addr] > 1 {
				k.path += fmt.Sprintf("[%d]", seen[addr])
			}
			seen[addr]++
			if h.Block != nil && h.Block.set != nil {
				k.set = h.Block.set
			} else {
				k.set = Of(h.Comp)
			}
			k.addKids()
			r.kids = append(r.kids, k)
		}
	}
}

// address is the type of a held block, with its label where several blocks of the type stand side by side.
func (c *ChildField) address(h Held) string {
	switch {
	case c.Type == "":
		return h.Label
	case c.Max != 1 && h.Label != "":
		return c.Type + "." + h.Label
	}
	return c.Type
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Origin is one final value of the pipeline. Path is the address that -set takes; for a block whose label selects a component the row's
// path is the block's and its value the label.
type Origin struct {
	Path   string `json:"path"`
	Value  string `json:"value"`  // as it is written in a file
	Origin string `json:"origin"` // file:line,col of the expression, or "default"
}

// Default is the origin of a value that no file gives.
const Default = "default"

// Origins lists every final value of a decoded block, defaults included, in the order of the declarations.
func Origins(b *Block) []Origin { return origins(resolve(b), nil) }

func origins(r *resolved, out []Origin) []Origin {
	if r.chosen {
		row := Origin{Path: r.path, Value: Literal(r.label), Origin: Default}
		if r.block != nil {
			row.Origin = diag.At(r.block.Range)
		}
		out = append(out, row)
	}
	for _, f := range r.set.Fields {
		row := Origin{Path: join(r.path, f.Name), Value: Literal(f.Value()), Origin: Default}
		if r.block != nil {
			if a := r.block.Arg(f.Name); a != nil && !a.Value.IsNull() {
				row.Origin = diag.At(a.Range)
			}
		}
		out = append(out, row)
	}
	for _, k := range r.kids {
		out = origins(k, out)
	}
	return out
}

// Text prints a decoded block as a file that loads to the same values, defaults written out. Arguments that are unset are left out.
func Text(b *Block) string {
	var w strings.Builder
	text(&w, resolve(b), "")
	return strings.TrimPrefix(w.String(), "\n")
}

func text(w *strings.Builder, r *resolved, indent string) {
	width := 0
	for _, f := range r.set.Fields {
		if f.Value() != nil {
			width = max(width, len(f.Name))
		}
	}
	for _, f := range r.set.Fields {
		if f.Value() != nil {
			fmt.Fprintf(w, "%s%-*s = %s\n", indent, width, f.Name, Literal(f.Value()))
		}
	}
	for i, k := range r.kids {
		if i > 0 || width > 0 {
			w.WriteByte('\n')
		}
		w.WriteString(indent + k.typ)
		if k.label != "" {
			w.WriteString(" " + Literal(k.label))
		}
		var body strings.Builder
		text(&body, k, indent+"  ")
		if body.Len() == 0 {
			w.WriteString(" {}\n")
			continue
		}
		fmt.Fprintf(w, " {\n%s%s}\n", body.String(), indent)
	}
}
