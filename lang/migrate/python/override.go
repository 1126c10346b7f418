package python

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang/diag"
)

// Override merges changes in the form of --cfg-options, "a.b.0.c=value", into a copy of a dictionary. A number in the path names an element of a list. Values are numbers, True, False, None,
// lists "[1,2]" or "1,2", tuples "(1,2)", and else texts.
func Override(d *Dict, options []string) (*Dict, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	left := maxValues
	whole, _ := deepCopy(Value{X: d}, 0, &left, map[any]copied{})
	for i, o := range options {
		at := hcl.Range{Filename: "--cfg-options:" + strconv.Itoa(i+1), Start: hcl.InitialPos, End: hcl.Pos{Line: 1, Column: len(o) + 1, Byte: len(o)}}
		path, text, ok := strings.Cut(o, "=")
		if !ok || path == "" {
			diags = append(diags, diag.Errorf(at, at, "Invalid option", "An option has the form a.b=value; found %q.", short(o)))
			continue
		}
		if why := override(whole, strings.Split(path, "."), Option(text, at)); why != "" {
			diags = append(diags, diag.Errorf(at, at, "Invalid option", "The option %q cannot be set: %s.", short(o), why))
		}
	}
	out, ok := whole.X.(*Dict)
	if !ok {
		return d, diags
	}
	return out, diags
}

// override sets a value at a path and says why it cannot.
func override(v Value, path []string, to Value) string {
	switch x := v.X.(type) {
	case *Dict:
		next, ok := x.Get(path[0])
		if len(path) == 1 {
			x.Set(path[0], to)
			return ""
		}
		if _, isDict := next.X.(*Dict); !ok || !isDict {
			if _, isList := next.X.(*List); !isList {
				if ok && next.X != nil {
					return path[0] + " is a " + next.Kind()
				}
				next = Value{X: NewDict(), At: to.At}
				x.Set(path[0], next)
			}
		}
		return override(next, path[1:], to)
	case *List:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(x.Elems) {
			return "there is no element " + path[0] + " in a list of length " + strconv.Itoa(len(x.Elems))
		}
		if len(path) == 1 {
			x.Elems[i] = to
			return ""
		}
		return override(x.Elems[i], path[1:], to)
	}
	return "a " + v.Kind() + " has no " + path[0]
}

// Option reads the value of an option as upstream does.
func Option(text string, at hcl.Range) Value {
	text = strings.Trim(text, `'"`)
	inner := text
	tuple := strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")")
	list := strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")
	if tuple || list {
		inner = text[1 : len(text)-1]
	}
	if parts := split(inner); tuple || list || len(parts) > 1 {
		l := &List{Tuple: tuple}
		for _, p := range parts {
			if p = strings.TrimSpace(p); p != "" && len(l.Elems) < maxValues {
				l.Elems = append(l.Elems, nested(p, at))
			}
		}
		return Value{X: l, At: at}
	}
	return scalar(text, at)
}

// nested is a value inside a list, which may be a list of plain values.
func nested(text string, at hcl.Range) Value {
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "(") {
		l := &List{Tuple: text[0] == '('}
		for _, p := range strings.Split(strings.Trim(text, "[]()"), ",") {
			if p = strings.TrimSpace(p); p != "" {
				l.Elems = append(l.Elems, scalar(p, at))
			}
		}
		return Value{X: l, At: at}
	}
	return scalar(text, at)
}

func scalar(text string, at hcl.Range) Value {
	text = strings.Trim(text, `'"`)
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return Value{X: i, At: at, Text: text}
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return Value{X: f, At: at, Text: text}
	}
	switch strings.ToLower(text) {
	case "true", "false":
		return Value{X: strings.EqualFold(text, "true"), At: at}
	}
	if text == "None" {
		return Value{At: at}
	}
	return Value{X: text, At: at}
}

// split parts a text at commas outside of brackets.
func split(text string) []string {
	var out []string
	depth, start := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, text[start:i])
				start = i + 1
			}
		}
	}
	return append(out, text[start:])
}
