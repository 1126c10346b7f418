package datasource

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/transform"
)

// TestLook: what a file holds is told from its content, whatever the pipeline declares.
func TestLook(t *testing.T) {
	var m transform.Image
	for name, c := range map[string]struct {
		data []byte
		want Look
	}{
		"grey PGM":        {[]byte("P5 3 2 255\n123456"), Look{"PNM", 2, 3, 1, false, false}},
		"16-bit grey PGM": {[]byte("P5 3 1 65535\n\x01\x00\x02\x00\xff\xff"), Look{"PNM", 1, 3, 1, true, false}},
		"colour PPM":      {[]byte("P6 1 2 255\n123456"), Look{"PNM", 2, 1, 3, false, false}},
		"16-bit PNG":      {sixteen(t), Look{"PNG", 1, 1, 4, true, false}},
	} {
		got, err := look(&m, c.data, limit)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
		if shown := 3; m.Channels != shown || m.Height != got.Height || m.Width != got.Width {
			t.Errorf("%s: the image shows [channels=%d, height=%d, width=%d], want [channels=%d, height=%d, width=%d]", name, m.Channels, m.Height, m.Width, shown, got.Height, got.Width)
		}
	}
	if _, err := look(&m, []byte("GIF89a"), limit); err == nil || err.Error() != decode(&m, []byte("GIF89a"), as(3)).Error() {
		t.Errorf("look at a GIF = %v, want the error of decoding it", err)
	}
}

// TestSubsetRest: a subset and its rest part the source, each image in one of them.
func TestSubsetRest(t *testing.T) {
	source := classFolder(t, 8, 4, 2)
	args := func(rest bool) map[string]any {
		return map[string]any{"fraction": 0.5, "per_class": true, "seed": 3, "rest": rest}
	}
	whole, err := openNested(t, source)
	if err != nil {
		t.Fatal(err)
	}
	var names, want []string
	for i := range whole.Len() {
		want = append(want, whole.Name(i))
	}
	for _, rest := range []bool{false, true} {
		s, err := openNested(t, nested("subset", args(rest), source))
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != 7 {
			t.Errorf("rest = %t keeps %d images, want 7 of 14", rest, s.Len())
		}
		for i := range s.Len() {
			names = append(names, s.Name(i))
		}
	}
	slices.Sort(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("the two parts together are not the source:\n%s", diff)
	}
	_, err = openNested(t, nested("subset", map[string]any{"fraction": 1, "rest": true}, source))
	if want := "rest = true keeps nothing: the selection has all 14 samples"; fmt.Sprint(err) != want {
		t.Errorf("the rest of all = %v, want %s", err, want)
	}
}
