package datasource

import (
	"errors"
	"fmt"
	"math"
)

// readPNM reads the portable grey and colour maps P2, P3 (text), P5 and P6 (bytes). Values are scaled from 0 … maxval to 8 bits or, above 255,
// to 16.
//
// Source: the netpbm manual pages pgm(5) and ppm(5).
func readPNM(data []byte, as *decoding) (raster, error) {
	p := pnmScanner{data: data, at: 2}
	width, height, maxval := p.number(), p.number(), p.number()
	if p.err != nil {
		return raster{}, p.err
	}
	if maxval < 1 || maxval > 65535 {
		return raster{}, fmt.Errorf("greatest value %d; 1 to 65535 are allowed", maxval)
	}
	if err := as.bound(height, width); err != nil {
		return raster{}, err
	}
	out := raster{height: height, width: width, samples: 1, deep: maxval > 255}
	if data[1] == '3' || data[1] == '6' {
		out.samples = 3
	}
	scale := pnmScale(maxval, as)
	n := width * out.samples
	if data[1] < '5' {
		err := p.text(&out, n, maxval, scale)
		return out, err
	}
	size := 1
	if maxval > 255 {
		size = 2
	}
	if p.at >= len(data) || !isBlank(data[p.at]) {
		return raster{}, errors.New("truncated after its header")
	}
	body := data[p.at+1:]
	if len(body)/size/n < height {
		return raster{}, tooShort(data, height, width)
	}
	out.row = func(y int, dst []uint8) {
		for i := range n {
			v := int(body[(y*n+i)*size])
			if size == 2 {
				v = v<<8 | int(body[(y*n+i)*size+1])
			}
			dst[i] = scale(min(v, maxval))
		}
	}
	return out, nil
}

// pnmScale rounds to nearest and halves to even, as Pillow does.
func pnmScale(maxval int, as *decoding) func(v int) uint8 {
	if maxval < 256 {
		return func(v int) uint8 { return uint8(math.RoundToEven(float64(v) / float64(maxval) * 255)) }
	}
	return func(v int) uint8 {
		return as.window.word(uint16(math.RoundToEven(float64(v) / float64(maxval) * 65535)))
	}
}

type pnmScanner struct {
	data []byte
	at   int
	err  error
}

// number reads a decimal number after blanks and comments; what follows it stays.
func (p *pnmScanner) number() int {
	for p.at < len(p.data) && (isBlank(p.data[p.at]) || p.data[p.at] == '#') {
		if p.data[p.at] == '#' {
			for p.at < len(p.data) && p.data[p.at] != '\n' {
				p.at++
			}
			continue
		}
		p.at++
	}
	n := digits(p.data[p.at:])
	if n == 0 || n > 9 {
		if p.err == nil {
			p.err = fmt.Errorf("no number at byte %d", p.at)
		}
		return 0
	}
	v := 0
	for _, c := range p.data[p.at : p.at+n] {
		v = 10*v + int(c-'0')
	}
	p.at += n
	return v
}

// text reads the values of a map that is written as text.
func (p *pnmScanner) text(out *raster, n, maxval int, scale func(int) uint8) error {
	if (len(p.data)-p.at)/2 < out.height*n-1 {
		return tooShort(p.data, out.height, out.width)
	}
	pix := make([]uint8, out.height*n)
	for i := range pix {
		v := p.number()
		if p.err != nil {
			return p.err
		}
		pix[i] = scale(min(v, maxval))
	}
	out.row = func(y int, dst []uint8) { copy(dst, pix[y*n:(y+1)*n]) }
	return nil
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
