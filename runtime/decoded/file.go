package decoded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"golang.org/x/sys/unix"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/transform"
)

// A file holds the pixels of all images one after the other, the index, and the foot. Numbers are little-endian.
const magic = "ssc decoded 1\n\x00\x00"

// entry says where an image lies. An image that could not be read has no pixels.
type entry struct {
	Offset        uint64
	Height, Width uint32
	Label         int64
	Check         uint32 // CRC-32C of the pixels
}

// foot ends a file.
type foot struct {
	Count, Index uint64 // images; offset of the index
	Channels     uint32
	Check        uint32 // CRC-32C of the index
	Magic        [len(magic)]byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// file is a mapped file.
type file struct {
	path   string
	pixels []byte // mapped; the index is not part of it
	index  []entry
	broken sync.Once
}

// errDamaged is the error of a file that is not what was written.
var errDamaged = errors.New("the file is damaged")

// openFile maps a file of count images. Its index is checked here, pixels when they are read.
func openFile(path string, count, channels int) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var end foot
	size, footBytes := info.Size(), int64(binary.Size(end))
	if size < footBytes {
		return nil, errDamaged
	}
	text := make([]byte, footBytes)
	if _, err := f.ReadAt(text, size-footBytes); err != nil {
		return nil, err
	}
	if _, err := binary.Decode(text, binary.LittleEndian, &end); err != nil {
		return nil, err
	}
	length := int64(count) * int64(binary.Size(entry{}))
	if string(end.Magic[:]) != magic || end.Count != uint64(count) || end.Channels != uint32(channels) || end.Index != uint64(size-footBytes-length) {
		return nil, errDamaged
	}
	text = make([]byte, length)
	if _, err := f.ReadAt(text, int64(end.Index)); err != nil {
		return nil, err
	}
	out := &file{path: path, index: make([]entry, count)}
	if crc32.Checksum(text, castagnoli) != end.Check {
		return nil, errDamaged
	}
	if _, err := binary.Decode(text, binary.LittleEndian, out.index); err != nil {
		return nil, err
	}
	for _, e := range out.index {
		if e.Offset > end.Index || uint64(e.Height)*uint64(e.Width) > (end.Index-e.Offset)/uint64(channels) {
			return nil, errDamaged
		}
	}
	if end.Index == 0 {
		return out, nil
	}
	if out.pixels, err = unix.Mmap(int(f.Fd()), 0, int(end.Index), unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return nil, fmt.Errorf("mapping %s: %w", path, err)
	}
	runtime.AddCleanup(out, func(b []byte) { _ = unix.Munmap(b) }, out.pixels) // nothing is left to be done when it fails
	return out, nil
}

// read makes m show image i; not ok sends the caller to the source.
func (f *file) read(i, channels int, m *transform.Image) (label int64, ok bool) {
	e := &f.index[i]
	if e.Height == 0 {
		return 0, false
	}
	if ok = f.copy(m.Reset(channels, int(e.Height), int(e.Width)), e); !ok {
		f.broken.Do(func() { _ = atomic.OS{}.RemoveAll(f.path) }) // the next run tries again
	}
	return e.Label, ok
}

// copy copies an image's pixels and compares their checksum. Memory that cannot be read, because a disk fails or somebody cut the file, is damage too.
func (f *file) copy(dst []byte, e *entry) (ok bool) {
	defer runtime.KeepAlive(f)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if _, fault := p.(interface{ Addr() uintptr }); !fault {
				panic(p)
			}
			ok = false
		}
	}()
	copy(dst, f.pixels[e.Offset:])
	return crc32.Checksum(dst, castagnoli) == e.Check
}

// encode is the index and the foot behind n bytes of pixels.
func encode(index []entry, channels int, n uint64) ([]byte, error) {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, index); err != nil {
		return nil, err
	}
	end := foot{Count: uint64(len(index)), Index: n, Channels: uint32(channels), Check: crc32.Checksum(b.Bytes(), castagnoli), Magic: [len(magic)]byte([]byte(magic))}
	if err := binary.Write(&b, binary.LittleEndian, end); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
