package python

import "strings"

// textMethod evaluates the methods of texts.
func (e *evaluator) textMethod(n *node, s, name string, a arguments) (Value, bool) {
	var args []string
	for _, v := range a.pos {
		t, ok := v.X.(string)
		if !ok && name != "join" && name != "format" {
			return Value{}, false
		}
		args = append(args, t)
	}
	if a.named.Len() > 0 {
		return Value{}, false
	}
	switch {
	case name == "lower" && len(args) == 0:
		return Value{X: strings.ToLower(s)}, true
	case name == "upper" && len(args) == 0:
		return Value{X: strings.ToUpper(s)}, true
	case name == "strip" && len(args) == 0:
		return Value{X: strings.TrimSpace(s)}, true
	case name == "startswith" && len(args) == 1:
		return Value{X: strings.HasPrefix(s, args[0])}, true
	case name == "endswith" && len(args) == 1:
		return Value{X: strings.HasSuffix(s, args[0])}, true
	case name == "replace" && len(args) == 2 && args[0] != "" && len(s)*(len(args[1])+1) <= maxText:
		return Value{X: strings.ReplaceAll(s, args[0], args[1])}, true
	case name == "split" && len(args) <= 1:
		parts := strings.Fields(s)
		if len(args) == 1 {
			if args[0] == "" {
				return Value{}, false
			}
			parts = strings.Split(s, args[0])
		}
		out := &List{}
		for _, p := range parts {
			out.Elems = append(out.Elems, Value{X: p})
		}
		return Value{X: out}, true
	case name == "join" && len(a.pos) == 1:
		return e.join(n, s, a.pos[0])
	case name == "format" && strings.Count(s, "{") == strings.Count(s, "{}") && strings.Count(s, "{}") == len(a.pos):
		for _, v := range a.pos {
			if isUnknown(v) {
				return v, true
			}
			s = strings.Replace(s, "{}", str(v), 1)
		}
		return Value{X: s}, len(s) <= maxText
	}
	return Value{}, false
}

func (e *evaluator) join(n *node, sep string, v Value) (Value, bool) {
	elems, ok := e.elements(n, v)
	if !ok {
		return Value{X: Unknown{}}, true
	}
	size, parts := 0, make([]string, len(elems))
	for i, el := range elems {
		s, ok := el.X.(string)
		if size += len(s) + len(sep); !ok || size > maxText {
			return Value{}, false
		}
		parts[i] = s
	}
	return Value{X: strings.Join(parts, sep)}, true
}
