package datasource

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/lang/schema"
	"ssc/runtime/transform"
)

// nested is a source with sources inside.
func nested(label string, args map[string]any, inside ...plan.Component) plan.Component {
	return plan.Component{Type: "source", Label: label, Args: args, Blocks: inside}
}

func openNested(t testing.TB, c plan.Component) (Samples, error) {
	t.Helper()
	s, err := Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Open(t.Context())
}

// classFolder has images of classes; each has as many images as counts says, whose single pixel is 10 times the class and the number.
func classFolder(t testing.TB, counts ...int) plan.Component {
	dir := t.TempDir()
	for class, n := range counts {
		for i := range n {
			write(t, dir, fmt.Sprintf("%c/%03d.ppm", 'a'+class, i), dot(byte(10*class+i)))
		}
	}
	return nested("image_folder", map[string]any{"data_prefix": dir})
}

// pixels reads all samples: label and pixel.
func pixels(t testing.TB, s Samples) (out []string) {
	t.Helper()
	var m transform.Image
	for i := range s.Len() {
		label, err := s.Read(i, &m)
		if err != nil || label != labelOf(s, i) {
			t.Errorf("Read(%d) = %d, %v, want label %d", i, label, err, labelOf(s, i))
		}
		out = append(out, fmt.Sprintf("%d:%d", label, m.Pix[0]))
	}
	return out
}

func TestConcatAndRepeat(t *testing.T) {
	a, b := classFolder(t, 2, 1), classFolder(t, 0, 1)
	s, err := openNested(t, nested("concat", nil, a, nested("repeat", map[string]any{"times": 2}, b)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0:0", "0:1", "1:10", "0:10", "0:10"}, pixels(t, s)); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if got, want := s.Name(4), filepath.Join(b.Args["data_prefix"].(string), "b/000.ppm"); got != want {
		t.Errorf("Name(4) = %s, want %s", got, want)
	}
	if classesOf(s) != nil {
		t.Errorf("Classes() = %q of parts with other classes, want none", classesOf(s))
	}
	same, err := openNested(t, nested("concat", nil, a, a))
	if err != nil || !slices.Equal(classesOf(same), []string{"a", "b"}) {
		t.Errorf("Classes() = %q, %v, want those of both parts", classesOf(same), err)
	}
	if Digest(same) == Digest(s) || Digest(same) == "" {
		t.Error("different sources have one digest")
	}
	_, err = openNested(t, nested("repeat", map[string]any{"times": 1 << 30}, a))
	if err == nil || !strings.Contains(err.Error(), "3 samples 1073741824 times are more than the limit of 2147483647") {
		t.Errorf("Open = %v, want a limit", err)
	}
}

func TestSubset(t *testing.T) {
	source := classFolder(t, 8, 4, 1)
	for _, c := range []struct {
		name string
		args map[string]any
		want map[int64]int // images of each class; -1 for all together
	}{
		{"fraction", map[string]any{"fraction": 0.4}, map[int64]int{-1: 5}},
		{"small fraction", map[string]any{"fraction": 0.001}, map[int64]int{-1: 1}},
		{"all", map[string]any{"fraction": 1}, map[int64]int{0: 8, 1: 4, 2: 1}},
		{"count", map[string]any{"count": 3}, map[int64]int{-1: 3}},
		{"fraction of each class", map[string]any{"fraction": 0.25, "per_class": true}, map[int64]int{0: 2, 1: 1, 2: 1}},
		{"count of each class", map[string]any{"count": 1, "per_class": true}, map[int64]int{0: 1, 1: 1, 2: 1}},
	} {
		drawn := map[string]bool{}
		for seed := range 8 {
			args := maps.Clone(c.args)
			args["seed"] = seed
			s, err := openNested(t, nested("subset", args, source))
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			again, err := openNested(t, nested("subset", args, source))
			got := pixels(t, s)
			if err != nil || !slices.Equal(got, pixels(t, again)) || Digest(s) != Digest(again) {
				t.Errorf("%s: a second draw differs, or %v", c.name, err)
			}
			names, counts := []string{}, map[int64]int{}
			for i := range s.Len() {
				names = append(names, s.Name(i))
				counts[labelOf(s, i)]++
			}
			if !slices.IsSorted(names) || len(slices.Compact(names)) != s.Len() {
				t.Errorf("%s: %q is not in the order of the source, or has a sample twice", c.name, names)
			}
			if c.want[-1] != 0 {
				counts = map[int64]int{-1: s.Len()}
			}
			if diff := cmp.Diff(c.want, counts); diff != "" {
				t.Errorf("%s: images of each class (-want +got):\n%s", c.name, diff)
			}
			drawn[strings.Join(got, " ")] = true
		}
		if c.name != "all" && len(drawn) < 4 {
			t.Errorf("%s: 8 seeds draw %d sets, want more", c.name, len(drawn))
		}
	}
}

func TestSubsetList(t *testing.T) {
	source := classFolder(t, 3, 3)
	for _, c := range []struct {
		text string
		want []string
		err  string
	}{
		{"4\r\n0\n4\n", []string{"0:0", "1:11"}, ""},
		{"b/001.ppm\na/002.ppm 0\n", []string{"0:2", "1:11"}, ""},
		{"001.ppm\n", nil, `list.txt:1: 2 samples of the source are called "001.ppm"; write more of the path`},
		{"0\nc/001.ppm\n6\n", nil, "list.txt:2: no sample of the source is called \"c/001.ppm\"\nlist.txt:3: there is no sample 6; the source has 6"},
		{"01.ppm\n", nil, "no sample of the source"},
		{"\n", nil, "list.txt: the list is empty"},
	} {
		s, err := openNested(t, nested("subset", map[string]any{"list": write(t, t.TempDir(), "list.txt", []byte(c.text))}, source))
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("list %q: Open = %v, want %q", c.text, err, c.err)
			}
		case err != nil:
			t.Errorf("list %q: %v", c.text, err)
		default:
			if diff := cmp.Diff(c.want, pixels(t, s)); diff != "" {
				t.Errorf("list %q (-want +got):\n%s", c.text, diff)
			}
		}
	}
}

