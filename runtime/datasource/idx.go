package datasource

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/klauspost/compress/gzip"

	"ssc/lang/schema"
	"ssc/runtime/transform"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name:   "idx",
		Doc:    "Grey images and labels in the IDX format of MNIST, plain or gzip-compressed (told by content, not by name). The images stay in memory, one byte a pixel.",
		Paper:  schema.Paper{Authors: "LeCun, Bottou, Bengio, Haffner", Title: "Gradient-Based Learning Applied to Document Recognition", Year: 1998, ID: "10.1109/5.726791"},
		Before: "none: MMSelfSup reads no IDX files",
	},
	New: func() Source { return &idx{} },
})

type idx struct{ images, labels string }

func (s *idx) Args(set *schema.Set) {
	set.String(&s.images, "images", "", "path of the file of images", schema.Required, schema.NotEmpty, schema.Location)
	set.String(&s.labels, "labels", "", "path of the file of labels; empty: no labels", schema.Location)
}

func (s *idx) Channels() int { return 1 }

func (s *idx) Open(ctx context.Context) (Samples, error) {
	images, err := readIDXFile(ctx, s.images, 3)
	if err != nil {
		return nil, err
	}
	out := &idxSamples{path: s.images, labelPath: s.labels, n: images.dims[0], height: images.dims[1], width: images.dims[2], pixels: images.data}
	if out.n == 0 || out.height == 0 || out.width == 0 {
		return nil, fmt.Errorf("%s: holds no pixels: %d images of %d x %d", s.images, out.n, out.height, out.width)
	}
	if s.labels == "" {
		return out, nil
	}
	labels, err := readIDXFile(ctx, s.labels, 1)
	if err != nil {
		return nil, err
	}
	if labels.dims[0] != out.n {
		return nil, fmt.Errorf("%s: holds %d labels, but %s holds %d images", s.labels, labels.dims[0], s.images, out.n)
	}
	out.labels = labels.data
	return out, nil
}

type idxSamples struct {
	path, labelPath  string
	n, height, width int
	pixels, labels   []uint8
}

func (s *idxSamples) Len() int { return s.n }

func (s *idxSamples) Name(i int) string { return fmt.Sprintf("%s[%d]", s.path, i) }

func (s *idxSamples) Read(i int, m *transform.Image) (int64, error) {
	size := s.height * s.width
	m.Lend(s.pixels[i*size:(i+1)*size], 1, s.height, s.width)
	return s.Label(i), nil
}

// Label implements [Labeled].
func (s *idxSamples) Label(i int) int64 {
	if s.labels == nil {
		return -1
	}
	return int64(s.labels[i])
}

// List implements [Listed].
func (s *idxSamples) List() *List {
	if s.labels == nil {
		return listFiles([]string{s.path})
	}
	return listFiles([]string{s.path, s.labelPath})
}

func readIDXFile(ctx context.Context, path string, axes int) (held, error) {
	return hold(ctx, heldFile{path, axes}, func() (held, error) {
		f, err := openFile(path, nil)
		if err != nil {
			return held{}, fmt.Errorf("%s: %w", path, cause(err))
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return held{}, fmt.Errorf("%s: %w", path, cause(err))
		}
		dims, data, err := readIDX(&cancelReader{ctx, f}, info.Size(), axes)
		if err != nil {
			return held{}, fmt.Errorf("%s: %w", path, err)
		}
		return held{dims, data}, nil
	})
}

// cancelReader stops reading when its context ends.
type cancelReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// maxInflation is the greatest ratio of deflate.
const maxInflation = 1032

// readIDX reads 8-bit data with the given number of axes from a file of size bytes. Every count in the header is checked against what the
// file can hold before memory is taken for it.
func readIDX(r io.Reader, size int64, axes int) ([]int, []uint8, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	magic, _ := in.Peek(2)
	zipped := bytes.Equal(magic, []byte{0x1f, 0x8b})
	var src io.Reader = in
	limit := uint64(size)
	if zipped {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, fmt.Errorf("damaged gzip data: %w", err)
		}
		src, limit = z, uint64(size)*maxInflation
	}
	dims, want, err := readIDXHeader(src, axes)
	if err != nil {
		return nil, nil, err
	}
	header := uint64(4 + 4*axes)
	if want > limit-min(header, limit) {
		return nil, nil, fmt.Errorf("truncated: the header %v promises %d bytes of data, and the file has %d bytes", dims, want, size)
	}
	// Headers lie at no cost in a compressed file: trust one up to a usual ratio, and beyond it grow with what arrives.
	data := make([]byte, 0, min(want, uint64(size)*16)+1)
	data, err = appendUpTo(data, src, int(want)+1)
	if err != nil {
		return nil, nil, fmt.Errorf("truncated or damaged after %d of %d bytes of data: %w", len(data), want, err)
	}
	switch n := uint64(len(data)); {
	case n < want:
		return nil, nil, fmt.Errorf("truncated: %d of %d bytes of data", n, want)
	case n > want:
		return nil, nil, fmt.Errorf("longer than the %d bytes of data that its header %v promises", want, dims)
	}
	return dims, data, nil
}

func readIDXHeader(r io.Reader, axes int) (dims []int, want uint64, err error) {
	head := make([]byte, 4+4*axes)
	if n, err := io.ReadFull(r, head[:4]); err != nil {
		return nil, 0, fmt.Errorf("not an IDX file: it ends after %d bytes", n)
	}
	if head[0] != 0 || head[1] != 0 {
		return nil, 0, fmt.Errorf("not an IDX file: it starts with %q, not with two zero bytes", head[:4])
	}
	if head[2] != 0x08 {
		return nil, 0, fmt.Errorf("holds IDX data of type 0x%02x; only unsigned bytes (0x08) are read", head[2])
	}
	if int(head[3]) != axes {
		return nil, 0, fmt.Errorf("holds IDX data with %d axes where %d are needed (3 for images, 1 for labels)", head[3], axes)
	}
	if _, err := io.ReadFull(r, head[4:]); err != nil {
		return nil, 0, fmt.Errorf("truncated in its header: %w", err)
	}
	want = 1
	for i := range axes {
		d := binary.BigEndian.Uint32(head[4+4*i:])
		hi, lo := bits.Mul64(want, uint64(d))
		if hi != 0 || lo > 1<<62 || d > 1<<31-1 {
			return nil, 0, fmt.Errorf("its header promises more data than any file holds")
		}
		want = lo
		dims = append(dims, int(d))
	}
	return dims, want, nil
}

// appendUpTo reads at most limit bytes, growing b as they come; the end of the input is no error.
func appendUpTo(b []byte, r io.Reader, limit int) ([]byte, error) {
	for len(b) < limit {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):min(cap(b), limit)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}
