package probe

import (
	"errors"
	"strings"
	"testing"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/loader"
	"ssc/runtime/transform"
)

// holed are images of which some cannot be read.
type holed struct {
	datasource.Samples
	bad map[int]bool
}

func (h holed) Read(i int, m *transform.Image) (int64, error) {
	if h.bad[i] {
		return 0, errors.New("damaged")
	}
	copy(m.Reset(1, 1, 1), []uint8{uint8(i)})
	return int64(i), nil
}

func (h holed) Len() int { return 100 }

func (h holed) Name(int) string { return "image" }

// TestUnreadable: another image takes the place of a damaged one, with its own label, and above the bound extraction fails.
func TestUnreadable(t *testing.T) {
	told := 0
	x := Extractor{MaxBadFraction: 0.02, OnBad: func(loader.Bad) { told++ }}
	view := plan.View{Transforms: []plan.Component{{Type: "resize", Args: map[string]any{"size": []any{1, 1}}}}, Image: plan.ImageType{Channels: 1, Height: 1, Width: 1}}
	f, err := x.Extract(t.Context(), holed{bad: map[int]bool{3: true, 50: true}}, 1, view)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if told != 2 {
		t.Errorf("OnBad is told of %d images, want 2", told)
	}
	for i, l := range f.Labels {
		if got := int64(f.Row(i)[0]*255 + .5); got != l || (l == int64(i)) == (i == 3 || i == 50) {
			t.Errorf("place %d has label %d and the image %d, want those of one image, its own unless it is damaged", i, l, got)
		}
	}
	bad := map[int]bool{}
	for i := range 7 { // 2 expected, 3 deviations above are 6.2
		bad[i] = true
	}
	if _, err := x.Extract(t.Context(), holed{bad: bad}, 1, view); err == nil || !strings.Contains(err.Error(), "7 of 100 samples are unreadable") {
		t.Errorf("extracting with 7 damaged images of 100 = %v, want an error", err)
	}
	x.MaxBadFraction = 0
	if _, err := x.Extract(t.Context(), holed{bad: map[int]bool{3: true}}, 1, view); err == nil {
		t.Error("extracting with a damaged image where none is borne succeeds")
	}
}
