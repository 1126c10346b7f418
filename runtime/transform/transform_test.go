package transform

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

type args = map[string]any

func build(t testing.TB, components ...plan.Component) []Transform {
	t.Helper()
	ts, err := Build(components)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

func one(name string, a args, inside ...plan.Component) plan.Component {
	return plan.Component{Type: name, Args: a, Blocks: inside}
}

// stream is the random stream of sample i.
func stream(i int) *plan.Rand {
	r := plan.NewRand(99, plan.UseView, 0, uint64(i), 0)
	return &r
}

// Every transform says what it does, where it comes from, how MMSelfSup spelled it, and documents each argument.
func TestEntriesAreDocumented(t *testing.T) {
	names := Table.Names()
	for _, want := range []string{"center_crop", "color_jitter", "gaussian_blur", "normalize", "pad", "random_applied_trans", "random_crop", "random_erasing",
		"random_grayscale", "random_horizontal_flip", "random_resized_crop", "random_rotation", "resize", "solarization"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no transform %q", want)
		}
	}
	for _, n := range names {
		info, _ := Table.Info(n)
		if info.Doc == "" || info.Before == "" || info.Paper == (schema.Paper{}) {
			t.Errorf("%s lacks a doc, a paper or the old spelling", n)
		}
		for _, f := range schema.Of(Table.New(n)).Fields {
			if f.Doc == "" {
				t.Errorf("argument %s of %s lacks a doc", f.Name, n)
			}
		}
	}
}

func TestShape(t *testing.T) {
	varying, grey := plan.ImageType{Channels: 3}, plan.ImageType{Channels: 1, Height: 28, Width: 20}
	normal := plan.ImageType{Channels: 1, Height: 28, Width: 20, Normalized: true}
	size := func(in plan.ImageType, h, w int) plan.ImageType { in.Height, in.Width = h, w; return in }
	mean3 := args{"mean": []any{0.1, 0.2, 0.3}, "std": []any{1.}}
	for _, c := range []struct {
		c    plan.Component
		in   plan.ImageType
		want plan.ImageType
		err  string
	}{
		{c: one("resize", args{"size": 40}), in: grey, want: size(grey, 56, 40)},
		{c: one("resize", args{"size": 40}), in: varying, want: varying},
		{c: one("resize", args{"size": 40, "max_size": 50}), in: grey, want: size(grey, 50, 35)},
		{c: one("resize", args{"size": []any{40, 41}}), in: varying, want: size(varying, 40, 41)},
		{c: one("resize", args{"size": []any{20000, 20000}}), in: varying, err: "more than the limit"},
		{c: one("center_crop", args{"size": 40}), in: grey, want: size(grey, 40, 40)},
		{c: one("pad", args{"padding": []any{1, 2}}), in: grey, want: size(grey, 32, 22)},
		{c: one("pad", args{"padding": 3}), in: varying, want: varying},
		{c: one("random_crop", args{"size": 24}), in: grey, err: "the crop of 24 x 24 is larger than the image of 28 x 20"},
		{c: one("random_crop", args{"size": 24, "padding": 2}), in: grey, want: size(grey, 24, 24)},
		{c: one("random_crop", args{"size": 24, "pad_if_needed": true}), in: grey, want: size(grey, 24, 24)},
		{c: one("random_resized_crop", args{"size": []any{8, 9}}), in: varying, want: size(varying, 8, 9)},
		{c: one("color_jitter", nil), in: plan.ImageType{Channels: 4}, err: "works on images of 1 or 3 channels, and these have 4"},
		{c: one("random_grayscale", nil), in: grey, want: grey},
		{c: one("gaussian_blur", nil), in: normal, err: "move it before normalize"},
		{c: one("normalize", mean3), in: varying, want: plan.ImageType{Channels: 3, Normalized: true}},
		{c: one("normalize", mean3), in: grey, err: "mean and std are given for 3 channels, but the images have 1"},
		{c: one("normalize", mean3), in: normal, err: "move it before normalize"},
		{c: one("random_erasing", nil), in: normal, want: normal},
		{c: one("random_applied_trans", nil, one("solarization", nil)), in: grey, want: grey},
		{c: one("random_applied_trans", nil, one("center_crop", args{"size": 8})), in: grey, err: "turn images of [channels=1, height=28, width=20] into [channels=1, height=8, width=8]"},
		{c: one("random_applied_trans", nil, one("normalize", args{"mean": []any{0.5}, "std": []any{0.5}})), in: grey, err: "into [channels=1, height=28, width=20] normalised"},
	} {
		got, err := Shape(build(t, c.c), c.in)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("Shape of %v on %v = %v, want %q", c.c, c.in, err, c.err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("Shape of %v on %v = %v, %v, want %v", c.c, c.in, got, err, c.want)
		}
	}
}

