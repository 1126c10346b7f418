package schema

import "github.com/zclconf/go-cty/cty"

// TIntList is the type of [Set.IntOrList].
const TIntList Type = "int or list of int"

// IntOrList declares one whole number or a list of them: the neighbours of a vote, say, where one number is the usual case. Value: int for
// one number, else []int.
func (s *Set) IntOrList(p *[]int, name string, def []int, doc string, rules ...Rule) {
	*p = append([]int(nil), def...)
	get := func() any {
		if l := *p; len(l) == 1 {
			return l[0]
		}
		return *p
	}
	s.field(name, TIntList, get(), doc, rules, func(v cty.Value) error {
		if !v.IsNull() && v.Type() == cty.Number {
			*p = make([]int, 1)
			return toInt(v, &(*p)[0])
		}
		return toList(v, p, toInt)
	}, get)
}