func TestSubsetRefuses(t *testing.T) {
	source := classFolder(t, 3, 1)
	flat := nested("folder", map[string]any{"path": source.Args["data_prefix"]})
	for _, c := range []struct {
		args   map[string]any
		source plan.Component
		want   string
	}{
		{map[string]any{"count": 5}, source, "count = 5, and there are 4 samples"},
		{map[string]any{"count": 2, "per_class": true}, source, "class 1: count = 2, and there are 1 samples"},
		{map[string]any{"count": 1, "per_class": true}, flat, "per_class needs labels"},
		{map[string]any{"list": "testdata/none.txt"}, source, "testdata/none.txt: no such file"},
	} {
		if _, err := openNested(t, nested("subset", c.args, c.source)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%v) = %v, want %q", c.args, err, c.want)
		}
	}
}

func TestClassBalanced(t *testing.T) {
	source := classFolder(t, 6, 2, 1)
	for _, c := range []struct {
		args map[string]any
		want []string
	}{
		// Shares 2/3, 2/9, 1/9; factors 1, ceil(sqrt(9/4)) = 2, ceil(sqrt(9/2)) = 3.
		{map[string]any{"oversample_thr": 0.5}, []string{"0:0", "0:1", "0:2", "0:3", "0:4", "0:5", "1:10", "1:10", "1:11", "1:11", "2:20", "2:20", "2:20"}},
		{map[string]any{}, []string{"0:0", "0:1", "0:2", "0:3", "0:4", "0:5", "1:10", "1:11", "2:20"}},
		{map[string]any{"mode": "uniform"}, []string{"0:0", "0:1", "0:2", "0:3", "0:4", "0:5", "1:10", "1:10", "1:10", "1:11", "1:11", "1:11",
			"2:20", "2:20", "2:20", "2:20", "2:20", "2:20"}},
	} {
		s, err := openNested(t, nested("class_balanced", c.args, source))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, pixels(t, s)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.args, diff)
		}
	}
	uneven, err := openNested(t, nested("class_balanced", map[string]any{"mode": "uniform"}, classFolder(t, 5, 3)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1:10", "1:10", "1:11", "1:11", "1:12"}, pixels(t, uneven)[5:]); diff != "" {
		t.Errorf("three images for five places (-want +got):\n%s", diff)
	}
	flat := nested("folder", map[string]any{"path": source.Args["data_prefix"]})
	if _, err := openNested(t, nested("class_balanced", nil, flat)); err == nil || !strings.Contains(err.Error(), "class_balanced needs a label for each image") {
		t.Errorf("Open without labels = %v, want a refusal", err)
	}
}

