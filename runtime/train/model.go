package train

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxDepth bounds the nesting of messages in a model: a graph in an attribute of a node takes three levels, and a pipeline needs one or two such graphs.
const maxDepth = 100

// Field numbers of onnx.proto.
const (
	modelGraph, modelFunctions                                    = 7, 25
	graphNode, graphInitializer, graphInput, graphOutput          = 1, 5, 11, 12
	functionNode                                                  = 7
	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttr, nodeDomain = 1, 2, 3, 4, 5, 7
	attrName, attrInt, attrTensor, attrGraph, attrType            = 1, 3, 5, 6, 20
	attrTensors, attrGraphs                                       = 10, 11
	tensorDims, tensorType, tensorName, tensorRaw, tensorExternal = 1, 2, 8, 9, 13
	entryKey, entryValue, valueName                               = 1, 2, 1
	onnxFloat, onnxInt64, onnxAttrInt                             = 1, 7, 2
)

// domains are those whose operators a plan may call: ONNX's own and ours.
var domains = []string{"", "ai.onnx", "ai.ssc"}

// checkModels reads the plan's models for what ONNX Runtime would do on their behalf: open files, call foreign operators, descend without end. The weights of an
// inference graph are references that the runtime fills with the state, never a file's content.
func (r *run) checkModels() error {
	own := map[string]bool{}
	for _, s := range r.plan.State {
		own[s.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(r.models)) {
		if err := checkModel(r.models[name], own); err != nil {
			return fmt.Errorf("the graph %q of the plan: %w", name, err)
		}
	}
	return nil
}

// checkModel walks a model; tensors of the names in own may be external.
func checkModel(model []byte, own map[string]bool) error {
	c := checker{own}
	return c.message(model, map[protowire.Number]visitor{modelGraph: c.graph, modelFunctions: c.function}, 0)
}

type checker struct{ own map[string]bool }

// visitor checks one message at a depth.
type visitor func(b []byte, depth int) error

// message hands the fields of a message to their visitors.
func (c checker) message(b []byte, visit map[protowire.Number]visitor, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	return fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		if f := visit[num]; f != nil {
			return f(v, depth+1)
		}
		return nil
	})
}

func (c checker) graph(b []byte, depth int) error {
	return c.message(b, map[protowire.Number]visitor{graphNode: c.node, graphInitializer: c.tensor}, depth)
}

func (c checker) function(b []byte, depth int) error {
	return c.message(b, map[protowire.Number]visitor{functionNode: c.node}, depth)
}

func (c checker) node(b []byte, depth int) error {
	if n := readNode(b); !slices.Contains(domains, n.domain) {
		return fmt.Errorf("node %q calls %s of the domain %q; plans know the operators of ONNX and of ai.ssc", n.name, n.op, n.domain)
	}
	return c.message(b, map[protowire.Number]visitor{nodeAttr: c.attribute}, depth)
}

func (c checker) attribute(b []byte, depth int) error {
	return c.message(b, map[protowire.Number]visitor{attrTensor: c.tensor, attrTensors: c.tensor, attrGraph: c.graph, attrGraphs: c.graph}, depth)
}

func (c checker) tensor(b []byte, _ int) error {
	name, location, external := "", "", false
	err := fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case tensorName:
			name = string(v)
		case tensorExternal:
			external = true
			key, value := "", ""
			err := fields(v, func(num protowire.Number, v []byte, _ uint64) error {
				switch num {
				case entryKey:
					key = string(v)
				case entryValue:
					value = string(v)
				}
				return nil
			})
			if key == "location" {
				location = value
			}
			return err
		}
		return nil
	})
	if err == nil && external && !c.own[name] {
		err = fmt.Errorf("the tensor %q would be read from the file %q; plans read no files", name, location)
	}
	return err
}

var errWire = errors.New("it is damaged: no protocol buffer")

// fields calls visit for each field of a message: with its bytes, or with its number.
func fields(b []byte, visit func(num protowire.Number, v []byte, n uint64) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		var v []byte
		var x uint64
		switch typ {
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			x, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type, protowire.Fixed64Type:
			n = protowire.ConsumeFieldValue(num, typ, b)
		default: // groups are no part of ONNX and may nest without end
			return errWire
		}
		if n < 0 {
			return errWire
		}
		b = b[n:]
		if err := visit(num, v, x); err != nil {
			return err
		}
	}
	return nil
}

// node is what is needed of a NodeProto.
type node struct {
	name, op, domain string
	inputs, outputs  []string
}

func readNode(b []byte) (n node) {
	_ = fields(b, func(num protowire.Number, v []byte, _ uint64) error { // message reports what is damaged
		switch num {
		case nodeInput:
			n.inputs = append(n.inputs, string(v))
		case nodeOutput:
			n.outputs = append(n.outputs, string(v))
		case nodeName:
			n.name = string(v)
		case nodeOp:
			n.op = string(v)
		case nodeDomain:
			n.domain = string(v)
		}
		return nil
	})
	return n
}
