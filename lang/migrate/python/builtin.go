package python

import (
	"math"
	"slices"
	"strconv"
)

// dictFunction is dict(a=1, **m) and dict(pairs).
func dictFunction(e *evaluator, n *node, a arguments) (any, bool) {
	if len(a.pos) > 1 {
		return nil, false
	}
	out := NewDict()
	if len(a.pos) == 1 {
		if src, ok := a.pos[0].X.(*Dict); ok {
			out = src.copy()
		} else {
			pairs, ok := e.elements(n, a.pos[0])
			if !ok {
				return Unknown{}, true
			}
			for _, p := range pairs {
				l, ok := p.X.(*List)
				if !ok || len(l.Elems) != 2 || !out.put(l.Elems[0], l.Elems[1]) {
					return nil, false
				}
			}
		}
	}
	for _, it := range a.named.items {
		out.put(it.key, it.val)
	}
	return out, true
}

// roundFunction rounds halves to even; without digits the result is an int.
func roundFunction(_ *evaluator, _ *node, a arguments) (any, bool) {
	if len(a.pos) == 0 || len(a.pos) > 2 || a.named.Len() > 0 {
		return nil, false
	}
	i, isInt := intOf(a.pos[0].X)
	f, ok := floatOf(a.pos[0].X)
	if len(a.pos) == 1 {
		if isInt {
			return i, true
		}
		return toInt(math.RoundToEven(f), ok)
	}
	digits, okd := intOf(a.pos[1].X)
	if isInt || !ok || !okd || digits < 0 || digits > 300 {
		return i, isInt && okd && digits >= 0
	}
	out, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(digits), 64), 64)
	return out, err == nil
}

func extreme(sign int) function {
	return func(e *evaluator, n *node, a arguments) (any, bool) {
		elems := a.pos
		if len(elems) == 1 {
			var ok bool
			if elems, ok = e.elements(n, elems[0]); !ok {
				return Unknown{}, true
			}
		}
		if len(elems) == 0 || a.named.Len() > 0 {
			return nil, false
		}
		best := elems[0]
		for _, v := range elems[1:] {
			c, ok := order(v.X, best.X)
			if !ok {
				return nil, false
			}
			if c*sign > 0 {
				best = v
			}
		}
		return best.X, true
	}
}

func sumFunction(e *evaluator, n *node, a arguments) (any, bool) {
	if len(a.pos) != 1 || a.named.Len() > 0 {
		return nil, false
	}
	elems, ok := e.elements(n, a.pos[0])
	if !ok {
		return Unknown{}, true
	}
	total := Value{X: int64(0)}
	for _, v := range elems {
		total = e.binary(n, "+", total, v)
	}
	return total.X, true
}

func rangeFunction(_ *evaluator, _ *node, a arguments) (any, bool) {
	var p [3]int64
	for i, v := range a.pos {
		x, ok := intOf(v.X)
		if !ok || i > 2 {
			return nil, false
		}
		p[i] = x
	}
	start, end, step := int64(0), p[0], int64(1)
	if len(a.pos) > 1 {
		start, end = p[0], p[1]
	}
	if len(a.pos) > 2 {
		step = p[2]
	}
	if len(a.pos) == 0 || step == 0 || a.named.Len() > 0 {
		return nil, false
	}
	out := &List{}
	for i := start; step > 0 && i < end || step < 0 && i > end; i += step {
		if out.Elems = append(out.Elems, Value{X: i}); len(out.Elems) > maxValues {
			return nil, false
		}
	}
	return out, true
}

func sortedFunction(e *evaluator, n *node, a arguments) (any, bool) {
	if len(a.pos) != 1 || a.named.Len() > 0 {
		return nil, false
	}
	elems, ok := e.elements(n, a.pos[0])
	if !ok {
		return Unknown{}, true
	}
	fit := true
	slices.SortStableFunc(elems, func(v, w Value) int {
		c, ok := order(v.X, w.X)
		fit = fit && ok
		return c
	})
	return &List{Elems: elems}, fit
}

func zipFunction(e *evaluator, n *node, a arguments) (any, bool) {
	out := &List{}
	for i := 0; len(a.pos) > 0; i++ {
		row := &List{Tuple: true}
		for _, v := range a.pos {
			elems, ok := e.elements(n, v)
			if !ok {
				return Unknown{}, true
			}
			if i >= len(elems) {
				return out, true
			}
			row.Elems = append(row.Elems, elems[i])
		}
		out.Elems = append(out.Elems, Value{X: row, At: row.Elems[0].At})
	}
	return out, a.named.Len() == 0
}

// method evaluates holder.name(…).
func (e *evaluator) method(n *node, holder Value, name string) Value {
	a := e.arguments(n)
	if !a.ok {
		return Value{X: Unknown{}, At: e.src.at(n)}
	}
	e.steps += size(holder.X)
	var v Value
	ok := false
	switch h := holder.X.(type) {
	case *List:
		v, ok = e.listMethod(n, h, name, a)
	case *Dict:
		v, ok = e.dictMethod(n, h, name, a)
	case string:
		v, ok = e.textMethod(n, h, name, a)
	}
	if !ok {
		return e.fail(n, "Unsupported method", "The method %q of a %s is not evaluated with these arguments. Write its result.", name, holder.Kind())
	}
	if v.At.Filename == "" {
		v.At = e.src.at(n)
	}
	return v
}

