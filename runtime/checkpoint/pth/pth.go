package pth

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"ssc/runtime/checkpoint/safetensors"
)

const (
	// maxPickle bounds the pickle in an archive, which holds names and shapes and no data.
	maxPickle = 64 << 20
	// maxDepth bounds the containers in one another that storages are looked for in.
	maxDepth = 100
	// maxCopies bounds what the tensors take together, in sizes of the file: several may be views of one storage, such as an encoder and its alias.
	maxCopies = 8
)

// Weights are what a file holds.
type Weights struct {
	Tensors []safetensors.Tensor // in the order of the file, names as PyTorch has them, without "module."
	Others  []string             // what else stands beside the weights and is not read, such as optimizer
}

// Read reads the weights of a file: those under state_dict, model or teacher when the file has them, else all tensors at the top. Errors: a file that is none of PyTorch's, is damaged, or needs code to be read.
func Read(r io.ReaderAt, size int64) (*Weights, error) {
	archive, err := zip.NewReader(r, size)
	if err == nil {
		return readArchive(archive, size)
	}
	text := make([]byte, 2)
	if _, err := r.ReadAt(text, 0); err != nil || text[0] != 0x80 {
		return nil, errors.New("this is no file that PyTorch saved: it is neither a zip archive nor a pickle")
	}
	return readStream(r, size)
}

// memory gives the bytes of a storage.
type memory func(s storage) ([]byte, error)

func readArchive(a *zip.Reader, size int64) (*Weights, error) {
	var root string
	files := map[string]*zip.File{}
	for _, f := range a.File {
		files[f.Name] = f
		if dir, ok := strings.CutSuffix(f.Name, "data.pkl"); ok && root == "" {
			root = dir
		}
	}
	pkl := files[root+"data.pkl"]
	if pkl == nil {
		return nil, errors.New("the archive has no data.pkl: it is none that torch.save wrote")
	}
	if order := files[root+"byteorder"]; order != nil {
		if b, err := unpack(order, 16); err != nil || string(b) != "little" {
			return nil, errors.New("the archive was written on a big-endian machine")
		}
	}
	text, err := unpack(pkl, maxPickle)
	if err != nil {
		return nil, err
	}
	v, _, err := unpickle(text)
	if err != nil {
		return nil, err
	}
	loaded, left := map[string][]byte{}, maxCopies*size+1<<20
	return collect(v, size, func(s storage) ([]byte, error) {
		if b, ok := loaded[s.key]; ok {
			return b, nil
		}
		f := files[root+"data/"+s.key]
		if f == nil {
			return nil, fmt.Errorf("the archive has no data/%s", s.key)
		}
		b, err := unpack(f, uint64(min(size, left)))
		loaded[s.key] = b
		left -= int64(len(b))
		return b, err
	})
}

// unpack reads a member of an archive, at most so many bytes: torch.save does not compress.
func unpack(f *zip.File, most uint64) ([]byte, error) {
	if f.UncompressedSize64 > most {
		return nil, fmt.Errorf("%s has %d bytes, at most %d were expected", f.Name, f.UncompressedSize64, most)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.Name, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.Name, err)
	}
	return b, nil
}

// magic begins the stream of PyTorch before 1.6, as a pickle of its own.
const magic = "119547037146038801333356"

// readStream reads the form before 1.6: pickles of a magic number, a version, the machine, the object and the keys of its storages, then the storages.
func readStream(r io.ReaderAt, size int64) (*Weights, error) {
	if size > math.MaxInt32*64 {
		return nil, fmt.Errorf("the file has %d bytes", size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), text); err != nil {
		return nil, err
	}
	var parts [5]any
	for i := range parts {
		v, n, err := unpickle(text)
		if err != nil {
			return nil, err
		}
		if o, ok := v.(opaque); i == 0 && (!ok || o.name != magic) {
			return nil, errors.New("this is a pickle, but none that torch.save wrote")
		}
		parts[i], text = v, text[n:]
	}
	keys, ok := parts[4].(*list)
	if !ok {
		return nil, errors.New("the list of storages is missing")
	}
	types := map[string]storage{}
	storages(parts[3], types, map[any]bool{}, 0)
	data := map[string][]byte{}
	for _, k := range keys.elems {
		key, _ := k.(string)
		s, known := types[key]
		if len(text) < 8 || !known || width(s.dtype) == 0 {
			return nil, fmt.Errorf("the storage %q cannot be read: type %q", key, s.typ)
		}
		n := binary.LittleEndian.Uint64(text)
		if n > uint64(len(text)-8)/uint64(width(s.dtype)) {
			return nil, fmt.Errorf("the file ends in the middle of the storage %q", key)
		}
		end := 8 + int(n)*width(s.dtype)
		data[key], text = text[8:end], text[end:]
	}
	return collect(parts[3], size, func(s storage) ([]byte, error) { return data[s.key], nil })
}

