package python

import "slices"

// index is the place of element x in a sequence of length n; negative ones count from the end.
func index(x any, n int) (int, bool) {
	i, ok := intOf(x)
	if i < 0 {
		i += int64(n)
	}
	return int(i), ok && i >= 0 && i < int64(n)
}

func (e *evaluator) subscript(n *node) Value {
	v := e.expr(n.child("value"))
	sub := n.child("subscript")
	if isUnknown(v) || sub == nil {
		return Value{X: Unknown{}, At: e.src.at(n)}
	}
	if sub.kind == "slice" {
		return e.slice(n, sub, v)
	}
	k := e.expr(sub)
	if isUnknown(k) {
		return k
	}
	switch x := v.X.(type) {
	case *Dict:
		if got, ok := x.lookup(k.X); ok {
			got.Lead, got.Trail = nil, ""
			return got
		}
		return e.fail(sub, "Unknown key", "There is no key %s in the dictionary.", short(Repr(k)))
	case *List:
		if i, ok := index(k.X, len(x.Elems)); ok {
			got := x.Elems[i]
			got.Lead, got.Trail = nil, ""
			return got
		}
		return e.fail(sub, "Invalid index", "There is no element %s in a %s of length %d.", short(Repr(k)), v.Kind(), len(x.Elems))
	case string:
		r := []rune(x)
		if i, ok := index(k.X, len(r)); ok {
			return Value{X: string(r[i]), At: e.src.at(n)}
		}
		return e.fail(sub, "Invalid index", "There is no character %s in a text of length %d.", short(Repr(k)), len(r))
	}
	if s, ok := v.X.(Symbol); ok {
		return e.fail(n, "Code in a configuration", "What %s holds is not known: code of other packages is never run. Write the value itself.", s.Name)
	}
	return e.fail(n, "Wrong type", "A %s has no elements.", v.Kind())
}

// slice evaluates v[a:b:c].
func (e *evaluator) slice(n, sub *node, v Value) Value {
	var parts [3]*int64
	at := sub.start
	part := 0
	for _, k := range sub.kids { // the colons before a part tell which it is
		part += countColons(e.src.text[at:k.start])
		at = k.end
		b := e.expr(k)
		i, ok := intOf(b.X)
		if b.X == nil {
			continue
		}
		if !ok || part > 2 {
			return Value{X: Unknown{}, At: e.src.at(n)}
		}
		parts[part] = &i
	}
	var elems []Value
	var runes []rune
	size := 0
	switch x := v.X.(type) {
	case *List:
		elems, size = x.Elems, len(x.Elems)
	case string:
		runes = []rune(x)
		size = len(runes)
	default:
		return e.fail(n, "Wrong type", "A %s has no ranges.", v.Kind())
	}
	picks, ok := sliceIndices(parts, size)
	e.steps += len(picks)
	if !ok {
		return e.fail(sub, "Invalid index", "The step of a range is not 0.")
	}
	if l, ok := v.X.(*List); ok {
		out := &List{Tuple: l.Tuple, Elems: make([]Value, len(picks))}
		for i, p := range picks {
			out.Elems[i] = elems[p]
		}
		return Value{X: out, At: e.src.at(n)}
	}
	out := make([]rune, len(picks))
	for i, p := range picks {
		out[i] = runes[p]
	}
	return Value{X: string(out), At: e.src.at(n)}
}

func countColons(text []byte) (n int) {
	for _, c := range text {
		if c == ':' {
			n++
		}
	}
	return n
}

// sliceIndices are the indices that a range of a sequence picks, by the rules of Python's slice.indices.
func sliceIndices(parts [3]*int64, n int) ([]int, bool) {
	step := int64(1)
	if parts[2] != nil {
		step = *parts[2]
	}
	if step == 0 {
		return nil, false
	}
	size := int64(n)
	bound := func(p *int64, def int64) int64 {
		if p == nil {
			return def
		}
		i := *p
		if i < 0 {
			i += size
		}
		if step > 0 {
			return min(max(i, 0), size)
		}
		return min(max(i, -1), size-1)
	}
	var out []int
	if step > 0 {
		for i, end := bound(parts[0], 0), bound(parts[1], size); i < end; i += step {
			out = append(out, int(i))
			if step > size {
				break
			}
		}
		return out, true
	}
	for i, end := bound(parts[0], size-1), bound(parts[1], -1); i > end; i += step {
		out = append(out, int(i))
		if step < -size {
			break
		}
	}
	return out, true
}

