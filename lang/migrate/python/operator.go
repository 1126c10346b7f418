package python

import (
	"math"
	"math/bits"
	"slices"
	"strings"
)

func isUnknown(v Value) bool {
	_, ok := v.X.(Unknown)
	return ok
}

// size is the number of elements in a value, for the count of steps.
func size(x any) int {
	switch x := x.(type) {
	case *List:
		return len(x.Elems)
	case *Dict:
		return x.Len()
	case string:
		return len(x) / 64
	}
	return 0
}

// floatOf converts a number, bools included, as arithmetic does.
func floatOf(x any) (float64, bool) {
	switch x := x.(type) {
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

func intOf(x any) (int64, bool) {
	switch x := x.(type) {
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case int64:
		return x, true
	}
	return 0, false
}

func (e *evaluator) unary(n *node) Value {
	op, v := e.src.src(n.child("operator")), e.expr(n.child("argument"))
	if isUnknown(v) {
		return v
	}
	out := Value{At: e.src.at(n), Text: e.src.src(n)}
	if i, ok := intOf(v.X); ok {
		switch {
		case op == "+":
			out.X = i
		case op == "~":
			out.X = ^i
		case i == math.MinInt64:
			return e.fail(n, "Number out of range", "Whole numbers of up to 64 bits are evaluated.")
		default:
			out.X = -i
		}
		return out
	}
	if f, ok := v.X.(float64); ok && op != "~" {
		if out.X = f; op == "-" {
			out.X = -f
		}
		return out
	}
	return e.fail(n, "Wrong type", "%s is not defined for a %s.", op, v.Kind())
}

// binary evaluates an arithmetic operator on two values.
func (e *evaluator) binary(n *node, op string, a, b Value) Value {
	if isUnknown(a) || isUnknown(b) {
		return Value{X: Unknown{}, At: e.src.at(n)}
	}
	at := e.src.at(n)
	e.steps += size(a.X) + size(b.X)
	if x, ok := e.sequence(n, op, a, b); ok {
		return Value{X: x, At: at}
	}
	i, oki := intOf(a.X)
	j, okj := intOf(b.X)
	if oki && okj && op != "/" && (op != "**" || j >= 0) {
		x, ok, defined := intArithmetic(op, i, j)
		switch {
		case !defined:
			return e.fail(n, "Unsupported operator", "The operator %s is not evaluated for whole numbers.", op)
		case !ok:
			return e.fail(n, "Number out of range", "%d %s %d has no result of up to 64 bits.", i, op, j)
		}
		return Value{X: x, At: at}
	}
	f, okf := floatOf(a.X)
	g, okg := floatOf(b.X)
	if !okf || !okg {
		return e.fail(n, "Wrong type", "%s is not defined for a %s and a %s.", op, a.Kind(), b.Kind())
	}
	if g == 0 && (op == "/" || op == "//" || op == "%") {
		return e.fail(n, "Division by zero", "The number on the right of %s is 0.", op)
	}
	x, ok := floatArithmetic(op, f, g)
	if x != x || op == "**" && math.IsInf(x, 0) && !math.IsInf(f, 0) {
		return e.fail(n, "Number out of range", "%s %s %s has no result that is a float.", Float(f), op, Float(g))
	}
	if !ok {
		return e.fail(n, "Unsupported operator", "The operator %s is not evaluated for numbers.", op)
	}
	return Value{X: x, At: at}
}

// intArithmetic is the result, whether it fits, and whether the operator is one of ints.
func intArithmetic(op string, i, j int64) (x int64, ok, defined bool) {
	switch op {
	case "+":
		x = i + j
		return x, (x > i) == (j > 0), true
	case "-":
		x = i - j
		return x, (x < i) == (j > 0), true
	case "*":
		hi, lo := bits.Mul64(magnitude(i), magnitude(j))
		return i * j, hi == 0 && lo <= math.MaxInt64, true
	case "//", "%":
		if j == 0 || i == math.MinInt64 {
			return 0, false, true
		}
		q, r := i/j, i%j
		if r != 0 && (r < 0) != (j < 0) {
			q, r = q-1, r+j
		}
		if op == "%" {
			q = r
		}
		return q, true, true
	case "**":
		x, ok = 1, true
		for ; j > 0 && ok && x != 0; j-- {
			if i == 1 || i == -1 {
				if i == -1 && j%2 == 1 {
					return -1, true, true
				}
				return 1, true, true
			}
			x, ok, _ = intArithmetic("*", x, i)
		}
		return x, ok, true
	case "&":
		return i & j, true, true
	case "|":
		return i | j, true, true
	case "^":
		return i ^ j, true, true
	case "<<":
		return i << min(uint64(j), 63), j >= 0 && j < 63 && magnitude(i) <= math.MaxInt64>>uint(j), true
	case ">>":
		return i >> min(uint64(j), 63), j >= 0, true
	}
	return 0, false, false
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

func floatArithmetic(op string, f, g float64) (float64, bool) {
	switch op {
	case "+":
		return f + g, true
	case "-":
		return f - g, true
	case "*":
		return f * g, true
	case "/":
		return f / g, true
	case "//":
		return math.Floor(f / g), true
	case "%":
		m := math.Mod(f, g)
		if m != 0 && (m < 0) != (g < 0) {
			m += g
		}
		return m, true
	case "**":
		return math.Pow(f, g), true
	}
	return 0, false
}

// sequence evaluates + and * on texts and lists.
func (e *evaluator) sequence(n *node, op string, a, b Value) (any, bool) {
	if op == "*" {
		if _, ok := intOf(a.X); ok {
			a, b = b, a
		}
		count, ok := intOf(b.X)
		count = max(count, 0)
		switch x := a.X.(type) {
		case string:
			if ok && (count > maxText || int64(len(x))*count > maxText) {
				return e.fail(n, "Value too large", "A text has at most %d bytes.", maxText).X, true
			}
			return strings.Repeat(x, int(count)), ok
		case *List:
			if ok && (count > maxValues || int64(len(x.Elems))*count > maxValues) {
				return e.fail(n, "Value too large", "A list has at most %d elements.", maxValues).X, true
			}
			return &List{Elems: slices.Repeat(x.Elems, int(count)), Tuple: x.Tuple}, ok
		}
		return nil, false
	}
	if op == "|" {
		x, okx := a.X.(*Dict)
		y, oky := b.X.(*Dict)
		if !okx || !oky {
			return nil, false
		}
		x = x.copy()
		for _, it := range y.items {
			x.put(it.key, it.val)
		}
		return x, true
	}
	if op == "%" {
		if _, text := a.X.(string); text {
			return e.fail(n, "Unsupported expression", "Formatted texts are not evaluated. Write the text itself.").X, true
		}
	}
	if op != "+" {
		return nil, false
	}
	switch x := a.X.(type) {
	case string:
		y, ok := b.X.(string)
		if ok && len(x)+len(y) > maxText {
			return e.fail(n, "Value too large", "A text has at most %d bytes.", maxText).X, true
		}
		return x + y, ok
	case *List:
		y, ok := b.X.(*List)
		if !ok || x.Tuple != y.Tuple {
			return nil, false
		}
		if len(x.Elems)+len(y.Elems) > maxValues {
			return e.fail(n, "Value too large", "A list has at most %d elements.", maxValues).X, true
		}
		return &List{Elems: slices.Concat(x.Elems, y.Elems), Tuple: x.Tuple}, true
	}
	return nil, false
}

// boolean evaluates and, or: the value of the operand that decides.
func (e *evaluator) boolean(n *node) Value {
	left := e.expr(n.child("left"))
	t, ok := truth(left.X)
	if !ok {
		return Value{X: Unknown{}, At: e.src.at(n)}
	}
	if t == (e.src.src(n.child("operator")) == "or") {
		return left
	}
	return e.expr(n.child("right"))
}

// comparison evaluates a < b < c.
func (e *evaluator) comparison(n *node) Value {
	var operands []*node
	var ops []string
	for _, k := range n.kids {
		if k.field == "operators" {
			ops = append(ops, strings.Join(strings.Fields(e.src.src(k)), " "))
		} else {
			operands = append(operands, k)
		}
	}
	out := Value{X: true, At: e.src.at(n)}
	left := e.expr(operands[0])
	for i, op := range ops {
		if i+1 >= len(operands) {
			return Value{X: Unknown{}, At: out.At}
		}
		right := e.expr(operands[i+1])
		holds, ok := compare(op, left.X, right.X)
		switch {
		case isUnknown(left) || isUnknown(right):
			return Value{X: Unknown{}, At: out.At}
		case !ok:
			return e.fail(n, "Wrong type", "%s is not evaluated for a %s and a %s such as these.", op, left.Kind(), right.Kind())
		case !holds:
			out.X = false
			return out
		}
		left = right
	}
	return out
}

func compare(op string, a, b any) (holds, ok bool) {
	switch op {
	case "==", "is", "!=", "is not", "<>":
		left := maxCompared
		same := equal(a, b, &left)
		return same == (op == "==" || op == "is"), left >= 0
	case "in", "not in":
		in, ok := contains(b, a)
		return in == (op == "in"), ok
	}
	c, ok := order(a, b)
	switch op {
	case "<":
		return c < 0, ok
	case "<=":
		return c <= 0, ok
	case ">":
		return c > 0, ok
	case ">=":
		return c >= 0, ok
	}
	return false, false
}

func order(a, b any) (int, bool) {
	if s, ok := a.(string); ok {
		t, ok := b.(string)
		return strings.Compare(s, t), ok
	}
	f, okf := floatOf(a)
	g, okg := floatOf(b)
	switch {
	case f < g:
		return -1, okf && okg
	case f > g:
		return 1, okf && okg
	}
	return 0, okf && okg
}

func contains(holder, x any) (bool, bool) {
	switch h := holder.(type) {
	case *List:
		left := maxCompared
		return slices.ContainsFunc(h.Elems, func(v Value) bool { return equal(v.X, x, &left) }), left >= 0
	case *Dict:
		_, ok := h.lookup(x)
		return ok, true
	case string:
		s, ok := x.(string)
		return strings.Contains(h, s), ok
	}
	return false, false
}
