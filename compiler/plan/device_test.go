package plan

import "testing"

func TestParseDevice(t *testing.T) {
	for text, want := range map[string]struct {
		kind  string
		index int
	}{"": {"cpu", 0}, "cpu": {"cpu", 0}, "cuda": {"cuda", 0}, "cuda:0": {"cuda", 0}, "cuda:3": {"cuda", 3},
		"gpu": {}, "cpu:0": {}, "cuda:": {}, "cuda:-1": {}, "cuda:x": {}, "cuda:999": {}, "cuda:1:2": {}} {
		kind, index, err := ParseDevice(text)
		if kind != want.kind || index != want.index || (err == nil) != (want.kind != "") {
			t.Errorf("ParseDevice(%q) = %q, %d, %v, want %v", text, kind, index, err, want)
		}
	}
}
