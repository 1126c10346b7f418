package python

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang/diag"
)

// evaluator runs the statements of one file on values.
type evaluator struct {
	l      *Loader
	src    *source
	names  *Dict // the file's variables, in the order of their first assignment
	base   *Dict // the merged bases; nil without any
	bases  []*Config
	hidden map[string]bool // names that imports bound
	diags  hcl.Diagnostics
	steps  int
	depth  int
	spent  bool // the bound on steps was reported
	// heading is the comment above the statements that are being evaluated, for the first of them whose value has elements
	heading []string
}

// fail reports what cannot be known, and gives the unknown value.
func (e *evaluator) fail(n *node, summary, format string, args ...any) Value {
	at := e.src.at(n)
	e.diags = append(e.diags, diag.Errorf(at, at, summary, format, args...))
	return Value{X: Unknown{}, At: at}
}

func (e *evaluator) warn(n *node, summary, format string, args ...any) {
	d := diag.Errorf(e.src.at(n), e.src.at(n), summary, format, args...)
	d.Severity = hcl.DiagWarning
	e.diags = append(e.diags, d)
}

// enter counts a step and a level; when it returns false the caller gives up. leave undoes the level.
func (e *evaluator) enter(n *node) bool {
	e.depth++
	if e.steps++; e.steps > maxSteps {
		if !e.spent {
			e.spent = true
			e.fail(n, "Too many steps", "The file takes more than %d steps to evaluate, the bound for a configuration.", maxSteps)
		}
		return false
	}
	if e.depth > MaxDepth {
		if !e.spent {
			e.fail(n, "Too deeply nested", "Expressions nest more than %d levels deep, the bound for a configuration.", MaxDepth)
		}
		return false
	}
	return true
}

func (e *evaluator) leave() { e.depth-- }

// statements evaluates a block in order.
func (e *evaluator) statements(block *node) {
	for _, s := range block.kids {
		e.statement(s)
	}
}

func (e *evaluator) statement(s *node) {
	defer e.leave()
	if !e.enter(s) || s.kind == "ERROR" {
		return
	}
	if s.torn() { // reported by the parser
		e.forget(s)
		return
	}
	if s.kind != "expression_statement" {
		e.heading = nil
	}
	switch s.kind {
	case "expression_statement":
		for _, k := range s.kids {
			e.effect(k)
		}
	case "if_statement":
		e.ifStatement(s)
	case "for_statement":
		e.forStatement(s)
	case "with_statement":
		e.withStatement(s)
	case "import_statement", "import_from_statement", "future_import_statement":
		e.importStatement(s)
	case "block", "module":
		e.statements(s)
	case "delete_statement":
		e.deleteStatement(s)
	case "pass_statement", "assert_statement":
	default:
		e.fail(s, "Code in a configuration", "Code is never run: a %s is left out, and what depends on it is unknown. Write the values themselves.", strings.ReplaceAll(s.kind, "_", " "))
		e.forget(s)
	}
}

// effect evaluates an expression that stands as a statement.
func (e *evaluator) effect(n *node) {
	switch n.kind {
	case "assignment":
		e.assignment(n)
	case "augmented_assignment":
		e.augmented(n)
	case "string", "concatenated_string": // a text on its own is a comment
	default:
		e.expr(n)
	}
}

// forget makes what a statement would have assigned unknown.
func (e *evaluator) forget(s *node) {
	if s.kind == "identifier" && (s.field == "left" || s.field == "name") {
		e.assignName(e.src.src(s), Value{X: Unknown{}, At: e.src.at(s)})
	}
	for _, k := range s.kids {
		e.forget(k)
	}
}

func (e *evaluator) assignment(n *node) {
	left, right := n.child("left"), n.child("right")
	if right == nil { // a bare annotation
		return
	}
	lead := append(e.heading, e.src.lead(n)...)
	e.heading = nil
	trail := e.src.trail(n, true)
	targets := []*node{left}
	for right.kind == "assignment" && right.child("right") != nil { // a = b = value
		targets = append(targets, right.child("left"))
		right = right.child("right")
	}
	v := e.expr(right)
	if trail == "" {
		trail = e.src.trail(n, false)
	}
	if e.src.goesOn(n) && !v.holds() && len(lead) > 0 { // what stands above a group of statements is about what comes of it
		e.heading, lead = lead[:1:1], lead[1:]
	}
	v.comment(lead, trail)
	for _, t := range targets {
		e.assign(t, v)
	}
}

