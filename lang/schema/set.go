package schema

import "github.com/zclconf/go-cty/cty"

// Set collects the declarations of one component.
type Set struct {
	Fields   []*Field
	Children []*ChildField
}

// Field is a declared argument.
type Field struct {
	Name     string
	Type     Type
	Default  any // the value that *p was set to
	Doc      string
	Rules    []Rule
	Required bool // has no default: the file must give it
	Location bool // one of its rules is Location
	// Optional arguments may be left unset: the pointer stays nil.
	Optional bool

	set func(cty.Value) error
	get func() any
}

// Value is what the field holds now: the default, or what was decoded. An unset optional value is nil.
func (f *Field) Value() any { return f.get() }

// ChildField is a declared child block.
type ChildField struct {
	Type   string // block type; empty when the block's type is itself the component's name (transforms)
	Kind   Kind   // where the label is looked up; nil for a block with fixed content
	Doc    string
	Min    int  // least number of blocks
	Max    int  // most; 0 means no bound
	Labels bool // fixed-content blocks: whether a label is expected

	Default string // name of the component that stands when the file has no such block; may be empty

	add  func(label string) Component // makes the component that the next such block is decoded into
	list func() []Held
}

// Held is a decoded child with its label.
type Held struct {
	Label string
	Comp  Component
	Block *Block // nil when it was not decoded from a file
}

// Held lists the children in order: those decoded, or the default that stands in their place.
func (c *ChildField) Held() []Held { return c.list() }

// New makes the component that a further such block would be decoded into, or nil when no component has that name. It changes the
// owner of the declaration as decoding does: use it on a component made for the purpose.
func (c *ChildField) New(name string) Component {
	if c.Kind != nil {
		return c.Kind.Component(name)
	}
	return c.add(name)
}

// Child returns the declaration that a block of the type belongs to, or nil.
func (s *Set) Child(typ string) *ChildField {
	for _, c := range s.Children {
		if c.Type == typ {
			return c
		}
	}
	for _, c := range s.Children {
		if c.Type == "" {
			if _, ok := c.Kind.Info(typ); ok {
				return c
			}
		}
	}
	return nil
}

// Field returns the declaration of an argument, or nil.
func (s *Set) Field(name string) *Field {
	for _, f := range s.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// FieldNames lists the arguments in the order of their declaration.
func (s *Set) FieldNames() []string {
	out := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		out[i] = f.Name
	}
	return out
}

// BlockTypes lists the types of block that may stand inside, names of components included.
func (s *Set) BlockTypes() []string {
	var out []string
	for _, c := range s.Children {
		if c.Type == "" {
			out = append(out, c.Kind.Names()...)
			continue
		}
		out = append(out, c.Type)
	}
	return out
}

// Type is the type of an argument as the manual names it.
type Type string

// The argument types.
const (
	TNumber  Type = "number"
	TInt     Type = "int"
	TBool    Type = "bool"
	TString  Type = "string"
	TInts    Type = "list of int"
	TNumbers Type = "list of number"
	TStrings Type = "list of string"
	TIntPair Type = "int or [int, int]"
	TNumPair Type = "number or [number, number]"
)

// Component is anything that can be declared in a file. Args must use pointer receivers.
type Component interface{ Args(s *Set) }

// Checker is a component with conditions between arguments. Check is called after all arguments were decoded without error.
type Checker interface{ Check(r *Report) }

// Of runs c.Args: it resets c to its defaults and returns the declarations.
func Of(c Component) *Set {
	s := &Set{}
	c.Args(s)
	return s
}

// Float declares a number. Value: float64.
func (s *Set) Float(p *float64, name string, def float64, doc string, rules ...Rule) {
	*p = def
	s.field(name, TNumber, def, doc, rules, func(v cty.Value) error { return toFloat(v, p) }, func() any { return *p })
}

