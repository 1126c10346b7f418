package pass

import (
	"math"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

var arithmeticRules = []rule{
	{"x + 0, x - 0, x·1, x/1, x¹, x ∧ true, x ∨ false, x ⊻ false = x", []string{"Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor"}, dropNeutral},
	{"x/c = x·(1/c) for a power of two c", []string{"Div"}, invertDivisor},
	{"(x·c)·d = x·(c·d) where c or d is a power of two", []string{"Mul"}, joinFactors},
	{"(-x)·c = x·(-c)", []string{"Mul"}, negateFactor},
	{"-(-x) = x, ¬¬x = x", []string{"Neg", "Not"}, dropDouble},
	{"-(x·c) = x·(-c), -(a - b) = b - a", []string{"Neg"}, pushNegation},
	{"a + (-b) = a - b, a - (-b) = a + b", []string{"Add", "Sub"}, absorbNegation},
	{"f(f(x)) = f(x)", []string{"Relu", "Abs", "Floor", "Ceil", "Round", "Sign"}, dropRepeated},
	{"the sum, maximum or minimum of one value is the value", []string{"Sum", "Max", "Min"}, dropSingle},
	{"where with a known or no choice", []string{"Where"}, decideWhere},
}

func dropNeutral(n *ir.Node) []*ir.Value {
	o, ok := n.Op.(interface {
		Neutral() (number float64, left bool)
	})
	if !ok {
		return nil
	}
	number, left := o.Neutral()
	for i, x := range n.In {
		if c, ok := splat(n.In[1-i]); ok && c == number && (i == 0 || left) && x.Type.Equal(n.Out[0].Type) {
			return one(x)
		}
	}
	return nil
}

// factor splits a product into a value of the product's own type and a number; nil when it is none.
func factor(n *ir.Node) (*ir.Value, float64) {
	for i, x := range n.In {
		if c, ok := splat(n.In[1-i]); ok && x.Const() == nil && x.DType.IsFloat() && x.Type.Equal(n.Out[0].Type) {
			return x, c
		}
	}
	return nil, 0
}

// isPower reports whether c is ±2^k.
func isPower(c float64) bool {
	f, _ := math.Frexp(c)
	return math.Abs(f) == 0.5
}

// normal reports whether the type holds numbers of c's size in full precision, so that a power of two takes nothing from them.
func normal(d ir.DType, c float64) bool {
	least, most := 0x1p-126, 0x1p127 // of float32 and bfloat16
	if d == ir.Float16 {
		least, most = 0x1p-14, 0x1p15
	}
	return math.Abs(c) >= least && math.Abs(c) <= most
}

func invertDivisor(n *ir.Node) []*ir.Value {
	x := n.In[0]
	c, ok := splat(n.In[1])
	if !ok || !x.DType.IsFloat() || !isPower(c) || !normal(x.DType, c) || !normal(x.DType, 1/c) || !x.Type.Equal(n.Out[0].Type) {
		return nil
	}
	return one(op.Mul(x, op.Scalar(x, 1/c)))
}

func joinFactors(n *ir.Node) []*ir.Value {
	product, d := factor(n)
	inner := by(product, "Mul")
	if inner == nil {
		return nil
	}
	x, c := factor(inner)
	if x == nil || !isPower(c) && !isPower(d) || !normal(x.DType, c) || !normal(x.DType, d) || !normal(x.DType, c*d) {
		return nil
	}
	return one(op.Mul(x, op.Scalar(x, c*d)))
}

func negateFactor(n *ir.Node) []*ir.Value {
	x, c := factor(n)
	inner := by(x, "Neg")
	if inner == nil {
		return nil
	}
	return one(op.Mul(inner.In[0], op.Scalar(x, -c)))
}

func dropDouble(n *ir.Node) []*ir.Value {
	if inner := by(n.In[0], n.Op.Name()); inner != nil {
		return one(inner.In[0])
	}
	return nil
}

func pushNegation(n *ir.Node) []*ir.Value {
	if inner := by(n.In[0], "Sub"); inner != nil {
		return one(op.Sub(inner.In[1], inner.In[0]))
	}
	if inner := by(n.In[0], "Mul"); inner != nil {
		if x, c := factor(inner); x != nil {
			return one(op.Mul(x, op.Scalar(x, -c)))
		}
	}
	return nil
}

func absorbNegation(n *ir.Node) []*ir.Value {
	a, b := n.In[0], n.In[1]
	if inner := by(b, "Neg"); inner != nil {
		if n.Op.Name() == "Sub" {
			return one(op.Add(a, inner.In[0]))
		}
		return one(op.Sub(a, inner.In[0]))
	}
	if inner := by(a, "Neg"); inner != nil && n.Op.Name() == "Add" {
		return one(op.Sub(b, inner.In[0]))
	}
	return nil
}

func dropRepeated(n *ir.Node) []*ir.Value {
	if by(n.In[0], n.Op.Name()) != nil {
		return one(n.In[0])
	}
	return nil
}

func dropSingle(n *ir.Node) []*ir.Value {
	if len(n.In) == 1 {
		return one(n.In[0])
	}
	return nil
}

func decideWhere(n *ir.Node) []*ir.Value {
	cond, a, b, to := n.In[0], n.In[1], n.In[2], n.Out[0].Type
	if a == b && a.Type.Equal(to) {
		return one(a)
	}
	if inner := by(cond, "Not"); inner != nil {
		return one(op.Where(inner.In[0], b, a))
	}
	c, ok := splat(cond)
	if !ok {
		return nil
	}
	chosen := a
	if c == 0 {
		chosen = b
	}
	if chosen.Type.Equal(to) {
		return one(chosen)
	}
	if !to.Shape.Static() {
		return nil
	}
	return one(op.Expand(chosen, to.Shape))
}