// assign gives a target its value.
func (e *evaluator) assign(target *node, v Value) {
	switch target.kind {
	case "identifier":
		name := e.src.src(target)
		if name == baseKey {
			return // read before everything else
		}
		e.assignName(name, v)
	case "subscript", "attribute":
		e.store(target, v)
	case "pattern_list", "tuple_pattern", "list_pattern", "tuple", "list":
		l, ok := v.X.(*List)
		if !ok || len(l.Elems) != len(target.kids) {
			if _, unknown := v.X.(Unknown); !unknown {
				e.fail(target, "Wrong number of values", "There are %d names for a %s; give as many values.", len(target.kids), v.Kind())
			}
			for _, k := range target.kids {
				e.assign(k, Value{X: Unknown{}, At: v.At})
			}
			return
		}
		for i, k := range target.kids {
			e.assign(k, l.Elems[i])
		}
	default:
		e.fail(target, "Unsupported assignment", "Assign to a name, to name['key'] or to name.key.")
	}
}

func (e *evaluator) assignName(name string, v Value) {
	e.names.put(Value{X: name, At: v.At}, v)
}

// store assigns to an element or attribute of a value.
func (e *evaluator) store(target *node, v Value) {
	holder, k, ok := e.place(target)
	if !ok {
		return
	}
	switch h := holder.X.(type) {
	case *Dict:
		if v.At.Filename == "" {
			v.At = e.src.at(target)
		}
		if !h.put(k, v) {
			e.fail(target, "Unsupported key", "A %s is no key of a dictionary.", k.Kind())
		}
	case *List:
		i, ok := index(k.X, len(h.Elems))
		if h.Tuple || !ok {
			e.fail(target, "Invalid assignment", "%s cannot be set in a %s of length %d.", short(Repr(k)), kindOf(h), len(h.Elems))
			return
		}
		h.Elems[i] = v
	case Unknown:
	default:
		e.fail(target, "Invalid assignment", "A %s holds no elements.", holder.Kind())
	}
}

// place evaluates what name['key'] and name.key refer to: the holder and the key.
func (e *evaluator) place(target *node) (holder, k Value, ok bool) {
	if target.kind == "attribute" {
		a := target.child("attribute")
		holder, k = e.expr(target.child("object")), Value{X: e.src.src(a), At: e.src.at(a)}
		_, isDict := holder.X.(*Dict)
		return holder, k, isDict
	}
	holder = e.expr(target.child("value"))
	sub := target.child("subscript")
	if sub == nil || sub.kind == "slice" {
		e.fail(target, "Unsupported assignment", "Ranges of a list cannot be set. Write the list itself.")
		return holder, k, false
	}
	k = e.expr(sub)
	_, unknown := k.X.(Unknown)
	return holder, k, !unknown
}

// augmented evaluates a += b and its like; a list is extended in place, as in Python.
func (e *evaluator) augmented(n *node) {
	left, right := n.child("left"), n.child("right")
	op := strings.TrimSuffix(e.src.src(n.child("operator")), "=")
	old, v := e.expr(left), e.expr(right)
	if l, ok := old.X.(*List); ok && !l.Tuple && op == "+" {
		e.extend(n, l, v)
		return
	}
	if d, ok := old.X.(*Dict); ok && op == "|" {
		e.update(n, d, v)
		return
	}
	e.assign(left, e.binary(n, op, old, v))
}

func (e *evaluator) ifStatement(s *node) {
	for _, k := range s.kids {
		switch {
		case k.kind == "elif_clause":
			if done := e.branch(k); done {
				return
			}
		case k.kind == "else_clause":
			e.statements(k.child("body"))
			return
		case k.field == "condition":
			if done := e.branch(s); done {
				return
			}
		}
	}
}

// branch evaluates the consequence of a condition that holds, and reports whether the statement is settled.
func (e *evaluator) branch(s *node) bool {
	cond := e.expr(s.child("condition"))
	t, ok := truth(cond.X)
	if !ok {
		e.warn(s.child("condition"), "Unknown condition", "Whether this holds is not known, so the statement is left out and what it assigns is unknown.")
		e.forget(s)
		return true
	}
	if t {
		e.statements(s.child("consequence"))
	}
	return t
}

func (e *evaluator) forStatement(s *node) {
	elems, ok := e.iterate(s.child("right"))
	if !ok {
		e.forget(s)
		return
	}
	for _, v := range elems {
		if e.spent {
			return
		}
		e.assign(s.child("left"), v)
		e.statements(s.child("body"))
	}
}

func (e *evaluator) deleteStatement(s *node) {
	for _, k := range s.kids {
		targets := []*node{k}
		if k.kind == "expression_list" {
			targets = k.kids
		}
		for _, t := range targets {
			if t.kind == "identifier" {
				e.names.remove(e.src.src(t))
			} else if holder, key, ok := e.place(t); ok {
				e.drop(t, holder, key)
			}
		}
	}
}

func (e *evaluator) drop(n *node, holder, k Value) {
	switch h := holder.X.(type) {
	case *Dict:
		h.remove(k.X)
	case *List:
		if i, ok := index(k.X, len(h.Elems)); ok && !h.Tuple {
			h.Elems = append(h.Elems[:i:i], h.Elems[i+1:]...)
			return
		}
		e.fail(n, "Invalid index", "There is no element %s to delete.", short(Repr(k)))
	}
}
