package loader_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	gojpeg "image/jpeg"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/decoded"
	"ssc/runtime/loader"
)

// photoFolder writes JPEG images of several sizes.
func photoFolder(t testing.TB) string {
	dir := t.TempDir()
	for i := range 10 {
		w, h := 120+31*i, 300-13*i
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				img.SetRGBA(x, y, color.RGBA{uint8(x * 3), uint8(y*2 + i*20), uint8(128 + 100*math.Sin(float64(x*y)/900)), 255})
			}
		}
		var b bytes.Buffer
		if err := errors.Join(gojpeg.Encode(&b, img, nil), os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), b.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// photoConfig loads the folder with SimCLR's views of 24 pixels.
func photoConfig(t testing.TB, dir, decode string, l plan.Loader) loader.Config {
	c := plan.Component{Type: "source", Label: "folder", Args: map[string]any{"path": dir, "decode": decode}}
	src, err := datasource.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := src.Open(t.Context())
	if err == nil {
		s, err = decoded.Open(t.Context(), s, c, 3, l, t.Logf)
	}
	if err != nil {
		t.Fatal(err)
	}
	view := plan.View{Image: plan.ImageType{Channels: 3, Height: 24, Width: 24, Normalized: true}, Transforms: []plan.Component{
		{Type: "random_resized_crop", Args: map[string]any{"size": 24}}, {Type: "random_horizontal_flip"},
		{Type: "random_applied_trans", Args: map[string]any{"p": 0.8}, Blocks: []plan.Component{{Type: "color_jitter", Args: map[string]any{"brightness": 0.8, "contrast": 0.8, "saturation": 0.8, "hue": 0.2}}}},
		{Type: "random_grayscale", Args: map[string]any{"p": 0.2}}, {Type: "gaussian_blur"},
		{Type: "normalize", Args: map[string]any{"mean": []any{0.5}, "std": []any{0.25}}},
	}}
	return loader.Config{Samples: s, Channels: 3, Views: []plan.View{view, view}, Seed: 5, BatchSize: 4, Workers: 1, Last: plan.LastWrap, Shuffle: true, Epochs: 3}
}

// Decoding whole, smaller and from kept pixels gives the same bits for 1, 2 and 7 workers; keeping changes none, and decoding smaller does.
func TestPhotosForAnyWorkers(t *testing.T) {
	dir, store := photoFolder(t), plan.Loader{Cache: t.TempDir(), CacheGiB: 1}
	off := plan.Loader{Cache: decoded.Off}
	first := map[string][]copied{}
	for _, c := range []struct {
		name, decode string
		cache        plan.Loader
	}{{"full", "full", off}, {"scaled", "scaled", off}, {"kept", "full", store}} {
		for _, workers := range []int{1, 2, 7} {
			cfg := photoConfig(t, dir, c.decode, c.cache)
			cfg.Workers = workers
			got := collect(t, cfg)
			if first[c.name] == nil {
				first[c.name] = got
			} else if !cmp.Equal(got, first[c.name]) {
				t.Errorf("%s: %d workers give other batches than 1", c.name, workers)
			}
		}
	}
	if !cmp.Equal(first["full"], first["kept"]) {
		t.Error("batches of kept pixels differ")
	}
}

func TestMeasure(t *testing.T) {
	cfg := photoConfig(t, photoFolder(t), "full", plan.Loader{Cache: decoded.Off})
	m, err := loader.Measure(t.Context(), cfg, 600*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if m.Images == 0 || m.Views != 2*m.Images || m.Seconds < 0.3 || m.CPU <= 0 || m.Workers != 1 || m.Bad != 0 {
		t.Errorf("Measure = %+v", m)
	}
	sum, names := 0.0, map[string]int{}
	for i, c := range m.Costs {
		sum += c.Share
		names[c.Name] = c.Calls
		if i > 0 && c.Share > m.Costs[i-1].Share {
			t.Errorf("costs are not sorted: %v", m.Costs)
		}
	}
	if math.Abs(sum-1) > 1e-9 || len(names) != 7 || names["gaussian_blur"] != 2*names["read"] {
		t.Errorf("costs %v sum up to %g, want those of 7 parts and 1", m.Costs, sum)
	}
	if want := int64(3 * 4 * 2 * 3 * 24 * 24 * 4); m.BatchBytes != want {
		t.Errorf("batches take %d bytes, want %d", m.BatchBytes, want)
	}
	if least := int64(32 * 183 * 399); m.WorkerBytes < least || m.WorkerBytes > least*2 {
		t.Errorf("a worker takes %d bytes, want those of the largest image, %d", m.WorkerBytes, least)
	}
	all := config(&fake{n: 5, bad: func(int) error { return errors.New("unreadable") }})
	if _, err := loader.Measure(t.Context(), all, 100*time.Millisecond); err == nil {
		t.Error("Measure has no error where no sample can be read")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := loader.Measure(ctx, cfg, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("Measure = %v, want that it was cancelled", err)
	}
}
