package schema

import (
	"fmt"
	"math"

	"github.com/zclconf/go-cty/cty"
)

// errType is a value of the wrong type, in words; decode says what was expected.
type errType struct{ found string }

func (e errType) Error() string { return e.found }

func found(v cty.Value) error {
	if v.IsNull() {
		return errType{"null"}
	}
	return errType{v.Type().FriendlyName()}
}

func toFloat(v cty.Value, p *float64) error {
	if v.IsNull() || v.Type() != cty.Number {
		return found(v)
	}
	f, _ := v.AsBigFloat().Float64()
	if math.IsInf(f, 0) {
		return errType{"a number beyond the range of a float64"}
	}
	*p = f
	return nil
}

func toInt(v cty.Value, p *int) error {
	if v.IsNull() || v.Type() != cty.Number {
		return found(v)
	}
	n, acc := v.AsBigFloat().Int64()
	if acc != 0 {
		return errType{fmt.Sprintf("the number %s", v.AsBigFloat().Text('g', -1))}
	}
	*p = int(n)
	return nil
}

func toBool(v cty.Value, p *bool) error {
	if v.IsNull() || v.Type() != cty.Bool {
		return found(v)
	}
	*p = v.True()
	return nil
}

func toString(v cty.Value, p *string) error {
	if v.IsNull() || v.Type() != cty.String {
		return found(v)
	}
	*p = v.AsString()
	return nil
}

func toList[V any](v cty.Value, p *[]V, elem func(cty.Value, *V) error) error {
	if v.IsNull() || !(v.Type().IsTupleType() || v.Type().IsListType() || v.Type().IsSetType()) {
		return found(v)
	}
	var out []V // an empty list is nil, so that values compare equal however they were written
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		var x V
		if err := elem(e, &x); err != nil {
			return err
		}
		out = append(out, x)
	}
	*p = out
	return nil
}

func toPair[V any](v cty.Value, p *[2]V, elem func(cty.Value, *V) error) error {
	if !v.IsNull() && v.Type() == cty.Number {
		var x V
		if err := elem(v, &x); err != nil {
			return err
		}
		*p = [2]V{x, x}
		return nil
	}
	var l []V
	if err := toList(v, &l, elem); err != nil {
		return err
	}
	if len(l) != 2 {
		return errType{fmt.Sprintf("a list of %d", len(l))}
	}
	*p = [2]V{l[0], l[1]}
	return nil
}
