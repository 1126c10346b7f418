package schema_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/schema"
)

var (
	parts = schema.NewTable[schema.Component]("part")
	_     = parts.Register(schema.Entry[schema.Component]{
		Info: schema.Info{Name: "gear", Doc: "Turns. Has teeth.", Equation: "w = v / r", Before: "dict(type='Gear')",
			Paper: schema.Paper{Authors: "Watt", Title: "On Gears | and Wheels", Year: 1784, ID: "1784.00001"}},
		New: func() schema.Component { return &gear{} }})
	_ = parts.Register(schema.Entry[schema.Component]{
		Info: schema.Info{Name: "box", Doc: "Holds parts.", Paper: schema.Paper{None: "made for tests"}},
		New:  func() schema.Component { return &box{} }})
)

type gear struct{ teeth int }

func (g *gear) Args(s *schema.Set) { s.Int(&g.teeth, "teeth", 8, "number of teeth", schema.Positive) }

type box struct{ parts []schema.Component }

func (b *box) Args(s *schema.Set) { schema.Children(s, &b.parts, "", parts, "what is inside", 0) }

// machine has every kind of declaration.
type machine struct {
	f        float64
	i        int
	b        bool
	s        string
	ints     []int
	floats   []float64
	strings  []string
	ipair    [2]int
	fpair    [2]float64
	of       *float64
	oi       *int
	ob       *bool
	name     string
	id       int
	must     schema.Component
	standing schema.Component
	open     bool
	size     int
	items    []*item
	labelled []*item
	parts    []schema.Component
	list     []schema.Component
}

type item struct {
	label string
	n     int
}

func (m *item) Args(s *schema.Set) { s.Int(&m.n, "n", 1, "a number", schema.Required) }

// fields is a block of fixed content made in place.
type fields func(s *schema.Set)

func (f fields) Args(s *schema.Set) { f(s) }

func (m *machine) Args(s *schema.Set) {
	s.Float(&m.f, "f", 0.1, "a number", schema.Between(-1e308, 1e308))
	s.Int(&m.i, "i", 1, "a whole number")
	s.Bool(&m.b, "b", true, "a truth value")
	s.String(&m.s, "s", "a", "a text")
	s.Ints(&m.ints, "ints", []int{1, 2}, "whole numbers")
	s.Floats(&m.floats, "floats", nil, "numbers", schema.NonNegative)
	s.Strings(&m.strings, "strings", []string{"a"}, "texts")
	s.IntPair(&m.ipair, "ipair", [2]int{1, 2}, "a pair")
	s.FloatPair(&m.fpair, "fpair", [2]float64{0, 1}, "a pair", schema.Ascending)
	s.OptFloat(&m.of, "of", "a number or nothing")
	s.OptInt(&m.oi, "oi", "a whole number or nothing")
	s.OptBool(&m.ob, "ob", "a truth value or nothing")
	s.Named(fields(func(s *schema.Set) { s.Int(&m.id, "id", 3, "its number") }), &m.name, "title", "how it is called")
	schema.Child(s, &m.must, "must", parts, "a part that must be", true)
	schema.ChildDefault(s, &m.standing, "standing", parts, "gear", "a part that stands")
	s.Block(fields(func(s *schema.Set) { s.Int(&m.size, "size", 5, "its size", schema.OneOfInt(5, 6)) }), "door", "an opening", &m.open)
	s.Repeated("item", "numbered items", false, func() { m.items = nil }, func(string) schema.Component {
		m.items = append(m.items, &item{})
		return m.items[len(m.items)-1]
	})
	s.Repeated("labelled", "labelled items", true, func() { m.labelled = nil }, func(label string) schema.Component {
		m.labelled = append(m.labelled, &item{label: label})
		return m.labelled[len(m.labelled)-1]
	})
	schema.Children(s, &m.parts, "part", parts, "parts by label", 0)
	schema.Children(s, &m.list, "", parts, "parts in order", 0)
}

func num(x float64) cty.Value { return cty.NumberFloatVal(x) }

