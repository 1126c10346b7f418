package op

import (
	"fmt"
	"slices"
	"strings"

	"ssc/compiler/ir"
)

// Einsum sums products of elements over the axes whose letters the result lacks: "bij,bjk->bik" is a batched matrix product. "..." stands for the
// axes that have no letter, which broadcast. Without "->" the result has the letters that occur once, in alphabetical order.
func Einsum(equation string, xs ...*ir.Value) *ir.Value {
	return ir.Apply1(einsum{equation}, xs...)
}

type einsum struct {
	Equation string `attr:"equation"`
}

var _ = register(einsum{})

func (einsum) Name() string { return "Einsum" }

func (einsum) Doc() ir.Doc {
	with := func(label, equation string, dims ...[]int) ir.Sample {
		s := ir.Sample{Label: label, Op: einsum{equation}}
		for _, d := range dims {
			s.In = append(s.In, ir.Arg{Dims: d})
		}
		return s
	}
	diagonal := with("diagonal", "...ii->...i", []int{2, 3, 3})
	diagonal.NoGrad = "a letter that an operand repeats is not differentiated"
	return ir.Doc{Text: "Sums of products over named axes. Differentiable unless an operand repeats a letter or has \"...\".", Samples: []ir.Sample{
		with("product", "bij,bjk->bik", []int{2, 3, 4}, []int{2, 4, 1}), with("total", "ij->", []int{3, 2}), with("transpose", "ij->ji", []int{3, 2}),
		with("outer", "i,j->ij", []int{3}, []int{2}), with("three", "ij,jk,k->i", []int{2, 3}, []int{3, 2}, []int{2}), diagonal,
	}}
}

// einsumTerms is a parsed equation: one string of letters for each operand, and the result's. Digits stand for the axes of "...".
type einsumTerms struct {
	in  []string
	out string
}

// parse resolves the equation for operands of the given ranks.
func (o einsum) parse(ranks []int) (einsumTerms, error) {
	left, out, explicit := strings.Cut(strings.ReplaceAll(o.Equation, " ", ""), "->")
	t := einsumTerms{in: strings.Split(left, ","), out: out}
	if len(t.in) != len(ranks) {
		return t, fmt.Errorf("equation %q has %d operands, %d are given", o.Equation, len(t.in), len(ranks))
	}
	most := 0 // axes that "..." stands for
	for i, s := range t.in {
		if n := ranks[i] - len(strings.Replace(s, "...", "", 1)); strings.Contains(s, "...") {
			if n < 0 || n > 9 {
				return t, fmt.Errorf("equation %q: operand %d has %d axes", o.Equation, i, ranks[i])
			}
			most = max(most, n)
		} else if n != 0 {
			return t, fmt.Errorf("equation %q: operand %d has %d axes, not %d", o.Equation, i, ranks[i], len(s))
		}
	}
	const digits = "0123456789"
	for i, s := range t.in {
		n := ranks[i] - len(strings.Replace(s, "...", "", 1))
		t.in[i] = strings.Replace(s, "...", digits[most-n:most], 1)
	}
	all := strings.Join(t.in, "")
	if !explicit {
		letters := strings.Split(all, "")
		slices.Sort(letters)
		t.out = digits[:most]
		for _, l := range letters {
			if strings.Count(all, l) == 1 && !strings.Contains(digits, l) {
				t.out += l
			}
		}
	}
	t.out = strings.Replace(t.out, "...", digits[:most], 1)
	for i, l := range t.out {
		if !strings.ContainsRune(all, l) || strings.ContainsRune(t.out[i+1:], l) {
			return t, fmt.Errorf("equation %q: the result's %q is in no operand or repeated", o.Equation, l)
		}
	}
	return t, nil
}

// sizes finds the axis of every letter.
func (t einsumTerms) sizes(shapes []ir.Shape) (map[byte]ir.Dim, error) {
	sizes := map[byte]ir.Dim{}
	for i, s := range t.in {
		for j := range s {
			d, have := shapes[i][j], sizes[s[j]]
			known := have != ir.Dim{}
			switch wild := s[j] <= '9'; {
			case !known || wild && have.Size == 1:
				sizes[s[j]] = d
			case wild && d.Size == 1:
			case !have.Equal(d):
				return nil, fmt.Errorf("operand %d is %s, but axis %q has size %s elsewhere", i, shapes[i], s[j], have)
			}
		}
	}
	return sizes, nil
}

