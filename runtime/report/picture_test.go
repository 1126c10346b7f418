package report

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
)

// TestViewsUndoNormalisation takes every 8-bit value through a normalisation and back.
func TestViewsUndoNormalisation(t *testing.T) {
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
	size := Size{3, 16, 16}
	planes := make([]float32, 3*256)
	for c := range 3 {
		for v := range 256 {
			planes[c*256+v] = (float32((v+c)%256)/255 - float32(mean[c])) / float32(std[c])
		}
	}
	g, err := Views(Batch{Planes: [][]float32{planes}, Sizes: []Size{size}, Norms: []Norm{{mean, std}}}, 4)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Rows) != 1 || len(g.Rows[0].Tiles) != 1 {
		t.Fatalf("Views of one image = %d rows, want 1", len(g.Rows))
	}
	m := g.Rows[0].Tiles[0].Image
	for v := range 256 {
		want := color.NRGBA{uint8(v), uint8(v + 1), uint8(v + 2), 255}
		if got := m.At(v%16, v/16); got != want {
			t.Fatalf("pixel %d = %v, want %v", v, got, want)
		}
	}
	if want := "normalisation undone for the eye (x · std + mean, mean 0.485 0.456 0.406, std 0.229 0.224 0.225)"; !strings.Contains(g.Caption, want) {
		t.Errorf("caption = %q, want %q in it", g.Caption, want)
	}
}

func TestViewsLayout(t *testing.T) {
	b := Batch{Planes: [][]float32{make([]float32, 3*4*2*2), make([]float32, 3*4)}, Sizes: []Size{{4, 2, 2}, {1, 2, 2}}, Norms: []Norm{{[]float64{0.5}, []float64{1}}, {}},
		Names: []string{"a.png"}, Samples: []image.Image{image.NewGray(image.Rect(0, 0, 300, 200))}}
	b.Planes[1] = []float32{2, -1, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	g, err := Views(b, 2)
	if err != nil {
		t.Fatal(err)
	}
	if g.Rows[0].Name != "a.png" || g.Rows[1].Name != "sample 1" || len(g.Rows) != 2 || len(g.Rows[0].Tiles) != 3 || len(g.Rows[1].Tiles) != 2 {
		t.Errorf("Views = %+v, want two rows: the sample with two views, and two views", g.Rows)
	}
	if got, want := g.Rows[0].Tiles[0].Image.Bounds(), image.Rect(0, 0, 128, 85); got != want {
		t.Errorf("sample's picture is %v, want %v", got, want)
	}
	if got := g.Rows[0].Tiles[2].Image.(*image.Gray).Pix; !bytes.Equal(got, []byte{255, 0, 128, 0}) {
		t.Errorf("view outside [0,1] = %v, want it cut to 255 0 128 0", got)
	}
	for _, want := range []string{"each view by its own", "Of 4 channels the first three are shown"} {
		if !strings.Contains(g.Caption, want) {
			t.Errorf("caption = %q, want %q in it", g.Caption, want)
		}
	}
}

// TestBatchOf reads normalisations from a plan that was just compiled and from one that came through JSON.
func TestBatchOf(t *testing.T) {
	view := func(args map[string]any) plan.View {
		return plan.View{Transforms: []plan.Component{{Type: "random_crop"}, {Type: "normalize", Args: args}}, Image: plan.ImageType{Channels: 1, Height: 2, Width: 3}}
	}
	got := BatchOf([]plan.View{view(map[string]any{"mean": []float64{0.25}, "std": []float64{0.5}}), view(map[string]any{"mean": []any{0.25}, "std": []any{0.5}}), {}}, nil)
	want := Batch{Sizes: []Size{{1, 2, 3}, {1, 2, 3}, {}}, Norms: []Norm{{[]float64{0.25}, []float64{0.5}}, {[]float64{0.25}, []float64{0.5}}, {}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("BatchOf (-want +got):\n%s", diff)
	}
}

func TestViewsRefuse(t *testing.T) {
	for want, b := range map[string]Batch{
		"0 views":             {},
		"do not match":        {Planes: make([][]float32, 2), Sizes: make([]Size, 1)},
		"no whole number":     {Planes: [][]float32{make([]float32, 5)}, Sizes: []Size{{1, 2, 2}}},
		"images of 0×2×2":     {Planes: [][]float32{nil}, Sizes: []Size{{0, 2, 2}}},
		"2 normalisations do": {Planes: [][]float32{nil}, Sizes: []Size{{1, 2, 2}}, Norms: make([]Norm, 2)},
	} {
		if _, err := Views(b, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Views = %v, want an error with %q", err, want)
		}
	}
}

// TestShrink compares with the mean over the blocks, of an image that does not begin at the origin.
func TestShrink(t *testing.T) {
	m := image.NewGray(image.Rect(5, 7, 5+2*tileSide, 7+4))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 7)
	}
	got := shrink(m)
	if want := image.Rect(0, 0, tileSide, 2); got.Bounds() != want {
		t.Fatalf("shrink = %v, want %v", got.Bounds(), want)
	}
	for y := range 2 {
		for x := range tileSide {
			sum := 0
			for i := range 4 {
				sum += int(m.GrayAt(5+2*x+i%2, 7+2*y+i/2).Y)
			}
			r, _, _, _ := got.At(x, y).RGBA()
			if d := int(r>>8) - sum/4; d < -1 || d > 1 {
				t.Fatalf("pixel %d,%d = %d, want %d", x, y, r>>8, sum/4)
			}
		}
	}
}

