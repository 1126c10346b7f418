package datasource

import (
	"context"
	"fmt"
	"math"

	"ssc/compiler/plan"
	"ssc/lang/schema"
	"ssc/runtime/transform"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "shapes",
		Doc: "Procedural colour images without files: one of 10 shapes with a texture on a textured background, under uneven light, with noise and sometimes an occluding bar. " +
			"Image i is a function of the seed, the split and i; images of another size show the same scene. The texture of the shape is typical of it (family shape mod 8 with " +
			"probability 0.8, or 0.5 when hard) but does not determine it. Two views of an image share the background, which alone tells images apart: jitter colours " +
			"strongly, and watch a probe of the background beside that of the shape.",
		Paper:  schema.Paper{None: "made for tests; the idea of known factors is that of dSprites (Matthey, Higgins, Hassabis, Lerchner, 2017)"},
		Before: "none: MMSelfSup has no such data source",
	},
	New: func() Source { return &shapes{} },
})

type shapes struct {
	split, label      string
	count, size, seed int
	hard              bool
}

func (s *shapes) Args(set *schema.Set) {
	set.String(&s.split, "split", "train", "which of two disjoint sets of images", schema.OneOf("train", "test"))
	set.Int(&s.count, "count", 20000, "number of images", schema.Between(1, math.MaxInt32))
	set.Int(&s.size, "size", 32, "height and width in pixels", schema.Between(8, 1024))
	set.String(&s.label, "label", "shape", "the factor that labels name: shape (10 classes), texture of the shape or of the background (8 classes each)", schema.OneOf("shape", "texture", "background"))
	set.Bool(&s.hard, "hard", false, "whether shapes are smaller, more turned and more often hidden, backgrounds stronger, and textures less typical")
	set.Int(&s.seed, "seed", 0, "seed of the images; it does not follow the seed of the pipeline", schema.NonNegative)
}

func (s *shapes) Channels() int { return 3 }

func (s *shapes) Open(context.Context) (Samples, error) { return &shapeSamples{spec: *s}, nil }

type shapeSamples struct{ spec shapes }

func (s *shapeSamples) Len() int { return s.spec.count }

func (s *shapeSamples) Name(i int) string { return fmt.Sprintf("shapes.%s[%d]", s.spec.split, i) }

// Label implements [Labeled].
func (s *shapeSamples) Label(i int) int64 {
	r := s.rand(i, partFactors)
	shape, figure, ground := s.families(&r)
	return int64(map[string]int{"shape": shape, "texture": figure, "background": ground}[s.spec.label])
}

// Classes implements [Classed].
func (s *shapeSamples) Classes() []string {
	if s.spec.label == "shape" {
		return []string{"disc", "square", "triangle", "star", "plus", "ring", "crescent", "heart", "bar", "L"}
	}
	return []string{"stripes", "checker", "dots", "noise", "rings", "plaid", "gradient", "cells"}
}

// List implements [Listed]: what the images depend on besides the program.
func (s *shapeSamples) List() *List {
	out := &List{}
	out.add(fmt.Sprintf("%d:%d:%t:%d:%s", s.spec.count, s.spec.size, s.spec.hard, s.spec.seed, s.spec.label), []byte("shapes."+s.spec.split))
	return out
}

// rand is the stream of one part of the draws of an image.
func (s *shapeSamples) rand(i int, part uint64) plan.Rand {
	split := uint64(0)
	if s.spec.split == "test" {
		split = 1
	}
	return plan.NewRand(uint64(s.spec.seed), plan.UseShapes, split, uint64(i), part)
}

// The parts of the draws of an image.
const (
	partFactors = iota
	partNoise
)

const (
	numShapes, numTextures = 10, 8
	noiseSigma             = 0.03
)

// factors are everything that an image is made from. Lengths are in half-widths of the image, whose centre is (0, 0); angles in radians;
// colours and light in [0,1].
type factors struct {
	shape          int
	figure, ground texture
	x, y           float64 // centre of the shape
	scale, aspect  float64 // half-height, and ratio of width to height
	angle          float64
	wobble         [3]float64 // of the outline: depth, number of waves, phase
	light          [2]float64 // change of brightness per half-width
	exposure       float64
	bar            *occluder
}

// texture blends two colours by a pattern.
type texture struct {
	family        int
	angle, cycles float64 // cycles per width
	phase         [2]float64
	colours       [2][3]float64
	lattice       [256]float64 // random values of the patterns that need them
}

// occluder is a bar across the image.
type occluder struct {
	angle, offset, half float64
	colour              [3]float64
}

// families are the first draws of an image: what can be its label.
func (s *shapeSamples) families(r *plan.Rand) (shape, figure, ground int) {
	typical := 0.8
	if s.spec.hard {
		typical = 0.5
	}
	shape, ground, figure = r.IntN(numShapes), r.IntN(numTextures), r.IntN(numTextures)
	if r.Bool(typical) {
		figure = shape % numTextures
	}
	return shape, figure, ground
}

