package datasource

import (
	"bytes"
	"image"
	"image/color"
	gojpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"ssc/compiler/plan"
	"ssc/runtime/jpeg"
	"ssc/runtime/transform"
)

// photo encodes a picture of ramps, which show every shift, with waves and grain on them.
func photo(t testing.TB, height, width int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	r := rand.New(rand.NewPCG(1, 2))
	level := func(v float64) uint8 { return uint8(min(max(v, 0), 255)) }
	for y := range height {
		for x := range width {
			wave := 20*math.Sin(float64(x)/11)*math.Cos(float64(y)/17) + 6*r.NormFloat64()
			img.SetRGBA(x, y, color.RGBA{level(40 + 170*float64(x)/float64(width) + wave), level(40 + 170*float64(y)/float64(height) + wave), level(128 + 3*wave), 255})
		}
	}
	var b bytes.Buffer
	if err := gojpeg.Encode(&b, img, &gojpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// viewOf decodes a photo and applies a view's transforms with the stream of draw, as the loader does; by is by how much it was decoded smaller.
func viewOf(t testing.TB, data []byte, scale string, ts []transform.Transform, draw uint64) (pix []uint8, by int) {
	stream := plan.NewRand(1, plan.UseView, 0, draw, 0)
	by = 1
	m := transform.Image{Shrink: func(h, w int) int {
		by = transform.Shrink(ts, h, w, stream)
		return by
	}}
	if err := decode(&m, data, decoding{channels: 3, maxPixels: 1 << 24, scale: scale}); err != nil {
		t.Fatal(err)
	}
	for _, tr := range ts {
		if err := tr.Apply(&m, &stream); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.Clone(m.Pix), by
}

func component(name string, args map[string]any) plan.Component {
	return plan.Component{Type: name, Args: args}
}

// A crop of a scaled decoding shows what that of the full one shows: a mean difference of at most 1.5 levels of 255, where the crops of two draws differ by tens.
func TestScaledDecoding(t *testing.T) {
	if _, err := jpeg.Find(); err != nil {
		t.Skipf("no libjpeg-turbo: %v", err)
	}
	data := photo(t, 601, 803)
	for _, list := range [][]plan.Component{
		{component("random_resized_crop", map[string]any{"size": 64}), component("random_horizontal_flip", nil)},
		{component("random_resized_crop", map[string]any{"size": []any{60, 70}, "interpolation": "bicubic"})},
		{component("resize", map[string]any{"size": 72}), component("center_crop", map[string]any{"size": 64})},
	} {
		ts, err := transform.Build(list)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		for draw := range uint64(24) {
			full, _ := viewOf(t, data, fullSize, ts, draw)
			scaled, by := viewOf(t, data, scaledSize, ts, draw)
			seen[by] = true
			sum := 0
			for i := range full {
				sum += max(int(full[i])-int(scaled[i]), int(scaled[i])-int(full[i]))
			}
			if mean := float64(sum) / float64(len(full)); mean > 1.5 {
				t.Errorf("%s, draw %d at 1/%d: mean difference %.2f levels, want at most 1.5", list[0].Type, draw, by, mean)
			}
			if by == 1 && !bytes.Equal(full, scaled) {
				t.Errorf("%s, draw %d: not decoded smaller, but different", list[0].Type, draw)
			}
		}
		if len(seen) < 3 && list[0].Type != "resize" || !seen[8] {
			t.Errorf("%s was decoded at 1/%v, want 8, and two more for crops", list[0].Type, seen)
		}
	}
}

// What cannot be decoded smaller is decoded whole: a size that is too small, a first transform that looks at all pixels, an image to be turned, another decoder.
func TestScaledDecodingOnlyWhereLegal(t *testing.T) {
	data := photo(t, 301, 401)
	turned := bytes.Clone(data[:2])
	turned = append(turned, "\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x03\x00\x00\x00\x00\x00\x00"...)
	turned = append(turned, data[2:]...)
	if got := jpegOrientation(turned); got != 3 {
		t.Fatalf("the orientation is %d, want 3", got)
	}
	crop := component("random_resized_crop", map[string]any{"size": 32})
	for _, c := range []struct {
		name string
		data []byte
		list []plan.Component
		as   decoding
	}{
		{"crops to more than half", data, []plan.Component{component("random_resized_crop", map[string]any{"size": 200})}, decoding{}},
		{"flip first", data, []plan.Component{component("random_horizontal_flip", nil), crop}, decoding{}},
		{"nearest", data, []plan.Component{component("random_resized_crop", map[string]any{"size": 32, "interpolation": "nearest"})}, decoding{}},
		{"turned", turned, []plan.Component{crop}, decoding{}},
		{"Go's decoder", data, []plan.Component{crop}, decoding{goJPEG: true}},
	} {
		ts, err := transform.Build(c.list)
		if err != nil {
			t.Fatal(err)
		}
		c.as.channels, c.as.maxPixels, c.as.scale = 3, 1<<24, scaledSize
		m := transform.Image{Shrink: func(h, w int) int { return transform.Shrink(ts, h, w, plan.NewRand(1, plan.UseView, 0, 0, 0)) }}
		if err := decode(&m, c.data, c.as); err != nil || m.Height != 301 || m.Width != 401 {
			t.Errorf("%s: decoded to %d x %d, %v, want 301 x 401", c.name, m.Height, m.Width, err)
		}
	}
}

// A list names the decoder when a file is a JPEG image by its name, and only then.
func TestListNamesDecoder(t *testing.T) {
	for _, c := range []struct {
		name string
		want bool
	}{{"a/x.JPG", true}, {"x.jpeg", true}, {"x.png", false}, {"jpg", false}} {
		f := newFiles(t.TempDir(), as(3))
		f.add("y.png", -1)
		f.add(c.name, -1)
		l := f.List()
		print, name := l.split(l.Len() - 1)
		if got := string(name) == decoderName; got != c.want || got && string(print) != jpeg.Name() {
			t.Errorf("the last line for %q is %q %q", c.name, print, name)
		}
	}
	if name := jpeg.Name(); strings.ContainsAny(name, " \n") {
		t.Errorf("Name() = %q has a blank", name)
	}
}

// BenchmarkJPEG compares the decoders on a picture of the size that is most frequent in ImageNet.
func BenchmarkJPEG(b *testing.B) {
	data := photo(b, 375, 500)
	for name, of := range decoders(b) {
		as, _ := of(3)
		as.maxPixels = 1 << 24
		b.Run(name, func(b *testing.B) {
			var m transform.Image
			for b.Loop() {
				if err := decode(&m, data, as); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
