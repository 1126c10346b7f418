package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/diag"
)

// Spec is a block with all its final values, defaults included, in a form that JSON carries without loss. Type is the block's type
// ("algorithm", "source"; for transforms their own name), Label its label. Values are float64, int, bool, string or a list of these; whole
// numbers beyond 2^53 are strings, because JSON readers round them. Arguments that are unset are left out.
type Spec struct {
	Type   string         `json:"type,omitempty"`
	Label  string         `json:"label,omitempty"`
	Args   map[string]any `json:"args,omitempty"`
	Blocks []Spec         `json:"blocks,omitempty"`
	At     string         `json:"at,omitempty"` // file:line,col of the block; empty for one that stands by default

	Locations []string `json:"locations,omitempty"` // the arguments that say where files lie
}

// Encode returns what Decode made of the block, defaults included. The children stand in the order of their declarations.
func Encode(b *Block) Spec { return encode(resolve(b)) }

func encode(r *resolved) Spec {
	s := Spec{Type: r.typ, Label: r.label}
	if r.block != nil && r.block.Range.Filename != "" {
		s.At = diag.At(r.block.Range)
	}
	for _, f := range r.set.Fields {
		if v := jsonValue(f.Value()); v != nil {
			if s.Args == nil {
				s.Args = map[string]any{}
			}
			s.Args[f.Name] = v
		}
		if f.Location {
			s.Locations = append(s.Locations, f.Name)
		}
	}
	for _, k := range r.kids {
		s.Blocks = append(s.Blocks, encode(k))
	}
	return s
}

// DecodeJSON fills c from what Encode made, possibly after a trip through JSON. The error names every argument that does not fit.
func DecodeJSON(c Component, s Spec) error {
	_, err := Rebuild(c, s)
	return err
}

// Rebuild returns the block that Encode described, possibly after a trip through JSON, decoded into c: what Text prints and Decode reads. Its ranges are the places of the blocks.
func Rebuild(c Component, s Spec) (*Block, error) {
	b, err := s.block(Of(c), 0)
	if err != nil {
		return nil, err
	}
	if diags := Decode(c, b); diags.HasErrors() {
		return nil, diags
	}
	return b, nil
}

// maxSpecDepth bounds the nesting of a Spec read from a file; the language bounds its own at the same depth.
const maxSpecDepth = 200

// block rebuilds the block that s was made of. set may be nil for a component that does not exist, which Decode then reports.
func (s Spec) block(set *Set, depth int) (*Block, error) {
	if depth > maxSpecDepth {
		return nil, fmt.Errorf("blocks nest more than %d levels deep", maxSpecDepth)
	}
	b := &Block{Type: s.Type, Label: s.Label, Range: parseAt(s.At)}
	for _, name := range slices.Sorted(maps.Keys(s.Args)) { // in order, so that diagnostics come in the same order each time
		x := s.Args[name]
		var f *Field
		if set != nil {
			f = set.Field(name)
		}
		v, err := ctyValue(x, f != nil && (f.Type == TInt || f.Type == TInts || f.Type == TIntList || f.Type == TIntPair))
		if err != nil {
			return nil, fmt.Errorf("argument %q of %s: %w", name, title(b), err)
		}
		b.Args = append(b.Args, &Arg{Name: name, Value: v, NameRange: b.Range, Range: b.Range})
	}
	for _, k := range s.Blocks {
		kb, err := k.block(set.inside(k), depth+1)
		if err != nil {
			return nil, err
		}
		b.Blocks = append(b.Blocks, kb)
	}
	return b, nil
}

// inside returns the declarations of the child that k is decoded into, or nil.
func (s *Set) inside(k Spec) *Set {
	if s == nil {
		return nil
	}
	cf := s.Child(k.Type)
	if cf == nil {
		return nil
	}
	name := k.Label
	if cf.Type == "" {
		name = k.Type
	}
	if cf.Kind != nil {
		if _, ok := cf.Kind.Info(name); !ok {
			return nil
		}
	}
	return Of(cf.New(name))
}

var atPattern = regexp.MustCompile(`^(.*):(\d+),(\d+)$`)

func parseAt(at string) hcl.Range {
	m := atPattern.FindStringSubmatch(at)
	if m == nil {
		return hcl.Range{}
	}
	line, _ := strconv.Atoi(m[2])
	col, _ := strconv.Atoi(m[3])
	pos := hcl.Pos{Line: line, Column: col}
	return hcl.Range{Filename: filepath.FromSlash(m[1]), Start: pos, End: pos}
}

// maxExact is the largest whole number that every JSON reader keeps.
const maxExact = 1 << 53

// jsonValue converts a field's value to what JSON carries exactly; nil for an unset one.
func jsonValue(v any) any {
	switch v := v.(type) {
	case int:
		if v > maxExact || v < -maxExact {
			return strconv.Itoa(v)
		}
	case []int:
		return jsonList(v)
	case []float64:
		return jsonList(v)
	case []string:
		return jsonList(v)
	case [2]int:
		return jsonList(v[:])
	case [2]float64:
		return jsonList(v[:])
	}
	return v
}

func jsonList[V any](l []V) []any {
	out := make([]any, len(l))
	for i, x := range l {
		out[i] = jsonValue(x)
	}
	return out
}

// ctyValue is the reverse of jsonValue. With whole, a string of digits is a number.
func ctyValue(x any, whole bool) (cty.Value, error) {
	switch x := x.(type) {
	case nil:
		return cty.NullVal(cty.DynamicPseudoType), nil
	case bool:
		return cty.BoolVal(x), nil
	case int:
		return cty.NumberIntVal(int64(x)), nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return cty.NilVal, fmt.Errorf("%v is no value of an argument", x)
		}
		return cty.NumberFloatVal(x), nil
	case json.Number:
		return cty.ParseNumberVal(x.String())
	case string:
		if n, err := strconv.ParseInt(x, 10, 64); whole && err == nil {
			return cty.NumberIntVal(n), nil
		}
		return cty.StringVal(x), nil
	case []any:
		elems := make([]cty.Value, len(x))
		for i, e := range x {
			v, err := ctyValue(e, whole)
			if err != nil {
				return cty.NilVal, err
			}
			elems[i] = v
		}
		return cty.TupleVal(elems), nil
	}
	return cty.NilVal, fmt.Errorf("found %T, which is no number, text, truth value or list", x)
}