// TestGrid draws pictures of 4x4, 4x2, 2x4 and 2x2 pixels on squares of 64: 16, 16, 16 and 32 times as large.
func TestGrid(t *testing.T) {
	gray := func(w, h int, v byte) image.Image {
		m := image.NewGray(image.Rect(0, 0, w, h))
		for i := range m.Pix {
			m.Pix[i] = v + byte(i)
		}
		return m
	}
	var b bytes.Buffer
	if err := Grid(&b, []Row{{Tiles: []Tile{{Image: gray(4, 4, 10), Mark: First}, {Image: gray(4, 2, 50)}}}, {Tiles: []Tile{{}, {Image: gray(2, 4, 90)}, {Image: gray(2, 2, 130)}}}}); err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.Bounds(), image.Rect(0, 0, 3*66+6, 2*66+2); got != want {
		t.Errorf("Grid is %v, want %v", got, want)
	}
	got := map[string]uint32{}
	for name, p := range map[string]image.Point{"edge": {0, 0}, "first": {2, 2}, "its last pixel": {65, 65}, "above second": {72, 17}, "second": {72, 18}, "its second pixel": {88, 18}, "beside third": {83, 68},
		"third": {84, 68}, "fourth": {134, 68}, "its second row": {134, 100}} {
		r, _, _, _ := m.At(p.X, p.Y).RGBA()
		got[name] = r >> 8
	}
	want := map[string]uint32{"edge": 255, "first": 10, "its last pixel": 25, "above second": 255, "second": 50, "its second pixel": 51, "beside third": 255, "third": 90, "fourth": 130, "its second row": 132}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Grid (-want +got):\n%s", diff)
	}
	if err := Grid(&b, []Row{{Name: "x"}}); err == nil {
		t.Error("Grid without a picture = nil, want an error")
	}
}

// TestTileJSON: a gallery that was stored and read again makes the same page, and a picture of a hostile size is refused.
func TestTileJSON(t *testing.T) {
	g := small().Galleries[0]
	want := written(t, &Run{Galleries: []Gallery{small().Galleries[0]}})
	if err := g.Store(); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var back Gallery
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]Gallery{"stored": g, "read again": back} {
		if got := written(t, &Run{Galleries: []Gallery{g}}); got != want {
			t.Errorf("%s: page differs:\n%s", name, cmp.Diff(want, got))
		}
	}
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, tileSide+1, 1))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"too large": large.Bytes(), "no picture": []byte("x")} {
		b, err := json.Marshal(tileJSON{PNG: content})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, new(Tile)); err == nil {
			t.Errorf("%s: reading the tile = nil, want an error", name)
		}
	}
}

func TestPicture(t *testing.T) {
	for channels, want := range map[int][]uint8{1: {0, 1}, 2: {0, 2}, 3: {0, 1, 2, 255, 3, 4, 5, 255}, 4: {0, 1, 2, 255, 4, 5, 6, 255}} {
		pix := make([]uint8, 2*channels)
		for i := range pix {
			pix[i] = uint8(i)
		}
		var got []uint8
		switch m := Picture(pix, channels, 1, 2).(type) {
		case *image.Gray:
			got = m.Pix
		case *image.NRGBA:
			got = m.Pix
		}
		if !bytes.Equal(got, want) {
			t.Errorf("Picture of %d channels = %v, want %v", channels, got, want)
		}
	}
}
