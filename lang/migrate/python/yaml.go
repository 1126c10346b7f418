package python

import (
	"errors"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"go.yaml.in/yaml/v3"

	"ssc/lang/diag"
)

// isYAML reports whether a file is read as YAML.
func isYAML(name string) bool { return path.Ext(name) == ".yaml" || path.Ext(name) == ".yml" }

// yamlFile reads a mapping with what PyYAML, which upstream reads it with, makes of its scalars (YAML 1.1).
func (e *evaluator) yamlFile() {
	var doc yaml.Node
	if err := yaml.Unmarshal(e.src.text, &doc); err != nil {
		at := e.src.rng(0, 0)
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			at = e.yamlAt(&yaml.Node{Line: atoi(m[1]), Column: 1})
		}
		e.diags = append(e.diags, diag.Errorf(at, at, "Syntax error", "The file is no YAML: %s.", strings.TrimPrefix(err.Error(), "yaml: ")))
		return
	}
	if len(doc.Content) == 0 { // nothing but comments
		return
	}
	r := yamlReader{e: e, done: map[*yaml.Node]Value{}, left: maxValues}
	v := r.value(doc.Content[0], 0)
	d, ok := v.X.(*Dict)
	switch {
	case r.err != nil:
		at := e.yamlAt(r.at)
		e.diags = append(e.diags, diag.Errorf(at, at, r.summary, "%s", r.err))
		return
	case !ok:
		at := e.yamlAt(doc.Content[0])
		e.diags = append(e.diags, diag.Errorf(at, at, "Invalid base", "A YAML file holds one mapping."))
		return
	}
	e.names = d.copy()
	if b, ok := e.names.Get(baseKey); ok {
		e.loadBases(e.src.root, b)
		e.names.Delete(baseKey)
	}
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // of digits; a line that does not fit is none
	return n
}

// yamlAt is the place of a node.
func (e *evaluator) yamlAt(n *yaml.Node) hcl.Range {
	line := min(max(n.Line, 1), len(e.src.lines))
	start := e.src.lines[line-1]
	at := min(start+max(n.Column, 1)-1, len(e.src.text))
	return e.src.rng(at, min(at+len(n.Value), len(e.src.text)))
}

// yamlReader makes values of nodes. Aliases share the value of their anchor, as PyYAML's objects do.
type yamlReader struct {
	e    *evaluator
	done map[*yaml.Node]Value
	left int

	err     error // the first one
	summary string
	at      *yaml.Node
}

func (r *yamlReader) fail(n *yaml.Node, summary, why string) Value {
	if r.err == nil {
		r.err, r.summary, r.at = errors.New(why), summary, n
	}
	return Value{}
}

func (r *yamlReader) value(n *yaml.Node, depth int) Value {
	r.left--
	tag := strings.Replace(n.Tag, "tag:yaml.org,2002:", "!!", 1)
	switch {
	case r.err != nil:
		return Value{}
	case r.left < 0:
		return r.fail(n, "Value too large", "The file has more values than a configuration may have.")
	case depth > MaxDepth:
		return r.fail(n, "Too deeply nested", "Values nest more levels deep than those of a configuration may.")
	case strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!"), strings.HasPrefix(tag, "!!python/") && tag != "!!python/tuple":
		return r.fail(n, "Code in a configuration", "The tag "+short(tag)+" makes an object by code, which is never run. Write the value.")
	}
	v := Value{At: r.e.yamlAt(n), Lead: yamlComment(n.HeadComment), Trail: strings.Join(yamlComment(n.LineComment), " ")}
	switch n.Kind {
	case yaml.AliasNode:
		v, ok := r.done[n.Alias]
		if !ok {
			return r.fail(n, "Value too large", "The value holds itself.")
		}
		return v
	case yaml.MappingNode:
		v.X = r.mapping(n, depth)
	case yaml.SequenceNode:
		l := &List{Tuple: tag == "!!python/tuple"}
		for _, k := range n.Content {
			l.Elems = append(l.Elems, r.value(k, depth+1))
		}
		v.X = l
	case yaml.ScalarNode:
		r.scalar(n, &v)
	}
	r.done[n] = v
	return v
}

