package datasource

import (
	"bytes"
	"slices"
)

// names is a list of texts in one buffer: each costs its bytes and 8 more, whatever their number.
type names struct {
	text  []byte
	spans []uint64 // start, then lengthBits of length
}

// Texts have up to 16 MiB, in a buffer of up to 1 TiB.
const lengthBits = 24

// maxName is the length of the longest text that a list takes; paths end at 4096 bytes on Linux.
const maxName = 1 << 16

func (n *names) add(s string) {
	s = s[:min(len(s), maxName)]
	n.spans = append(n.spans, uint64(len(n.text))<<lengthBits|uint64(len(s)))
	n.text = append(n.text, s...)
}

func (n *names) len() int { return len(n.spans) }

func (n *names) bytes(i int) []byte {
	start := n.spans[i] >> lengthBits
	return n.text[start : start+n.spans[i]&(1<<lengthBits-1)]
}

func (n *names) at(i int) string { return string(n.bytes(i)) }

// sort brings the texts from number first on into order.
func (n *names) sort(first int, compare func(a, b []byte) int) {
	view := names{text: n.text}
	slices.SortFunc(n.spans[first:], func(a, b uint64) int {
		view.spans = append(view.spans[:0], a, b)
		return compare(view.bytes(0), view.bytes(1))
	})
}

// naturally compares texts as people number files: runs of digits by their value, so that img2 comes before img10, all else by bytes.
func naturally(a, b []byte) int {
	x, y := a, b
	for len(x) > 0 && len(y) > 0 {
		dx, dy := digits(x), digits(y)
		if dx == 0 || dy == 0 {
			if x[0] != y[0] {
				return int(x[0]) - int(y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		vx, vy := bytes.TrimLeft(x[:dx], "0"), bytes.TrimLeft(y[:dy], "0")
		if len(vx) != len(vy) {
			return len(vx) - len(vy)
		}
		if c := bytes.Compare(vx, vy); c != 0 {
			return c
		}
		x, y = x[dx:], y[dy:]
	}
	if len(x) != len(y) {
		return len(x) - len(y)
	}
	return bytes.Compare(a, b) // 07 and 7
}

// digits is the length of the run of digits that b starts with.
func digits(b []byte) int {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return n
}
