package datasource

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/transform"
)

// npyFile is an npy file of version 1.
func npyFile(descr, shape string, data []byte) []byte {
	head := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }\n", descr, shape)
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(head)))
	return append(append(b, head...), data...)
}

func upTo(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func floats(order binary.AppendByteOrder, values ...float32) (b []byte) {
	for _, v := range values {
		b = order.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestNPY(t *testing.T) {
	for _, c := range []struct {
		name                  string
		data                  []byte
		channels              int
		window                []any
		want                  []byte // of the second image
		wantHeight, wantWidth int
	}{
		{"n h w", npyFile("'|u1'", "(2, 2, 3)", upTo(12)), 1, nil, []byte{6, 7, 8, 9, 10, 11}, 2, 3},
		{"n h w c", npyFile("'|u1'", "(2, 1, 2, 3)", upTo(12)), 3, nil, []byte{6, 7, 8, 9, 10, 11}, 1, 2},
		{"n c h w", npyFile("'|u1'", "(2, 3, 1, 2)", upTo(12)), 3, nil, []byte{6, 8, 10, 7, 9, 11}, 1, 2},
		{"five channels", npyFile("'|u1'", "(2, 5, 1, 1)", upTo(10)), 5, nil, []byte{5, 6, 7, 8, 9}, 1, 1},
		{"little-endian words", npyFile("'<u2'", "(2, 1, 1)", []byte{1, 2, 3, 4}), 1, nil, []byte{4}, 1, 1},
		{"big-endian words", npyFile("'>u2'", "(2, 1, 1)", []byte{1, 2, 3, 4}), 1, nil, []byte{3}, 1, 1},
		{"12-bit words", npyFile("'<u2'", "(2, 1, 1)", []byte{0, 0, 0x34, 0x0a}), 1, []any{0, 4095}, []byte{0xa3}, 1, 1},
		{"floats", npyFile("'<f4'", "(2, 1, 4)", floats(binary.LittleEndian, 0, 0, 0, 0, -1, 100./255, 1, float32(math.NaN()))), 1, nil, []byte{0, 100, 255, 0}, 1, 4},
		{"big-endian floats with a window", npyFile("'>f4'", "(2, 1, 2)", floats(binary.BigEndian, 0, 0, 0, 10)), 1, []any{-10, 10}, []byte{128, 255}, 1, 2},
	} {
		args := map[string]any{"images": write(t, t.TempDir(), "x.npy", c.data), "channels": c.channels}
		if c.window != nil {
			args["window"] = c.window
		}
		s, err := open(t, "npy", args)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var m transform.Image
		label, err := s.Read(1, &m)
		if diff := cmp.Diff(c.want, m.Pix); diff != "" || err != nil || label != -1 || m.Height != c.wantHeight || m.Width != c.wantWidth || m.Channels != c.channels {
			t.Errorf("%s: Read(1) = %d, %v with %d x %d x %d, want -1 with %d x %d x %d (-want +got):\n%s",
				c.name, label, err, m.Height, m.Width, m.Channels, c.wantHeight, c.wantWidth, c.channels, diff)
		}
	}
}

func TestNPYLabels(t *testing.T) {
	for _, c := range []struct {
		descr string
		data  []byte
		want  []int64
	}{
		{"'|u1'", []byte{7, 200}, []int64{7, 200}},
		{"'|i1'", []byte{7, 255}, []int64{7, -1}},
		{"'<i4'", []byte{1, 0, 0, 0, 0, 1, 0, 0}, []int64{1, 256}},
		{"'>i8'", []byte{0, 0, 0, 0, 0, 0, 0, 9, 255, 255, 255, 255, 255, 255, 255, 255}, []int64{9, -1}},
	} {
		dir := t.TempDir()
		s, err := open(t, "npy", map[string]any{"channels": 1, "images": write(t, dir, "x.npy", npyFile("'|u1'", "(2, 1, 1)", []byte{1, 2})),
			"labels": write(t, dir, "y.npy", npyFile(c.descr, "(2,)", c.data))})
		if err != nil {
			t.Errorf("%s: %v", c.descr, err)
			continue
		}
		if diff := cmp.Diff(c.want, []int64{labelOf(s, 0), labelOf(s, 1)}); diff != "" {
			t.Errorf("%s: labels (-want +got):\n%s", c.descr, diff)
		}
	}
}

func TestNPYRefuses(t *testing.T) {
	good := npyFile("'|u1'", "(2, 1, 2, 3)", upTo(12))
	for _, c := range []struct {
		name           string
		images, labels []byte
		want           string
	}{
		{"empty", nil, nil, "x.npy: not an npy file"},
		{"pickle", []byte("\x80\x04\x95 this is a pickle"), nil, "x.npy: not an npy file"},
		{"objects", npyFile("'|O'", "(2, 1, 2, 3)", upTo(12)), nil, "x.npy: an array of Python objects, which is a pickle"},
		{"structure", npyFile("[('a', '<u1')]", "(2, 1, 2, 3)", upTo(12)), nil, "has no simple type"},
		{"truncated", good[:len(good)-1], nil, "x.npy: truncated: its shape [2 1 2 3] takes 12 bytes, and the file has 11"},
		{"truncated header", good[:20], nil, "x.npy: truncated in its header"},
		{"huge", npyFile("'<f8'", "(2147483647, 2147483647, 2147483647, 3)", nil), nil, "x.npy: its shape [2147483647 2147483647 2147483647 3] is larger than any file"},
		{"huge axis", npyFile("'<f8'", "(99999999999999999999,)", nil), nil, "is larger than any file"},
		{"large header", append([]byte(npyMagic), 2, 0, 255, 255, 255, 127), nil, "a header of 2147483647 bytes, more than the limit of 65536"},
		{"Fortran", []byte(strings.Replace(string(good), "False", "True ", 1)), nil, "in Fortran order"},
		{"integers", npyFile("'<i8'", "(1, 1, 2, 3)", make([]byte, 48)), nil, "values of type int64; images are uint8, uint16, float32 or float64"},
		{"complex", npyFile("'<c8'", "(1, 1, 2, 3)", make([]byte, 48)), nil, `values of type "c8"`},
		{"channels", npyFile("'|u1'", "(2, 1, 2, 2)", upTo(8)), nil, "images of shape [1 2 2] are not [height, width, 3] or [3, height, width]"},
		{"grey for colour", npyFile("'|u1'", "(2, 2, 2)", upTo(8)), nil, "images of shape [2 2] are not"},
		{"no images", npyFile("'|u1'", "(0, 1, 2, 3)", nil), nil, "holds no pixels: its shape is [0 1 2 3]"},
		{"a number", npyFile("'|u1'", "()", []byte{1}), nil, "holds no pixels: its shape is []"},
		{"count", good, npyFile("'|u1'", "(3,)", upTo(3)), "y.npy: holds 3 labels, but"},
		{"float labels", good, npyFile("'<f4'", "(2,)", upTo(8)), "y.npy: holds values of type float32 and shape [2]; labels are whole numbers of shape [n]"},
		{"negative labels", good, npyFile("'|i1'", "(2,)", []byte{0, 254}), "y.npy: label 1 is -2"},
		{"large labels", good, npyFile("'<u8'", "(2,)", append(make([]byte, 15), 1)), "y.npy: label 1 is 72057594037927936"},
	} {
		dir := t.TempDir()
		args := map[string]any{"images": write(t, dir, "x.npy", c.images)}
		if c.labels != nil {
			args["labels"] = write(t, dir, "y.npy", c.labels)
		}
		if _, err := open(t, "npy", args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Open = %v, want %q", c.name, err, c.want)
		}
	}
}

// A file that shrinks after it was opened makes bad samples.
func TestNPYShrinks(t *testing.T) {
	dir := t.TempDir()
	data := npyFile("'|u1'", "(2, 2, 3)", upTo(12))
	s, err := open(t, "npy", map[string]any{"images": write(t, dir, "x.npy", data), "channels": 1})
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "x.npy", data[:len(data)-3])
	var m transform.Image
	if _, err := s.Read(1, &m); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("Read(1) = %v, want an error: truncated", err)
	}
	if _, err := s.Read(0, &m); err != nil {
		t.Errorf("Read(0) = %v, want no error", err)
	}
}

func FuzzNPY(f *testing.F) {
	f.Add(npyFile("'|u1'", "(2, 1, 2, 3)", upTo(12)))
	f.Add(npyFile("'<f8'", "(1, 3)", upTo(24)))
	f.Add(npyFile("'>u2'", "(2147483647, 2147483647)", nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		allocates(t, 1<<20+8*uint64(len(data)), func() {
			h, err := readNPYHeader(data[:min(len(data), npyHead)], int64(len(data)))
			if err != nil {
				return
			}
			n := int64(h.size)
			for _, d := range h.shape {
				n *= int64(d)
			}
			if n < 0 || h.offset+n > int64(len(data)) {
				t.Errorf("readNPYHeader took shape %v of %d bytes at %d for data of %d bytes", h.shape, h.size, h.offset, len(data))
			}
		})
	})
}
