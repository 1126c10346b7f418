package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/schema"
)

type oneOrMore struct{ k []int }

func (o *oneOrMore) Args(s *schema.Set) {
	s.IntOrList(&o.k, "k", []int{10, 20}, "neighbours", schema.NotEmpty, schema.Positive)
}

func TestIntOrList(t *testing.T) {
	num := cty.NumberIntVal
	for _, c := range []struct {
		in    cty.Value
		want  []int
		value any
		errs  int
	}{
		{num(5), []int{5}, 5, 0},
		{cty.TupleVal([]cty.Value{num(5)}), []int{5}, 5, 0},
		{cty.TupleVal([]cty.Value{num(5), num(7)}), []int{5, 7}, []int{5, 7}, 0},
		{cty.EmptyTupleVal, nil, []int(nil), 1},
		{num(0), []int{0}, 0, 1},
		{cty.StringVal("5"), []int{10, 20}, []int{10, 20}, 1},
	} {
		var o oneOrMore
		b := &schema.Block{Args: []*schema.Arg{{Name: "k", Value: c.in}}}
		if diags := schema.Decode(&o, b); len(diags) != c.errs {
			t.Errorf("Decode(%#v) = %v, want %d errors", c.in, diags, c.errs)
		}
		if diff := cmp.Diff(c.want, o.k); diff != "" {
			t.Errorf("Decode(%#v) (-want +got):\n%s", c.in, diff)
		}
		if c.errs > 0 {
			continue
		}
		spec := schema.Encode(b)
		var again oneOrMore
		if err := schema.DecodeJSON(&again, spec); err != nil {
			t.Errorf("DecodeJSON(%v) = %v", spec, err)
		}
		if diff := cmp.Diff(c.want, again.k); diff != "" {
			t.Errorf("%v decoded again (-want +got):\n%s", spec, diff)
		}
	}
	if got, want := schema.Of(&oneOrMore{}).Fields[0].Default, []int{10, 20}; !cmp.Equal(got, any(want)) {
		t.Errorf("default = %v, want %v", got, want)
	}
}
