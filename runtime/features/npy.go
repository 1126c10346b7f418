package features

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// npyWriter writes a float32 array in C order, version 1.0 of the format: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays", 2007.
type npyWriter struct {
	w   io.Writer
	buf []byte
}

// npyAlign is what the data begins at.
const npyAlign = 64

func (n *npyWriter) begin(rows int, dims []int) error {
	shape := fmt.Sprint(rows)
	for _, d := range dims {
		shape += fmt.Sprintf(", %d", d)
	}
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	size := len(text) + 1
	size += (npyAlign - (b.Len()+2+size)%npyAlign) % npyAlign
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(size))) // a shape has some digits: no overflow
	b.WriteString(text + strings.Repeat(" ", size-len(text)-1) + "\n")
	_, err := n.w.Write(b.Bytes())
	return err
}

func (n *npyWriter) row(_ string, _ int64, x []float32) error {
	n.buf = appendFloats(n.buf[:0], x)
	_, err := n.w.Write(n.buf)
	return err
}

func (n *npyWriter) end() error { return nil }

func appendFloats(b []byte, x []float32) []byte {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
