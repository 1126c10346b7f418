package loader_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/loader"
)

// A text file named .png in a real folder is reported with its path and reason, and the run goes on without it.
func TestTextNamedPNG(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/1.png", "a/2.png", "b/3.png", "b/4.png"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if name == "b/3.png" {
			_, err = f.WriteString("this is text")
		} else {
			img := image.NewGray(image.Rect(0, 0, 9, 11))
			img.SetGray(4, 4, color.Gray{Y: 200})
			err = png.Encode(f, img)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	source, err := datasource.Build(plan.Component{Type: "source", Label: "image_folder", Args: map[string]any{"data_prefix": dir, "channels": 1}})
	if err != nil {
		t.Fatal(err)
	}
	samples, err := source.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var bad []loader.Bad
	cfg := loader.Config{Samples: samples, Channels: source.Channels(), Views: []plan.View{crop(map[string]any{})}, Seed: 1, BatchSize: 4, Workers: 2,
		Last: plan.LastWrap, Shuffle: true, Epochs: 5, MaxBadFraction: 0.25, OnBad: func(b loader.Bad) { bad = append(bad, b) }}
	for _, b := range collect(t, cfg) {
		for k, i := range b.Idx {
			if i == 2 || b.Label[k] != i/2 {
				t.Errorf("batch %d holds sample %d with label %d", b.Epoch, i, b.Label[k])
			}
		}
	}
	if len(bad) != 1 || bad[0].Name != filepath.Join(dir, "b/3.png") || !strings.Contains(bad[0].Err.Error(), `it starts with "this is `) {
		t.Errorf("reported %+v, want b/3.png alone and how it starts", bad)
	}
}
