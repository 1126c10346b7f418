package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/schema"
)

type either struct {
	size    []int
	degrees []float64
}

func (e *either) Args(s *schema.Set) {
	s.IntOrPair(&e.size, "size", nil, "pixels", schema.Required, schema.Positive)
	s.FloatOrPair(&e.degrees, "degrees", []float64{5}, "angle")
}

func TestEither(t *testing.T) {
	num := cty.NumberIntVal
	for _, c := range []struct {
		size, degrees cty.Value
		want          either
		values        []any
		errs          int
	}{
		{num(4), num(-2), either{[]int{4}, []float64{-2}}, []any{4, -2.}, 0},
		{cty.TupleVal([]cty.Value{num(4), num(4)}), cty.TupleVal([]cty.Value{num(1), num(2)}),
			either{[]int{4, 4}, []float64{1, 2}}, []any{[2]int{4, 4}, [2]float64{1, 2}}, 0},
		{cty.TupleVal([]cty.Value{num(4)}), num(1), either{nil, []float64{1}}, []any{nil, 1.}, 1},
		{num(0), num(1), either{[]int{0}, []float64{1}}, []any{0, 1.}, 1},
	} {
		var e either
		diags := schema.Decode(&e, &schema.Block{Args: []*schema.Arg{{Name: "size", Value: c.size}, {Name: "degrees", Value: c.degrees}}})
		if len(diags) != c.errs {
			t.Errorf("Decode(%#v, %#v) = %v, want %d errors", c.size, c.degrees, diags, c.errs)
		}
		if diff := cmp.Diff(c.want, e, cmp.AllowUnexported(either{})); diff != "" {
			t.Errorf("Decode(%#v, %#v) (-want +got):\n%s", c.size, c.degrees, diff)
		}
	}
	if got := schema.Of(&either{}).Fields[1].Default; got != 5. {
		t.Errorf("default = %v, want 5", got)
	}
}
