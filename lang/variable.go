package lang

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"ssc/lang/diag"
	"ssc/lang/schema"
)

// variable is a declared variable with its value.
type variable struct {
	node  *node
	typ   cty.Type // cty.DynamicPseudoType takes any value
	value cty.Value
	rng   hcl.Range // where the value stands
}

// given is a value of a variable from a file of variables or the command line.
type given struct {
	name    string
	expr    hclsyntax.Expression
	raw     *typed // of the command line; a text needs no quotes there
	nameRng hcl.Range
	rng     hcl.Range
	dir     string
}

// varFiles reads the files of variables, then the command line, weakest first.
func (l *loader) varFiles() []given {
	var out []given
	for _, name := range l.opt.VarFiles {
		if name == "-" {
			name = stdinName
		}
		src, ok := l.source(filepath.Clean(name), hcl.Range{})
		if !ok {
			continue
		}
		body := l.parse(filepath.Clean(name), src)
		for _, b := range body.Blocks {
			l.add(diag.Errorf(b.TypeRange, b.DefRange(), "Unexpected block", "A file of variables has lines of the form name = value; found the block %q. Move it to a pipeline file.", b.Type))
		}
		n := &node{}
		l.body(n, &hclsyntax.Body{Attributes: body.Attributes}, filepath.Dir(name))
		for _, a := range n.args {
			out = append(out, given{name: a.name, expr: a.expr, nameRng: a.nameRange, rng: a.rng, dir: a.dir})
		}
	}
	for _, t := range l.commandLine(varName, l.opt.Vars) {
		if t.eq < 1 {
			l.add(diag.Errorf(t.whole(), t.whole(), "Invalid variable", "A variable is given as name=value. Write -var 'epochs=100'."))
			continue
		}
		out = append(out, given{name: strings.TrimSpace(t.text[:t.eq]), raw: &t, nameRng: t.span(0, t.eq), rng: t.span(t.eq+1, len(t.text)), dir: "."})
	}
	return out
}

// variables declares the variables of the tree and gives them their values.
func (e *evaluator) variables(tree *node, values []given) {
	for _, n := range tree.blocks {
		if n.typ != "variable" {
			continue
		}
		v := e.declare(n)
		if old := e.vars[n.label]; old != nil {
			e.errorf(n.rng, n.rng, "Duplicate variable", "The variable %q is declared already at %s. Remove one of them.", n.label, diag.At(old.node.rng))
			continue
		}
		e.vars[n.label] = v
		e.names = append(e.names, n.label)
	}
	for _, g := range values {
		v := e.vars[g.name]
		if v == nil {
			e.errorf(g.nameRng, g.nameRng, "Unknown variable", "The pipeline declares no variable %q.%s", g.name, schema.DidYouMean(g.name, e.names))
			continue
		}
		e.give(v, g)
	}
	for _, name := range e.names {
		if v := e.vars[name]; v.value == cty.NilVal {
			e.errorf(v.node.rng, v.node.rng, "Missing variable", "The variable %q has no default and was given no value. Give it one:\n\n    %s -var '%s=VALUE' %s\n\nor write a default in its block.",
				name, e.l.opt.Command, name, diag.Path(v.node.rng.Filename))
			v.value = cty.DynamicVal
		}
	}
}

// declare reads a variable block, validation aside.
func (e *evaluator) declare(n *node) *variable {
	v := &variable{node: n, typ: cty.DynamicPseudoType, rng: n.rng}
	if n.label == "" || !hclsyntax.ValidIdentifier(n.label) {
		e.errorf(n.rng, n.rng, "Invalid variable name", "A variable is declared by variable \"name\" { … }, and its name is made of letters, digits and _; found %q. Rename it.", n.label)
	}
	e.allow(n, []string{"type", "default", "description"}, []string{"validation"})
	if a := n.arg("type"); a != nil {
		t, diags := typeexpr.TypeConstraint(a.expr)
		if diags.HasErrors() {
			e.errorf(a.rng, n.rng, "Invalid type", "%s is no type. Write number, string, bool, any, or list(…), map(…), set(…), tuple([…]), object({…}) of these.", brief(a.src))
			t = cty.DynamicPseudoType
		}
		v.typ = t
	}
	a := n.arg("default")
	if a == nil {
		return v
	}
	d := e.constant(a.expr, a.dir)
	if n.arg("type") == nil && d.IsKnown() && !d.IsNull() && d.Type().IsPrimitiveType() {
		v.typ = d.Type()
	}
	e.assign(v, d, a.rng, "default")
	return v
}

