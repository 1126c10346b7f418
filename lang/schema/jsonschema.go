package schema

import (
	"encoding/json"
	"fmt"
)

// JSONSchema describes a pipeline as [Spec] has it in JSON, for editors and validators: a JSON Schema (2020-12) in which each component is a
// definition, and the blocks of a block are checked by type and label.
func JSONSchema(root Component) ([]byte, error) {
	g := jsonSchema{defs: map[string]any{}}
	top := g.block("", nil, Of(root), "pipeline")
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "ssc pipeline"
	top["$defs"] = g.defs
	return json.MarshalIndent(top, "", "  ")
}

type (
	object     = map[string]any
	jsonSchema struct{ defs map[string]any }
)

// block is the schema of a block of the type; label is nil for none, else the schema of its label.
func (g *jsonSchema) block(typ string, label any, s *Set, path string) object {
	props, required := object{"at": object{"type": "string"}, "locations": object{"type": "array", "items": object{"type": "string"}}}, []string{}
	if typ != "" {
		props["type"] = object{"const": typ}
		required = append(required, "type")
	}
	if label != nil {
		props["label"] = label
		required = append(required, "label")
	}
	args, needed := object{}, []string{}
	for _, f := range s.Fields {
		args[f.Name] = f.schema()
		if f.Required {
			needed = append(needed, f.Name)
		}
	}
	props["args"] = closed(args, needed)
	if len(needed) > 0 {
		required = append(required, "args")
	}
	if len(s.Children) > 0 {
		props["blocks"] = g.blocks(s, path)
	}
	return closed(props, required)
}

func (g *jsonSchema) blocks(s *Set, path string) object {
	choices, counts := []any{}, []any{}
	for _, c := range s.Children {
		if c.Kind == nil {
			name := path + "." + c.Type
			if g.define(name) {
				var label any
				if c.Labels {
					label = object{"type": "string"}
				}
				g.defs[name] = g.block(c.Type, label, Of(c.New("name")), name)
			}
			choices = append(choices, ref(name))
		} else {
			for _, n := range c.Kind.Names() {
				choices = append(choices, ref(g.component(c, n)))
			}
		}
		if c.Type != "" && (c.Min > 0 || c.Max > 0) {
			count := object{"contains": object{"properties": object{"type": object{"const": c.Type}}}, "minContains": c.Min}
			if c.Max > 0 {
				count["maxContains"] = c.Max
			}
			counts = append(counts, count)
		}
	}
	out := object{"type": "array", "items": object{"anyOf": choices}}
	if len(counts) > 0 {
		out["allOf"] = counts
	}
	return out
}

// component defines the block that holds a component of a kind, once for each block type that it appears under.
func (g *jsonSchema) component(c *ChildField, name string) string {
	id := fmt.Sprintf("%s.%s", c.Kind.Name(), name)
	if c.Type != "" && c.Type != c.Kind.Name() {
		id = c.Type + ":" + id
	}
	if !g.define(id) {
		return id
	}
	typ, label := c.Type, any(object{"const": name})
	if typ == "" {
		typ, label = name, nil
	}
	b := g.block(typ, label, Of(c.Kind.Component(name)), id)
	info, _ := c.Kind.Info(name)
	b["description"] = info.Doc
	g.defs[id] = b
	return id
}

// define reserves a definition before it is made, since components may hold one another; false when it exists.
func (g *jsonSchema) define(name string) bool {
	if _, ok := g.defs[name]; ok {
		return false
	}
	g.defs[name] = object{}
	return true
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func closed(props object, required []string) object {
	out := object{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// schema is the JSON schema of an argument.
func (f *Field) schema() object {
	out := jsonType(f.Type)
	for _, r := range f.Rules {
		if len(r.Choices) > 0 && f.Type == TString {
			out["enum"] = r.Choices
		}
	}
	out["description"] = f.meaning()
	if v := jsonValue(f.Default); v != nil && !f.Required {
		out["default"] = v
	}
	return out
}

func jsonType(t Type) object {
	whole, number, text := object{"type": "integer"}, object{"type": "number"}, object{"type": "string"}
	list := func(of object) object { return object{"type": "array", "items": of} }
	pair := func(of object) object {
		return object{"anyOf": []any{of, object{"type": "array", "items": of, "minItems": 2, "maxItems": 2}}}
	}
	switch t {
	case TInt:
		return whole
	case TBool:
		return object{"type": "boolean"}
	case TString:
		return text
	case TInts:
		return list(whole)
	case TIntList:
		return object{"anyOf": []any{whole, list(whole)}}
	case TNumbers:
		return list(number)
	case TStrings:
		return list(text)
	case TIntPair:
		return pair(whole)
	case TNumPair:
		return pair(number)
	}
	return number
}