// block builds a block from arguments ("name", value) and blocks.
func block(typ, label string, content ...any) *schema.Block {
	b := &schema.Block{Type: typ, Label: label, Range: place(1)}
	for i := 0; i < len(content); i++ {
		switch c := content[i].(type) {
		case *schema.Block:
			b.Blocks = append(b.Blocks, c)
		case string:
			b.Args = append(b.Args, &schema.Arg{Name: c, Value: content[i+1].(cty.Value), NameRange: place(10 + i), Range: place(10 + i)})
			i++
		}
	}
	return b
}

func place(line int) hcl.Range {
	p := hcl.Pos{Line: line, Column: 3}
	return hcl.Range{Filename: "a b/in.hcl", Start: p, End: p}
}

// busy is a block that gives every argument a value which is hard to carry.
func busy() *schema.Block {
	texts := cty.TupleVal([]cty.Value{cty.StringVal(""), cty.StringVal("9007199254740993"), cty.StringVal("${x} %{ y } $${z}\"\\\n\t\x01é𝄞<&>$")})
	return block("", "", "f", num(-math.Nextafter(0.3, 1)), "i", cty.NumberIntVal(math.MinInt64), "b", cty.False, "s", cty.StringVal("a $"),
		"ints", cty.TupleVal([]cty.Value{cty.NumberIntVal(1<<53 + 1), num(-3)}), "floats", cty.TupleVal([]cty.Value{num(5e-324), num(math.MaxFloat64), num(1e-5)}),
		"strings", texts, "ipair", cty.NumberIntVal(1<<62), "fpair", cty.TupleVal([]cty.Value{num(0.25), num(1e21)}),
		"of", num(0), "oi", num(7), "ob", cty.False,
		block("title", "it", "id", num(4)),
		block("must", "box", block("gear", "", "teeth", num(9)), block("box", "", block("gear", ""))),
		block("door", ""), block("item", "", "n", num(1)), block("item", "", "n", num(2)),
		block("labelled", "x", "n", num(3)), block("labelled", "y", "n", num(4)),
		block("part", "gear"), block("part", "box"), block("part", "gear", "teeth", num(2)),
		block("gear", ""), block("box", ""), block("gear", "", "teeth", num(3)))
}

var exact = cmp.AllowUnexported(machine{}, item{}, gear{}, box{})

