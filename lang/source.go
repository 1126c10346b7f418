package lang

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/diag"
)

// readAll reads the files and merges them from left to right.
func (l *loader) readAll(files []string) *node {
	if len(files) == 0 {
		l.fault("Missing file", "No pipeline file was named. Name one, or - for standard input.")
	}
	out := &node{}
	for i, f := range files {
		if f == "-" {
			f = stdinName
		} else {
			f = filepath.Clean(f)
		}
		n := l.file(f, nil, hcl.Range{})
		if i == 0 {
			out = n
			continue
		}
		out = merge(out, n, l.rootView(), false)
	}
	return out
}

// file returns the content of a file laid over that of its bases. chain holds the files that led here, each extending the next; from is
// the place in the last of them that names this one.
func (l *loader) file(name string, chain []string, from hcl.Range) *node {
	for i, c := range chain {
		if c == name {
			l.add(diag.Errorf(from, from, "Cycle of files", "A file cannot extend itself: %s. Remove one of these links.", arrows(append(chain[i:len(chain):len(chain)], name))))
			return &node{}
		}
	}
	if len(chain) > MaxExtends {
		l.add(diag.Errorf(from, from, "Too many bases", "The chain of files that extend one another is longer than %d, which is the limit: %s. Merge some of them.",
			MaxExtends, arrows(append(chain[:len(chain):len(chain)], name))))
		return &node{}
	}
	if n, ok := l.loaded[name]; ok {
		return n
	}
	src, ok := l.source(name, from)
	if !ok {
		return &node{}
	}
	n, bases := l.tree(name, l.parse(name, src))
	chain = append(chain[:len(chain):len(chain)], name)
	if base := l.bases(name, bases, chain); base != nil {
		n = merge(base, n, l.rootView(), false)
	}
	l.loaded[name] = n
	return n
}

func arrows(files []string) string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = diag.Path(f)
	}
	return strings.Join(out, " -> ")
}

// source reads a file within the bounds and remembers it for printing diagnostics.
func (l *loader) source(name string, from hcl.Range) ([]byte, bool) {
	var problem, advice string
	src, err := l.read(name)
	switch {
	case err != nil:
		problem, advice = "The file "+diag.Path(name)+" cannot be read: "+reason(err)+".", " Check its name."
		if errors.Is(err, fs.ErrNotExist) && from.Filename != "" {
			advice = " A base is named relative to the file that extends it."
		}
	case len(src) > MaxFileBytes:
		problem, advice = fmt.Sprintf("The file %s is longer than %d MiB, which is the limit.", diag.Path(name), MaxFileBytes>>20), " Split it, or take data out of it."
	case len(l.sources) >= MaxFiles:
		problem, advice = fmt.Sprintf("The pipeline has more than %d files, which is the limit.", MaxFiles), " Merge some of them."
	case l.bytes+len(src) > MaxTotalBytes:
		problem, advice = fmt.Sprintf("The files of the pipeline are longer than %d MiB together, which is the limit.", MaxTotalBytes>>20), " Take data out of them."
	default:
		l.bytes += len(src)
		return src, true
	}
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Unreadable file", Detail: problem + advice}
	if from.Filename != "" {
		d.Subject, d.Context = &from, &from
	}
	l.add(d)
	return nil, false
}

// parse bounds and parses a text; on errors the body may be incomplete, never nil.
func (l *loader) parse(name string, src []byte) *hclsyntax.Body {
	l.sources[name] = src
	if diags := scan(src, name, hcl.InitialPos); diags.HasErrors() {
		l.add(diags...)
		return &hclsyntax.Body{}
	}
	f, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	l.add(plain(diags)...)
	if f == nil {
		return &hclsyntax.Body{}
	}
	return f.Body.(*hclsyntax.Body)
}

// base is a file named in extends.
type base struct {
	name string
	rng  hcl.Range
}

