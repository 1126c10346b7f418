package tensorrt

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ssc/compiler/onnx"
)

// contextDomain and contextOp name the node by which ONNX Runtime keeps what a provider compiled (docs, "EP Context").
const contextDomain, contextOp = "com.microsoft", "EPContext"

// Unwrap takes the engine out of the model that ONNX Runtime's TensorRT provider leaves. An engine that is not the whole network is an error that names the nodes outside.
func Unwrap(model []byte) ([]byte, error) {
	m, err := onnx.ReadModel(model)
	if err != nil {
		return nil, err
	}
	var engine []byte
	var outside []string
	for _, n := range m.Main.Nodes {
		if n.Op != contextOp || engine != nil {
			outside = append(outside, fmt.Sprintf("%s (%s)", n.Name, n.Op))
			continue
		}
		for _, a := range n.Attrs {
			if a.Name == "ep_cache_context" {
				engine = a.String
			}
		}
	}
	switch {
	case len(outside) > 0:
		return nil, fmt.Errorf("TensorRT did not take %d of the nodes: %s", len(outside), strings.Join(outside[:min(len(outside), 8)], ", "))
	case len(engine) == 0:
		return nil, errors.New("the model holds no engine")
	}
	return engine, nil
}

// Wrap is a model for ONNX Runtime's TensorRT provider whose only node is an engine, from float32 images to float32 features; dims have -1 for the batch.
func Wrap(engine []byte, input string, dims []int, output string, features []int) ([]byte, error) {
	if len(engine) > onnx.MaxModel {
		return nil, fmt.Errorf("an engine of %d bytes does not fit into a model", len(engine))
	}
	n := &onnx.Node{Name: "engine", Op: contextOp, Domain: contextDomain, Inputs: []string{input}, Outputs: []string{output}, Attrs: []*onnx.Attribute{
		{Name: "main_context", Type: onnx.AttrInt, Int: 1}, {Name: "embed_mode", Type: onnx.AttrInt, Int: 1},
		{Name: "ep_cache_context", Type: onnx.AttrString, String: engine}, {Name: "source", Type: onnx.AttrString, String: []byte("TensorrtExecutionProvider")},
	}}
	m := &onnx.Model{IRVersion: 8, Producer: "ssc", Opsets: []*onnx.Opset{{Version: 18}, {Domain: contextDomain, Version: 1}}, Main: &onnx.Graph{
		Name: "engine", Nodes: []*onnx.Node{n}, Inputs: []*onnx.ValueInfo{value(input, dims)}, Outputs: []*onnx.ValueInfo{value(output, features)},
	}}
	return m.Marshal(), nil
}

func value(name string, dims []int) *onnx.ValueInfo {
	s := &onnx.Shape{}
	for _, d := range dims {
		if d < 0 {
			s.Dims = append(s.Dims, &onnx.Dim{Param: "batch"})
		} else {
			s.Dims = append(s.Dims, &onnx.Dim{Value: int64(d), Known: true})
		}
	}
	return &onnx.ValueInfo{Name: name, Type: &onnx.Type{Tensor: &onnx.TensorType{Elem: 1, Shape: s}}}
}

// Blame finds the nodes that a builder's message speaks of, and returns the place of each, file:line,col, once; names are those of the model's nodes, which their doc strings place.
func Blame(model []byte, message string) (names, places []string, err error) {
	m, err := onnx.ReadModel(model)
	if err != nil {
		return nil, nil, err
	}
	nodes := slices.SortedFunc(slices.Values(m.Main.Nodes), func(a, b *onnx.Node) int { return len(b.Name) - len(a.Name) })
	for _, n := range nodes { // a longer name first: one may begin with another
		if n.Name == "" || !mentions(message, n.Name) {
			continue
		}
		message = strings.ReplaceAll(message, n.Name, "")
		names = append(names, n.Name)
		if n.Doc != "" && !slices.Contains(places, n.Doc) {
			places = append(places, n.Doc)
		}
	}
	return names, places, nil
}

// mentions reports whether a name stands in a text for itself and not inside of a longer word.
func mentions(text, name string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		if !wordAt(text, i-1) && !wordAt(text, i+len(name)) {
			return true
		}
		from = i + 1
	}
}

// wordAt reports whether the byte belongs to a word.
func wordAt(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
