package cmd

import (
	"bufio"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// letter is the width of a letter in the units of a layout.
const letter = 8

// Directions in which a line leaves a cell of a canvas.
const (
	up = 1 << iota
	down
	left
	right
)

// lineRunes are the characters of the lines through a cell, by directions.
var lineRunes = [16]rune{up: '│', down: '│', up | down: '│', left: '─', right: '─', left | right: '─', down | right: '┌', down | left: '┐', up | right: '└', up | left: '┘',
	up | down | right: '├', up | down | left: '┤', left | right | down: '┬', left | right | up: '┴', up | down | left | right: '┼'}

// canvas is a drawing of letters and lines.
type canvas struct {
	rows  [][]rune
	lines [][]uint8
}

// at grows the canvas to hold the cell.
func (c *canvas) at(x, y int) (*rune, *uint8) {
	for len(c.rows) <= y {
		c.rows, c.lines = append(c.rows, nil), append(c.lines, nil)
	}
	for len(c.rows[y]) <= x {
		c.rows[y], c.lines[y] = append(c.rows[y], ' '), append(c.lines[y], 0)
	}
	return &c.rows[y][x], &c.lines[y][x]
}

func (c *canvas) line(x, y int, directions uint8) {
	_, l := c.at(x, y)
	*l |= directions
}

// vertical draws from the lower half of the first cell to the upper half of the last.
func (c *canvas) vertical(x, from, to int) {
	for y := from; y <= to; y++ {
		if y > from {
			c.line(x, y, up)
		}
		if y < to {
			c.line(x, y, down)
		}
	}
}

func (c *canvas) horizontal(y, from, to int) {
	for x := from; x <= to; x++ {
		if x > from {
			c.line(x, y, left)
		}
		if x < to {
			c.line(x, y, right)
		}
	}
}

func (c *canvas) write(x, y int, text string) {
	for _, r := range text {
		cell, _ := c.at(x, y)
		*cell = r
		x++
	}
}

// free reports whether a text fits there with a blank on each side.
func (c *canvas) free(x, y int, text string) bool {
	for i := -1; i <= utf8.RuneCountInString(text); i++ {
		if r, l := c.at(max(x+i, 0), y); *r != ' ' || *l != 0 {
			return false
		}
	}
	return true
}

func (c *canvas) print(to io.Writer) error {
	w := bufio.NewWriter(to)
	for y, row := range c.rows {
		var line strings.Builder
		for x, r := range row {
			if l := lineRunes[c.lines[y][x]]; r == ' ' && l != 0 {
				r = l
			}
			line.WriteRune(r)
		}
		w.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return w.Flush()
}

// text draws the picture with letters and lines.
func (p *picture) text(to io.Writer) error {
	if len(p.boxes) == 0 {
		return nil
	}
	d := lay(p.boxes, func(b *box) float64 {
		return letter * float64(max(utf8.RuneCountInString(b.title), utf8.RuneCountInString(b.detail), portGap*len(b.in)-3)+4)
	})
	c, y := &canvas{}, 0
	for i, row := range d.rows {
		height := 3
		for _, s := range row {
			if s.box != nil && s.box.detail != "" {
				height = 4
			}
		}
		for _, s := range row {
			if s.box == nil {
				c.vertical(s.column(), y, y+height-1)
				continue
			}
			s.draw(c, y, height)
		}
		y += height
		if i < len(d.rows)-1 {
			y += d.connect(c, row, y)
		}
	}
	return c.print(to)
}

// column is that of the centre of a spot.
func (s *spot) column() int { return int(math.Round((s.x - margin) / letter)) }

// edges are the first and the last column of a box.
func (s *spot) edges() (int, int) {
	width := int(s.width / letter)
	first := max(s.column()-width/2, 0)
	return first, first + width - 1
}

func (s *spot) draw(c *canvas, y, height int) {
	first, last := s.edges()
	bottom := y + height - 1
	c.horizontal(y, first, last)
	c.horizontal(bottom, first, last)
	c.vertical(first, y, bottom)
	c.vertical(last, y, bottom)
	for i, text := range []string{s.box.title, s.box.detail} {
		c.write(first+(last-first+1-utf8.RuneCountInString(text))/2, y+1+i, text)
	}
}
