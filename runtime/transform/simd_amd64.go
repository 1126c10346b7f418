package transform

/*
#cgo CFLAGS: -O3 -Wall -Wextra
#cgo noescape ssc_vertical
#cgo nocallback ssc_vertical
#cgo noescape ssc_horizontal3
#cgo nocallback ssc_horizontal3
#cgo noescape ssc_blend
#cgo nocallback ssc_blend
#cgo noescape ssc_saturation
#cgo nocallback ssc_saturation
#cgo noescape ssc_grey
#cgo nocallback ssc_grey
#cgo noescape ssc_luma_sum
#cgo nocallback ssc_luma_sum
#cgo noescape ssc_hue
#cgo nocallback ssc_hue
#cgo noescape ssc_planes3
#cgo nocallback ssc_planes3
#cgo noescape ssc_blur
#cgo nocallback ssc_blur
#include "simd.h"
*/
import "C"

import (
	"os"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// native says whether the loops in C are used. They give the bytes of those in Go, which all other processors run, and which SSC_SIMD=off asks for.
var native = cpu.X86.HasAVX2 && os.Getenv("SSC_SIMD") != "off"

// leastNative is the number of bytes from which on a call of C pays.
const leastNative = 1 << 10

func bytesOf(b []uint8) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }

func int32s(x []int32) *C.int32_t { return (*C.int32_t)(unsafe.SliceData(x)) }

// nativeVertical is vertical for rows of at least 32 bytes.
func nativeVertical(dst, src []uint8, stride int, t *taps) {
	C.ssc_vertical(bytesOf(dst), bytesOf(src), C.int64_t(stride), C.int64_t(t.out), C.int64_t(t.size), int32s(t.first), int32s(t.count), int32s(t.narrow))
}

// nativeHorizontal is horizontal for three channels.
func (m *Image) nativeHorizontal(dst []uint8, b box, w int, t *taps) {
	m.scratch = grow(m.scratch, 3*b.width+4)
	C.ssc_horizontal3(bytesOf(dst), bytesOf(m.Pix[(b.top*m.Width+b.left)*3:]), C.int64_t(m.Width*3), C.int64_t(b.height), C.int64_t(b.width*3), bytesOf(m.scratch),
		C.int64_t(w), C.int64_t(t.size), int32s(t.first), int32s(t.count), int32s(t.narrow))
}

func nativeBlend(dst, src []uint8, level uint8, factor float32) {
	C.ssc_blend(bytesOf(dst), bytesOf(src), C.int64_t(len(src)), C.int32_t(level), C.float(factor))
}

func nativeSaturation(pix []uint8, factor float32) {
	C.ssc_saturation(bytesOf(pix), C.int64_t(len(pix)/3), C.float(factor))
}

func nativeGrey(pix []uint8) { C.ssc_grey(bytesOf(pix), C.int64_t(len(pix)/3)) }

func nativeLumaSum(pix []uint8) int { return int(C.ssc_luma_sum(bytesOf(pix), C.int64_t(len(pix)/3))) }

func nativeHue(pix []uint8, turn uint8) {
	C.ssc_hue(bytesOf(pix), C.int64_t(len(pix)/3), C.int32_t(turn), int32s(sectorIndex[:]), (*C.float)(unsafe.SliceData(sectorPlace[:])))
}

// The sectors as two tables.
var sectorIndex, sectorPlace = func() (index [256]int32, place [256]float32) {
	for h, s := range sectors {
		index[h], place[h] = int32(s.index), s.f
	}
	return index, place
}()

func nativePlanes3(dst []float32, pix []uint8, r, g, b *[256]float32) {
	C.ssc_planes3((*C.float)(unsafe.SliceData(dst)), bytesOf(pix), C.int64_t(len(pix)/3), (*C.float)(&r[0]), (*C.float)(&g[0]), (*C.float)(&b[0]))
}

func (m *Image) nativeBlur(pix []uint8, b boxBlur) {
	m.scratch = grow(m.scratch, 2*32*(max(m.Height, m.Width)+2*(b.reach+1)))
	C.ssc_blur(bytesOf(pix), C.int64_t(m.Height), C.int64_t(m.Width), C.int64_t(m.Channels), C.int64_t(b.reach), C.uint32_t(b.near), C.uint32_t(b.far), bytesOf(m.scratch))
}