// give evaluates a value for a variable.
func (e *evaluator) give(v *variable, g given) {
	if g.raw != nil {
		if v.typ == cty.String {
			e.assign(v, cty.StringVal(g.raw.text[g.raw.eq+1:]), g.rng, "value")
			return
		}
		expr, diags := g.raw.value()
		e.diags = append(e.diags, diags...)
		if diags.HasErrors() {
			v.value = cty.DynamicVal
			return
		}
		g.expr = expr
	}
	e.assign(v, e.constant(g.expr, g.dir), g.rng, "value")
}

func (e *evaluator) assign(v *variable, val cty.Value, rng hcl.Range, what string) {
	out, err := convert.Convert(val, v.typ)
	if err != nil {
		e.errorf(rng, rng, "Wrong type", "The variable %q takes a %s, but its %s is a %s. Change the %s, or the type at %s.",
			v.node.label, v.typ.FriendlyNameForConstraint(), what, val.Type().FriendlyName(), what, diag.At(v.node.rng))
		out = cty.DynamicVal
	}
	v.value, v.rng = out, rng
}

// constant evaluates an expression that may use functions but no names.
func (e *evaluator) constant(expr hclsyntax.Expression, dir string) cty.Value {
	for _, t := range expr.Variables() {
		if t.RootName() != "path" {
			e.errorf(t.SourceRange(), expr.Range(), "Not a constant", "The value of a variable cannot use other names; found %s. Write a constant here, and compute from variables in locals.", traversalText(t))
			return cty.DynamicVal
		}
	}
	return e.eval(expr, dir, e.ctx)
}

// validate checks the conditions of all variables; they may use every variable.
func (e *evaluator) validate() {
	for _, name := range e.names {
		v := e.vars[name]
		for _, b := range v.node.blocks {
			if b.typ == "validation" {
				e.condition(v, b)
			}
		}
	}
}

func (e *evaluator) condition(v *variable, b *node) {
	e.allow(b, []string{"condition", "error_message"}, nil)
	cond, text := b.arg("condition"), b.arg("error_message")
	if cond == nil || text == nil {
		e.errorf(b.rng, b.rng, "Missing argument", "A validation has a condition, which is true for good values, and an error_message. Write both.")
		return
	}
	ok, err := convert.Convert(e.eval(cond.expr, cond.dir, e.ctx), cty.Bool)
	if err != nil || ok.IsKnown() && ok.IsNull() {
		e.errorf(cond.rng, b.rng, "Wrong type", "A condition is true or false, and this is neither. Write a comparison, such as var.%s > 0.", v.node.label)
		return
	}
	message, err := convert.Convert(e.eval(text.expr, text.dir, e.ctx), cty.String)
	if err != nil || !message.IsKnown() || message.IsNull() || !ok.IsKnown() || ok.True() {
		return
	}
	sentence := strings.TrimSpace(message.AsString())
	if !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(sentence, "?") {
		sentence += "."
	}
	d := diag.Errorf(v.rng, v.rng, "Invalid value", "The variable %q is %s, which the condition at %s refuses: %s", v.node.label, diag.Value(v.value), diag.At(cond.rng), sentence)
	d.Expression, d.EvalContext = cond.expr, e.ctx
	e.diags = append(e.diags, d)
}

// allow reports arguments and blocks that a block of the language itself does not have.
func (e *evaluator) allow(n *node, args, blocks []string) {
	for _, a := range n.args {
		if !slices.Contains(args, a.name) {
			e.errorf(a.nameRange, n.rng, "Unknown argument", "There is no argument %q in %s.%s", a.name, n.title(), schema.DidYouMean(a.name, args))
		}
	}
	for _, b := range n.blocks {
		if !slices.Contains(blocks, b.typ) {
			e.errorf(b.rng, n.rng, "Unknown block", "There is no block %q in %s.%s", b.typ, n.title(), schema.DidYouMean(b.typ, blocks))
		}
	}
}

func (e *evaluator) errorf(subject, context hcl.Range, summary, format string, args ...any) {
	e.diags = append(e.diags, diag.Errorf(subject, context, summary, format, args...))
}

func traversalText(t hcl.Traversal) string {
	var b strings.Builder
	for _, s := range t {
		switch s := s.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			fmt.Fprintf(&b, "[%s]", diag.Value(s.Key))
		}
	}
	return b.String()
}