func TestArgumentsRefused(t *testing.T) {
	for _, c := range []struct {
		c    plan.Component
		want string
	}{
		{one("resize", nil), `needs the argument "size"`},
		{one("resize", args{"size": []any{8, 8}, "max_size": 9}), "max_size bounds the longer side"},
		{one("resize", args{"size": 8, "max_size": 8}), "must be above size"},
		{one("color_jitter", args{"hue": 0.6}), "between -0.5 and 0.5"},
		{one("color_jitter", args{"hue": -0.1}), "hue = [-0.1, -0.1]"},
		{one("color_jitter", args{"brightness": []any{1.2, 0.8}}), "in ascending order"},
		{one("gaussian_blur", args{"sigma_min": 3}), "must not be above sigma_max"},
		{one("random_rotation", args{"degrees": -5}), "must be 0 or greater"},
		{one("normalize", args{"mean": []any{123.675}, "std": []any{58.4}}), "between -2 and 2"},
		{one("normalize", args{"mean": []any{0.5, 0.5}, "std": []any{1., 1., 1.}}), "mean has 2 numbers and std has 3"},
		{one("random_applied_trans", nil), "needs a transform block"},
		{one("blur", nil), `there is no transform "blur"`},
	} {
		if _, err := Build([]plan.Component{c.c}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Build(%v) = %v, want %q", c.c, err, c.want)
		}
	}
}

// A lone sample that does not fit is an error, not a panic.
func TestApplyRefuses(t *testing.T) {
	for _, c := range []struct {
		c    plan.Component
		h, w int
		want string
	}{
		{one("random_crop", args{"size": 24}), 28, 20, "larger than the padded image of 28 x 20"},
		{one("resize", args{"size": 256}), 1, 100_000, "more than the limit"},
		{one("resize", args{"size": 8, "max_size": 9}), 1, 1000, "leaves no pixels"},
	} {
		var m Image
		m.Lend(make([]uint8, c.h*c.w), 1, c.h, c.w)
		if err := build(t, c.c)[0].Apply(&m, stream(0)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Apply of %v to %d x %d = %v, want %q", c.c, c.h, c.w, err, c.want)
		}
	}
}

// The boxes of random_resized_crop have the area and aspect that were asked for; with no fitting box the centred fallback is taken.
func TestRandomResizedCropBoxes(t *testing.T) {
	crop := Table.New("random_resized_crop").(*randomResizedCrop)
	crop.scale = [2]float64{0.2, 0.6}
	const h, w, n = 300, 400, 20_000
	var area, logAspect, top float64
	for i := range n {
		b := crop.draw(h, w, stream(i))
		if b.top < 0 || b.left < 0 || b.top+b.height > h || b.left+b.width > w {
			t.Fatalf("box %+v leaves the image", b)
		}
		share, aspect := float64(b.height*b.width)/(h*w), float64(b.width)/float64(b.height)
		if share < 0.195 || share > 0.605 || aspect < 0.74 || aspect > 1.35 {
			t.Fatalf("box %+v has share %g and aspect %g", b, share, aspect)
		}
		area, logAspect = area+share, logAspect+math.Log(aspect)
		top += float64(b.top) / float64(h-b.height)
	}
	for _, c := range []struct {
		name             string
		got, want, bound float64
	}{{"area", area / n, 0.4, 0.005}, {"log aspect", logAspect / n, 0, 0.007}, {"place", top / n, 0.5, 0.012}} {
		if math.Abs(c.got-c.want) > c.bound {
			t.Errorf("mean %s = %g, want %g within %g", c.name, c.got, c.want, c.bound)
		}
	}
	for _, c := range []struct {
		h, w int
		want box
	}{
		{10, 1000, box{0, 493, 10, 13}}, // too wide: 10 x 4/3
		{1000, 9, box{494, 0, 12, 9}},   // too high: 9 / (3/4)
	} {
		crop.scale = [2]float64{1, 1}
		if got := crop.draw(c.h, c.w, stream(1)); got != c.want {
			t.Errorf("fallback in %d x %d = %+v, want %+v", c.h, c.w, got, c.want)
		}
	}
	crop.ratio = [2]float64{1.1, 1.2}
	crop.scale = [2]float64{1, 1}
	if got, want := crop.draw(100, 115, stream(1)), (box{0, 0, 100, 115}); got != want {
		t.Errorf("fallback in range = %+v, want %+v", got, want)
	}
}