func (e *evaluator) listMethod(n *node, l *List, name string, a arguments) (Value, bool) {
	if a.named.Len() > 0 {
		return Value{}, false
	}
	switch {
	case name == "copy" && len(a.pos) == 0:
		return Value{X: &List{Elems: slices.Clone(l.Elems), Tuple: l.Tuple}}, true
	case name == "index" && len(a.pos) == 1:
		i := slices.IndexFunc(l.Elems, func(v Value) bool { return Same(v, a.pos[0]) })
		return Value{X: int64(i)}, i >= 0
	case name == "count" && len(a.pos) == 1:
		c := int64(0)
		for _, v := range l.Elems {
			if Same(v, a.pos[0]) {
				c++
			}
		}
		return Value{X: c}, true
	case l.Tuple:
		return Value{}, false
	}
	return e.listUpdate(n, l, name, a.pos)
}

// listUpdate evaluates the methods that change a list.
func (e *evaluator) listUpdate(n *node, l *List, name string, pos []Value) (Value, bool) {
	if len(l.Elems) >= maxValues {
		return e.fail(n, "Value too large", "A list has at most %d elements.", maxValues), true
	}
	switch {
	case name == "append" && len(pos) == 1:
		l.Elems = append(l.Elems, pos[0])
	case name == "extend" && len(pos) == 1:
		e.extend(n, l, pos[0])
	case name == "insert" && len(pos) == 2:
		at, ok := intOf(pos[0].X)
		if at < 0 {
			at = max(0, at+int64(len(l.Elems)))
		}
		l.Elems = slices.Insert(l.Elems, int(min(at, int64(len(l.Elems)))), pos[1])
		return Value{}, ok
	case name == "pop" && len(pos) <= 1:
		at := Value{X: int64(-1)}
		if len(pos) == 1 {
			at = pos[0]
		}
		i, ok := index(at.X, len(l.Elems))
		if !ok {
			return Value{}, false
		}
		v := l.Elems[i]
		l.Elems = slices.Delete(slices.Clone(l.Elems), i, i+1)
		return v, true
	case name == "remove" && len(pos) == 1:
		i := slices.IndexFunc(l.Elems, func(v Value) bool { return Same(v, pos[0]) })
		if i < 0 {
			return Value{}, false
		}
		l.Elems = slices.Delete(slices.Clone(l.Elems), i, i+1)
	case name == "reverse" && len(pos) == 0:
		slices.Reverse(l.Elems)
	case name == "clear" && len(pos) == 0:
		l.Elems = nil
	default:
		return Value{}, false
	}
	return Value{}, true
}

func (e *evaluator) extend(n *node, l *List, v Value) {
	elems, ok := e.elements(n, v)
	if ok && len(l.Elems)+len(elems) > maxValues {
		e.fail(n, "Value too large", "A list has at most %d elements.", maxValues)
		return
	}
	l.Elems = append(l.Elems, elems...)
}

func (e *evaluator) update(n *node, d *Dict, v Value) {
	src, ok := v.X.(*Dict)
	if !ok {
		if !isUnknown(v) {
			e.fail(n, "Wrong type", "A dictionary is updated by a dictionary; found a %s.", v.Kind())
		}
		return
	}
	for _, it := range slices.Clone(src.items) {
		d.put(it.key, it.val)
	}
}

func (e *evaluator) dictMethod(n *node, d *Dict, name string, a arguments) (Value, bool) {
	pos := a.pos
	if name == "update" && len(pos) <= 1 {
		if len(pos) == 1 {
			e.update(n, d, pos[0])
		}
		e.update(n, d, Value{X: a.named})
		return Value{}, true
	}
	if a.named.Len() > 0 {
		return Value{}, false
	}
	def, found := Value{}, false
	var v Value
	if len(pos) > 0 {
		v, found = d.lookup(pos[0].X)
	}
	if len(pos) == 2 {
		def = pos[1]
	}
	switch {
	case name == "copy" && len(pos) == 0:
		return Value{X: d.copy()}, true
	case name == "get" && (len(pos) == 1 || len(pos) == 2):
		if !found {
			v = def
		}
		return v, true
	case name == "setdefault" && len(pos) == 2:
		if !found {
			d.put(pos[0], def)
			v = def
		}
		return v, true
	case name == "pop" && (len(pos) == 1 || len(pos) == 2):
		if !found {
			return def, len(pos) == 2
		}
		d.remove(pos[0].X)
		return v, true
	case name == "clear" && len(pos) == 0:
		*d = *NewDict()
		return Value{}, true
	case (name == "keys" || name == "values" || name == "items") && len(pos) == 0:
		out := &List{}
		for _, it := range d.items {
			x := it.key
			switch name {
			case "values":
				x = it.val
			case "items":
				x = Value{X: &List{Tuple: true, Elems: []Value{it.key, it.val}}, At: it.val.At}
			}
			out.Elems = append(out.Elems, x)
		}
		return Value{X: out}, true
	}
	return Value{}, false
}
