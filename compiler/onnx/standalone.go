package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Standalone says how a model becomes one that needs nothing else: no weights from outside, no preparation of the images but their size.
type Standalone struct {
	Input string // the model's input of images, f32[batch, channel, height, width]
	// Bytes lets it take uint8 in [0,255]; else float32 in [0,1].
	Bytes bool
	// Mean and Std of each channel, or one for all, are removed from the images in units of [0,1], as transform normalize does. None: the images are taken as they are.
	Mean, Std []float64
	// Weights are the elements, little-endian, of the initializers that the model expects from outside.
	Weights map[string][]byte
	// DataFile, when not empty, is the file, beside the model's, that holds the elements of those initializers.
	DataFile string
	Metadata map[string]string
}

// MaxModel is the size in bytes up to which a model may hold its weights: protocol buffers end at 2 GiB, and graph and types need room too.
const MaxModel = 1<<31 - 1<<24

// align is what the elements of each tensor in a data file begin at, so that it can be mapped into memory: ONNX, "External Data", which asks for the page size.
const align = 4096

// Join returns the model of Standalone, and with a DataFile the names of the tensors in that file, each of which begins at the next multiple of align.
func Join(model []byte, o Standalone) (joined []byte, order []string, err error) {
	m, err := ReadModel(model)
	if err == nil {
		order, err = m.fill(o)
	}
	if err == nil {
		err = m.prepare(o)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("joining model and weights: %w", err)
	}
	for _, k := range slices.Sorted(maps.Keys(o.Metadata)) {
		m.Metadata = append(m.Metadata, &Entry{k, o.Metadata[k]})
	}
	if joined = marshal(m); len(joined) > math.MaxInt32 {
		return nil, nil, errors.New("joining model and weights: the model is larger than the 2 GiB of a protocol buffer; keep its weights in a file of their own")
	}
	return joined, order, nil
}

// Padding is the number of bytes behind a tensor that ends at a place of a data file.
func Padding(end int64) int64 { return (align - end%align) % align }

// fill gives the external initializers their elements, or their place in the data file.
func (m *Model) fill(o Standalone) (order []string, err error) {
	var at int64
	for _, t := range m.Main.Initializers {
		if t.Location == 0 {
			continue
		}
		data, ok := o.Weights[t.Name]
		if !ok {
			return nil, fmt.Errorf("there are no elements for %q", t.Name)
		}
		if want, err := t.bytes(); err != nil || want != int64(len(data)) {
			return nil, fmt.Errorf("%q has %d bytes of elements, for the dims %v", t.Name, len(data), t.Dims)
		}
		if o.DataFile == "" {
			t.Raw, t.External, t.Location = data, nil, 0
			continue
		}
		t.External = []*Entry{{"location", o.DataFile}, {"offset", strconv.FormatInt(at, 10)}, {"length", strconv.Itoa(len(data))}}
		order = append(order, t.Name)
		at += int64(len(data))
		at += Padding(at)
	}
	return order, nil
}

// bytes is the size of a tensor's elements.
func (t *Tensor) bytes() (int64, error) {
	d, err := dtypeOf(t.DataType)
	n := int64(d.Bytes())
	for _, k := range t.Dims {
		n *= k
	}
	return n, err
}

// prepare puts the preparation of the images before the graph: what read the input reads its result.
func (m *Model) prepare(o Standalone) error {
	g := m.Main
	i := slices.IndexFunc(g.Inputs, func(v *ValueInfo) bool { return v.Name == o.Input })
	if i < 0 {
		return fmt.Errorf("the model has no input %q", o.Input)
	}
	p := &preparation{graph: g, at: o.Input}
	if o.Bytes {
		g.Inputs[i].Type.Tensor.Elem = 2
		p.step("float", "Cast", nil, &Attribute{Name: "to", Type: AttrInt, Int: 1})
		p.step("unit", "Div", []float64{255})
	}
	if len(o.Mean) > 0 {
		p.step("centred", "Sub", o.Mean)
		p.step("normalised", "Div", o.Std)
	}
	for _, n := range g.Nodes {
		for j, name := range n.Inputs {
			if name == o.Input {
				n.Inputs[j] = p.at
			}
		}
	}
	g.Nodes = append(p.nodes, g.Nodes...)
	return nil
}

// preparation is a chain of operators under construction.
type preparation struct {
	graph *Graph
	at    string // the value so far
	nodes []*Node
}

// step applies an operator, to a second operand of one number or one for each channel where there is one.
func (p *preparation) step(name, op string, operand []float64, attrs ...*Attribute) {
	name = "images/" + name
	n := &Node{Name: name, Op: op, Inputs: []string{p.at}, Outputs: []string{name}, Attrs: attrs}
	if operand != nil {
		t := &Tensor{Name: name + ".operand", DataType: 1, Dims: []int64{int64(len(operand)), 1, 1}}
		for _, x := range operand {
			t.Raw = binary.LittleEndian.AppendUint32(t.Raw, math.Float32bits(float32(x)))
		}
		p.graph.Initializers = append(p.graph.Initializers, t)
		n.Inputs = append(n.Inputs, t.Name)
	}
	p.nodes, p.at = append(p.nodes, n), name
}
