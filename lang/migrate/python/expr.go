package python

import "strings"

// expr evaluates an expression.
func (e *evaluator) expr(n *node) Value {
	if n == nil {
		return Value{X: Unknown{}}
	}
	defer e.leave()
	if !e.enter(n) {
		return Value{X: Unknown{}, At: e.src.at(n)}
	}
	v := e.eval(n)
	if v.At.Filename == "" {
		v.At = e.src.at(n)
	}
	return v
}

func (e *evaluator) eval(n *node) Value {
	at := e.src.at(n)
	switch n.kind {
	case "none":
		return Value{At: at}
	case "true", "false":
		return Value{X: n.kind == "true", At: at}
	case "integer", "float":
		return e.number(n)
	case "string":
		return e.text(n)
	case "concatenated_string":
		return e.concatenated(n)
	case "identifier":
		return e.name(n)
	case "list", "tuple", "expression_list":
		return e.list(n)
	case "dictionary":
		return e.dictionary(n)
	case "set":
		return e.set(n)
	case "parenthesized_expression":
		v := e.expr(n.kids[0])
		if v.Text != "" {
			v.Text = e.src.src(n)
		}
		return v
	case "unary_operator":
		return e.unary(n)
	case "not_operator":
		t, ok := truth(e.expr(n.child("argument")).X)
		if !ok {
			return Value{X: Unknown{}, At: at}
		}
		return Value{X: !t, At: at}
	case "binary_operator":
		return e.arithmetic(n)
	case "boolean_operator":
		return e.boolean(n)
	case "comparison_operator":
		return e.comparison(n)
	case "conditional_expression":
		return e.conditional(n)
	case "attribute":
		return e.attribute(n)
	case "subscript":
		return e.subscript(n)
	case "call":
		return e.call(n)
	case "list_comprehension", "dictionary_comprehension", "generator_expression":
		return e.comprehension(n)
	case "named_expression":
		v := e.expr(n.child("value"))
		e.assign(n.child("name"), v)
		return v
	}
	return e.fail(n, "Unsupported expression", "A %s is not evaluated. Write the value itself.", strings.ReplaceAll(n.kind, "_", " "))
}

// arithmetic evaluates a binary operator. The spelling of a number is that of the whole expression.
func (e *evaluator) arithmetic(n *node) Value {
	v := e.binary(n, e.src.src(n.child("operator")), e.expr(n.child("left")), e.expr(n.child("right")))
	if _, number := floatOf(v.X); number {
		v.Text = e.src.src(n)
	}
	return v
}

func (e *evaluator) concatenated(n *node) Value {
	var b strings.Builder
	for _, k := range n.kids {
		v := e.expr(k)
		s, ok := v.X.(string)
		if !ok {
			return v
		}
		if b.WriteString(s); b.Len() > maxText {
			return e.fail(n, "Value too large", "A text has at most %d bytes.", maxText)
		}
	}
	return Value{X: b.String(), At: e.src.at(n)}
}

// name looks a variable up. The place of a value stays that of the expression that made it, and a value without elements keeps the comments of the variable: nothing else can hold them.
func (e *evaluator) name(n *node) Value {
	name := e.src.src(n)
	if v, ok := e.names.Get(name); ok {
		if v.holds() {
			v.Lead, v.Trail = nil, ""
		}
		return v
	}
	if name == baseKey && e.base != nil {
		return Value{X: e.base, At: e.src.at(n)}
	}
	if e.src.json {
		switch name {
		case "null":
			return Value{At: e.src.at(n)}
		case "true", "false":
			return Value{X: name == "true", At: e.src.at(n)}
		}
	}
	if name == "__file__" {
		return Value{X: e.src.name, At: e.src.at(n)}
	}
	return e.fail(n, "Unknown name", "There is no value %q in this file. Variables of a base are reached as {{ _base_.%s }}.", short(name), short(name))
}

// list evaluates a list or tuple, elements with * included.
func (e *evaluator) list(n *node) Value {
	l := &List{Tuple: n.kind != "list"}
	for _, k := range n.kids {
		if k.kind == "list_splat" {
			if elems, ok := e.iterate(k.kids[0]); ok {
				l.Elems = append(l.Elems, elems...)
			}
		} else {
			l.Elems = append(l.Elems, e.entry(k, k))
		}
		if len(l.Elems) > maxValues {
			return e.fail(n, "Value too large", "A list has at most %d elements.", maxValues)
		}
	}
	return Value{X: l, At: e.src.at(n)}
}