// iterate evaluates an expression to the values that a loop over it takes.
func (e *evaluator) iterate(n *node) ([]Value, bool) { return e.elements(n, e.expr(n)) }

func (e *evaluator) elements(n *node, v Value) ([]Value, bool) {
	switch x := v.X.(type) {
	case *List:
		e.steps += len(x.Elems)
		return slices.Clone(x.Elems), true
	case *Dict:
		e.steps += x.Len()
		out := make([]Value, 0, x.Len())
		for _, it := range x.items {
			out = append(out, it.key)
		}
		return out, true
	case string:
		e.steps += len(x)
		var out []Value
		for _, r := range x {
			out = append(out, Value{X: string(r), At: v.At})
		}
		return out, true
	case Unknown:
		return nil, false
	}
	e.fail(n, "Wrong type", "A %s cannot be gone through.", v.Kind())
	return nil, false
}

// comprehension evaluates [f(x) for x in xs if p(x)] and its like. The variables of the loop are gone afterwards.
func (e *evaluator) comprehension(n *node) Value {
	saved := e.names.copy()
	list, dict := &List{}, NewDict()
	body := n.child("body")
	ok := e.clauses(n, n.kids[1:], func() {
		if n.kind == "dictionary_comprehension" {
			k := e.expr(body.child("key"))
			dict.put(k, e.expr(body.child("value")))
			return
		}
		list.Elems = append(list.Elems, e.expr(body))
	}, func() bool { return len(list.Elems) <= maxValues && !e.spent })
	e.names = saved
	switch {
	case !ok:
		return Value{X: Unknown{}, At: e.src.at(n)}
	case n.kind == "dictionary_comprehension":
		return Value{X: dict, At: e.src.at(n)}
	}
	return Value{X: list, At: e.src.at(n)}
}

// clauses runs the loops and conditions of a comprehension, and yield for each round.
func (e *evaluator) clauses(n *node, rest []*node, yield func(), more func() bool) bool {
	if len(rest) == 0 {
		yield()
		return more()
	}
	c := rest[0]
	if c.kind == "if_clause" {
		t, ok := truth(e.expr(c.kids[0]).X)
		return ok && (!t || e.clauses(n, rest[1:], yield, more))
	}
	elems, ok := e.iterate(c.child("right"))
	if !ok {
		return false
	}
	for _, v := range elems {
		e.assign(c.child("left"), v)
		if !e.clauses(n, rest[1:], yield, more) {
			return false
		}
	}
	return true
}

// deepCopy copies a value with everything in it.
func (e *evaluator) deepCopy(n *node, v Value) Value {
	left := maxValues
	out, ok := deepCopy(v, 0, &left, map[any]copied{})
	e.steps += maxValues - max(left, 0)
	if !ok {
		return e.fail(n, "Value too large", "The value holds itself, or more than %d values or %d levels.", maxValues, MaxDepth)
	}
	return out
}

// copied is the copy of a list or dictionary, with the number of values in it.
type copied struct {
	x    any
	size int
}

// deepCopy keeps what is shared shared. left is the number of values that may still be copied; what is shared counts each time, so that the result can be walked as a tree.
func deepCopy(v Value, depth int, left *int, done map[any]copied) (Value, bool) {
	before := *left
	if *left--; *left < 0 || depth > MaxDepth {
		return v, false
	}
	switch x := v.X.(type) {
	case *List:
		if c, ok := done[x]; ok {
			v.X = c.x
			*left = before - c.size
			return v, *left >= 0
		}
		out := &List{Tuple: x.Tuple, Elems: make([]Value, len(x.Elems))}
		for i, el := range x.Elems {
			var ok bool
			if out.Elems[i], ok = deepCopy(el, depth+1, left, done); !ok {
				return v, false
			}
		}
		done[x] = copied{out, before - *left}
		v.X = out
	case *Dict:
		if c, ok := done[x]; ok {
			v.X = c.x
			*left = before - c.size
			return v, *left >= 0
		}
		out := NewDict()
		for _, it := range x.items {
			c, ok := deepCopy(it.val, depth+1, left, done)
			if !ok {
				return v, false
			}
			out.put(it.key, c)
		}
		done[x] = copied{out, before - *left}
		v.X = out
	}
	return v, true
}
