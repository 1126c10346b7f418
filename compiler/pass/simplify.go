package pass

import (
	"fmt"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// A rule rewrites one node by what defines its inputs. It returns the values that replace the outputs, or nil. Every rule removes a
// node, a factor or a repetition, so that applying rules ends.
type rule struct {
	doc   string
	ops   []string // keys of the operators it applies to
	apply func(n *ir.Node) []*ir.Value
}

// rules lists the algebra that is applied. In floating point each is exact, but for the sign of a zero: none reorders a sum or a
// product of numbers that are not known, none drops a NaN.
func rules() []rule {
	return append(append([]rule{}, arithmeticRules...), shapeRules...)
}

// simplifyOpt applies the rules until none fits. A node that a graph output keeps alive, because it hands an input or another output
// through, becomes an Identity.
func simplifyOpt(g *ir.Graph) (bool, error) {
	byOp := map[string][]rule{}
	for _, r := range rules() {
		for _, name := range r.ops {
			byOp[name] = append(byOp[name], r)
		}
	}
	changed := false
	for range maxRounds {
		outputs := map[*ir.Value]bool{}
		for _, v := range g.Outputs {
			outputs[v] = true
		}
		again := sweep(g, func(n *ir.Node) []*ir.Value {
			for _, r := range byOp[key(n.Op)] {
				if out := r.apply(n); out != nil {
					return handed(n, out, outputs)
				}
			}
			return nil
		})
		if !again {
			return changed, nil
		}
		changed = true
	}
	return false, fmt.Errorf("the rules still change the graph %s after %d rounds", g.Name, maxRounds)
}

// handed is out, or an Identity of it where a graph output must be kept apart from a value that has a name of its own to keep.
func handed(n *ir.Node, out []*ir.Value, outputs map[*ir.Value]bool) []*ir.Value {
	v := n.Out[0]
	if len(out) > 1 || !outputs[v] || out[0].Def != nil && !outputs[out[0]] {
		return out
	}
	if key(n.Op) == "Identity" {
		return nil
	}
	return []*ir.Value{op.Identity(out[0])}
}

// one is the result of a rule for an operator with one output; nil stays nil.
func one(v *ir.Value) []*ir.Value {
	if v == nil {
		return nil
	}
	return []*ir.Value{v}
}

// by is the node that computes v, if it is one of the operators.
func by(v *ir.Value, ops ...string) *ir.Node {
	if v == nil || v.Def == nil {
		return nil
	}
	k := key(v.Def.Op)
	for _, name := range ops {
		if k == name {
			return v.Def
		}
	}
	return nil
}

// splat is the number that all elements of a constant have, as the graph holds it: what is stored is rounded to the element type.
func splat(v *ir.Value) (float64, bool) {
	t := v.Const()
	if t == nil || !uniform(t) {
		return 0, false
	}
	return t.Data[0], true
}

// intAttr is an attribute of an operator by its ONNX name; 0 when it has none of that name or leaves it out.
func intAttr(o ir.Op, name string) int {
	n, _ := ir.Attribute(o, name).(int)
	return n
}
