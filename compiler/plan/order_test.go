package plan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOrder(t *testing.T) {
	if diff := cmp.Diff([]int32{0, 1, 2, 3}, Order(5, 1, 4, false)); diff != "" {
		t.Errorf("Order without shuffle (-want +got):\n%s", diff)
	}
	a, b, other := Order(5, 1, 1000, true), Order(5, 1, 1000, true), Order(5, 2, 1000, true)
	if !slices.Equal(a, b) {
		t.Error("Order gave two orders for one epoch")
	}
	if slices.Equal(a, other) {
		t.Error("Order gave the same order for two epochs")
	}
	slices.Sort(a)
	if !slices.Equal(a, Order(5, 1, 1000, false)) {
		t.Error("Order left out or repeated a sample")
	}
}

func TestBatch(t *testing.T) {
	order := []int32{4, 2, 0, 1, 3}
	for _, c := range []struct {
		last  string
		batch int
		want  [][]int32
	}{
		{LastWrap, 2, [][]int32{{4, 2}, {0, 1}, {3, 4}}},
		{LastDrop, 2, [][]int32{{4, 2}, {0, 1}}},
		{LastPartial, 2, [][]int32{{4, 2}, {0, 1}, {3}}},
		{LastWrap, 5, [][]int32{{4, 2, 0, 1, 3}}},
		{LastWrap, 12, [][]int32{{4, 2, 0, 1, 3, 4, 2, 0, 1, 3, 4, 2}}},
		{LastDrop, 6, nil},
		{LastPartial, 6, [][]int32{{4, 2, 0, 1, 3}}},
	} {
		var got [][]int32
		for step := range StepsPerEpoch(len(order), c.batch, c.last) {
			got = append(got, Batch(nil, order, step, c.batch, c.last))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("batches of %d with %q (-want +got):\n%s", c.batch, c.last, diff)
		}
	}
}
