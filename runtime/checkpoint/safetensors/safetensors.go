// Package safetensors writes and reads tensors in the safetensors format: eight bytes of header length, a JSON header that gives each
// tensor's element type, shape and place, then the data without holes, little-endian.
//
// The reader trusts nothing: every length is compared with the bytes that are left before anything is allocated, products are checked
// for overflow, and places must follow one another without hole or overlap, as the format demands.
package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// MaxHeader is the largest header in bytes, the limit of the format's own implementation.
const MaxHeader = 100_000_000

// metadataKey is the header's entry of free text.
const metadataKey = "__metadata__"

var dtypes = []struct {
	name, format string
	bytes        int
}{{"f64", "F64", 8}, {"i64", "I64", 8}, {"f32", "F32", 4}, {"i32", "I32", 4}, {"bf16", "BF16", 2}, {"f16", "F16", 2}, {"u8", "U8", 1},
	{"bool", "BOOL", 1}}

// Info describes a tensor. DType is f64, f32, bf16, f16, i64, i32, u8 or bool.
type Info struct {
	Name  string
	DType string
	Dims  []int
}

// String prints conv1.weight: f32[64 3 7 7].
func (i Info) String() string { return fmt.Sprintf("%s: %s%v", i.Name, i.DType, i.Dims) }

// Tensor is a tensor with its data: row-major, little-endian.
type Tensor struct {
	Info
	Data []byte
}

// elementSize is 0 for an element type that is none of ours.
func elementSize(dtype string) int {
	for _, d := range dtypes {
		if d.name == dtype {
			return d.bytes
		}
	}
	return 0
}

// Size is the number of bytes that a tensor takes; it is that of a file's header, which has been compared with the file.
func (i Info) Size() int64 { return max(i.size(), 0) }

// size is the number of bytes that the tensor takes, or -1 when it fits in no int64 or an axis is negative.
func (i Info) size() int64 {
	n := int64(elementSize(i.DType))
	for _, d := range i.Dims {
		if d < 0 || d > 0 && n > math.MaxInt64/int64(d) {
			return -1
		}
		n *= int64(d)
	}
	return n
}

// Write writes the tensors; metadata may be nil. The bytes depend only on the content: tensors stand by element size, largest first,
// so that each is aligned, and then by name. The data is written from the given slices without a copy.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	sorted := slices.Clone(tensors)
	slices.SortFunc(sorted, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(elementSize(b.DType), elementSize(a.DType)), strings.Compare(a.Name, b.Name))
	})
	head, err := header(sorted, metadata)
	if err != nil {
		return fmt.Errorf("writing safetensors: %w", err)
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, t := range sorted {
		if len(t.Data) == 0 {
			continue
		}
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// header is the length and the JSON, padded with blanks so that the data begins at a multiple of eight.
func header(sorted []Tensor, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteByte('{')
	if len(metadata) > 0 {
		fmt.Fprintf(&b, "%s:%s", quote(metadataKey), quote(metadata))
	}
	var at int64
	names := map[string]bool{metadataKey: true}
	for _, t := range sorted {
		size := t.size()
		switch {
		case names[t.Name]:
			return nil, fmt.Errorf("two tensors are called %q", t.Name)
		case elementSize(t.DType) == 0:
			return nil, fmt.Errorf("%s: no such element type", t.Info)
		case size != int64(len(t.Data)):
			return nil, fmt.Errorf("%s takes %d bytes, got %d", t.Info, size, len(t.Data))
		}
		names[t.Name] = true
		if b.Len() > 9 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `%s:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, quote(t.Name), formatName(t.DType), quote(notNil(t.Dims)), at, at+size)
		at += size
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	n := b.Len() - 8
	if n > MaxHeader {
		return nil, fmt.Errorf("the header takes %d bytes, at most %d are allowed", n, MaxHeader)
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(n))
	return b.Bytes(), nil
}

func formatName(dtype string) string {
	for _, d := range dtypes {
		if d.name == dtype {
			return d.format
		}
	}
	return ""
}

func notNil(dims []int) []int {
	if dims == nil {
		return []int{}
	}
	return dims
}

// quote is v as JSON; strings, maps of strings and lists of ints have one.
func quote(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
