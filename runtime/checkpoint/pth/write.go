package pth

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"ssc/runtime/checkpoint/safetensors"
)

// storageNames are PyTorch's names of memory by element type.
var storageNames = map[string]string{"f64": "DoubleStorage", "f32": "FloatStorage", "f16": "HalfStorage", "bf16": "BFloat16Storage", "i64": "LongStorage", "i32": "IntStorage", "u8": "ByteStorage", "bool": "BoolStorage"}

// Write writes tensors as torch.save does, so that torch.load(weights_only=True) reads them: a dictionary of them by name, or, with meta, {"state_dict": that dictionary, "meta": meta}, which
// mmcv and mmengine read. Errors: those of w, an element type that PyTorch has not.
func Write(w io.Writer, tensors []safetensors.Tensor, meta map[string]string) error {
	var p pickler
	p.raw(0x80, 2)
	if meta != nil {
		p.raw('}', '(')
		p.text("state_dict")
	}
	p.raw('}', '(')
	for i, t := range tensors {
		p.text(t.Name)
		if err := p.tensor(i, t); err != nil {
			return err
		}
	}
	p.raw('u')
	if meta != nil {
		p.text("meta")
		p.raw('}', '(')
		for _, k := range slices.Sorted(maps.Keys(meta)) {
			p.text(k)
			p.text(meta[k])
		}
		p.raw('u', 'u')
	}
	p.raw('.')
	z := zip.NewWriter(w)
	members := []struct {
		name string
		data []byte
	}{{"data.pkl", p.Bytes()}, {"byteorder", []byte("little")}, {"version", []byte("3\n")}}
	for i, t := range tensors {
		members = append(members, struct {
			name string
			data []byte
		}{"data/" + strconv.Itoa(i), t.Data})
	}
	for _, m := range members {
		size := uint64(len(m.data))
		h := &zip.FileHeader{Name: "archive/" + m.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(m.data), CompressedSize64: size, UncompressedSize64: size}
		f, err := z.CreateRaw(h)
		if err != nil {
			return fmt.Errorf("writing %s: %w", m.name, err)
		}
		if _, err := f.Write(m.data); err != nil {
			return fmt.Errorf("writing %s: %w", m.name, err)
		}
	}
	return z.Close()
}

// pickler writes the instructions of a pickle, protocol 2.
type pickler struct{ bytes.Buffer }

func (p *pickler) raw(b ...byte) { p.Buffer.Write(b) }

func (p *pickler) text(s string) {
	p.raw('X')
	p.raw(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))...)
	p.WriteString(s)
}

func (p *pickler) global(module, name string) { p.WriteString("c" + module + "\n" + name + "\n") }

// whole writes a number that is not negative.
func (p *pickler) whole(n int) {
	if n <= math.MaxInt32 {
		p.raw('J')
		p.raw(binary.LittleEndian.AppendUint32(nil, uint32(n))...)
		return
	}
	p.raw(0x8a, 9) // as a long of nine bytes, the last one for the sign
	p.raw(binary.LittleEndian.AppendUint64(nil, uint64(n))...)
	p.raw(0)
}

// tensor calls torch._utils._rebuild_tensor_v2 on a storage that holds just this tensor.
func (p *pickler) tensor(key int, t safetensors.Tensor) error {
	storage, ok := storageNames[t.DType]
	if !ok {
		return fmt.Errorf("the tensor %s has elements of type %s, which PyTorch has not", t.Name, t.DType)
	}
	count, strides := 1, make([]int, len(t.Dims))
	for i := len(t.Dims) - 1; i >= 0; i-- {
		strides[i] = count
		count *= t.Dims[i]
	}
	p.global("torch._utils", "_rebuild_tensor_v2")
	p.raw('(', '(')
	p.text("storage")
	p.global("torch", storage)
	p.text(strconv.Itoa(key))
	p.text("cpu")
	p.whole(count)
	p.raw('t', 'Q')
	p.whole(0)
	for _, list := range [][]int{t.Dims, strides} {
		p.raw('(')
		for _, n := range list {
			p.whole(n)
		}
		p.raw('t')
	}
	p.raw(0x89) // no gradient
	p.global("collections", "OrderedDict")
	p.raw(')', 'R', 't', 'R')
	return nil
}
