package transform

import "math"

// sector is a hue, 0 to 255 for a full turn, as one of six sectors of the colour circle and the place inside it, in [0,1).
type sector struct {
	index int
	f     float32
}

var sectors = func() (t [256]sector) {
	for h := range t {
		x := float64(h) * 6 / 255
		i := math.Floor(x)
		t[h] = sector{int(i) % 6, float32(x - i)}
	}
	return t
}()

// adjustHue turns the colour circle by shift, in turns, in the 8-bit HSV space of Pillow; grey images stay as they are. Hue and saturation
// pass through 8 bits, so even a shift of 0 changes a colour slightly.
func (m *Image) adjustHue(shift float64) {
	turn := uint8(int(shift * 255))
	if m.recordedColours(Step{Code: stepHue, N: [8]int32{int32(turn)}}) || m.Channels != 3 {
		return
	}
	if native && len(m.Pix) >= leastNative {
		nativeHue(m.writable(), turn)
		return
	}
	for p := m.writable(); len(p) >= 3; p = p[3:] {
		r, g, b := p[0], p[1], p[2]
		if r == g && g == b {
			continue
		}
		h, s, v := hsv(r, g, b)
		if s != 0 {
			p[0], p[1], p[2] = rgb(h+turn, s, v)
		} else {
			p[0], p[1], p[2] = v, v, v
		}
	}
}

// hsv converts a colour whose parts are not all equal. One of the three distances from the maximum is 0 and another is the whole
// range, so that one division gives the hue.
func hsv(r, g, b uint8) (h, s, v uint8) {
	v = max(r, g, b)
	span := float32(v - min(r, g, b))
	rc, gc, bc := float32(v-r)/span, float32(v-g)/span, float32(v-b)/span
	var x float32
	switch v {
	case r:
		x = bc - gc
	case g:
		x = float32(2 + float64(rc) - float64(bc))
	default:
		x = float32(4 + float64(gc) - float64(rc))
	}
	turn := float64(x)/6 + 1
	if turn >= 1 {
		turn--
	}
	return uint8(float64(float32(turn)) * 255), uint8(float64(span/float32(v)) * 255), v
}

// rgb converts a colour that is not grey.
func rgb(h, s, v uint8) (r, g, b uint8) {
	at := &sectors[h]
	fs := float32(float64(s) / 255)
	val := float64(v)
	p := uint8(val*(1-float64(fs)) + 0.5)
	q := uint8(val*(1-float64(fs*at.f)) + 0.5)
	t := uint8(val*(1-float64(float64(fs)*(1-float64(at.f)))) + 0.5)
	switch at.index {
	case 0:
		return v, t, p
	case 1:
		return q, v, p
	case 2:
		return p, v, t
	case 3:
		return p, q, v
	case 4:
		return t, p, v
	}
	return v, p, q
}
