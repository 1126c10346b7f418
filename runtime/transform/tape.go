package transform

import (
	"fmt"
	"math"
	"slices"
)

// Tape is what transforms would do to an image, for another device that does it later. What is random has been drawn: the transforms that fill a tape draw the numbers that they draw when they work themselves.
//
// [Recorded] fills tapes, and kernels/cuda/augment.cu carries their steps out.
type Tape struct {
	Steps    []Step
	Table    []float32 // what ToPlanes makes of the 256 values, for all channels or for each
	Elements int       // of the planes
	Room     int       // bytes of the largest image on the way, the first apart
	Taps     int       // numbers that the weights of a resampling take at most
	Failed   error     // why the tape is of no use
}

// Step is one operation on the whole image. What the numbers mean is said where augment.cu carries it out; its layout in memory is that of the kernel's.
type Step struct {
	Code Code
	N    [8]int32
	F    float32
	X    [4]float64
}

// Code tells what a step does.
type Code int32

// The codes, as in augment.cu. From flip on they change pixels one by one.
const (
	stepResample Code = iota
	stepFrame
	stepAffine
	stepBlur
	stepFlip
	stepBrightness
	stepContrast
	stepSaturation
	stepHue
	stepGrey
	stepSolarize
	stepPlanes
)

// taped is a transform that changes an image by operations that can be recorded, and by nothing else.
type taped interface{ taped() }

// Recordable says why transforms cannot be recorded, naming the first one, or nil when they can.
func Recordable(ts []Transform) error {
	for i, t := range ts {
		if a, ok := t.(*randomAppliedTrans); ok {
			if err := Recordable(a.list()); err != nil {
				return fmt.Errorf("transform %d: %w", i+1, err)
			}
			continue
		}
		if _, ok := t.(taped); !ok {
			return fmt.Errorf("transform %d works on the processor alone: it has no form for a GPU", i+1)
		}
	}
	return nil
}

// Record has the transforms that follow write to a tape, which is emptied, and leave the pixels alone. It holds until the image is lent or reset.
func (m *Image) Record(t *Tape) {
	*t = Tape{Steps: t.Steps[:0]}
	m.tape = t
}

// recorded notes a step that makes the image one of h x w, where a tape is being filled.
func (m *Image) recorded(s Step, h, w int) bool {
	if m.tape == nil {
		return false
	}
	m.tape.Steps = append(m.tape.Steps, s)
	m.tape.Room = max(m.tape.Room, h*w*m.Channels)
	m.Height, m.Width, m.whole = h, w, shrunk{}
	return true
}

// recordedPixels notes a step that changes pixels one by one.
func (m *Image) recordedPixels(s Step) bool { return m.recorded(s, m.Height, m.Width) }

// recordedColours is recordedPixels for a step that grey images are not changed by.
func (m *Image) recordedColours(s Step) bool {
	if m.tape != nil && m.Channels != 3 {
		return true
	}
	return m.recordedPixels(s)
}

// recordedBox notes a resampling of a box to h x w, of which rows and columns are shown.
func (m *Image) recordedBox(b box, rows, columns span, h, w int, filter string) bool {
	if m.tape == nil {
		return false
	}
	t := m.tape
	t.Room = max(t.Room, rows.in*w*m.Channels)
	for _, line := range []struct {
		span
		out int
	}{{columns, w}, {rows, h}} {
		t.Taps = max(t.Taps, line.out*(tapsSize(line.length/float64(line.out), filter)+2))
	}
	return m.recorded(Step{Code: stepResample, N: [8]int32{int32(rows.in), int32(b.top), int32(columns.in), int32(b.left), int32(h), int32(w), int32(slices.Index(interpolations, filter))},
		X: [4]float64{rows.offset, rows.length, columns.offset, columns.length}}, h, w)
}

// recordedAffine notes a map of pixels in 16-bit fixed point. A step has 32 bits for each number, which images of 30,000 pixels a side do not fit into.
func (m *Image) recordedAffine(fill uint8, numbers ...int) bool {
	s := Step{Code: stepAffine}
	for i, n := range append(numbers, int(fill)) {
		s.N[i] = int32(n)
		if m.tape != nil && n != int(s.N[i]) {
			m.tape.Failed = fmt.Errorf("an image of %d x %d is too large to be rotated on another device", m.Height, m.Width)
		}
	}
	return m.recordedPixels(s)
}

// recordedPlanes notes the end.
func (m *Image) recordedPlanes(table []float32) bool {
	if !m.recordedPixels(Step{Code: stepPlanes}) {
		return false
	}
	m.tape.Table, m.tape.Elements, m.Planes = table, m.Channels*m.Height*m.Width, []float32{}
	return true
}

// recordedShift notes what is added to each channel of the planes.
func (m *Image) recordedShift(d [3]float32) bool {
	if m.tape == nil {
		return false
	}
	m.ToPlanes()
	last := &m.tape.Steps[len(m.tape.Steps)-1]
	for c, v := range d {
		last.X[c] += float64(v)
	}
	return true
}

// tapsSize bounds the number of weights of an output, when inputs are scale times as close.
func tapsSize(scale float64, filter string) int {
	support := 1.0
	switch filter {
	case "bicubic":
		support = 2
	case "lanczos":
		support = 3
	}
	return int(math.Ceil(support*max(scale, 1)))*2 + 1
}