// storages finds the types of all storages that tensors use.
func storages(v any, out map[string]storage, seen map[any]bool, depth int) {
	var inner []any
	switch x := v.(type) {
	case *tensor:
		out[x.storage.key] = x.storage
		return
	case *dict:
		inner = x.values
	case *list:
		inner = x.elems
	case *tuple:
		inner = x.elems
	default:
		return
	}
	if seen[v] || len(seen) > maxStack || depth > maxDepth {
		return
	}
	seen[v] = true
	for _, e := range inner {
		storages(e, out, seen, depth+1)
	}
}

// width is the number of bytes of an element, 0 for an unknown type.
func width(dtype string) int {
	return map[string]int{"f64": 8, "i64": 8, "f32": 4, "i32": 4, "f16": 2, "bf16": 2, "u8": 1, "bool": 1}[dtype]
}

// collect copies the weights of the object in a file.
func collect(v any, size int64, mem memory) (*Weights, error) {
	d, ok := v.(*dict)
	if !ok {
		return nil, errors.New("the file holds no dictionary of weights; a whole model that was saved needs its code to be read")
	}
	w := &Weights{}
	for _, k := range []string{"state_dict", "model", "teacher"} {
		inner, has := d.get(k)
		if sub, ok := inner.(*dict); has && ok {
			for _, o := range d.keys {
				if name, ok := o.(string); ok && name != k {
					w.Others = append(w.Others, name)
				}
			}
			d = sub
			break
		}
	}
	left := maxCopies*size + 1<<20
	seen := map[string]bool{}
	for i, k := range d.keys {
		name, _ := k.(string)
		t, ok := d.values[i].(*tensor)
		if !ok || name == "" || seen[name] {
			w.Others = append(w.Others, name)
			continue
		}
		seen[name] = true
		data, err := t.copy(mem, &left)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		dims := make([]int, len(t.dims))
		for i, n := range t.dims {
			dims[i] = int(n)
		}
		w.Tensors = append(w.Tensors, safetensors.Tensor{Info: safetensors.Info{Name: name, DType: t.storage.dtype, Dims: dims}, Data: data})
	}
	if len(w.Tensors) == 0 {
		return nil, errors.New("the file holds no weights")
	}
	stripModule(w.Tensors)
	return w, nil
}

// stripModule removes the prefix that data parallelism puts before every name.
func stripModule(tensors []safetensors.Tensor) {
	for _, t := range tensors {
		if !strings.HasPrefix(t.Name, "module.") {
			return
		}
	}
	for i := range tensors {
		tensors[i].Name = strings.TrimPrefix(tensors[i].Name, "module.")
	}
}

// contiguous reports whether the elements follow one another in memory.
func (t *tensor) contiguous() bool {
	next := int64(1)
	for i := len(t.dims) - 1; i >= 0; i-- {
		if t.dims[i] != 1 && t.stride[i] != next {
			return false
		}
		next *= t.dims[i]
	}
	return true
}

// copy gives the elements in row-major order. left is the number of bytes that may still be copied.
func (t *tensor) copy(mem memory, left *int64) ([]byte, error) {
	w := int64(width(t.storage.dtype))
	if w == 0 {
		return nil, fmt.Errorf("elements of type %s are not read", t.storage.typ)
	}
	count, last := int64(1), t.offset
	for i, n := range t.dims {
		if n > 0 && (count > math.MaxInt64/16/n || t.stride[i] > (math.MaxInt64/16-last)/n) {
			return nil, errors.New("its shape is too large")
		}
		count *= n
		last += max(n-1, 0) * t.stride[i]
	}
	if *left -= count * w; *left < 0 || count*w < 0 {
		return nil, errors.New("the tensors take many times the size of the file")
	}
	if count == 0 {
		return nil, nil
	}
	src, err := mem(t.storage)
	if err != nil {
		return nil, err
	}
	if last >= int64(len(src))/w {
		return nil, fmt.Errorf("it ends at element %d of a storage of %d", last+1, int64(len(src))/w)
	}
	if t.contiguous() {
		return src[t.offset*w : (t.offset+count)*w], nil
	}
	out := make([]byte, 0, count*w)
	index := make([]int64, len(t.dims))
	for at := t.offset; ; {
		out = append(out, src[at*w:(at+1)*w]...)
		axis := len(t.dims) - 1
		for ; axis >= 0; axis-- {
			index[axis]++
			if at += t.stride[axis]; index[axis] < t.dims[axis] {
				break
			}
			at -= index[axis] * t.stride[axis]
			index[axis] = 0
		}
		if axis < 0 {
			return out, nil
		}
	}
}
