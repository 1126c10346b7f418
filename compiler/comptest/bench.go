package comptest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/rogpeppe/go-internal/txtar"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/lang/schema"
)

// bench is the content of a section in.hcl.
type bench struct {
	kind   schema.Kind
	comp   schema.Component
	inputs []*port
}

func (b *bench) Args(s *schema.Set) {
	schema.ChildOf(s, &b.comp, b.kind.Name(), b.kind, "the component", true)
	s.Repeated("input", "what it is applied to", true, func() { b.inputs = nil }, func(name string) schema.Component {
		p := &port{name: name}
		b.inputs = append(b.inputs, p)
		return p
	})
}

// port is one input.
type port struct {
	name  string
	shape []int
	dtype string
}

func (p *port) Args(s *schema.Set) {
	s.Ints(&p.shape, "shape", nil, "sizes of the axes", schema.Required, schema.Positive)
	s.String(&p.dtype, "dtype", "f32", "element type", schema.OneOf("f32", "i64"))
}

// axes are what inputs call their axes, by their number.
var axes = map[int][]string{1: {"batch"}, 2: {"batch", "dim"}, 4: {"batch", "channel", "height", "width"}}

func (p *port) dims() ir.Shape {
	s := ir.Dims(p.shape...)
	for i, name := range axes[len(s)] {
		s[i].Name = name
	}
	return s
}

// image is the input as the type of a view.
func (p *port) image() (plan.ImageType, error) {
	if len(p.shape) != 4 {
		return plan.ImageType{}, fmt.Errorf("input %q needs four axes: batch, channel, height, width", p.name)
	}
	return plan.ImageType{Channels: p.shape[1], Height: p.shape[2], Width: p.shape[3], Normalized: true}, nil
}

// sections makes the sections of a golden file of the component.
func sections(kind schema.Kind, name string, src []byte) ([]txtar.File, error) {
	b := &bench{kind: kind}
	p, diags := lang.Load([]string{input}, lang.Options{ReadFile: func(string) ([]byte, error) { return src, nil }, Root: func() schema.Component { return &bench{kind: kind} }})
	if p.Root != nil {
		diags = append(diags, schema.Decode(b, p.Root)...)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	block := p.Root.Find(kind.Name())[0]
	if block.Label != name {
		return nil, fmt.Errorf("%s has the %s %q, want %q", input, kind.Name(), block.Label, name)
	}
	d := driver{bench: b, blocks: map[schema.Component]*schema.Block{}}
	schema.Walk(p.Root, func(c schema.Component, b *schema.Block) { d.blocks[c] = b })
	// The language sorts blocks; inputs stand in the order of the text.
	slices.SortFunc(b.inputs, func(p, q *port) int {
		return cmp.Compare(d.blocks[p].Range.Start.Byte, d.blocks[q].Range.Start.Byte)
	})
	return d.sections(schema.Encode(block))
}

// driver builds the component.
type driver struct {
	*bench
	blocks map[schema.Component]*schema.Block
	*nn.Builder
}

// begin starts a graph whose batch and views are those of the inputs.
func (d *driver) begin(name string, training bool, views []plan.ImageType) {
	batch := ir.Dim{Name: "batch", Size: 1}
	if len(d.inputs) > 0 {
		batch.Size = d.inputs[0].shape[0]
	}
	d.Builder = nn.NewBuilder(name, training, batch, views)
	d.Blocks = d.blocks
}

// values makes graph inputs of the ports.
func (d *driver) values() []*ir.Value {
	var out []*ir.Value
	for _, p := range d.inputs {
		t, _ := ir.ParseDType(p.dtype) // the declaration allows no other
		out = append(out, d.G.Input(p.name, t, p.dims()))
	}
	return out
}
