package transform

import (
	"fmt"
	"slices"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name:   "pad",
		Doc:    "Adds a border on all sides.",
		Paper:  schema.Paper{None: "a standard image operation"},
		Before: "dict(type='Pad', padding=4)",
	},
	New: func() Transform { return &pad{} },
})

var paddingModes = []string{"constant", "edge", "reflect", "symmetric"}

type pad struct {
	padding []int
	fill    int
	mode    string
}

func (t *pad) Args(s *schema.Set) {
	s.IntOrPair(&t.padding, "padding", nil, "pixels added on each side, or [left and right, top and bottom]", schema.Required, schema.NonNegative)
	s.Int(&t.fill, "fill", 0, "grey level of a constant border", schema.Between(0, 255))
	s.String(&t.mode, "padding_mode", "constant", "what the border shows: fill, the edge pixel, or the image mirrored without (reflect) or with (symmetric) the edge pixel",
		schema.OneOf(paddingModes...))
}

func (t *pad) Shape(in plan.ImageType) (plan.ImageType, error) {
	in = grown(in, t.padding)
	if err := checkPixels(in.Height, in.Width); err != nil {
		return in, err
	}
	return in, eightBit(in)
}

func (t *pad) Apply(m *Image, _ *plan.Rand) error {
	g := around(t.padding)
	if err := checkPixels(m.Height+g.top+g.bottom, m.Width+g.left+g.right); err != nil {
		return fmt.Errorf("pad of a %d x %d image: %w", m.Height, m.Width, err)
	}
	m.pad(g, t.mode, uint8(t.fill))
	return nil
}

func (*pad) taped() {}

// margins are border widths in pixels.
type margins struct{ left, top, right, bottom int }

// around reads a padding argument.
func around(padding []int) margins {
	if len(padding) == 0 {
		return margins{}
	}
	x, y := padding[0], padding[len(padding)-1]
	return margins{x, y, x, y}
}

func grown(in plan.ImageType, padding []int) plan.ImageType {
	g := around(padding)
	if in.Height > 0 {
		in.Height += g.top + g.bottom
	}
	if in.Width > 0 {
		in.Width += g.left + g.right
	}
	return in
}

// pad adds a border.
func (m *Image) pad(g margins, mode string, fill uint8) {
	if g == (margins{}) {
		return
	}
	c, h, w := m.Channels, m.Height+g.top+g.bottom, m.Width+g.left+g.right
	if m.recorded(Step{Code: stepFrame, N: [8]int32{int32(-g.top), int32(-g.left), int32(h), int32(w), int32(slices.Index(paddingModes, mode)), int32(fill)}}, h, w) {
		return
	}
	out := m.fresh(h * w * c)
	for y := range h {
		row := out[y*w*c:][:w*c]
		sy := source(y-g.top, m.Height, mode)
		if sy < 0 {
			set(row, fill)
			continue
		}
		in := m.Pix[sy*m.Width*c:][:m.Width*c]
		copy(row[g.left*c:], in)
		for x := range g.left {
			border(row[x*c:][:c], in, source(x-g.left, m.Width, mode), fill)
		}
		for x := g.left + m.Width; x < w; x++ {
			border(row[x*c:][:c], in, source(x-g.left, m.Width, mode), fill)
		}
	}
	m.take(out, c, h, w)
}

func border(pixel, row []uint8, x int, fill uint8) {
	if x < 0 {
		set(pixel, fill)
		return
	}
	copy(pixel, row[x*len(pixel):])
}

func set(b []uint8, v uint8) {
	for i := range b {
		b[i] = v
	}
}

// source is the coordinate below n that a border pixel at i shows, or -1 for the fill value.
func source(i, n int, mode string) int {
	if i >= 0 && i < n {
		return i
	}
	switch mode {
	case "edge":
		return min(max(i, 0), n-1)
	case "reflect":
		if n == 1 {
			return 0
		}
		i = modulo(i, 2*(n-1))
		return min(i, 2*(n-1)-i)
	case "symmetric":
		i = modulo(i, 2*n)
		return min(i, 2*n-1-i)
	}
	return -1
}

func modulo(i, n int) int { return (i%n + n) % n }
