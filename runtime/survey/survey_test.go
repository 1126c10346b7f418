package survey

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/tiff"
)

// put writes a file below the folder.
func put(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	full := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpg":
		err = jpeg.Encode(&b, m, nil)
	case "tif":
		err = tiff.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plain is an image of one colour.
func plain(w, h int, c color.Color) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, c)
		}
	}
	return m
}

func survey(t *testing.T, dir string, o Options) *Survey {
	t.Helper()
	s, err := Folder(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMeasures compares with values that follow from the images: every image counts alike, whatever its size.
func TestMeasures(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/red.png", encode(t, "png", plain(10, 20, color.NRGBA{255, 0, 0, 255})))
	put(t, dir, "a/b/blue.png", encode(t, "png", plain(100, 40, color.NRGBA{0, 0, 255, 255})))
	put(t, dir, "half.png", encode(t, "png", plain(30, 30, color.NRGBA{51, 102, 0, 128})))
	put(t, dir, "notes.txt", []byte("no image"))
	put(t, dir, "broken.jpg", []byte("no image"))
	s := survey(t, dir, Options{})
	want := &Survey{Folder: dir, Root: dir, Images: 4, Sampled: 4, Channels: 3, Damaged: 1,
		Formats: map[string]int{"PNG": 3}, Stored: map[string]int{"colour": 2, "colour and alpha": 1},
		Short: Quantiles{10, 10, 10, 30, 40, 40, 40}, Long: Quantiles{20, 20, 20, 30, 100, 100, 100}, Aspect: Quantiles{.5, .5, .5, 1, 2.5, 2.5, 2.5},
		// red 1, 0, .2; green 0, 0, .4; blue 0, 1, 0: deviations of three numbers
		Mean: []float64{.4, .1333, .3333}, Std: []float64{.432, .1886, .4714},
		Problems: []Problem{{filepath.Join(dir, "broken.jpg"), `no image of a format that is read (JPEG, PNG, WebP, TIFF, BMP, PPM, PGM, npy): it starts with "no image"`}},
		Notes:    []string{dir + ": 1 file left out that is no image by its name (.txt)"}, Seconds: s.Seconds}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

// TestDeviation takes an image whose values within are known: half 0, half 1 has deviation 1/2.
func TestDeviation(t *testing.T) {
	dir := t.TempDir()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range 32 {
		m.Pix[i] = 255
	}
	put(t, dir, "grey.png", encode(t, "png", m))
	s := survey(t, dir, Options{})
	if s.Channels != 1 || !s.AllGrey || fmt.Sprint(s.Mean, s.Std) != "[0.5] [0.5]" {
		t.Errorf("channels %d, all grey %t, mean %v, deviation %v, want 1, true, [0.5], [0.5]", s.Channels, s.AllGrey, s.Mean, s.Std)
	}
}

// TestChannels: grey photographs that are stored as colour are grey; one colour image among them makes all RGB.
func TestChannels(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.jpg", encode(t, "jpg", plain(16, 16, color.NRGBA{90, 90, 90, 255})))
	put(t, dir, "b.png", encode(t, "png", plain(16, 16, color.NRGBA{10, 10, 10, 255})))
	if s := survey(t, dir, Options{}); s.Channels != 1 {
		t.Errorf("channels of grey images stored as colour = %d, want 1", s.Channels)
	}
	put(t, dir, "c.png", encode(t, "png", plain(16, 16, color.NRGBA{10, 11, 10, 255})))
	if s := survey(t, dir, Options{}); s.Channels != 3 {
		t.Errorf("channels with one image in colour = %d, want 3", s.Channels)
	}
}

// TestDepth: 12-bit values in 16-bit files narrow the window, and the mean is that under the window.
func TestDepth(t *testing.T) {
	for name, c := range map[string]struct {
		low, high  uint16
		window     []float64
		mean       float64
		wholeRange bool
	}{
		"16 bits": {0, 65535, nil, .5, true},
		"12 bits": {0, 4095, []float64{0, 4095}, .5, false},
		"thermal": {0x6100, 0x6aff, []float64{0x6100, 0x6aff}, .5, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			m := image.NewGray16(image.Rect(0, 0, 8, 8))
			for i := range 64 {
				v := c.low
				if i%2 == 0 {
					v = c.high
				}
				m.SetGray16(i%8, i/8, color.Gray16{Y: v})
			}
			put(t, dir, "a.tif", encode(t, "tif", m))
			put(t, dir, "b.png", encode(t, "png", m))
			s := survey(t, dir, Options{})
			if diff := cmp.Diff(c.window, s.Window); diff != "" || s.Deep != 2 || math.Abs(s.Mean[0]-c.mean) > .01 || math.Abs(s.Std[0]-.5) > .01 {
				t.Errorf("window %v, %d deep, mean %v, deviation %v, want %v, 2, [%g], [0.5]", s.Window, s.Deep, s.Mean, s.Std, c.window, c.mean)
			}
		})
	}
}

// TestSample: a sample is the same for any number of threads, another number is another sample, and all files are counted.
func TestSample(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		put(t, dir, fmt.Sprintf("%d.png", i), encode(t, "png", plain(8+i, 8, color.NRGBA{uint8(i), 3, 200, 255})))
	}
	one, many := survey(t, dir, Options{Sample: 50, Workers: 1}), survey(t, dir, Options{Sample: 50, Workers: 7})
	one.Seconds, many.Seconds = 0, 0
	if diff := cmp.Diff(one, many); diff != "" {
		t.Errorf("another number of threads gives another survey:\n%s", diff)
	}
	if one.Images != 200 || one.Sampled != 50 || one.All() {
		t.Errorf("%d images, %d opened, all %t, want 200, 50, false", one.Images, one.Sampled, one.All())
	}
	if all := survey(t, dir, Options{}); !all.All() || all.Long == one.Long {
		t.Errorf("opening all 200 images gives sides %v, and 50 of them %v", all.Long, one.Long)
	}
	if one.Long.Median < 70 || one.Long.Median > 150 {
		t.Errorf("the median side of the sample is %g, want it near 107: drawn from all of the folder", one.Long.Median)
	}
}

func TestLayout(t *testing.T) {
	many := func(folders ...string) (out []string) {
		for _, f := range folders {
			for i := range 6 {
				out = append(out, fmt.Sprintf("%s/%d.png", f, i))
			}
		}
		return out
	}
	for _, c := range []struct {
		name  string
		paths []string
		want  string
	}{
		{"none", []string{"a.png", "b.png"}, "<nil>"},
		{"one folder", many("cats"), "<nil>"},
		{"classes", many("cats", "dogs/old"), "&{[{cats 6} {dogs 6}]  }"},
		{"one outside", append(many("cats", "dogs"), "x.png"), "<nil>"},
		{"few each", []string{"a/1.png", "b/1.png", "c/1.png"}, "<nil>"},
		{"parted", many("train/cats", "train/dogs", "val/cats", "val/dogs"), "&{[{cats 6} {dogs 6}] train val}"},
		{"parted otherwise", many("train/cats", "train/dogs", "val/birds", "val/dogs"), "<nil>"},
		{"parted, no classes", many("train", "test"), "<nil>"},
	} {
		if got := fmt.Sprint(layout(c.paths)); got != c.want {
			t.Errorf("layout of %s = %s, want %s", c.name, got, c.want)
		}
	}
}

func TestFolderRefuses(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "empty/notes.txt", nil)
	put(t, dir, "damaged/a.png", []byte("x"))
	put(t, dir, "file.png", nil)
	for name, want := range map[string]string{
		"missing": "no such file", "file.png": "is a file; name the folder", "empty": "no image in it", "damaged": "none of the 1 images that were opened can be read",
	} {
		if _, err := Folder(t.Context(), filepath.Join(dir, name), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Folder(%s) = %v, want %q", name, err, want)
		}
	}
}
