package plan

import "testing"

// TestRate: the logged learning rate is the optimizer's, or that of the largest group where each has its own.
func TestRate(t *testing.T) {
	for _, c := range []struct {
		groups []Group
		want   string
	}{
		{nil, "lr"},
		{[]Group{{LR: "lr_0.1", Params: 9}, {LR: "lr", Params: 1}}, "lr"},
		{[]Group{{LR: "lr_0.1", Params: 1}, {LR: "lr_fixed_0.3", Params: 2}}, "lr_fixed_0.3"},
	} {
		if got := (&Plan{Groups: c.groups}).Rate(); got != c.want {
			t.Errorf("Rate of %+v = %q, want %q", c.groups, got, c.want)
		}
	}
}