func (o einsum) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, max(len(in), 1), max(len(in), 1)); err != nil {
		return nil, err
	}
	if err := sameDType(false, in...); err != nil {
		return nil, err
	}
	ranks, shapes := make([]int, len(in)), make([]ir.Shape, len(in))
	for i, v := range in {
		ranks[i], shapes[i] = len(v.Shape), v.Shape
	}
	t, err := o.parse(ranks)
	if err != nil {
		return nil, err
	}
	sizes, err := t.sizes(shapes)
	if err != nil {
		return nil, fmt.Errorf("equation %q: %w", o.Equation, err)
	}
	s := ir.Shape{}
	for i := range t.out {
		s = append(s, sizes[t.out[i]])
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

// Grad of an operand is the sum of products of dy with the other operands, over the letters that the operand lacks.
func (o einsum) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	ranks := make([]int, len(n.In))
	for i, v := range n.In {
		ranks[i] = len(v.Shape)
	}
	t, _ := o.parse(ranks)
	for _, s := range t.in {
		for i := range s {
			if s[i] <= '9' || strings.IndexByte(s[i+1:], s[i]) >= 0 {
				return nil
			}
		}
	}
	dx := make([]*ir.Value, len(n.In))
	for i, v := range n.In {
		terms, xs := []string{t.out}, []*ir.Value{dy[0]}
		for j, u := range n.In {
			if j != i {
				terms, xs = append(terms, t.in[j]), append(xs, u)
			}
		}
		have, kept, wide := strings.Join(terms, ""), "", ir.Shape{}
		for k := range t.in[i] {
			d := ir.Dim{Size: 1} // an axis that only this operand has: its elements all have the same gradient
			if strings.IndexByte(have, t.in[i][k]) >= 0 {
				kept += t.in[i][k : k+1]
				d = v.Shape[k]
			}
			wide = append(wide, d)
		}
		dx[i] = Expand(Reshape(Einsum(strings.Join(terms, ",")+"->"+kept, xs...), wide), v.Shape)
	}
	return dx
}

func (o einsum) Eval(in []*ir.Tensor) []*ir.Tensor {
	ranks, shapes := make([]int, len(in)), make([]ir.Shape, len(in))
	for i, t := range in {
		ranks[i], shapes[i] = len(t.Dims), ir.Dims(t.Dims...)
	}
	t, err := o.parse(ranks)
	if err != nil {
		panic("op: " + err.Error())
	}
	sizes, err := t.sizes(shapes)
	if err != nil {
		panic("op: " + err.Error())
	}
	letters := t.out
	for _, s := range t.in {
		for i := range s {
			if strings.IndexByte(letters, s[i]) < 0 {
				letters += s[i : i+1]
			}
		}
	}
	dims := make([]int, len(letters))
	for i := range letters {
		dims[i] = sizes[letters[i]].Size
	}
	strides := make([][]int, len(in))
	for i, x := range in {
		strides[i] = letterStrides(t.in[i], letters, x.Dims)
	}
	y := ir.NewTensor(in[0].DType, dims[:len(t.out)]...)
	inner := ir.Dims(dims[len(t.out):]...).Elems()
	idx := make([]int, len(dims))
	for i := 0; i < len(y.Data)*inner; i++ {
		p := 1.0
		for k, x := range in {
			p *= x.Data[offset(idx, strides[k])]
		}
		y.Data[i/inner] += p
		next(idx, dims)
	}
	return []*ir.Tensor{y}
}

// letterStrides are the strides of a tensor of dims, whose axes are named by term, along each of letters.
func letterStrides(term, letters string, dims []int) []int {
	own, s := ir.Strides(dims), make([]int, len(letters))
	for i := range term {
		if dims[i] != 1 {
			s[strings.IndexByte(letters, term[i])] += own[i]
		}
	}
	return s
}
