package python

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// arguments of a call.
type arguments struct {
	pos   []Value
	named *Dict
	ok    bool // every * and ** was known
}

func (e *evaluator) arguments(n *node) arguments {
	a := arguments{named: NewDict(), ok: true}
	args := n.child("arguments")
	if args.kind == "generator_expression" {
		a.pos = append(a.pos, e.expr(args))
		return a
	}
	for _, k := range args.kids {
		switch k.kind {
		case "keyword_argument":
			name := k.child("name")
			v := e.entry(k, k.child("value"))
			if _, twice := a.named.Get(e.src.src(name)); twice {
				e.fail(k, "Duplicate argument", "The argument %q is given twice.", e.src.src(name))
			}
			a.named.put(Value{X: e.src.src(name), At: e.src.at(name)}, v)
		case "dictionary_splat":
			e.splat(k, a.named, true)
		case "list_splat":
			elems, ok := e.iterate(k.kids[0])
			a.pos, a.ok = append(a.pos, elems...), a.ok && ok
		default:
			a.pos = append(a.pos, e.entry(k, k))
		}
	}
	return a
}

// call evaluates the functions and methods that work on values alone.
func (e *evaluator) call(n *node) Value {
	fn := n.child("function")
	switch fn.kind {
	case "identifier":
		name := e.src.src(fn)
		if _, ok := e.names.Get(name); !ok {
			if f, ok := e.l.builtins[name]; ok {
				return e.apply(n, f, e.arguments(n))
			}
		}
	case "attribute":
		obj, method := fn.child("object"), e.src.src(fn.child("attribute"))
		holder := e.expr(obj)
		switch h := holder.X.(type) {
		case Unknown:
			e.arguments(n)
			return Value{X: Unknown{}, At: e.src.at(n)}
		case Symbol:
			full := strings.TrimPrefix(h.Module+"."+h.Name+"."+method, ".")
			if f, ok := library[full]; ok {
				return e.apply(n, f, e.arguments(n))
			}
			e.arguments(n)
			return e.fail(n, "Code in a configuration", "%s is not called: code of other packages is never run. Write its result.", short(full))
		default:
			return e.method(n, holder, method)
		}
	}
	v := Value{X: Unknown{}}
	if fn.kind == "identifier" {
		v, _ = e.names.Get(e.src.src(fn))
	} else {
		v = e.expr(fn)
	}
	e.arguments(n)
	if s, ok := v.X.(Symbol); ok {
		if f, ok := library[s.Module+"."+s.Name]; ok {
			return e.apply(n, f, e.arguments(n))
		}
	} else if isUnknown(v) && v.At.Filename != "" {
		return Value{X: Unknown{}, At: e.src.at(n)} // reported where the name got its value
	}
	return e.fail(n, "Code in a configuration", "%s is not called: code is never run. Write its result.", short(e.src.src(fn)))
}

// function is a function on values. It returns false for arguments that it does not take.
type function func(e *evaluator, n *node, a arguments) (any, bool)

func (e *evaluator) apply(n *node, f function, a arguments) Value {
	if !a.ok || slices.ContainsFunc(a.pos, isUnknown) {
		return Value{X: Unknown{}, At: e.src.at(n)}
	}
	x, ok := f(e, n, a)
	if !ok {
		return e.fail(n, "Wrong arguments", "This call is not defined for these arguments.")
	}
	v := Value{X: x, At: e.src.at(n)}
	if _, number := floatOf(x); number {
		v.Text = e.src.src(n)
	}
	return v
}

// one is the function of one argument.
func one(f func(x any) (any, bool)) function {
	return func(_ *evaluator, _ *node, a arguments) (any, bool) {
		if len(a.pos) != 1 || a.named.Len() > 0 {
			return nil, false
		}
		return f(a.pos[0].X)
	}
}

// listed is the function of the elements of one argument.
func listed(f func(elems []Value) (any, bool)) function {
	return func(e *evaluator, n *node, a arguments) (any, bool) {
		if len(a.pos) == 0 && a.named.Len() == 0 {
			return f(nil)
		}
		if len(a.pos) != 1 || a.named.Len() > 0 {
			return nil, false
		}
		elems, ok := e.elements(n, a.pos[0])
		if !ok {
			return Unknown{}, true
		}
		return f(elems)
	}
}

var library = map[string]function{
	"copy.copy": one(func(x any) (any, bool) {
		switch x := x.(type) {
		case *Dict:
			return x.copy(), true
		case *List:
			return &List{Elems: slices.Clone(x.Elems), Tuple: x.Tuple}, true
		}
		return x, true
	}),
	"copy.deepcopy": func(e *evaluator, n *node, a arguments) (any, bool) {
		if len(a.pos) != 1 {
			return nil, false
		}
		return e.deepCopy(n, a.pos[0]).X, true
	},
	"os.path.join":     pathFunction(func(p []string) string { return joinPath(p) }),
	"os.path.dirname":  pathFunction(func(p []string) string { return strings.TrimSuffix(p[0][:strings.LastIndexByte(p[0], '/')+1], "/") }),
	"os.path.basename": pathFunction(func(p []string) string { return p[0][strings.LastIndexByte(p[0], '/')+1:] }),
	"math.sqrt":        real(math.Sqrt),
	"math.log":         real(math.Log),
	"math.exp":         real(math.Exp),
	"math.ceil":        whole(math.Ceil),
	"math.floor":       whole(math.Floor),
}

