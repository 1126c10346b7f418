package schema

import "github.com/zclconf/go-cty/cty"

// IntOrPair declares "int or [int, int]" where the two forms mean different things: a resize to 256 keeps the aspect ratio, one to
// [256, 256] does not. *p has one element or two. Value: int or [2]int.
func (s *Set) IntOrPair(p *[]int, name string, def []int, doc string, rules ...Rule) {
	oneOrTwo(s, p, name, TIntPair, def, doc, rules, toInt)
}

// FloatOrPair declares "number or [number, number]" where the two forms mean different things: a rotation by 10 is drawn from
// [-10, 10], one by [10, 10] is fixed. *p has one element or two. Value: float64 or [2]float64.
func (s *Set) FloatOrPair(p *[]float64, name string, def []float64, doc string, rules ...Rule) {
	oneOrTwo(s, p, name, TNumPair, def, doc, rules, toFloat)
}

func oneOrTwo[V any](s *Set, p *[]V, name string, t Type, def []V, doc string, rules []Rule, elem func(cty.Value, *V) error) {
	*p = append([]V(nil), def...)
	get := func() any {
		switch l := *p; len(l) {
		case 1:
			return l[0]
		case 2:
			return [2]V(l)
		}
		return nil
	}
	s.field(name, t, get(), doc, rules, func(v cty.Value) error {
		var pair [2]V
		if err := toPair(v, &pair, elem); err != nil {
			return err
		}
		*p = pair[:]
		if v.Type() == cty.Number {
			*p = pair[:1]
		}
		return nil
	}, get)
}
