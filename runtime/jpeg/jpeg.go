// Package jpeg decodes JPEG images with libjpeg-turbo where that is installed.
//
// The library is loaded at run time, so one build serves every machine: $SSC_JPEG_LIB, else the one that `make deps` puts into the cache folder,
// else the system's libturbojpeg. Without one (or with SSC_JPEG_LIB=off) callers decode with Go's image/jpeg.
//
// Pixels are those of the accurate integer transform with smooth chroma, which Pillow and OpenCV give too: the same on every processor. Go's decoder rounds its
// transform differently, so that single values differ by up to 3 levels (a test of package datasource compares). libjpeg-turbo reads arithmetic coding besides; images whose data
// breaks off or is damaged are errors of both. [Name] tells which decoder is at work, for a run that must go on with the pixels it began with.
//
// Neighbours: runtime/datasource is the only caller; setup fills the cache folder.
package jpeg

/*
#cgo linux LDFLAGS: -ldl
#cgo noescape ssc_turbo_header
#cgo nocallback ssc_turbo_header
#cgo noescape ssc_turbo_decode
#cgo nocallback ssc_turbo_decode
#include <stdlib.h>
#include "turbo.h"
*/
import "C"

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"unsafe"

	"ssc/setup/cache"
)

// Decoder is a loaded libjpeg-turbo. It may be used by several goroutines at once.
type Decoder struct {
	path, name string
	turbo      *C.ssc_turbo

	mu   sync.Mutex
	idle []unsafe.Pointer // decompressors that nobody uses; as many as images were ever decoded at once
}

// Header is what an image says of itself.
type Header struct {
	Height, Width int
	Channels      int // 1 grey, 3 RGB
}

// ErrOther is the error of ReadHeader for data that Decode does not take: damaged headers, and colours of printing inks.
var ErrOther = errors.New("not a grey or colour JPEG image")

var find = sync.OnceValues(func() (*Decoder, error) {
	path, err := libraryPath()
	if err != nil {
		return nil, err
	}
	return load(path)
})

// Find returns the decoder of this machine. The error says why there is none.
func Find() (*Decoder, error) { return find() }

// Off is the value of SSC_JPEG_LIB that asks for Go's decoder.
const Off = "off"

var errOff = errors.New("SSC_JPEG_LIB=" + Off + " asks for Go's decoder")

// library is the name by which the system knows TurboJPEG.
const library = "libturbojpeg.so.0"

func libraryPath() (string, error) {
	switch path := os.Getenv("SSC_JPEG_LIB"); path {
	case "":
	case Off:
		return "", errOff
	default:
		return path, nil
	}
	for _, path := range cache.TurboJPEG() {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return library, nil
}

//go:embed testdata/probe.jpg
var probe []byte

func load(path string) (*Decoder, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var text [messageBytes]C.char
	d := &Decoder{path: path, turbo: C.ssc_turbo_load(name, &text[0], messageBytes)}
	if d.turbo == nil {
		return nil, fmt.Errorf("loading libjpeg-turbo: %s", C.GoString(&text[0]))
	}
	sum := sha256.New()
	for _, shrink := range []int{1, 2, 4, 8} {
		h, err := d.ReadHeader(probe)
		if err != nil {
			return nil, fmt.Errorf("%s does not read a small image: %w", path, err)
		}
		h = h.Shrunk(shrink)
		pix := make([]uint8, h.Height*h.Width*h.Channels)
		if err := d.Decode(pix, probe, h); err != nil {
			return nil, fmt.Errorf("%s does not decode a small image: %w", path, err)
		}
		sum.Write(pix)
	}
	d.name = "libjpeg-turbo:" + hex.EncodeToString(sum.Sum(nil)[:4])
	return d, nil
}

// Name identifies the pixels that JPEG images get here: "go", or libjpeg-turbo with a digest of what it makes of a small image, so that releases that give other
// pixels have other names.
func Name() string {
	if d, err := Find(); err == nil {
		return d.name
	}
	return "go"
}

// Notice is what a run should say of its JPEG decoder: nothing when it is libjpeg-turbo, or Go's because that was asked for.
func Notice() string {
	if _, err := Find(); err != nil && !errors.Is(err, errOff) {
		return fmt.Sprintf("JPEG images are decoded whole and by Go's decoder, at a sixth of the speed (%s); `make deps` brings libjpeg-turbo", err)
	}
	return ""
}

// Path is the file or system name of the library.
func (d *Decoder) Path() string { return d.path }

// Shrunk is the header of the image decoded at 1/n of its size, for n = 1, 2, 4 or 8; lengths are rounded up.
func (h Header) Shrunk(n int) Header {
	h.Height, h.Width = (h.Height+n-1)/n, (h.Width+n-1)/n
	return h
}

// messageBytes is more than TurboJPEG's messages take (200).
const messageBytes = 256

// ReadHeader reads the size without decoding.
func (d *Decoder) ReadHeader(data []byte) (Header, error) {
	if len(data) == 0 {
		return Header{}, ErrOther
	}
	handle, err := d.take()
	if err != nil {
		return Header{}, err
	}
	var width, height, colours C.int
	if C.ssc_turbo_header(d.turbo, handle, (*C.uchar)(unsafe.SliceData(data)), C.size_t(len(data)), &width, &height, &colours) != 0 || width <= 0 || height <= 0 {
		d.drop(handle)
		return Header{}, ErrOther
	}
	d.give(handle)
	return Header{int(height), int(width), int(colours)}, nil
}

// Decode writes the pixels of an image whose header, or its Shrunk form, is h, to dst: rows of pixels without padding. The library takes
// up to 8 bytes a pixel of the whole image meanwhile, when it is progressive.
func (d *Decoder) Decode(dst []uint8, data []byte, h Header) error {
	if n := h.Height * h.Width * h.Channels; n == 0 || len(data) == 0 || len(dst) != n {
		return fmt.Errorf("%d bytes for %d x %d pixels of %d channels", len(dst), h.Height, h.Width, h.Channels)
	}
	handle, err := d.take()
	if err != nil {
		return err
	}
	var text [messageBytes]C.char
	if C.ssc_turbo_decode(d.turbo, handle, (*C.uchar)(unsafe.SliceData(data)), C.size_t(len(data)), (*C.uchar)(unsafe.SliceData(dst)),
		C.int(h.Width), C.int(h.Height), C.int(h.Channels), &text[0], messageBytes) != 0 {
		d.drop(handle)
		return errors.New(C.GoString(&text[0]))
	}
	d.give(handle)
	return nil
}

func (d *Decoder) take() (unsafe.Pointer, error) {
	d.mu.Lock()
	if n := len(d.idle); n > 0 {
		handle := d.idle[n-1]
		d.idle = d.idle[:n-1]
		d.mu.Unlock()
		return handle, nil
	}
	d.mu.Unlock()
	handle := C.ssc_turbo_new(d.turbo)
	if handle == nil {
		return nil, errors.New("libjpeg-turbo: no memory for a decompressor")
	}
	return handle, nil
}

// drop ends a decompressor that met an error: after one in a header, the next image would be read as if it were the rest of that.
func (d *Decoder) drop(handle unsafe.Pointer) { C.ssc_turbo_delete(d.turbo, handle) }

func (d *Decoder) give(handle unsafe.Pointer) {
	d.mu.Lock()
	d.idle = append(d.idle, handle)
	d.mu.Unlock()
}