func TestRandomErasingBoxes(t *testing.T) {
	e := Table.New("random_erasing").(*randomErasing)
	const side, n = 100, 20_000
	mean, found := 0.0, 0
	for i := range n {
		b, ok := e.draw(side, side, stream(i))
		if !ok {
			continue
		}
		if b.height >= side || b.width >= side || b.top+b.height > side || b.left+b.width > side {
			t.Fatalf("box %+v does not lie inside", b)
		}
		mean, found = mean+float64(b.height*b.width)/(side*side), found+1
	}
	if mean /= float64(found); math.Abs(mean-0.175) > 0.004 || found < n*99/100 {
		t.Errorf("mean share = %g in %d draws, want 0.175 in nearly %d", mean, found, n)
	}
	if _, ok := (&randomErasing{scale: [2]float64{1, 1}, ratio: [2]float64{1, 1}}).draw(10, 10, stream(0)); ok {
		t.Error("a box as large as the image was accepted")
	}
}

// The share of changed images is the probability, and what changed is what the core operation does.
func TestProbabilities(t *testing.T) {
	pix := noise(3, 6, 5)
	for _, c := range []struct {
		c    plan.Component
		want float64
	}{
		{one("random_horizontal_flip", nil), 0.5},
		{one("random_grayscale", nil), 0.1},
		{one("gaussian_blur", args{"sigma_min": 1, "p": 0.7}), 0.7},
		{one("solarization", args{"p": 0.2}), 0.2},
		{one("random_erasing", args{"p": 0.3, "value": 300 - 45}), 0.3},
		{one("random_applied_trans", args{"p": 0.8}, one("solarization", args{"p": 1.}), one("random_horizontal_flip", args{"p": 1.})), 0.8},
		{one("random_horizontal_flip", args{"p": 0.}), 0},
		{one("random_horizontal_flip", args{"p": 1.}), 1},
	} {
		ts := build(t, c.c)
		changed := 0
		const n = 4000
		for i := range n {
			var m Image
			m.Lend(pix, 3, 6, 5)
			if err := ts[0].Apply(&m, stream(i)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(m.Pix, pix) {
				changed++
			}
		}
		if got := float64(changed) / n; math.Abs(got-c.want) > 0.04 {
			t.Errorf("%v changed a share of %g, want %g", c.c, got, c.want)
		}
	}
}

func TestJitterRange(t *testing.T) {
	for _, c := range []struct {
		arg    []float64
		hue    bool
		lo, hi float64
	}{
		{[]float64{0.4}, false, 0.6, 1.4}, {[]float64{1.5}, false, 0, 2.5}, {[]float64{0.5, 0.7}, false, 0.5, 0.7},
		{[]float64{0.1}, true, -0.1, 0.1}, {[]float64{-0.2, 0.3}, true, -0.2, 0.3},
	} {
		if lo, hi, _ := jitterRange(c.arg, c.hue); lo != c.lo || hi != c.hi {
			t.Errorf("jitterRange(%v, %t) = %g, %g, want %g, %g", c.arg, c.hue, lo, hi, c.lo, c.hi)
		}
	}
}

// All 24 orders of the four operations occur, and factors cover their range.
func TestColorJitterDraws(t *testing.T) {
	ts := build(t, one("color_jitter", args{"brightness": []any{0.5, 0.5}, "contrast": []any{1.5, 1.5}, "saturation": []any{0.5, 0.5}, "hue": []any{0.2, 0.2}}))
	results := map[string]bool{}
	for i := range 2000 {
		var m Image
		m.Lend(noise(3, 9, 7), 3, 9, 7)
		if err := ts[0].Apply(&m, stream(i)); err != nil {
			t.Fatal(err)
		}
		results[string(m.Pix)] = true
	}
	if len(results) != 24 {
		t.Errorf("%d different results of fixed factors, want one for each of the 24 orders", len(results))
	}
	ts = build(t, one("color_jitter", args{"brightness": 0.5}))
	lo, hi := 255, 0
	for i := range 1000 {
		var m Image
		m.Lend([]uint8{100}, 1, 1, 1)
		if err := ts[0].Apply(&m, stream(i)); err != nil {
			t.Fatal(err)
		}
		lo, hi = min(lo, int(m.Pix[0])), max(hi, int(m.Pix[0]))
	}
	if lo != 50 || hi != 149 {
		t.Errorf("brightness 0.5 turns 100 into %d to %d, want 50 to 149", lo, hi)
	}
}

func TestRandomCropPlaces(t *testing.T) {
	ts := build(t, one("random_crop", args{"size": 3, "padding": 1, "fill": 9}))
	seen := map[string]int{}
	for i := range 900 {
		var m Image
		m.Lend([]uint8{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 3, 3)
		if err := ts[0].Apply(&m, stream(i)); err != nil {
			t.Fatal(err)
		}
		seen[string(m.Pix)]++
	}
	if len(seen) != 9 {
		t.Errorf("%d different crops, want 9", len(seen))
	}
	if n := seen[string([]uint8{9, 9, 9, 9, 1, 2, 9, 4, 5})]; n < 50 || n > 150 {
		t.Errorf("the upper left crop came %d times of 900, want about 100", n)
	}
}

func TestRotationRange(t *testing.T) {
	point := make([]uint8, 41*41)
	point[20*41+40] = 255 // a mark at angle 0, radius 20
	for _, c := range []struct {
		degrees any
		lo, hi  float64
	}{{30, -30, 30}, {[]any{40, 50}, 40, 50}, {[]any{90, 90}, 90, 90}} {
		ts := build(t, one("random_rotation", args{"degrees": c.degrees}))
		lo, hi := 360., -360.
		for i := range 500 {
			var m Image
			m.Lend(point, 1, 41, 41)
			if err := ts[0].Apply(&m, stream(i)); err != nil {
				t.Fatal(err)
			}
			at := bytes.IndexByte(m.Pix, 255)
			if at < 0 {
				continue // the mark fell between the pixel centres
			}
			angle := math.Atan2(float64(20-at/41), float64(at%41-20)) * 180 / math.Pi
			lo, hi = min(lo, angle), max(hi, angle)
		}
		if math.Abs(lo-c.lo) > 3 || math.Abs(hi-c.hi) > 3 {
			t.Errorf("degrees %v gave angles from %g to %g, want %g to %g", c.degrees, lo, hi, c.lo, c.hi)
		}
	}
}

func TestRandomErasingFills(t *testing.T) {
	mean := one("normalize", args{"mean": []any{0.5}, "std": []any{0.5}})
	for _, c := range []struct {
		list []plan.Component
		want func(planes []float32) bool
	}{
		{[]plan.Component{mean, one("random_erasing", args{"p": 1., "value": 7})}, func(p []float32) bool { return slices.Contains(p, 7) && slices.Contains(p, -1) }},
		{[]plan.Component{mean, one("random_erasing", args{"p": 1., "noise": true})}, func(p []float32) bool { return slices.Min(p) < -1.5 && slices.Contains(p, -1) }},
		{[]plan.Component{one("random_erasing", args{"p": 1., "value": 255}), mean}, func(p []float32) bool { return slices.Contains(p, 1) && slices.Contains(p, -1) }},
	} {
		var m Image
		m.Lend(make([]uint8, 20*20), 1, 20, 20)
		r := stream(3)
		for _, tr := range build(t, c.list...) {
			if err := tr.Apply(&m, r); err != nil {
				t.Fatal(err)
			}
		}
		if !c.want(m.Planes) {
			t.Errorf("%v erased nothing, or all, or filled with something else", c.list)
		}
	}
}

// Planes go where the caller wants them; without normalize they are the pixels scaled to [0,1].
func TestToPlanes(t *testing.T) {
	var m Image
	m.Lend([]uint8{0, 51, 255, 102}, 2, 1, 2)
	dst := make([]float32, 4)
	m.Dst = dst
	m.ToPlanes()
	if diff := cmp.Diff([]float32{0, 1, 0.2, 0.4}, dst); diff != "" {
		t.Errorf("planes (-want +got):\n%s", diff)
	}
}

// TestShrunkToSize: an image that was decoded smaller, to just the size that is asked for, is of that size to the transforms behind.
func TestShrunkToSize(t *testing.T) {
	var m Image
	m.Reset(1, 4, 6)
	m.ShrunkFrom(8, 12, 2)
	m.resizedCrop(box{0, 0, 8, 12}, 4, 6, "bilinear")
	if h, w := m.size(); h != 4 || w != 6 {
		t.Errorf("after a crop to 4x6 the image counts as %dx%d", h, w)
	}
}
