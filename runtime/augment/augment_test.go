package augment

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"ssc/compiler/plan"
	"ssc/kernels/cuda/host"
	"ssc/runtime/nvrtc"
	"ssc/runtime/transform"
)

type args = map[string]any

func one(name string, a args, inside ...plan.Component) plan.Component {
	return plan.Component{Type: name, Args: a, Blocks: inside}
}

// sometimes applies transforms with probability p.
func sometimes(p float64, inside ...plan.Component) plan.Component {
	return one("random_applied_trans", args{"p": p}, inside...)
}

var (
	jitter   = one("color_jitter", args{"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1})
	strong   = one("color_jitter", args{"brightness": 0.8, "contrast": 0.8, "saturation": 0.8, "hue": 0.4})
	imagenet = one("normalize", args{"mean": []any{0.485, 0.456, 0.406}, "std": []any{0.229, 0.224, 0.225}})
)

func crop(size int, more ...any) plan.Component {
	a := args{"size": size, "scale": []any{0.2, 1.}}
	for i := 0; i < len(more); i += 2 {
		a[more[i].(string)] = more[i+1]
	}
	return one("random_resized_crop", a)
}

// cases are views: those of the recipes, and others that reach the corners of single transforms.
var cases = []struct {
	name     string
	channels int
	// levels is how far a value may be from the processor's, in grey levels: the weights of lanczos are made of sines, which differ in the last bit.
	levels float64
	ts     []plan.Component
}{
	{"mocov1", 3, 0, []plan.Component{crop(24), one("random_grayscale", args{"p": 0.2}), jitter, one("random_horizontal_flip", nil), imagenet}},
	{"mocov2 and simclr", 3, 0, []plan.Component{crop(24), sometimes(0.8, jitter), one("random_grayscale", args{"p": 0.2}), one("gaussian_blur", nil), one("random_horizontal_flip", nil), imagenet}},
	{"byol", 3, 0, []plan.Component{crop(23, "interpolation", "bicubic"), one("random_horizontal_flip", nil), sometimes(0.8, jitter), one("random_grayscale", args{"p": 0.2}),
		one("gaussian_blur", args{"p": 0.5}), one("solarization", args{"p": 0.5}), imagenet}},
	{"dino's small crops", 3, 0, []plan.Component{crop(11, "scale", []any{0.05, 0.25}, "interpolation", "bicubic"), one("random_horizontal_flip", nil), strong, imagenet}},
	{"grey", 1, 0, []plan.Component{crop(20), one("random_horizontal_flip", nil), jitter, one("random_grayscale", args{"p": 0.5}), one("normalize", args{"mean": []any{0.286}, "std": []any{0.353}})}},
	{"clustering", 3, 0, []plan.Component{one("resize", args{"size": 30}), one("center_crop", args{"size": 27}), one("random_rotation", args{"degrees": 200, "fill": 7}), jitter, imagenet}},
	{"extraction", 3, 0, []plan.Component{one("resize", args{"size": []any{21, 26}}), one("center_crop", args{"size": 24}), imagenet}},
	{"lighting", 3, 1e-4, []plan.Component{crop(24), imagenet, one("lighting", nil)}},
	{"not normalised", 3, 0, []plan.Component{crop(16, "interpolation", "nearest"), one("solarization", args{"p": 1., "threshold": 100})}},
	{"whole size, then rows alone", 3, 0, []plan.Component{one("center_crop", args{"size": []any{40, 24}}), one("resize", args{"size": []any{40, 24}}), one("resize", args{"size": []any{17, 24}}), imagenet}},
	{"columns alone", 3, 0, []plan.Component{one("center_crop", args{"size": 40}), one("resize", args{"size": []any{40, 24}}), jitter, jitter, imagenet}},
	{"lanczos", 3, 1, []plan.Component{crop(24, "interpolation", "lanczos")}},
	{"strong blur of two channels", 2, 0, []plan.Component{crop(24), one("gaussian_blur", args{"sigma_min": 3., "sigma_max": 12., "p": 1.})}},
	{"many channels", 6, 0, []plan.Component{one("random_crop", args{"size": 30, "padding": 20, "padding_mode": "reflect", "pad_if_needed": true}), one("solarization", nil), one("random_horizontal_flip", nil)}},
	{"borders", 3, 0, []plan.Component{one("pad", args{"padding": []any{3, 5}, "padding_mode": "symmetric"}), one("pad", args{"padding": 2, "padding_mode": "edge"}), one("pad", args{"padding": 1, "fill": 9}),
		one("random_crop", args{"size": 30}), one("random_horizontal_flip", nil)}},
}

// sizes are those of the samples: height and width.
var sizes = [][2]int{{40, 53}, {61, 44}, {24, 24}, {41, 90}, {130, 47}, {28, 28}}

// image is a sample of smooth colours with some noise, and with grey and black areas.
func image(i, channels int) *transform.Image {
	size := sizes[i%len(sizes)]
	m := &transform.Image{}
	pix := m.Reset(channels, size[0], size[1])
	r := plan.NewRand(5, plan.UseShapes, 0, uint64(i), 0)
	for at := range pix {
		y, x, c := at/channels/size[1], at/channels%size[1], at%channels
		pix[at] = uint8(128 + 100*math.Sin(float64(x*(c+1))/9+float64(i)) + 27*math.Cos(float64(y)/5) + 20*(r.Float64()-0.5))
		if y < 8 {
			pix[at] = uint8(30 * (x / 8))
		}
	}
	return m
}

// real is the GPU that the kernel runs on instead of the processor.
var real = flag.Int("gpu", -1, "number of the GPU to run the kernel on, compiled by NVRTC; without one it runs on the processor")

// library is the driver's for the processor, with the kernel; empty where there is a GPU.
func library(t *testing.T) string {
	t.Helper()
	if *real >= 0 {
		return ""
	}
	return host.Library(t, source)
}

// TestAugment: of one batch the kernel makes the views that the transforms make on the processor, with the same random numbers, in blocks of any size and whatever thread is the first.
func TestAugment(t *testing.T) {
	lib := library(t)
	const n = 18
	for k, c := range cases {
		ts, err := transform.Build(c.ts)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := transform.Recordable(ts); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		stream := func(i int) *plan.Rand {
			r := plan.NewRand(99, plan.UseView, uint64(k), uint64(i), 0)
			return &r
		}
		places := make([]transform.Recorded, n)
		var want []float32
		var m transform.Image
		for i := range places {
			sample := image(i, c.channels)
			m.LendImage(sample)
			r := stream(i)
			for _, tr := range ts {
				if err := tr.Apply(&m, r); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
			}
			want = append(want, m.ToPlanes()...)
			places[i].Fill(sample)
			if err := places[i].View(ts, plan.ImageType{Channels: m.Channels, Height: m.Height, Width: m.Width}, stream(i)); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		for device, threads := range []int{64, 25} {
			got := run(t, lib, device, threads, places, len(want))
			if bad := differ(got, want, c.levels/255/0.224); bad != "" {
				t.Errorf("%s, GPU %d: %s", c.name, device, bad)
			}
		}
	}
}

// open opens the GPU that was asked for, or one of those that are the processor.
func open(t *testing.T, lib string, device, threads int) *GPU {
	t.Helper()
	if *real >= 0 {
		device = *real
	}
	var g *GPU
	var err error
	if lib == "" {
		g, err = Open("", device)
	} else if d, none := nvrtc.OpenDriver(lib, device); none == nil {
		g, err = Load(d, host.Binary)
	} else {
		err = none
	}
	if err != nil {
		t.Fatal(err)
	}
	g.threads = threads
	return g
}

// run makes view 0 of the places by a GPU.
func run(t *testing.T, lib string, device, threads int, places []transform.Recorded, n int) []float32 {
	t.Helper()
	g := open(t, lib, device, threads)
	to, err := g.d.NewMemory(4 * n)
	if err != nil {
		t.Fatal(err)
	}
	back, err := g.d.NewHost(4 * n)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.Send(places), g.Make(0, places, to.Address()), to.CopyOut(back, 4*n), g.Wait()); err != nil {
		t.Fatal(err)
	}
	out := make([]float32, n)
	if _, err := binary.Decode(back.Bytes(), binary.NativeEndian, out); err != nil {
		t.Fatal(err)
	}
	to.Close()
	back.Close()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// differ tells where two results are further apart than they may be.
func differ(got, want []float32, most float64) string {
	n, worst := 0, 0.0
	for i := range want {
		d := math.Abs(float64(got[i] - want[i]))
		if d > most || d != d {
			if n++; n == 1 {
				worst = float64(i)
			}
		}
	}
	if n == 0 {
		return ""
	}
	i := int(worst)
	return fmt.Sprintf("%d of %d values differ by more than %g; value %d is %g, want %g", n, len(want), most, i, got[i], want[i])
}

// TestViews: several views of one batch come from the pixels that were sent once, and a second batch, larger than the first, finds room.
func TestViews(t *testing.T) {
	g := open(t, library(t), 0, 32)
	ts, err := transform.Build([]plan.Component{crop(8), imagenet})
	if err != nil {
		t.Fatal(err)
	}
	large, err := transform.Build([]plan.Component{crop(30), jitter, imagenet})
	if err != nil {
		t.Fatal(err)
	}
	places := make([]transform.Recorded, 2)
	for range 2 {
		for i := range places {
			places[i].Fill(image(i, 3))
			for v, ts := range [][]transform.Transform{ts, large} {
				r := plan.NewRand(1, plan.UseView, 0, uint64(i), uint64(v))
				if err := places[i].View(ts, plan.ImageType{Channels: 3, Height: 8 + 22*v, Width: 8 + 22*v}, &r); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := g.Send(places); err != nil {
			t.Fatal(err)
		}
		for v, side := range []int{8, 30} {
			n := len(places) * 3 * side * side
			to, err := g.d.NewMemory(4 * n)
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Make(v, places, to.Address()); err != nil {
				t.Errorf("view %d: %v", v, err)
			}
			to.Close()
		}
		if err := g.Make(2, places, 0); err == nil || !strings.Contains(err.Error(), "has 2 views, view 2 is not among them") {
			t.Errorf("a view that was not recorded: %v", err)
		}
		places = make([]transform.Recorded, 7)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// TestRefused: what cannot be recorded is named before anything is decoded, and a sample that does not fit when it is met.
func TestRefused(t *testing.T) {
	ts, err := transform.Build([]plan.Component{crop(8), sometimes(0.5, one("random_erasing", nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := transform.Recordable(ts); err == nil || !strings.Contains(err.Error(), "transform 2: transform 1 works on the processor alone") {
		t.Errorf("random_erasing: %v", err)
	}
	small, err := transform.Build([]plan.Component{one("random_crop", args{"size": 300})})
	if err != nil {
		t.Fatal(err)
	}
	var p transform.Recorded
	p.Fill(image(0, 3))
	r := plan.NewRand(1, plan.UseView, 0, 0, 0)
	if err := p.View(small, plan.ImageType{}, &r); err == nil {
		t.Error("a crop larger than its image is recorded")
	}
	if err := p.View(ts[:1], plan.ImageType{Channels: 3, Height: 9, Width: 9}, &r); err == nil || !strings.Contains(err.Error(), "came out as [channels=3, height=8, width=8]") {
		t.Errorf("a view of another size: %v", err)
	}
}

// TestNames: transforms that draw in the loops of a view, not by an image's operations, are on the processor's side.
func TestNames(t *testing.T) {
	var refused []string
	for _, name := range transform.Table.Names() {
		if transform.Recordable([]transform.Transform{transform.Table.New(name)}) != nil {
			refused = append(refused, name)
		}
	}
	if want := []string{"random_erasing", "random_patches"}; !slices.Equal(refused, want) {
		t.Errorf("no form for a GPU have %v, want %v", refused, want)
	}
}