// mapping reads keys in order. What "<<" merges gives way to the keys beside it.
func (r *yamlReader) mapping(n *yaml.Node, depth int) *Dict {
	out := NewDict()
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "<<" || n.Content[i].Style != 0 {
			continue
		}
		merged := r.value(n.Content[i+1], depth+1)
		parts := []Value{merged}
		if l, ok := merged.X.(*List); ok {
			parts = l.Elems
		}
		for j := len(parts) - 1; j >= 0; j-- { // the first wins
			d, ok := parts[j].X.(*Dict)
			if !ok {
				r.fail(n.Content[i+1], "Syntax error", "What << merges is a mapping or a list of mappings.")
				return out
			}
			for _, it := range d.items {
				out.put(it.key, it.val)
			}
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		kn := n.Content[i]
		if kn.Value == "<<" && kn.Style == 0 {
			continue
		}
		k, v := r.value(kn, depth+1), r.value(n.Content[i+1], depth+1)
		if v.Lead == nil {
			v.Lead = k.Lead
		}
		if v.Trail == "" {
			v.Trail = k.Trail
		}
		if !out.put(Value{X: k.X, At: k.At}, v) {
			r.fail(kn, "Wrong type", "A key is a text or a number.")
		}
	}
	return out
}

func yamlComment(text string) (out []string) {
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, strings.TrimSpace(strings.TrimPrefix(l, "#")))
		}
	}
	return out
}

// The scalars of YAML 1.1 as PyYAML resolves them: 1e-4 is a text, since a float has a point and a sign in its exponent; yes and off are booleans.
var (
	yamlNull  = regexp.MustCompile(`^(~|null|Null|NULL|)$`)
	yamlTrue  = regexp.MustCompile(`^(yes|Yes|YES|true|True|TRUE|on|On|ON)$`)
	yamlFalse = regexp.MustCompile(`^(no|No|NO|false|False|FALSE|off|Off|OFF)$`)
	yamlInt   = regexp.MustCompile(`^[-+]?(0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$`)
	yamlFloat = regexp.MustCompile(`^([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?)$`)
	yamlInf   = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF)$`)
	yamlOther = regexp.MustCompile(`^([-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|\d{4}-\d\d?-\d\d?([Tt \t].*)?|\.(nan|NaN|NAN)|=)$`)
)

func (r *yamlReader) scalar(n *yaml.Node, v *Value) {
	text := n.Value
	plain := strings.ReplaceAll(text, "_", "")
	switch {
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 || n.Style&yaml.TaggedStyle != 0 && n.Tag == "!!str":
		v.X = text
	case yamlNull.MatchString(text):
		v.X = nil
	case yamlTrue.MatchString(text):
		v.X = true
	case yamlFalse.MatchString(text):
		v.X = false
	case yamlInt.MatchString(text):
		i, err := strconv.ParseInt(plain, 0, 64)
		if err != nil {
			r.fail(n, "Number out of range", "The number "+short(text)+" has no place in 64 bits.")
		}
		v.X, v.Text = i, plain
	case yamlFloat.MatchString(text):
		f, err := strconv.ParseFloat(plain, 64)
		if err != nil {
			r.fail(n, "Number out of range", "The number "+short(text)+" has no place in 64 bits.")
		}
		v.X, v.Text = f, plain
	case yamlInf.MatchString(text):
		v.X = math.Inf(1 - 2*strings.Count(text[:1], "-"))
	case yamlOther.MatchString(text):
		r.fail(n, "Wrong type", "The value "+short(text)+" is a time, a date or no number. Write a number, or quotation marks around a text.")
	default:
		v.X = text
	}
}