// entry evaluates the value of an argument, pair or element and gives it the comments around.
func (e *evaluator) entry(whole, value *node) Value {
	lead := e.src.lead(whole)
	trail := e.src.trail(whole, true)
	v := e.expr(value)
	if trail == "" {
		trail = e.src.trail(whole, false)
	}
	v.comment(lead, trail)
	return v
}

func (e *evaluator) dictionary(n *node) Value {
	d := NewDict()
	for _, k := range n.kids {
		if k.kind == "dictionary_splat" {
			e.splat(k, d, false)
			continue
		}
		if k.kind != "pair" {
			continue
		}
		kn := k.child("key")
		key := e.expr(kn)
		v := e.entry(k, k.child("value"))
		key.At = e.src.at(kn)
		if _, unknown := key.X.(Unknown); !unknown && !d.put(key, v) {
			e.fail(kn, "Unsupported key", "A %s is no key of a dictionary in a configuration.", key.Kind())
		}
	}
	return Value{X: d, At: e.src.at(n)}
}

// splat adds the pairs of **m. In a call a key that is there already is an error.
func (e *evaluator) splat(k *node, d *Dict, call bool) {
	m := e.expr(k.kids[0])
	src, ok := m.X.(*Dict)
	if !ok {
		if _, unknown := m.X.(Unknown); !unknown {
			e.fail(k, "Wrong type", "** takes a dictionary; found a %s.", m.Kind())
		}
		return
	}
	for _, it := range src.items {
		if _, twice := d.lookup(it.key.X); twice && call {
			e.fail(k, "Duplicate argument", "The argument %s is given twice.", short(Repr(it.key)))
			continue
		}
		v := it.val
		v.Lead, v.Trail = nil, ""
		d.put(it.key, v)
	}
}

// set evaluates {{ _base_.a.b }}, which Python's grammar reads as a set in a set. Other sets are no values of a configuration.
func (e *evaluator) set(n *node) Value {
	if len(n.kids) == 1 && n.kids[0].kind == "set" && len(n.kids[0].kids) == 1 {
		if path, ok := e.basePath(n.kids[0].kids[0]); ok {
			return e.baseValue(n, path)
		}
	}
	return e.fail(n, "Unsupported value", "A set is no value of a configuration. Write a list.")
}

// basePath is the path behind _base_ of an attribute chain.
func (e *evaluator) basePath(n *node) ([]string, bool) {
	if n.kind != "attribute" {
		return nil, n.kind == "identifier" && e.src.src(n) == baseKey
	}
	path, ok := e.basePath(n.child("object"))
	return append(path, e.src.src(n.child("attribute"))), ok
}

// baseValue is the value at a path of the merged bases, a copy of its own.
func (e *evaluator) baseValue(n *node, path []string) Value {
	if e.base == nil {
		return e.fail(n, "Unknown base value", "The file extends no base, so there is no {{ _base_.%s }}.", strings.Join(path, "."))
	}
	v := Value{X: e.base}
	for i, name := range path {
		d, ok := v.X.(*Dict)
		if !ok {
			return e.fail(n, "Unknown base value", "In the bases %s is a %s, which has no %q.", strings.Join(path[:i], "."), v.Kind(), name)
		}
		if v, ok = d.Get(name); !ok {
			return e.fail(n, "Unknown base value", "The bases have no %s.", strings.Join(path[:i+1], "."))
		}
	}
	return e.deepCopy(n, v)
}

func (e *evaluator) conditional(n *node) Value {
	if len(n.kids) < 3 {
		return Value{X: Unknown{}}
	}
	t, ok := truth(e.expr(n.kids[1]).X)
	switch {
	case !ok:
		return Value{X: Unknown{}, At: e.src.at(n)}
	case t:
		return e.expr(n.kids[0])
	}
	return e.expr(n.kids[2])
}

// attribute evaluates a.b: a key of a dictionary that is a base's, or a name of an imported module.
func (e *evaluator) attribute(n *node) Value {
	obj := e.expr(n.child("object"))
	name := e.src.src(n.child("attribute"))
	switch o := obj.X.(type) {
	case *Dict:
		if v, ok := o.Get(name); ok {
			return v
		}
		return e.fail(n, "Unknown key", "There is no key %q.", name)
	case Symbol:
		if v, ok := constant(o, name); ok {
			return Value{X: v, At: e.src.at(n)}
		}
		return Value{X: Symbol{Module: strings.TrimPrefix(o.Module+"."+o.Name, "."), Name: name}, At: e.src.at(n)}
	case Unknown:
		return Value{X: Unknown{}, At: e.src.at(n)}
	}
	return e.fail(n, "Unsupported expression", "The attribute %q of a %s is not known without running the file.", name, obj.Kind())
}