// Int declares a whole number. Value: int.
func (s *Set) Int(p *int, name string, def int, doc string, rules ...Rule) {
	*p = def
	s.field(name, TInt, def, doc, rules, func(v cty.Value) error { return toInt(v, p) }, func() any { return *p })
}

// Bool declares a truth value. Value: bool.
func (s *Set) Bool(p *bool, name string, def bool, doc string, rules ...Rule) {
	*p = def
	s.field(name, TBool, def, doc, rules, func(v cty.Value) error { return toBool(v, p) }, func() any { return *p })
}

// String declares a text. Value: string.
func (s *Set) String(p *string, name string, def string, doc string, rules ...Rule) {
	*p = def
	s.field(name, TString, def, doc, rules, func(v cty.Value) error { return toString(v, p) }, func() any { return *p })
}

// Ints declares a list of whole numbers. Value: []int.
func (s *Set) Ints(p *[]int, name string, def []int, doc string, rules ...Rule) {
	*p = append([]int(nil), def...)
	s.field(name, TInts, def, doc, rules, func(v cty.Value) error { return toList(v, p, toInt) }, func() any { return *p })
}

// Floats declares a list of numbers. Value: []float64.
func (s *Set) Floats(p *[]float64, name string, def []float64, doc string, rules ...Rule) {
	*p = append([]float64(nil), def...)
	s.field(name, TNumbers, def, doc, rules, func(v cty.Value) error { return toList(v, p, toFloat) }, func() any { return *p })
}

// Strings declares a list of texts. Value: []string.
func (s *Set) Strings(p *[]string, name string, def []string, doc string, rules ...Rule) {
	*p = append([]string(nil), def...)
	s.field(name, TStrings, def, doc, rules, func(v cty.Value) error { return toList(v, p, toString) }, func() any { return *p })
}

// IntPair declares a pair of whole numbers; the file may give one number for both. Value: [2]int.
func (s *Set) IntPair(p *[2]int, name string, def [2]int, doc string, rules ...Rule) {
	*p = def
	s.field(name, TIntPair, def, doc, rules, func(v cty.Value) error { return toPair(v, p, toInt) }, func() any { return *p })
}

// FloatPair declares a pair of numbers; the file may give one number for both. Value: [2]float64.
func (s *Set) FloatPair(p *[2]float64, name string, def [2]float64, doc string, rules ...Rule) {
	*p = def
	s.field(name, TNumPair, def, doc, rules, func(v cty.Value) error { return toPair(v, p, toFloat) }, func() any { return *p })
}

// OptFloat declares a number that may be left unset. Value: float64, or nil.
func (s *Set) OptFloat(p **float64, name, doc string, rules ...Rule) {
	optional(s, p, name, TNumber, doc, rules, toFloat)
}

// OptInt declares a whole number that may be left unset. Value: int, or nil.
func (s *Set) OptInt(p **int, name, doc string, rules ...Rule) {
	optional(s, p, name, TInt, doc, rules, toInt)
}

// OptBool declares a truth value that may be left unset. Value: bool, or nil.
func (s *Set) OptBool(p **bool, name, doc string, rules ...Rule) {
	optional(s, p, name, TBool, doc, rules, toBool)
}

func optional[V any](s *Set, p **V, name string, t Type, doc string, rules []Rule, conv func(cty.Value, *V) error) {
	*p = nil
	f := s.field(name, t, nil, doc, rules, func(v cty.Value) error {
		var x V
		if err := conv(v, &x); err != nil {
			return err
		}
		*p = &x
		return nil
	}, func() any {
		if *p == nil {
			return nil
		}
		return **p
	})
	f.Optional = true
}

func (s *Set) field(name string, t Type, def any, doc string, rules []Rule, set func(cty.Value) error, get func() any) *Field {
	f := &Field{Name: name, Type: t, Default: def, Doc: doc, set: set, get: get}
	for _, r := range rules {
		if r.required {
			f.Required, f.Default = true, nil
			continue
		}
		f.Location = f.Location || r.location
		f.Rules = append(f.Rules, r)
	}
	s.Fields = append(s.Fields, f)
	return f
}

