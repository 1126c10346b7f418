package datasource

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
)

// The npy format: a magic text, a version, the length of a header, and the header, which is the text of a Python dictionary. Only the form that
// NumPy writes is read, by patterns; nothing is evaluated.
//
// Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays", 2007.

const npyMagic = "\x93NUMPY"

// npyHeader describes an array in C order.
type npyHeader struct {
	kind   byte // 'u' unsigned, 'i' signed, 'f' float
	size   int  // bytes of a value
	order  binary.ByteOrder
	shape  []int
	offset int64 // of the data in the file
}

// maxHeader bounds the text of a header: NumPy itself warns from 10,000 characters on.
const maxHeader = 1 << 16

var (
	npyDescr   = regexp.MustCompile(`'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d{1,3})'`)
	npyObject  = regexp.MustCompile(`'descr'\s*:\s*'\|?O`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*\(([\d\s,L]*)\)`)
)

// readNPYHeader reads the header from the start of a file of size bytes, of which head is the beginning (all of it, or npyHead bytes). The data
// that the shape promises is known to be there.
func readNPYHeader(head []byte, size int64) (*npyHeader, error) {
	if !startsWith(npyMagic)(head) || len(head) < 12 {
		return nil, errors.New("not an npy file")
	}
	start, length := 10, int(binary.LittleEndian.Uint16(head[8:]))
	if version := head[6]; version == 2 || version == 3 {
		start, length = 12, int(min(binary.LittleEndian.Uint32(head[8:]), math.MaxInt32))
	} else if version != 1 {
		return nil, fmt.Errorf("npy version %d; 1 to 3 are read", version)
	}
	if length > maxHeader {
		return nil, fmt.Errorf("a header of %d bytes, more than the limit of %d", length, maxHeader)
	}
	if start+length > len(head) {
		return nil, errors.New("truncated in its header")
	}
	h := &npyHeader{offset: int64(start + length)}
	if err := h.parse(string(head[start : start+length])); err != nil {
		return nil, err
	}
	want := uint64(h.size)
	for _, n := range h.shape {
		hi, lo := bits.Mul64(want, uint64(n))
		if hi != 0 || lo > math.MaxInt64 {
			return nil, fmt.Errorf("its shape %v is larger than any file", h.shape)
		}
		want = lo
	}
	if have := uint64(size - h.offset); want > have {
		return nil, fmt.Errorf("truncated: its shape %v takes %d bytes, and the file has %d", h.shape, want, have)
	}
	return h, nil
}

// npyHead is how much of a file holds its header.
const npyHead = 12 + maxHeader

func (h *npyHeader) parse(text string) error {
	descr := npyDescr.FindStringSubmatch(text)
	switch {
	case npyObject.MatchString(text):
		return errors.New("an array of Python objects, which is a pickle: a program that is run when it is read. Save numbers")
	case descr == nil:
		return fmt.Errorf("its header %.100q has no simple type", text)
	}
	h.kind = descr[2][0]
	h.size, _ = strconv.Atoi(descr[3]) // digits by the pattern
	h.order = binary.LittleEndian
	if descr[1] == ">" {
		h.order = binary.BigEndian
	}
	if !strings.Contains(" u1 u2 u4 u8 i1 i2 i4 i8 f4 f8 ", " "+descr[2]+descr[3]+" ") {
		return fmt.Errorf("values of type %q; whole numbers of 1 to 8 bytes and floats of 4 or 8 are read", descr[2]+descr[3])
	}
	fortran, shape := npyFortran.FindStringSubmatch(text), npyShape.FindStringSubmatch(text)
	if fortran == nil || shape == nil {
		return fmt.Errorf("its header %.100q has no order or shape", text)
	}
	if fortran[1] == "True" {
		return errors.New("in Fortran order; save it after numpy.ascontiguousarray")
	}
	for _, part := range strings.Split(shape[1], ",") {
		part = strings.TrimSuffix(strings.TrimSpace(part), "L")
		if part == "" {
			continue
		}
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil || n > math.MaxInt32 {
			return fmt.Errorf("its shape (%s) is larger than any file", shape[1])
		}
		h.shape = append(h.shape, int(n))
	}
	return nil
}

// dtype is the name that NumPy has for the type of the values.
func (h *npyHeader) dtype() string {
	return map[byte]string{'u': "uint", 'i': "int", 'f': "float"}[h.kind] + strconv.Itoa(8*h.size)
}

// npyLayout says which axes of an image array are what: plain [h, w], channels first or last.
func npyLayout(shape []int, channels int) (height, width int, first bool, err error) {
	switch {
	case len(shape) == 2 && channels == 1:
		return shape[0], shape[1], false, nil
	case len(shape) == 3 && shape[2] == channels:
		return shape[0], shape[1], false, nil
	case len(shape) == 3 && shape[0] == channels:
		return shape[1], shape[2], true, nil
	}
	return 0, 0, false, fmt.Errorf("images of shape %v are not [height, width, %d] or [%d, height, width]; set channels to what they have", shape, channels, channels)
}

// values turns n values at b into 8 bits: bytes as they are, others by the window.
func (h *npyHeader) values(dst []uint8, b []byte, w window) {
	switch {
	case h.size == 1:
		copy(dst, b)
	case h.size == 2:
		for i := range dst {
			dst[i] = w.word(h.order.Uint16(b[2*i:]))
		}
	case h.size == 4:
		for i := range dst {
			dst[i] = w.float(float64(math.Float32frombits(h.order.Uint32(b[4*i:]))))
		}
	default:
		for i := range dst {
			dst[i] = w.float(math.Float64frombits(h.order.Uint64(b[8*i:])))
		}
	}
}

// pixels reports whether the values can be pixels.
func (h *npyHeader) pixels() error {
	if h.kind == 'f' || h.kind == 'u' && h.size <= 2 {
		return nil
	}
	return fmt.Errorf("values of type %s; images are uint8, uint16, float32 or float64", h.dtype())
}

// interleave turns planes [c, h, w] into pixels [h, w, c].
func interleave(dst, src []uint8, channels int) {
	n := len(src) / channels
	for c := range channels {
		plane := src[c*n : (c+1)*n]
		for i, v := range plane {
			dst[i*channels+c] = v
		}
	}
}
