package datasource

import (
	"crypto/sha256"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"ssc/runtime/transform"
)

func shapesOf(t testing.TB, args map[string]any) *shapeSamples {
	t.Helper()
	s, err := open(t, "shapes", args)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*shapeSamples)
}

func render(t testing.TB, s Samples, i int) []byte {
	t.Helper()
	var m transform.Image
	if _, err := s.Read(i, &m); err != nil || m.Channels != 3 || m.Height != m.Width {
		t.Fatalf("Read(%d) = %v with %d x %d x %d", i, err, m.Height, m.Width, m.Channels)
	}
	return slices.Clone(m.Pix)
}

// The images are the same on every run and machine of one architecture; this is what makes a result that was measured on them repeatable.
func TestShapesGolden(t *testing.T) {
	h := sha256.New()
	for _, args := range []map[string]any{{}, {"hard": true}, {"split": "test", "size": 48, "seed": 3}} {
		s := shapesOf(t, args)
		for i := range 20 {
			h.Write(render(t, s, i))
		}
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the digest is that of amd64: others fuse multiplications and additions")
	}
	if got, want := fmt.Sprintf("%x", h.Sum(nil)[:8]), "84369bd43d992b6a"; got != want {
		t.Errorf("digest of the images = %s, want %s", got, want)
	}
}

func TestShapesFactors(t *testing.T) {
	const n = 4000
	for _, c := range []struct {
		hard                               bool
		typical, turn, least, most, hidden float64
	}{{false, 0.8 + 0.2/8, 20, 0.6, 0.9, 0.15}, {true, 0.5 + 0.5/8, 30, 0.45, 0.8, 0.3}} {
		s := shapesOf(t, map[string]any{"hard": c.hard, "count": n})
		shapes, grounds, typical, hidden, turn := [numShapes]int{}, [numTextures]int{}, 0, 0, 0.0
		for i := range n {
			f := s.factors(i)
			shapes[f.shape]++
			grounds[f.ground.family]++
			if f.figure.family == f.shape%numTextures {
				typical++
			}
			if f.bar != nil {
				hidden++
			}
			turn = max(turn, math.Abs(f.angle)*180/math.Pi)
			if f.scale < c.least || f.scale > c.most || math.Abs(f.x)+f.scale > 1 || math.Abs(f.y)+f.scale > 1 || f.figure.cycles < 3 || f.figure.cycles > 8 || f.exposure < 0.75 || f.exposure > 1.25 {
				t.Fatalf("factors of image %d out of bounds: %+v", i, f)
			}
		}
		near := func(what string, got int, want float64) {
			if d := math.Abs(float64(got) - n*want); d > 4*math.Sqrt(n*want*(1-want)) { // four deviations of a binomial count
				t.Errorf("hard = %t: %s in %d of %d images, want %.1f", c.hard, what, got, n, n*want)
			}
		}
		for k, got := range shapes {
			near(fmt.Sprintf("shape %d", k), got, 1./numShapes)
		}
		for k, got := range grounds {
			near(fmt.Sprintf("background %d", k), got, 1./numTextures)
		}
		near("a typical texture", typical, c.typical)
		near("a bar", hidden, c.hidden)
		if turn > c.turn || turn < 0.95*c.turn {
			t.Errorf("hard = %t: shapes turn up to %g°, want almost %g°", c.hard, turn, c.turn)
		}
	}
}

func TestShapesAreFunctionsOfTheirKey(t *testing.T) {
	base := shapesOf(t, map[string]any{})
	image := render(t, base, 5)
	if !slices.Equal(image, render(t, shapesOf(t, map[string]any{"count": 6}), 5)) {
		t.Error("image 5 depends on the number of images")
	}
	for name, other := range map[string][]byte{
		"number": render(t, base, 6), "split": render(t, shapesOf(t, map[string]any{"split": "test"}), 5),
		"seed": render(t, shapesOf(t, map[string]any{"seed": 1}), 5), "hard": render(t, shapesOf(t, map[string]any{"hard": true}), 5),
	} {
		if slices.Equal(image, other) {
			t.Errorf("image 5 does not depend on the %s", name)
		}
	}
	// Sizes show the same scene: averaged down, a larger image is the smaller one up to noise and edges.
	large := render(t, shapesOf(t, map[string]any{"size": 128}), 5)
	total := 0.0
	for y := range 32 {
		for x := range 32 {
			for c := range 3 {
				sum := 0
				for k := range 16 {
					sum += int(large[((4*y+k/4)*128+4*x+k%4)*3+c])
				}
				total += math.Abs(float64(sum)/16 - float64(image[(y*32+x)*3+c]))
			}
		}
	}
	if mean := total / (3 * 32 * 32); mean > 10 {
		t.Errorf("sizes 32 and 128 differ by %.1f of 255 on average, want at most 10", mean)
	}
}

func TestShapesLabels(t *testing.T) {
	for label, classes := range map[string]int{"shape": 10, "texture": 8, "background": 8} {
		s := shapesOf(t, map[string]any{"label": label})
		if got := len(s.Classes()); got != classes {
			t.Errorf("label = %s: %d class names, want %d", label, got, classes)
		}
		f := s.factors(9)
		want := map[string]int{"shape": f.shape, "texture": f.figure.family, "background": f.ground.family}[label]
		if got := s.Label(9); got != int64(want) {
			t.Errorf("label = %s: Label(9) = %d, want %d", label, got, want)
		}
	}
}

// Each shape lies in its square, covers a fair part of it, and is unlike the others.
func TestShapesDistance(t *testing.T) {
	const n = 100
	masks := [numShapes][n * n]bool{}
	for k := range numShapes {
		area := 0
		for i := range n * n {
			x, y := (float64(i%n)+0.5)/n*4-2, (float64(i/n)+0.5)/n*4-2
			if distance(k, x, y) < 0 {
				masks[k][i] = true
				area++
				if math.Abs(x) > 1.05 || math.Abs(y) > 1.05 {
					t.Fatalf("shape %d covers (%.2f, %.2f), outside its square", k, x, y)
				}
			}
		}
		if share := float64(area) / (n * n / 4); share < 0.2 || share > 0.75 {
			t.Errorf("shape %d covers %.2f of its square, want 0.2 to 0.75", k, share)
		}
	}
	for a := range numShapes {
		for b := range a {
			both, either := 0, 0
			for i := range n * n {
				if masks[a][i] && masks[b][i] {
					both++
				}
				if masks[a][i] || masks[b][i] {
					either++
				}
			}
			if overlap := float64(both) / float64(either); overlap > 0.9 {
				t.Errorf("shapes %d and %d overlap by %.2f, want at most 0.9", a, b, overlap)
			}
		}
	}
}

func TestTexturesCoverTheirRange(t *testing.T) {
	s := shapesOf(t, map[string]any{})
	for k := range numTextures {
		tex := s.factors(3).ground
		tex.family = k
		lo, hi := 1.0, 0.0
		for i := range 10000 {
			w := tex.pattern(float64(i%100)*0.06-3, float64(i/100)*0.06-3)
			lo, hi = min(lo, w), max(hi, w)
		}
		if lo < 0 || hi > 1 || hi-lo < 0.5 {
			t.Errorf("texture %d has weights %.2f to %.2f, want most of [0, 1]", k, lo, hi)
		}
	}
}

func BenchmarkShapes(b *testing.B) {
	s := shapesOf(b, map[string]any{})
	var m transform.Image
	for i := 0; b.Loop(); i++ {
		if _, err := s.Read(i%20000, &m); err != nil {
			b.Fatal(err)
		}
	}
}