// TestRoundTrip carries values through Encode, JSON and DecodeJSON, and wants them unchanged.
func TestRoundTrip(t *testing.T) {
	for name, b := range map[string]*schema.Block{"busy": busy(), "defaults": block("", "", block("must", "gear"))} {
		var want, got machine
		if diags := schema.Decode(&want, b); diags.HasErrors() {
			t.Fatal(diags)
		}
		spec := schema.Encode(b)
		data, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		var back schema.Spec
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		for _, s := range []schema.Spec{spec, back} {
			if err := schema.DecodeJSON(&got, s); err != nil {
				t.Fatalf("%s: DecodeJSON: %v", name, err)
			}
			want.open, got.open = true, true // a block that is there by default comes back as one that is there
			if diff := cmp.Diff(want, got, exact); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

func TestEncode(t *testing.T) {
	b := block("", "", block("must", "gear", "teeth", num(3)))
	_ = schema.Decode(&machine{}, b)
	s := schema.Encode(b)
	if s.At != "a b/in.hcl:1,3" || s.Args["i"] != 1 || s.Args["of"] != nil || len(s.Args) != 9 {
		t.Errorf("Encode = %+v, want 9 arguments and the place a b/in.hcl:1,3", s)
	}
	want := []schema.Spec{
		{Type: "must", Label: "gear", Args: map[string]any{"teeth": 3}, At: "a b/in.hcl:1,3"},
		{Type: "standing", Label: "gear", Args: map[string]any{"teeth": 8}},
	}
	if diff := cmp.Diff(want, s.Blocks); diff != "" {
		t.Errorf("Encode.Blocks (-want +got):\n%s", diff)
	}
}

// TestDecodeJSONErrors reads what a broken or hostile plan may hold.
func TestDecodeJSONErrors(t *testing.T) {
	deep := schema.Spec{Type: "box"}
	for range 1000 {
		deep = schema.Spec{Type: "box", Blocks: []schema.Spec{deep}}
	}
	must := schema.Spec{Type: "must", Label: "gear"}
	for name, c := range map[string]struct {
		s    schema.Spec
		want string
	}{
		"unknown argument":  {schema.Spec{Args: map[string]any{"x": 1.}, Blocks: []schema.Spec{must}}, "Unknown argument"},
		"fraction":          {schema.Spec{Args: map[string]any{"i": 1.5}, Blocks: []schema.Spec{must}}, "Wrong type"},
		"object":            {schema.Spec{Args: map[string]any{"i": map[string]any{}}, Blocks: []schema.Spec{must}}, "no number"},
		"not a number":      {schema.Spec{Args: map[string]any{"f": math.NaN()}, Blocks: []schema.Spec{must}}, "NaN"},
		"text for a number": {schema.Spec{Args: map[string]any{"f": "1"}, Blocks: []schema.Spec{must}}, "Wrong type"},
		"unknown component": {schema.Spec{Blocks: []schema.Spec{{Type: "must", Label: "wheel", At: "in.hcl:7,8"}}}, "in.hcl:7,8"},
		"missing":           {schema.Spec{}, "Missing block"},
		"deep":              {schema.Spec{Blocks: []schema.Spec{must, deep}}, "levels deep"},
	} {
		err := schema.DecodeJSON(&machine{}, c.s)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: DecodeJSON = %v, want %q in it", name, err, c.want)
		}
	}
}

func TestOriginsAndText(t *testing.T) {
	b := block("", "", "i", num(4), "s", cty.NullVal(cty.String), block("must", "gear"), block("item", "", "n", num(1)), block("item", "", "n", num(2)),
		block("labelled", "x", "n", num(3)), block("gear", "", "teeth", num(3)))
	if diags := schema.Decode(&machine{}, b); diags.HasErrors() {
		t.Fatal(diags)
	}
	rows := map[string]string{}
	for _, r := range schema.Origins(b) {
		rows[r.Path] = r.Value + " @ " + r.Origin
	}
	for path, want := range map[string]string{
		"i":              "4 @ a b/in.hcl:10,3",
		"s":              `"a" @ default`,
		"of":             "null @ default",
		"must":           `"gear" @ a b/in.hcl:1,3`,
		"must.teeth":     "8 @ default",
		"standing":       `"gear" @ default`,
		"standing.teeth": "8 @ default",
		"item[1].n":      "2 @ a b/in.hcl:10,3",
		"labelled.x.n":   "3 @ a b/in.hcl:10,3",
		"gear.teeth":     "3 @ a b/in.hcl:10,3",
		"door.size":      "",
	} {
		if rows[path] != want {
			t.Errorf("origin of %s = %q, want %q", path, rows[path], want)
		}
	}
	want := `f       = 0.1
i       = 4
b       = true
s       = "a"
ints    = [1, 2]
floats  = []
strings = ["a"]
ipair   = [1, 2]
fpair   = [0, 1]

must "gear" {
  teeth = 8
}

standing "gear" {
  teeth = 8
}

item {
  n = 1
}

item {
  n = 2
}

labelled "x" {
  n = 3
}

gear {
  teeth = 3
}
`
	if diff := cmp.Diff(want, schema.Text(b)); diff != "" {
		t.Errorf("Text (-want +got):\n%s", diff)
	}
}

func TestDecodeErrors(t *testing.T) {
	must := block("must", "gear")
	for _, c := range []struct {
		b    *schema.Block
		want string
	}{
		{block("", "", "must", num(1), must), `In the pipeline "must" is a block, not an argument. Write must "name" { … } without an equals sign.`},
		{block("", "", "door", num(1), must), `Write door { … } without`},
		{block("", "", block("i", ""), must), `In the pipeline "i" is an argument, not a block. Write for example i = 1.`},
		{block("", ""), `The pipeline needs a must block: a part that must be. Write must "name" { … }. Valid names: box, gear.`},
		{block("", "", must, block("must", "box")), "The pipeline takes one must block at most, and there is one already at a b/in.hcl:1,3."},
		{block("", "", must, block("labelled", "x", "n", num(1)), block("labelled", "x", "n", num(1))), `There is another labelled "x"`},
		{block("", "", must, block("item", "")), `item needs the argument "n" (int): a number. Write for example n = 1.`},
		{block("", "", must, block("item", "", "n", cty.NullVal(cty.Number))), `item needs the argument "n"`},
		{block("", "", must, block("title", "")), `A title block needs a label`},
		{block("", "", must, block("item", "x", "n", num(1))), `An item block takes no label; found "x".`},
		{block("", "", must, "f", num(math.MaxFloat64).Multiply(num(10))), "a number beyond the range of a float64"},
		{block("", "", must, "f", num(math.MaxFloat64)), "must be between -1e+308 and 1e+308; found 1.7976931348623157e+308."},
		{block("", "", must, "fpair", cty.TupleVal([]cty.Value{num(2), num(1)})), "must be in ascending order; found [2, 1]."},
		{block("", "", must, "i", num(0.5)), `takes an int, but the value is the number 0.5. Write for example i = 1.`},
		{block("", "", must, block("door", "", "size", num(4))), "must be one of 5, 6; found 4."},
		{block("", "", must, "s", cty.DynamicVal, "i", cty.UnknownVal(cty.Number)), ""},
		{nil, ""},
	} {
		diags := schema.Decode(&machine{}, c.b)
		if c.want == "" {
			if diags.HasErrors() {
				t.Errorf("Decode = %v, want no error", diags)
			}
		} else if len(diags) != 1 || !strings.Contains(diags[0].Detail, c.want) {
			t.Errorf("Decode = %v, want %q", diags, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	want := `part gear

  Turns. Has teeth.

    w = v / r

Arguments
  teeth  int  8  number of teeth (greater than 0)

Source
  Watt: On Gears | and Wheels (1784), 1784.00001

In MMSelfSup
    dict(type='Gear')
`
	if diff := cmp.Diff(want, schema.Explain(parts, "gear")); diff != "" {
		t.Errorf("Explain (-want +got):\n%s", diff)
	}
	if got := schema.Explain(parts, "wheel"); got != "" {
		t.Errorf("Explain(wheel) = %q, want nothing", got)
	}
	want = "# part\n\n- [box](part/box.md): Holds parts.\n- [gear](part/gear.md): Turns.\n"
	if diff := cmp.Diff(want, schema.Markdown(parts)); diff != "" {
		t.Errorf("Markdown (-want +got):\n%s", diff)
	}
	want = "# part box\n\nHolds parts.\n\n| block | number | meaning |\n| --- | --- | --- |\n| `NAME { }` | any number, any part | what is inside |\n\nSource: made for tests\n"
	if diff := cmp.Diff(want, schema.MarkdownOf(parts, "box")); diff != "" {
		t.Errorf("MarkdownOf (-want +got):\n%s", diff)
	}
	want = "# part gear\n\nTurns. Has teeth.\n\n```text\nw = v / r\n```\n\n| argument | type | default | meaning |\n| --- | --- | --- | --- |\n| `teeth` | int | `8` | number of teeth (greater than 0) |\n" +
		"\nSource: [Watt: On Gears | and Wheels (1784), 1784.00001](https://arxiv.org/abs/1784.00001)\n\nIn MMSelfSup:\n\n```python\ndict(type='Gear')\n```\n"
	if diff := cmp.Diff(want, schema.MarkdownOf(parts, "gear")); diff != "" {
		t.Errorf("MarkdownOf (-want +got):\n%s", diff)
	}
	if got := schema.MarkdownRoot(&machine{}); !strings.Contains(got, "## item\n") || !strings.Contains(got, "| `standing \"NAME\" { }` | default gear, any part |") {
		t.Errorf("MarkdownRoot = %s, want the item block and the standing part", got)
	}
}

// TestJSONSchema interprets the schema on encoded pipelines, good and bad ones.
func TestJSONSchema(t *testing.T) {
	data, err := schema.JSONSchema(&machine{})
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	b := block("", "", "i", num(3), block("must", "box", block("gear", "")), block("title", "x"), block("item", "", "n", num(2)), block("door", ""))
	_ = schema.Decode(&machine{}, b)
	good := plainJSON(t, schema.Encode(b))
	if err := valid(root, root, good); err != nil {
		t.Errorf("the schema refuses a good pipeline: %v", err)
	}
	for name, spoil := range map[string]func(m map[string]any){
		"unknown argument": func(m map[string]any) { m["args"].(map[string]any)["x"] = 1. },
		"wrong type":       func(m map[string]any) { m["args"].(map[string]any)["i"] = "3" },
		"unknown block":    func(m map[string]any) { m["blocks"].([]any)[0].(map[string]any)["type"] = "x" },
		"unknown label":    func(m map[string]any) { m["blocks"].([]any)[1].(map[string]any)["label"] = "wheel" },
		"missing block":    func(m map[string]any) { m["blocks"] = m["blocks"].([]any)[2:] },
	} {
		m := plainJSON(t, schema.Encode(b)).(map[string]any)
		spoil(m)
		if valid(root, root, m) == nil {
			t.Errorf("the schema accepts a pipeline with an error: %s", name)
		}
	}
}

func plainJSON(t *testing.T, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// valid is as much of a JSON Schema validator as the schema uses.
func valid(root, s map[string]any, v any) error {
	if r, ok := s["$ref"].(string); ok {
		return valid(root, root["$defs"].(map[string]any)[strings.TrimPrefix(r, "#/$defs/")].(map[string]any), v)
	}
	if c, ok := s["const"]; ok && c != v {
		return fmt.Errorf("%v is not %v", v, c)
	}
	if choices, ok := s["anyOf"].([]any); ok {
		fits := false
		for _, c := range choices {
			fits = fits || valid(root, c.(map[string]any), v) == nil
		}
		if !fits {
			return fmt.Errorf("%v fits no choice", v)
		}
	}
	switch s["type"] {
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%v is no object", v)
		}
		props, _ := s["properties"].(map[string]any)
		for k, x := range m {
			p, ok := props[k].(map[string]any)
			if !ok && s["additionalProperties"] == false {
				return fmt.Errorf("unknown %s", k)
			}
			if err := valid(root, p, x); err != nil {
				return err
			}
		}
		for _, k := range list(s["required"]) {
			if m[k.(string)] == nil {
				return fmt.Errorf("missing %v", k)
			}
		}
	case "array":
		return validArray(root, s, v)
	case "integer", "number":
		if _, ok := v.(float64); !ok {
			return fmt.Errorf("%v is no number", v)
		}
	case "string":
		if _, ok := v.(string); !ok {
			return fmt.Errorf("%v is no text", v)
		}
	}
	return nil
}

func validArray(root, s map[string]any, v any) error {
	l, ok := v.([]any)
	if !ok {
		return fmt.Errorf("%v is no array", v)
	}
	for _, x := range l {
		if err := valid(root, s["items"].(map[string]any), x); err != nil {
			return err
		}
	}
	for _, c := range list(s["allOf"]) {
		count := c.(map[string]any)
		want := count["contains"].(map[string]any)["properties"].(map[string]any)["type"].(map[string]any)["const"]
		n := 0.
		for _, x := range l {
			if x.(map[string]any)["type"] == want {
				n++
			}
		}
		if most, ok := count["maxContains"].(float64); n < count["minContains"].(float64) || ok && n > most {
			return fmt.Errorf("%v blocks %v", n, want)
		}
	}
	return nil
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func TestLiteral(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{1e-5, "1e-5"}, {1e21, "1e+21"}, {0.1, "0.1"}, {-3., "-3"}, {7, "7"}, {true, "true"}, {nil, "null"},
		{"a${b}%{c}", `"a$${b}%%{c}"`}, {"\x08\n\"", `"\u0008\n\""`}, {[]string{"a", ""}, `["a", ""]`}, {[2]float64{1, 0.5}, "[1, 0.5]"},
	} {
		if got := schema.Literal(c.v); got != c.want {
			t.Errorf("Literal(%v) = %s, want %s", c.v, got, c.want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	for name, want := range map[string]string{
		"deptj": ` Did you mean "depth"?`, "xyz": " Valid names: depth, stem.", "": " Valid names: depth, stem.",
	} {
		if got := schema.DidYouMean(name, []string{"depth", "stem"}); got != want {
			t.Errorf("DidYouMean(%s) = %s, want %s", name, got, want)
		}
	}
}
