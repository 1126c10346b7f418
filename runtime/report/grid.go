package report

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"io"
)

// gridSide is the least side of a square of a grid: smaller pictures are hard to see.
const gridSide = 64

// Grid writes the rows as one PNG picture on white: a row of tiles for each, on squares of the largest tile; a first tile stands apart from what it is compared with. Smaller
// pictures are drawn a whole number of times as large, with sharp edges.
func Grid(w io.Writer, rows []Row) error {
	const gap = 2
	side, columns := 0, 0
	for _, r := range rows {
		columns = max(columns, len(r.Tiles))
		for _, t := range r.Tiles {
			if t.Image != nil {
				side = max(side, t.Image.Bounds().Dx(), t.Image.Bounds().Dy())
			}
		}
	}
	if side == 0 {
		return errors.New("drawing a grid: there is no picture")
	}
	side *= max(1, gridSide/side)
	step := side + gap
	m := image.NewNRGBA(image.Rect(0, 0, columns*step+3*gap, len(rows)*step+gap))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	for y, r := range rows {
		left := gap
		for _, t := range r.Tiles {
			if t.Image != nil {
				tile := enlarged(t.Image, side)
				b := tile.Bounds()
				at := image.Pt(left+(side-b.Dx())/2, gap+y*step+(side-b.Dy())/2)
				draw.Draw(m, image.Rectangle{at, at.Add(b.Size())}, tile, b.Min, draw.Over)
			}
			left += step
			if t.Mark == First {
				left += 2 * gap
			}
		}
	}
	return encodePNG(w, m)
}

// enlarged is a picture as many times as large as fits into a square.
func enlarged(m image.Image, side int) image.Image {
	b := m.Bounds()
	times := side / max(1, b.Dx(), b.Dy())
	if times < 2 {
		return m
	}
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx()*times, b.Dy()*times))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, m.At(b.Min.X+x/times, b.Min.Y+y/times))
		}
	}
	return out
}