// constant is a constant of a module that is known.
func constant(module Symbol, name string) (any, bool) {
	switch strings.TrimPrefix(module.Module+"."+module.Name+"."+name, ".") {
	case "math.pi":
		return math.Pi, true
	case "math.e":
		return math.E, true
	case "math.inf":
		return math.Inf(1), true
	}
	return nil, false
}

// joinPath is os.path.join: an absolute part forgets those before it, and slashes stay as they are.
func joinPath(parts []string) string {
	out := parts[0]
	for _, p := range parts[1:] {
		switch {
		case path.IsAbs(p):
			out = p
		case out == "" || strings.HasSuffix(out, "/"):
			out += p
		default:
			out += "/" + p
		}
	}
	return out
}

func pathFunction(f func([]string) string) function {
	return func(_ *evaluator, _ *node, a arguments) (any, bool) {
		var parts []string
		for _, v := range a.pos {
			s, ok := v.X.(string)
			if !ok {
				return nil, false
			}
			parts = append(parts, s)
		}
		if len(parts) == 0 || a.named.Len() > 0 {
			return nil, false
		}
		return f(parts), true
	}
}

func real(f func(float64) float64) function {
	return one(func(x any) (any, bool) {
		v, ok := floatOf(x)
		y := f(v)
		return y, ok && y == y && !math.IsInf(y, 0)
	})
}

func whole(f func(float64) float64) function {
	return one(func(x any) (any, bool) {
		v, ok := floatOf(x)
		return toInt(f(v), ok)
	})
}

func toInt(f float64, ok bool) (any, bool) {
	return int64(f), ok && math.Abs(f) < 1<<62
}

// builtinTable makes the table of a loader: a package variable would be a cycle of initialisation, because the entries call the evaluator, which looks them up.
func builtinTable() map[string]function {
	return map[string]function{
		"dict": dictFunction,
		"list": listed(func(l []Value) (any, bool) { return &List{Elems: l}, true }),
		"tuple": listed(func(l []Value) (any, bool) {
			return &List{Elems: l, Tuple: true}, true
		}),
		"len": one(func(x any) (any, bool) {
			switch x := x.(type) {
			case *List:
				return int64(len(x.Elems)), true
			case *Dict:
				return int64(x.Len()), true
			case string:
				return int64(len([]rune(x))), true
			}
			return nil, false
		}),
		"str": func(_ *evaluator, _ *node, a arguments) (any, bool) {
			return str(append(a.pos, Value{X: ""})[0]), len(a.pos) <= 1
		},
		"repr": func(_ *evaluator, _ *node, a arguments) (any, bool) {
			return Repr(append(a.pos, Value{})[0]), len(a.pos) == 1
		},
		"bool":  one(func(x any) (any, bool) { t, ok := truth(x); return t, ok }),
		"int":   one(parseInt),
		"float": one(parseFloat),
		"abs": one(func(x any) (any, bool) {
			if i, ok := intOf(x); ok {
				return max(i, -i), true
			}
			f, ok := x.(float64)
			return math.Abs(f), ok
		}),
		"round":    roundFunction,
		"min":      extreme(-1),
		"max":      extreme(1),
		"sum":      sumFunction,
		"range":    rangeFunction,
		"sorted":   sortedFunction,
		"reversed": listed(func(l []Value) (any, bool) { slices.Reverse(l); return &List{Elems: l}, true }),
		"any":      listed(func(l []Value) (any, bool) { return slices.ContainsFunc(l, isTrue), true }),
		"all": listed(func(l []Value) (any, bool) {
			return !slices.ContainsFunc(l, func(v Value) bool { return !isTrue(v) }), true
		}),
		"enumerate": listed(func(l []Value) (any, bool) {
			out := &List{}
			for i, v := range l {
				out.Elems = append(out.Elems, Value{X: &List{Tuple: true, Elems: []Value{{X: int64(i), At: v.At}, v}}, At: v.At})
			}
			return out, true
		}),
		"zip": zipFunction,
	}
}

func isTrue(v Value) bool { t, _ := truth(v.X); return t }

func parseInt(x any) (any, bool) {
	if i, ok := intOf(x); ok {
		return i, true
	}
	if s, ok := x.(string); ok {
		i, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		return i, err == nil
	}
	f, ok := x.(float64)
	return toInt(math.Trunc(f), ok)
}

func parseFloat(x any) (any, bool) {
	if s, ok := x.(string); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return f, err == nil || math.IsInf(f, 0)
	}
	return floatOf(x)
}
