package lang

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/schema"
)

// roots are the names that references begin with.
var roots = []string{"var", "local", "path"}

// evaluator turns expressions into values.
type evaluator struct {
	l      *loader
	vars   map[string]*variable
	names  []string // of the variables, in the order of their declaration
	locals map[string]*local
	ctx    *hcl.EvalContext
	byDir  map[string]*hcl.EvalContext // with path.module, children of ctx
	diags  hcl.Diagnostics
}

// evaluator evaluates the variables and locals of a tree.
func (l *loader) evaluator(tree *node, values []given) *evaluator {
	e := &evaluator{l: l, vars: map[string]*variable{}, locals: map[string]*local{},
		ctx:   &hcl.EvalContext{Functions: functions(), Variables: map[string]cty.Value{}},
		byDir: map[string]*hcl.EvalContext{}}
	e.variables(tree, values)
	all := map[string]cty.Value{}
	for name, v := range e.vars {
		all[name] = v.value
	}
	e.ctx.Variables["var"] = cty.ObjectVal(all)
	e.validate()
	e.allLocals(tree)
	return e
}

// top evaluates the blocks of the pipeline.
func (e *evaluator) top(tree *node) []*schema.Block {
	var out []*schema.Block
	for _, n := range tree.blocks {
		if n.typ != "variable" && n.typ != "locals" {
			out = append(out, e.block(n))
		}
	}
	var types []string
	if set := e.l.rootView().set; set != nil {
		types = set.BlockTypes()
	}
	sortBlocks(out, types)
	return out
}

func (e *evaluator) block(n *node) *schema.Block {
	b := &schema.Block{Type: n.typ, Label: n.label, Range: n.rng}
	for _, a := range n.args {
		b.Args = append(b.Args, &schema.Arg{Name: a.name, Value: e.eval(a.expr, a.dir, e.ctx), NameRange: a.nameRange, Range: a.rng})
	}
	for _, k := range n.blocks {
		b.Blocks = append(b.Blocks, e.block(k))
	}
	return b
}

// eval evaluates an expression of a file in the folder dir. After an error the value is unknown.
func (e *evaluator) eval(expr hclsyntax.Expression, dir string, ctx *hcl.EvalContext) cty.Value {
	if !e.references(expr) {
		return cty.DynamicVal
	}
	v, diags := expr.Value(e.inDir(dir, ctx))
	e.diags = append(e.diags, plain(diags)...)
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	if text := excess(v); text != "" {
		e.errorf(expr.Range(), expr.Range(), "Value out of range", "%s", text)
		return cty.DynamicVal
	}
	return v
}

// inDir adds path.module.
func (e *evaluator) inDir(dir string, parent *hcl.EvalContext) *hcl.EvalContext {
	if ctx := e.byDir[dir]; ctx != nil && parent == e.ctx {
		return ctx
	}
	ctx := parent.NewChild()
	ctx.Variables = map[string]cty.Value{"path": cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(dir)})}
	if parent == e.ctx {
		e.byDir[dir] = ctx
	}
	return ctx
}

// references checks the names that an expression uses, and reports whether all exist.
func (e *evaluator) references(expr hclsyntax.Expression) bool {
	refs := expr.Variables()
	if len(refs) > MaxReferences {
		e.errorf(expr.Range(), expr.Range(), "Expression too long", "The expression uses names %d times; the limit is %d. Split it with locals.", len(refs), MaxReferences)
		return false
	}
	before := len(e.diags)
	for _, t := range refs {
		if !slices.Contains(roots, t.RootName()) {
			e.unknownRoot(t, expr)
			continue
		}
		name, ok := second(t)
		if !ok {
			e.errorf(t.SourceRange(), expr.Range(), "Incomplete reference", "The word %s needs a name behind it. Write %s.NAME.", t.RootName(), t.RootName())
			continue
		}
		e.reference(t, name, expr)
	}
	return len(e.diags) == before
}

// reference checks the name behind a root.
func (e *evaluator) reference(t hcl.Traversal, name string, expr hclsyntax.Expression) {
	noun, valid := "path", []string{"module"}
	switch t.RootName() {
	case "var":
		if e.vars[name] != nil {
			return
		}
		noun, valid = "variable", slices.Clone(e.names)
	case "local":
		if e.locals[name] != nil {
			return
		}
		noun, valid = "local", slices.Collect(maps.Keys(e.locals))
	}
	if !slices.Contains(valid, name) {
		slices.Sort(valid)
		e.errorf(t.SourceRange(), expr.Range(), "Unknown "+noun, "There is no %s %q.%s", noun, name, schema.DidYouMean(name, valid))
	}
}

// second is the name behind the root of a reference.
func second(t hcl.Traversal) (string, bool) {
	if len(t) < 2 {
		return "", false
	}
	switch s := t[1].(type) {
	case hcl.TraverseAttr:
		return s.Name, true
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String {
			return s.Key.AsString(), true
		}
	}
	return "", false
}

