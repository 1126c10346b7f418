package cmd

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"unicode/utf8"
)

// Widths of a letter of the sizes of text, in pixels, on the safe side.
const (
	titleLetter  = 7.6
	detailLetter = 6.0
	wireLetter   = 5.6
)

// svg draws the picture by a layout of its own, the same on every machine.
func (p *picture) svg(to io.Writer) error {
	if len(p.boxes) == 0 {
		_, err := io.WriteString(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>\n")
		return err
	}
	d := lay(p.boxes, func(b *box) float64 {
		return max(titleLetter*float64(utf8.RuneCountInString(b.title)), detailLetter*float64(utf8.RuneCountInString(b.detail))) + 24
	})
	w := bufio.NewWriter(to)
	height := float64(len(d.rows))*(boxHeight+gapY) - gapY + 2*margin
	fmt.Fprintf(w, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"Helvetica, Arial, sans-serif\">\n", d.width, height, d.width, height)
	for _, b := range p.boxes {
		for _, e := range b.out {
			d.drawWire(w, e)
		}
	}
	for _, b := range p.boxes {
		for _, e := range b.out {
			d.drawLabel(w, e)
		}
	}
	for _, b := range p.boxes {
		d.drawBox(w, b)
	}
	fmt.Fprintln(w, "</svg>")
	return w.Flush()
}

func top(row int) float64 { return margin + float64(row)*(boxHeight+gapY) }

func (d *drawing) drawBox(w io.Writer, b *box) {
	s := d.spots[b]
	c := colours[b.kind]
	y := top(s.row)
	fmt.Fprintf(w, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"8\" fill=\"%s\" stroke=\"%s\" stroke-width=\"1.5\"/>\n", s.x-s.width/2, y, s.width, boxHeight, c.fill, c.line)
	title := y + 27
	if b.detail != "" {
		title = y + 19
		fmt.Fprintf(w, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"10.5\" fill=\"#52606d\">%s</text>\n", s.x, y+34, html.EscapeString(b.detail))
	}
	fmt.Fprintf(w, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"13\" font-weight=\"600\" fill=\"#1f2933\">%s</text>\n", s.x, title, html.EscapeString(b.title))
}

// drawWire draws a smooth line through the spots of a wire and an arrow head. What flows is its tooltip.
func (d *drawing) drawWire(w io.Writer, e *wire) {
	path := d.paths[e]
	x, y := path[0].x, top(path[0].row)+boxHeight
	fmt.Fprintf(w, "<path d=\"M%.1f %.1f", x, y)
	for i, s := range path[1:] {
		nx, ny := s.x, top(s.row)
		fmt.Fprintf(w, " C%.1f %.1f %.1f %.1f %.1f %.1f", x, y+gapY/2, nx, ny-gapY/2, nx, ny)
		x, y = nx, ny
		if i < len(path)-2 {
			y += boxHeight
			fmt.Fprintf(w, " V%.1f", y)
		}
	}
	fmt.Fprintf(w, "\" fill=\"none\" stroke=\"#9aa5b1\" stroke-width=\"1.3\"><title>%s</title></path>\n", html.EscapeString(e.label()))
	fmt.Fprintf(w, "<path d=\"M%.1f %.1f l-4 -7 h8 z\" fill=\"#9aa5b1\"/>\n", x, y)
}

// drawLabel writes what flows over a wire between neighbouring rows, where there is room.
func (d *drawing) drawLabel(w io.Writer, e *wire) {
	path, label := d.paths[e], e.label()
	middle, width := (path[0].x+path[1].x)/2, wireLetter*float64(utf8.RuneCountInString(label))
	if len(path) > 2 || !d.free(extent{path[0].row, middle - width/2, middle + width/2}) {
		return
	}
	fmt.Fprintf(w, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"9.5\" fill=\"#52606d\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">%s</text>\n",
		middle, top(path[0].row)+boxHeight+gapY/2+3, html.EscapeString(label))
}
