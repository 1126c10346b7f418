package photos

import (
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ssc/compiler/plan"

	"golang.org/x/image/draw"
)

// originals are photographs and drawings that come with Go and with golang.org/x/image, which the module requires.
func originals(t *testing.T) []image.Image {
	t.Helper()
	var out []image.Image
	extra := goOutput(t, "list", "-m", "-f", "{{.Dir}}", "golang.org/x/image")
	for _, name := range []string{"yellow_rose.png", "video-001.png", "blue-purple-pink-large.png", "go-turns-two-280x360.jpeg", "tux.png"} {
		out = append(out, load(t, filepath.Join(extra, "testdata", name)))
	}
	return out
}

// cmyk is a photograph in CMYK, which Go decodes and does not encode.
func cmyk(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goOutput(t, "env", "GOROOT"), "src", "image", "testdata", "video-001.cmyk.jpeg"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func goOutput(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func load(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, _, err := image.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

// photograph is a part of an original at a size between least and most pixels, with its own light.
func photograph(from []image.Image, r *plan.Rand, least, most int) *image.NRGBA {
	src := from[r.IntN(len(from))]
	b := src.Bounds()
	share := r.Uniform(.4, 1)
	w, h := int(share*float64(b.Dx())), int(share*float64(b.Dy()))
	x, y := b.Min.X+r.IntN(b.Dx()-w+1), b.Min.Y+r.IntN(b.Dy()-h+1)
	dst := image.NewNRGBA(image.Rect(0, 0, least+r.IntN(most-least+1), least+r.IntN(most-least+1)))
	draw.ApproxBiLinear.Scale(dst, dst.Rect, src, image.Rect(x, y, x+w, y+h), draw.Src, nil)
	var light [3]float64
	for c := range light {
		light[c] = r.Uniform(.6, 1.3)
	}
	for p := dst.Pix; len(p) >= 4; p = p[4:] {
		for c := range light {
			p[c] = uint8(min(float64(p[c])*light[c]+r.Uniform(0, 6), 255))
		}
		p[3] = 255
	}
	return dst
}
