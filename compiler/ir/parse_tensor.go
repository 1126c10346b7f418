package ir

import "math"

// tensor reads f32[2, 2](1, 2, 3, 4) or f32[64](splat 0).
func (p *parser) tensor() *Tensor {
	at := p.tok
	t := &Tensor{DType: p.dtype(), Dims: []int{}, Data: []float64{}}
	p.expect("[")
	n := 1
	p.list("]", func() {
		if len(t.Dims) == maxRank {
			p.fail(p.tok, "more than %d axes", maxRank)
		}
		d := p.size()
		if d > 0 && n > maxSize/d {
			p.fail(at, "a constant of more than %d elements", maxSize)
		}
		t.Dims, n = append(t.Dims, d), n*d
	})
	p.expect("(")
	if p.accept("splat") {
		if p.splat += n; n > maxSplat || p.splat > maxSplat {
			p.fail(at, "splat constants of more than %d elements together", maxSplat)
		}
		x := p.element(t.DType)
		t.Data = make([]float64, n)
		for i := range t.Data {
			t.Data[i] = x
		}
		p.expect(")")
		return t
	}
	p.list(")", func() { t.Data = append(t.Data, p.element(t.DType)) })
	if len(t.Data) != n {
		p.fail(at, "%d elements for the dims %v", len(t.Data), t.Dims)
	}
	return t
}

// element reads a number that the element type can hold; it does not round.
func (p *parser) element(d DType) float64 {
	at := p.tok
	x := p.float()
	if !d.IsFloat() && x != math.Trunc(x) || d == Bool && x != 0 && x != 1 || !d.IsFloat() && math.IsInf(x, 0) {
		p.fail(at, "%s is no %s", at, d)
	}
	return x
}