// factors draws an image.
func (s *shapeSamples) factors(i int) *factors {
	r := s.rand(i, partFactors)
	turn, least, most, contrast, hidden := 20.0, 0.6, 0.9, 0.35, 0.15
	if s.spec.hard {
		turn, least, most, contrast, hidden = 30, 0.45, 0.8, 0.6, 0.3
	}
	f := &factors{}
	f.shape, f.figure.family, f.ground.family = s.families(&r)
	f.scale = r.Uniform(least, most)
	f.aspect = math.Exp(r.Uniform(-0.25, 0.25))
	f.angle = r.Uniform(-turn, turn) * math.Pi / 180
	f.x, f.y = r.Uniform(f.scale-1, 1-f.scale), r.Uniform(f.scale-1, 1-f.scale)
	f.wobble = [3]float64{r.Uniform(0, 0.06), float64(3 + r.IntN(5)), r.Uniform(0, 2*math.Pi)}
	f.figure.draw(&r, 1)
	f.ground.draw(&r, contrast)
	slope, towards := r.Uniform(0, 0.35), r.Uniform(0, 2*math.Pi)
	f.light = [2]float64{slope * math.Cos(towards), slope * math.Sin(towards)}
	f.exposure = r.Uniform(0.75, 1.25)
	if r.Bool(hidden) {
		f.bar = &occluder{angle: r.Uniform(0, math.Pi), offset: r.Uniform(-0.6, 0.6), half: r.Uniform(0.08, 0.18), colour: colour(&r)}
	}
	return f
}

// draw fills in what follows the family. Contrast scales the distance of the colours from middle grey.
func (t *texture) draw(r *plan.Rand, contrast float64) {
	t.angle, t.cycles = r.Uniform(0, math.Pi), r.Uniform(3, 8)
	t.phase = [2]float64{r.Float64(), r.Float64()}
	for k := range t.colours {
		t.colours[k] = colour(r)
		for c, v := range t.colours[k] {
			t.colours[k][c] = 0.5 + contrast*(v-0.5)
		}
	}
	for k := range t.lattice {
		t.lattice[k] = float64(r.Float32())
	}
}

func colour(r *plan.Rand) [3]float64 { return [3]float64{r.Float64(), r.Float64(), r.Float64()} }

// Read draws the image at twice its size, averages blocks of four, and adds noise.
func (s *shapeSamples) Read(i int, m *transform.Image) (int64, error) {
	f := s.factors(i)
	n := s.spec.size
	out := m.Reset(3, n, n)
	r := s.rand(i, partNoise)
	fine := f.painter(2 * n)
	for y := range n {
		for x := range n {
			var sum [3]float64
			for k := range 4 {
				c := fine(2*x+k%2, 2*y+k/2)
				sum[0], sum[1], sum[2] = sum[0]+c[0], sum[1]+c[1], sum[2]+c[2]
			}
			for _, v := range sum {
				out[0] = uint8(min(max(255*(v/4+noiseSigma*r.Normal())+0.5, 0), 255))
				out = out[1:]
			}
		}
	}
	return s.Label(i), nil
}

// painter returns the colour of the pixels of an image with n on each side.
func (f *factors) painter(n int) func(x, y int) [3]float64 {
	sin, cos := math.Sincos(f.angle)
	figure, ground := f.figure.painter(), f.ground.painter()
	half := float64(n) / 2
	return func(px, py int) [3]float64 {
		x, y := (float64(px)+0.5)/half-1, (float64(py)+0.5)/half-1
		u, v := (x-f.x)/f.scale, (y-f.y)/f.scale
		u, v = (u*cos+v*sin)/f.aspect, v*cos-u*sin
		var c [3]float64
		switch {
		case f.bar != nil && f.bar.covers(x, y):
			c = f.bar.colour
		case f.covers(u, v):
			c = figure(x, y)
		default:
			c = ground(x, y)
		}
		light := f.exposure * (1 + f.light[0]*x + f.light[1]*y)
		return [3]float64{c[0] * light, c[1] * light, c[2] * light}
	}
}

// covers reports whether a place in the coordinates of the shape lies inside its wobbling outline.
func (f *factors) covers(u, v float64) bool {
	depth, d := f.wobble[0], distance(f.shape, u, v)
	if math.Abs(d) > depth {
		return d < 0
	}
	return d+depth*math.Sin(f.wobble[1]*math.Atan2(v, u)+f.wobble[2]) < 0
}

func (o *occluder) covers(x, y float64) bool {
	sin, cos := math.Sincos(o.angle)
	return math.Abs(x*sin-y*cos-o.offset) < o.half
}
