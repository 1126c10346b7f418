package op

import (
	"fmt"
	"sort"

	"ssc/compiler/ir"
)

// TopKOptions are the attributes of TopK: the axis, whether the largest or the smallest elements are taken, and whether they come in order.
type TopKOptions struct {
	Axis            int
	Largest, Sorted bool
}

// TopK returns the k largest or smallest elements along an axis, and their places. Of equal elements the first come first.
func TopK(x *ir.Value, k int, o TopKOptions) (values, indices *ir.Value) {
	out := ir.Apply(topK(o), x, ConstInts(x.Graph(), k))
	return out[0], out[1]
}

type topK struct {
	Axis    int  `attr:"axis"`
	Largest bool `attr:"largest"`
	Sorted  bool `attr:"sorted"`
}

var _ = register(topK{-1, true, true})

func (topK) Name() string { return "TopK" }

func (topK) Doc() ir.Doc {
	return ir.Doc{Text: "The k largest or smallest elements along an axis, with their places; the order is open when sorted is 0.", Samples: []ir.Sample{
		{Label: "last", Op: topK{-1, true, true}, In: []ir.Arg{{Dims: []int{3, 5}, Distinct: true}, {Value: ir.Ints(2)}}},
		{Label: "smallest", Op: topK{0, false, true}, In: []ir.Arg{{Dims: []int{4, 1, 3}, Distinct: true}, {Value: ir.Ints(3)}}},
	}}
}

// MaxOutputs counts values and indices.
func (topK) MaxOutputs() int { return 2 }

func (o topK) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	k, err := constInts(in, 1, "k")
	if err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	axis, err := normAxis(o.Axis, len(s))
	if err != nil {
		return nil, fmt.Errorf("input %s: %w", s, err)
	}
	if len(k) != 1 || k[0] < 0 || s[axis].Static() && k[0] > s[axis].Size {
		return nil, fmt.Errorf("k %v must be one number, at most the %s elements of axis %d of %s", k, s[axis], axis, s)
	}
	s[axis] = ir.Dim{Size: k[0]}
	return []ir.Type{{DType: in[0].DType, Shape: s}, {DType: ir.Int64, Shape: s}}, nil
}

func (o topK) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	if dy[0] == nil {
		return nil
	}
	return []*ir.Value{ScatterElements(zerosLike(n.In[0]), n.Out[1], dy[0], ScatterOptions{Axis: o.Axis}), nil}
}

func (o topK) Eval(in []*ir.Tensor) []*ir.Tensor {
	x, k := in[0], in[1].Int()[0]
	axis, err := normAxis(o.Axis, len(x.Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	dims := append([]int{}, x.Dims...)
	dims[axis] = k
	values, indices := ir.NewTensor(x.DType, dims...), ir.NewTensor(ir.Int64, dims...)
	n, stride := x.Dims[axis], ir.Strides(x.Dims)[axis]
	order := make([]int, n)
	for i := 0; i < len(x.Data)/max(n, 1); i++ {
		first := i/stride*stride*n + i%stride
		for j := range order {
			order[j] = j
		}
		value := func(j int) float64 { return x.Data[first+j*stride] }
		sort.SliceStable(order, func(a, b int) bool {
			if o.Largest {
				return value(order[a]) > value(order[b])
			}
			return value(order[a]) < value(order[b])
		})
		to := i/stride*stride*k + i%stride
		for j := 0; j < k; j++ {
			values.Data[to+j*stride] = value(order[j])
			indices.Data[to+j*stride] = float64(order[j])
		}
	}
	return []*ir.Tensor{values, indices}
}