// Sources with sources inside survive the trip through the plan's JSON, defaults written out.
func TestNestedRoundTrip(t *testing.T) {
	c := nested("concat", nil,
		nested("subset", map[string]any{"fraction": 0.1, "per_class": true}, nested("cifar10", map[string]any{"data_prefix": "x"})),
		nested("class_balanced", nil, nested("repeat", map[string]any{"times": 3}, nested("shapes", nil))))
	built, err := Build(c)
	if err != nil {
		t.Fatal(err)
	}
	first := spec("concat", built)
	text, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	var back schema.Spec
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again := &concat{}
	if err := schema.DecodeJSON(again, back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, spec("concat", again)); diff != "" {
		t.Errorf("after the trip (-before +after):\n%s", diff)
	}
	if len(again.sources) != 2 || again.sources[0].(*subset).source.(*cifar10).dataPrefix != "x" || !again.sources[0].(*subset).perClass {
		t.Errorf("sources = %+v, want a subset of cifar10 and a class_balanced", again.sources)
	}
}

// spec lays out a source by hand: its arguments, and those of its children.
func spec(label string, s Source) schema.Spec {
	out := schema.Spec{Type: "source", Label: label, Args: map[string]any{}}
	var children []schema.Component
	switch s := s.(type) {
	case *concat:
		children = s.sources
	case *repeat:
		children, out.Args["times"] = []schema.Component{s.source}, float64(s.times)
	case *subset:
		children, out.Args["fraction"], out.Args["per_class"], out.Args["seed"] = []schema.Component{s.source}, *s.fraction, s.perClass, float64(s.seed)
	case *classBalanced:
		children, out.Args["mode"], out.Args["oversample_thr"] = []schema.Component{s.source}, s.mode, s.threshold
	case *cifar10:
		out.Args["data_prefix"], out.Args["split"] = s.dataPrefix, s.split
	case *shapes:
		out.Args["count"], out.Args["hard"] = float64(s.count), s.hard
	}
	for _, c := range children {
		out.Blocks = append(out.Blocks, spec(labels[fmt.Sprintf("%T", c)], c.(Source)))
	}
	return out
}

var labels = map[string]string{"*datasource.concat": "concat", "*datasource.repeat": "repeat", "*datasource.subset": "subset",
	"*datasource.classBalanced": "class_balanced", "*datasource.cifar10": "cifar10", "*datasource.shapes": "shapes"}

func TestDeclarationsRefuse(t *testing.T) {
	shapes := nested("shapes", nil)
	for _, c := range []struct {
		source plan.Component
		want   string
	}{
		{nested("concat", nil), "needs a source block"},
		{nested("repeat", nil, shapes), `needs the argument "times"`},
		{nested("repeat", map[string]any{"times": 0}, shapes), `must be greater than 0`},
		{nested("subset", nil, shapes), "exactly one of fraction, count and list, and 0 are given"},
		{nested("subset", map[string]any{"count": 1, "fraction": 0.5}, shapes), "exactly one of fraction, count and list, and 2 are given"},
		{nested("subset", map[string]any{"count": 1}), "needs a source block"},
		{nested("concat", nil, shapes, nested("idx", map[string]any{"images": "x"})), "one has 1 where the first has 3"},
		{nested("class_balanced", map[string]any{"mode": "sqrt"}, shapes), `must be one of "repeat_factor", "uniform"`},
		{nested("stl10", map[string]any{"data_prefix": "x", "split": "test", "fold": 1}), `Folds are parts of split = "train"`},
		{nested("folder", map[string]any{"path": "x", "include": []any{"["}}), `The pattern "[" is malformed`},
		{nested("folder", map[string]any{"path": "x", "window": []any{1}}), "The window is [1]; write the lowest and the highest value"},
		{nested("folder", map[string]any{"path": "x", "channels": 0}), "must be between 1 and 1024"},
		{nested("shapes", map[string]any{"size": 4}), "must be between 8 and 1024"},
		{nested("tar", map[string]any{"files": []any{}}), "must be not empty"},
		{nested("nothing", nil), `there is no source "nothing"`},
	} {
		if _, err := Build(c.source); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Build(%v) = %v, want %q", c.source, err, c.want)
		}
	}
}

// Every source says how many channels its images have before data is opened.
func TestChannelsWithoutData(t *testing.T) {
	for label, want := range map[string]int{"idx": 1, "folder": 3, "image_folder": 3, "image_list": 3, "cifar10": 3, "cifar100": 3, "stl10": 3, "npy": 3, "tar": 3, "parquet": 3, "shapes": 3} {
		if got := Table.New(label).Channels(); got != want {
			t.Errorf("Channels() of %s = %d, want %d", label, got, want)
		}
	}
	for _, label := range []string{"repeat", "subset", "class_balanced", "concat"} {
		args := map[string]map[string]any{"repeat": {"times": 1}, "subset": {"count": 1}}[label]
		s, err := Build(nested(label, args, nested("npy", map[string]any{"images": "x", "channels": 6})))
		if err != nil || s.Channels() != 6 {
			t.Errorf("Channels() of a %s of six = %v, want 6", label, err)
		}
	}
}
