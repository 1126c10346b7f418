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

func TestStatsPeak(t *testing.T) {
	s := Stats{StateBytes: 100, PeakBytes: 1000}
	if got := s.Peak(8); got != 1000 {
		t.Errorf("Peak(8) without moments = %d, want peak_bytes", got)
	}
	s.Moments = []Moment{{Bytes: 1010}, {Bytes: 900, ThreadBytes: 60, Threads: 4}}
	for threads, want := range map[int]int64{1: 1010, 2: 1020, 3: 1080, 4: 1140, 64: 1140} {
		if got := s.Peak(threads); got != want {
			t.Errorf("Peak(%d) = %d, want %d", threads, got, want)
		}
	}
}