// Block declares a child block with fixed content, at most one. *present, if not nil, tells whether the file has it; with nil the
// block's defaults stand when the file has none.
func (s *Set) Block(c Component, typ, doc string, present *bool) {
	s.single(c, &ChildField{Type: typ, Doc: doc, Max: 1}, func(string) {
		if present != nil {
			*present = true
		}
	}, present == nil)
	if present != nil {
		*present = false
	}
}

// Named declares a child block with fixed content and a label of the user's choice, at most one: `pipeline "name" { … }`. *label is empty
// when the file has none.
func (s *Set) Named(c Component, label *string, typ, doc string) {
	*label = ""
	s.single(c, &ChildField{Type: typ, Doc: doc, Max: 1, Labels: true}, func(l string) { *label = l }, false)
}

func (s *Set) single(c Component, cf *ChildField, seen func(label string), stands bool) {
	set := Of(c)
	var held []Held
	if stands && set.complete() {
		held = []Held{{Comp: c}}
	}
	cf.add = func(label string) Component {
		seen(label)
		held = []Held{{Label: label, Comp: c}}
		return c
	}
	cf.list = func() []Held { return held }
	s.Children = append(s.Children, cf)
}

// complete reports whether a component with these declarations can stand without a block in the file.
func (s *Set) complete() bool {
	for _, f := range s.Fields {
		if f.Required {
			return false
		}
	}
	for _, c := range s.Children {
		if c.Min > 0 {
			return false
		}
	}
	return true
}

// Repeated declares any number of child blocks with fixed content. newItem appends a fresh item to the owner and returns it; labels tells
// whether each block has a label, which then is unique.
func (s *Set) Repeated(typ, doc string, labels bool, reset func(), newItem func(label string) Component) {
	var held []Held
	reset()
	s.Children = append(s.Children, &ChildField{Type: typ, Doc: doc, Labels: labels,
		add: func(label string) Component {
			c := newItem(label)
			held = append(held, Held{Label: label, Comp: c})
			return c
		},
		list: func() []Held { return held }})
}

// Child declares a child block `typ "name" { … }` whose name is a component of the table. Required components must be given; others
// leave *p at its zero value.
func Child[T Component](s *Set, p *T, typ string, t *Table[T], doc string, required bool) {
	var zero T
	*p = zero
	c := child(s, p, typ, t, doc, nil)
	if required {
		c.Min = 1
	}
}

// ChildDefault is Child with a component that stands when the file has no such block.
func ChildDefault[T Component](s *Set, p *T, typ string, t *Table[T], def, doc string) {
	*p = t.New(def)
	child(s, p, typ, t, doc, []Held{{Label: def, Comp: *p}}).Default = def
}

func child[T Component](s *Set, p *T, typ string, t *Table[T], doc string, held []Held) *ChildField {
	c := &ChildField{Type: typ, Kind: t, Doc: doc, Max: 1,
		add: func(label string) Component {
			*p = t.New(label)
			held = []Held{{Label: label, Comp: *p}}
			return *p
		},
		list: func() []Held { return held }}
	s.Children = append(s.Children, c)
	return c
}

// Children declares any number of child blocks in order. With an empty typ the block's type is the component's name:
// `view { random_resized_crop { … } }`.
func Children(s *Set, p *[]Component, typ string, k Kind, doc string, min int) {
	*p = nil
	var held []Held
	s.Children = append(s.Children, &ChildField{Type: typ, Kind: k, Doc: doc, Min: min,
		add: func(label string) Component {
			c := k.Component(label)
			*p = append(*p, c)
			held = append(held, Held{Label: label, Comp: c})
			return c
		},
		list: func() []Held { return held }})
}
