package datasource

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"

	"ssc/lang/schema"
	"ssc/runtime/transform"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "npy",
		Doc: "Images in one NumPy array of shape [n, height, width], [n, height, width, channels] or [n, channels, height, width], and labels in another of shape [n]. " +
			"Pixels are uint8, or uint16, float32 and float64 narrowed to 8 bits by the window. Each image is read from the file when it is needed, so the file may be " +
			"larger than memory; it is not mapped, because a file that shrinks would then end the program. Arrays of Python objects (pickles) are refused.",
		Paper:  schema.Paper{None: "NumPy's file format (NumPy Enhancement Proposal 1)"},
		Before: "none: MMSelfSup reads no arrays",
	},
	New: func() Source { return &npy{} },
})

type npy struct {
	images, labels string
	channels       int
	window         window
}

func (s *npy) Args(set *schema.Set) {
	set.String(&s.images, "images", "", "path of the array of images", schema.Required, schema.NotEmpty, schema.Location)
	set.String(&s.labels, "labels", "", "path of the array of labels; empty: no labels", schema.Location)
	set.Int(&s.channels, "channels", 3, "channels of the array; an axis of this length, the last one or else the second, holds them. 1 is also for arrays without such an axis",
		schema.Between(1, maxChannels))
	s.window.args(set)
}

func (s *npy) Check(r *schema.Report) { s.window.check(r) }

func (s *npy) Channels() int { return s.channels }

func (s *npy) Open(ctx context.Context) (Samples, error) {
	h, err := openNPY(s.images)
	if err != nil {
		return nil, err
	}
	out := &arrays{files: handles{paths: []string{s.images}}, header: h, channels: s.channels, window: s.window}
	if len(h.shape) > 0 && h.shape[0] > 0 {
		out.n = h.shape[0]
		if err = h.pixels(); err == nil {
			out.height, out.width, out.planes, err = npyLayout(h.shape[1:], s.channels)
		}
	}
	if err == nil && out.n*out.height*out.width == 0 {
		err = fmt.Errorf("holds no pixels: its shape is %v", h.shape)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.images, err)
	}
	if s.labels == "" {
		return out, nil
	}
	if out.labels, err = npyLabels(s.labels); err != nil {
		return nil, fmt.Errorf("%s: %w", s.labels, err)
	}
	if len(out.labels) != out.n {
		return nil, fmt.Errorf("%s: holds %d labels, but %s holds %d images", s.labels, len(out.labels), s.images, out.n)
	}
	out.files.paths = append(out.files.paths, s.labels)
	return out, nil
}

// arrays are the images of an array.
type arrays struct {
	files            handles
	header           *npyHeader
	channels         int
	window           window
	n, height, width int
	planes           bool // channels first
	labels           []int32
	buffers          scratch
}

func (a *arrays) Len() int { return a.n }

func (a *arrays) Name(i int) string { return fmt.Sprintf("%s[%d]", a.files.paths[0], i) }

// Label implements [Labeled].
func (a *arrays) Label(i int) int64 {
	if a.labels == nil {
		return -1
	}
	return int64(a.labels[i])
}

// List implements [Listed].
func (a *arrays) List() *List { return listFiles(a.files.paths) }

func (a *arrays) Read(i int, m *transform.Image) (int64, error) {
	n := a.channels * a.height * a.width
	out := m.Reset(a.channels, a.height, a.width)
	raw := a.buffers.take(n * a.header.size)
	defer a.buffers.give(raw)
	if err := a.files.readAt(0, *raw, a.header.offset+int64(i)*int64(len(*raw))); err != nil {
		return 0, err
	}
	if !a.planes || a.channels == 1 {
		a.header.values(out, *raw, a.window)
		return a.Label(i), nil
	}
	eight := a.buffers.take(n)
	defer a.buffers.give(eight)
	a.header.values(*eight, *raw, a.window)
	interleave(out, *eight, a.channels)
	return a.Label(i), nil
}

func openNPY(path string) (*npyHeader, error) {
	f, err := openFile(path, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	defer f.Close()
	h, err := statNPY(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

func statNPY(f *os.File) (*npyHeader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, cause(err)
	}
	head := make([]byte, min(info.Size(), npyHead))
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, cause(err)
	}
	return readNPYHeader(head, info.Size())
}

func npyLabels(path string) ([]int32, error) {
	f, err := openFile(path, nil)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	h, err := statNPY(f)
	if err != nil {
		return nil, err
	}
	if len(h.shape) != 1 || h.kind == 'f' {
		return nil, fmt.Errorf("holds values of type %s and shape %v; labels are whole numbers of shape [n]", h.dtype(), h.shape)
	}
	raw := make([]byte, h.shape[0]*h.size)
	if _, err := f.ReadAt(raw, h.offset); err != nil {
		return nil, cause(err)
	}
	out := make([]int32, h.shape[0])
	for i := range out {
		v := h.whole(raw[i*h.size:])
		if v < -1 || v > math.MaxInt32 {
			return nil, fmt.Errorf("label %d is %d; labels are -1 (none), or from 0 on", i, v)
		}
		out[i] = int32(v)
	}
	return out, nil
}

// whole reads a whole number; unsigned ones beyond int64 come out negative.
func (h *npyHeader) whole(b []byte) int64 {
	var v uint64
	switch h.size {
	case 1:
		v = uint64(b[0])
	case 2:
		v = uint64(h.order.Uint16(b))
	case 4:
		v = uint64(h.order.Uint32(b))
	default:
		v = h.order.Uint64(b)
	}
	if h.kind == 'i' {
		shift := 64 - 8*h.size
		return int64(v<<shift) >> shift
	}
	return int64(v)
}

// readNPYImage reads a file that holds one image.
func readNPYImage(data []byte, as *decoding) (raster, error) {
	h, err := readNPYHeader(data[:min(len(data), npyHead)], int64(len(data)))
	if err != nil {
		return raster{}, err
	}
	if err := h.pixels(); err != nil {
		return raster{}, err
	}
	channels := as.channels
	if len(h.shape) == 2 {
		channels = 1
	}
	height, width, planes, err := npyLayout(h.shape, channels)
	if err != nil {
		return raster{}, err
	}
	if err := as.bound(height, width); err != nil {
		return raster{}, err
	}
	out := raster{height: height, width: width, samples: channels}
	body, n := data[h.offset:], width*channels
	if !planes {
		out.row = func(y int, dst []uint8) { h.values(dst, body[y*n*h.size:], as.window) }
		return out, nil
	}
	line := make([]uint8, width)
	out.row = func(y int, dst []uint8) {
		for c := range channels {
			h.values(line, body[(c*height+y)*width*h.size:], as.window)
			for x, v := range line {
				dst[x*channels+c] = v
			}
		}
	}
	return out, nil
}