// tree turns a parsed file into nodes, and its extends attribute into names relative to the working directory.
func (l *loader) tree(name string, body *hclsyntax.Body) (*node, []base) {
	root := &node{rng: body.SrcRange}
	if root.rng.Filename == "" {
		root.rng = hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
	}
	root.rng.End = root.rng.Start // the whole file is no help as a place
	l.body(root, body, filepath.Dir(name))
	var bases []base
	root.args = slices.DeleteFunc(root.args, func(a *arg) bool {
		if a.name == "extends" {
			bases = l.extends(a)
		}
		return a.name == "extends"
	})
	return root, bases
}

// body fills a node from a parsed body, in the order of the source. Blocks of locals become one.
func (l *loader) body(n *node, body *hclsyntax.Body, dir string) {
	for _, a := range body.Attributes {
		n.args = append(n.args, &arg{name: a.Name, expr: a.Expr, nameRange: a.NameRange, rng: a.Expr.Range(), dir: dir})
	}
	for _, a := range n.args {
		a.src = a.rng.SliceBytes(l.sources[a.rng.Filename])
	}
	sort.Slice(n.args, func(i, j int) bool { return n.args[i].nameRange.Start.Byte < n.args[j].nameRange.Start.Byte })
	for _, b := range body.Blocks {
		if l.blocks++; l.blocks > MaxBlocks {
			if l.blocks == MaxBlocks+1 {
				l.add(diag.Errorf(b.DefRange(), b.DefRange(), "Too many blocks", "The pipeline has more than %d blocks, which is the limit. Remove some.", MaxBlocks))
			}
			return
		}
		k := &node{typ: b.Type, rng: b.DefRange()}
		if len(b.Labels) > 0 {
			k.label = b.Labels[0]
		}
		if len(b.Labels) > 1 {
			l.add(diag.Errorf(b.LabelRanges[1], b.DefRange(), "Unexpected label", "A block has one label at most; found %q after %q. Remove it.", b.Labels[1], b.Labels[0]))
		}
		l.body(k, b.Body, dir)
		if prev := n.find("locals"); k.typ == "locals" && n.typ == "" && prev != nil {
			l.joinLocals(prev, k)
			continue
		}
		n.blocks = append(n.blocks, k)
	}
}

func (l *loader) joinLocals(to, from *node) {
	for _, a := range from.args {
		if prev := to.arg(a.name); prev != nil {
			l.add(diag.Errorf(a.nameRange, from.rng, "Duplicate local", "The local %q has a value already at %s. Remove one of them.", a.name, diag.At(prev.nameRange)))
			continue
		}
		to.args = append(to.args, a)
	}
	to.blocks = append(to.blocks, from.blocks...)
}

// extends reads the names of the bases, which are literal: they are needed before anything is evaluated.
func (l *loader) extends(a *arg) []base {
	exprs := []hcl.Expression{a.expr}
	if list, diags := hcl.ExprList(a.expr); !diags.HasErrors() {
		exprs = list
	}
	var out []base
	for _, e := range exprs {
		v, diags := e.Value(nil)
		if diags.HasErrors() || v.Type() != cty.String || v.IsNull() {
			l.add(diag.Errorf(e.Range(), a.rng, "Invalid base", "A base is a plain text, without variables: the name of a file relative to this one. Write extends = [\"../_base_/simclr.hcl\"]."))
			continue
		}
		name := filepath.FromSlash(v.AsString())
		if !filepath.IsAbs(name) {
			name = filepath.Join(a.dir, name)
		}
		out = append(out, base{name: filepath.Clean(name), rng: e.Range()})
	}
	return out
}

// bases merges the files that one file extends, or returns nil when there is none.
func (l *loader) bases(name string, bases []base, chain []string) *node {
	var out *node
	for _, b := range bases {
		n := l.file(b.name, chain, b.rng)
		if out == nil {
			out = n
			continue
		}
		out = merge(out, n, l.rootView(), true)
	}
	return out
}