func (e *evaluator) unknownRoot(t hcl.Traversal, expr hclsyntax.Expression) {
	name := t.RootName()
	hint := " A text stands in quotes."
	switch {
	case e.vars[name] != nil:
		hint = " Did you mean var." + name + "?"
	case e.locals[name] != nil:
		hint = " Did you mean local." + name + "?"
	case len(t) > 1 && strings.HasPrefix(schema.DidYouMean(name, roots), " Did"):
		hint = schema.DidYouMean(name, roots)
	case len(t) > 1:
		hint = " References begin with var, local or path. To use a value of another block, name it in locals and use local.NAME in both places."
	}
	e.errorf(t.SourceRange(), expr.Range(), "Unknown name", "Nothing is called %q here.%s", name, hint)
}

// excess says in words what is too large about a value; empty when nothing is.
func excess(v cty.Value) string {
	size, far := 0, false
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		size += 8
		if !v.IsKnown() || v.IsNull() {
			return false, nil
		}
		switch v.Type() {
		case cty.String:
			size += len(v.AsString())
		case cty.Number:
			f, _ := v.AsBigFloat().Float64()
			far = far || math.IsInf(f, 0)
		}
		return size <= MaxValue, nil
	})
	switch {
	case far:
		return "The number is beyond the range of a float64. Write one between -1e308 and 1e308."
	case size > MaxValue:
		return fmt.Sprintf("The value takes more than %d KiB, which is the limit. Make it shorter.", MaxValue>>10)
	}
	return ""
}

// local is a value with a name.
type local struct {
	*arg
	needs []string // other locals
	value cty.Value
}

// allLocals evaluates the locals in the order of their dependence.
func (e *evaluator) allLocals(tree *node) {
	n := tree.find("locals")
	if n == nil {
		n = &node{}
	}
	e.allow(n, argNames(n), nil)
	for _, a := range n.args {
		e.locals[a.name] = &local{arg: a}
	}
	waiting := map[string]int{}
	users := map[string][]string{}
	var ready []string
	for _, a := range n.args {
		loc := e.locals[a.name]
		for _, t := range a.expr.Variables() {
			if name, ok := second(t); ok && t.RootName() == "local" && e.locals[name] != nil && !slices.Contains(loc.needs, name) {
				loc.needs = append(loc.needs, name)
				users[name] = append(users[name], a.name)
			}
		}
		if waiting[a.name] = len(loc.needs); len(loc.needs) == 0 {
			ready = append(ready, a.name)
		}
	}
	for ; len(ready) > 0; ready = ready[1:] {
		e.local(e.locals[ready[0]])
		for _, u := range users[ready[0]] {
			if waiting[u]--; waiting[u] == 0 {
				ready = append(ready, u)
			}
		}
	}
	all := map[string]cty.Value{}
	for _, a := range n.args {
		loc := e.locals[a.name]
		if waiting[a.name] > 0 {
			loc.value = cty.DynamicVal
		}
		all[a.name] = loc.value
	}
	e.cycles(n.args, waiting)
	e.ctx.Variables["local"] = cty.ObjectVal(all)
}

func argNames(n *node) []string {
	out := make([]string, len(n.args))
	for i, a := range n.args {
		out[i] = a.name
	}
	return out
}

// local evaluates one local whose needs have values.
func (e *evaluator) local(loc *local) {
	some := map[string]cty.Value{}
	for _, name := range loc.needs {
		some[name] = e.locals[name].value
	}
	ctx := e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{"local": cty.ObjectVal(some)}
	loc.value = e.eval(loc.expr, loc.dir, ctx)
}

// cycles reports each cycle among the locals that wait for one another, once, at its first local.
func (e *evaluator) cycles(args []*arg, waiting map[string]int) {
	done := map[string]bool{}
	for _, a := range args {
		var chain []string
		name := a.name
		for waiting[name] > 0 && !done[name] {
			done[name] = true
			chain = append(chain, name)
			needs := e.locals[name].needs
			name = needs[slices.IndexFunc(needs, func(n string) bool { return waiting[n] > 0 })]
		}
		if i := slices.Index(chain, name); i >= 0 {
			chain = append(chain[i:], name)
			at := e.locals[name].arg
			e.errorf(at.rng, at.rng, "Cycle of locals", "The value depends on itself: local.%s. Break one of these links.", strings.Join(chain, " -> local."))
		}
	}
}

// plain brings diagnostics of the HCL library into the form of ours: summaries without quotes, details that end a sentence.
func plain(diags hcl.Diagnostics) hcl.Diagnostics {
	out := make(hcl.Diagnostics, len(diags))
	for i, d := range diags {
		c := *d
		c.Summary = strings.NewReplacer(`'`, "", `"`, "", "`", "").Replace(c.Summary)
		c.Detail = strings.TrimSpace(c.Detail)
		if !strings.HasSuffix(c.Detail, ".") && !strings.HasSuffix(c.Detail, "?") {
			c.Detail += "."
		}
		out[i] = &c
	}
	return out
}
