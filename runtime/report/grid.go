package report

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"io"
)

// Grid writes the rows as one PNG picture on white: a row of tiles for each, on squares of the largest tile; a first tile stands apart from what it is compared with.
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
	step := side + gap
	m := image.NewNRGBA(image.Rect(0, 0, columns*step+3*gap, len(rows)*step+gap))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	for y, r := range rows {
		left := gap
		for _, t := range r.Tiles {
			if t.Image != nil {
				b := t.Image.Bounds()
				at := image.Pt(left+(side-b.Dx())/2, gap+y*step+(side-b.Dy())/2)
				draw.Draw(m, image.Rectangle{at, at.Add(b.Size())}, t.Image, b.Min, draw.Over)
			}
			left += step
			if t.Mark == First {
				left += 2 * gap
			}
		}
	}
	return encodePNG(w, m)
}
