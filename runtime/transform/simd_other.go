//go:build !amd64

package transform

// native says that the loops of this package are those in Go.
const native = false

const leastNative = 0

func nativeVertical([]uint8, []uint8, int, *taps) {}

func (m *Image) nativeHorizontal([]uint8, box, int, *taps) {}

func nativeBlend([]uint8, []uint8, uint8, float32) {}

func nativeSaturation([]uint8, float32) {}

func nativeGrey([]uint8) {}

func nativeLumaSum([]uint8) int { return 0 }

func nativeHue([]uint8, uint8) {}

func nativePlanes3([]float32, []uint8, *[256]float32, *[256]float32, *[256]float32) {}

func (m *Image) nativeBlur([]uint8, boxBlur) {}
