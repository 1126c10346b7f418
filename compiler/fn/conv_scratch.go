package fn

import (
	"slices"

	"ssc/compiler/ir"
)

// convPass is one of the three passes of a convolution.
type convPass int

const (
	forwardPass convPass = iota
	inputPass
	weightPass
)

// convCall is a pass as its kernel sees it (kernels/convolution.cpp): shapes are those of the forward pass, and the types of x and w are one.
type convCall struct {
	conv
	pass    convPass
	x, w, y []int64
	dtype   ir.DType
	bias    bool
}

// scratch is what the kernel takes on the way that it chooses.
func (c convCall) scratch() Scratch {
	switch {
	case c.columns():
		return c.columnScratch()
	case c.points():
		return c.pointScratch()
	case !c.bias && c.winograd():
		return c.winogradScratch()
	}
	return c.directScratch()
}

// channels are those of x and of y.
func (c convCall) channels() (in, out int64) { return c.w[1] * int64(c.Group), c.w[0] }

// largest is the largest of an attribute's numbers, where none is below least; least where the attribute is absent.
func largest(list []int, least int) int { return slices.Max(append([]int{least}, list...)) }

func (c convCall) strided() bool { return largest(c.Strides, 1) > 1 }

// oneConvolution is what each of oneDNN's convolutions takes at least.
const oneConvolution = 8256

// directScratch is that of oneDNN's convolutions: the weight in its own layout, as often as there are partial sums, and for each piece of the batch what it copies of a sample.
func (c convCall) directScratch() Scratch {
	in, out := c.channels()
	n, element, lanes := min(c.x[0], 16), int64(c.dtype.Bytes()), int64(16)
	if c.pass == weightPass {
		if n = min(n, 8); c.w[0]*c.w[1]*c.w[2]*c.w[3] > 1<<20 {
			n = min(n, 4)
		}
		s := Scratch{Once: n * c.blocked(floatBytes, lanes), Tasks: n}
		if c.dtype != ir.Float32 { // rows and columns before channels
			s.Each = oneConvolution + (c.x[1]*c.x[2]*c.x[3]+c.y[1]*c.y[2]*c.y[3])*element
		}
		return s
	}
	if c.dtype != ir.Float32 {
		lanes = 32
	}
	s := Scratch{Once: c.blocked(element, lanes), Each: oneConvolution, Tasks: n}
	switch point := c.w[2]*c.w[3] == 1; {
	case c.strided() && c.pass == inputPass && !point && c.Last: // with an edge of zeros
		s.Each += (c.y[1] + 2) * (c.y[2] + 2) * out * element
	case point && c.pass == inputPass:
		s.Each += 16 * out * element
	case point:
		s.Each += 16 * in * element
	}
	return s
}

// blocked is a weight in oneDNN's layout: the channels that the pass computes, or those of which each has a window of its own, come in blocks of so many lanes.
func (c convCall) blocked(element, lanes int64) int64 {
	g, taps := int64(c.Group), c.w[2]*c.w[3]
	in, out := c.w[1], c.w[0]/g
	if c.pass == inputPass {
		in, out = out, in
	}
	if in*out == 1 {
		return up(g, lanes) * taps * element
	}
	return g * in * up(out, lanes) * taps * element
}

// points is whether the kernel takes the convolution as a product of matrices: Points::pays in kernels/point.cpp.
func (c convCall) points() bool {
	in, _ := c.channels()
	forward := c.dtype == ir.Float32 && c.strided() && (c.pass == inputPass || in <= 128)
	return c.Last && c.Group == 1 && c.w[2]*c.w[3] == 1 && largest(c.Pads, 0) == 0 && (c.pass == weightPass || forward)
}

// The numbers of kernels/point.cpp.
const widestTile, fewestTiles, pointChunk = 512, 16, 512

// pointScratch is that of kernels/point.cpp: the pixels that strided windows lie on, side by side, and the partial sums of a weight's gradient.
func (c convCall) pointScratch() Scratch {
	in, out := c.channels()
	lines, across := c.y[0]*c.y[1], c.y[2]
	if !c.strided() {
		lines, across = lines*across, 1
	}
	if c.pass == weightPass {
		return pointSums(c.dtype, lines, across, in, out, c.strided())
	}
	width := out
	if c.pass == inputPass {
		width = in
	}
	size := even(lines, max(1, 256/across, pieces(lines, 2*fewestTiles)))
	high, columns := pieces(lines, size), even(width, widestTile)
	for columns >= 128 && high*pieces(width, columns) < fewestTiles {
		columns = pieces(columns, 2)
	}
	taken := in
	if c.pass == inputPass {
		taken = columns
	}
	return Scratch{Each: size * across * taken * floatBytes, Tasks: high * pieces(width, columns)}
}

// pointSums is that of the gradient of a weight, of a convolution of points or of a linear layer.
func pointSums(d ir.DType, lines, across, in, out int64, strided bool) Scratch {
	step, rows := pieces(pointChunk, across), even(out, widestTile/2)
	high, columns := pieces(out, rows), even(in, widestTile)
	for columns >= 128 && high*pieces(in, columns)*pieces(lines, step) < fewestTiles {
		columns = pieces(columns, 2)
	}
	grid := high * pieces(in, columns)
	size := even(lines, max(step, pieces(lines, pieces(fewestTiles, grid))))
	sums := pieces(lines, size)
	s := Scratch{Tasks: grid * sums}
	if sums > 1 {
		s.Once = sums * in * out * floatBytes
	}
	if strided {
		s.Each, size = step*across*columns*int64(d.Bytes()), min(size, step)
	}
	if d != ir.Float32 {
		s.Each += narrowProduct(min(size*across, narrowDepth), rows)
	}
	return s
}

// columns is whether the kernel takes the gradient of a weight as a product with the columns of pixels that windows see: Columns::pays in kernels/columns.cpp.
func (c convCall) columns() bool {
	return c.pass == weightPass && c.Last && c.Group == 1 && c.strided() && largest(c.Dilations, 1) == 1 && c.w[2]*c.w[3] > 1 && c.w[1]%32 == 0
}

// The numbers of kernels/columns.cpp.
const fewestParts, columnChunk = 16, 512

// columnScratch is that of kernels/columns.cpp: the partial sums, and the columns of a chunk.
func (c convCall) columnScratch() Scratch {
	in, out := c.channels()
	count := int64(64)
	if in%64 != 0 {
		count = 32
	}
	lines, across, width, blocks := c.y[0]*c.y[1], c.y[2], c.w[2]*c.w[3]*count, in/count
	step := pieces(columnChunk, across)
	size := even(lines, max(step, lines/pieces(fewestParts, blocks)))
	tasks := pieces(lines, size) * blocks
	s := Scratch{Once: tasks * out * width * floatBytes, Each: step * across * width * int64(c.dtype.Bytes()), Tasks: tasks}
	if c.dtype != ir.Float32 {
		s.Each += narrowProduct(min(min(size, step)*across, narrowDepth), out)
	}
	return s
}

// winogradPlaces are those of a tile; so many matrices are multiplied.
const winogradPlaces = 36

// winograd is whether the kernel takes Winograd's algorithm: Winograd::pays in kernels/winograd.cpp.
func (c convCall) winograd() bool {
	if !c.Last || c.Group != 1 || c.strided() || largest(c.Dilations, 1) > 1 || c.w[2] != 3 || c.w[3] != 3 || largest(c.Pads, 0) > 2 {
		return false
	}
	in, out := c.channels()
	tiles, pixels := c.tiles()
	if in%16 != 0 || out%16 != 0 || min(in, out) < 32 || pixels < 10*tiles || tiles < 64 {
		return false
	}
	if full, large := pixels > 13*tiles, in*out >= 128*128 && tiles >= 256; c.dtype != ir.Float32 && (min(in, out) < 64 || c.pass != weightPass && !full && !large) {
		return false
	}
	return c.pass != weightPass || in*out <= 256*256 || winogradKeepsAll(in, out, tiles)
}

// tiles are those of the results, which have so many pixels.
func (c convCall) tiles() (tiles, pixels int64) {
	to := c.y
	if c.pass == inputPass {
		to = c.x
	}
	return to[0] * pieces(to[1], 4) * pieces(to[2], 4), to[0] * to[1] * to[2]
}

// winogradPieces are the partial sums of a weight's gradient.
func winogradPieces(in, out, blocks int64) int64 {
	if in*out > 128*128 {
		return min(blocks, 4)
	}
	return min(blocks, 8)
}

// winogradKeepsAll is whether the gradient of a weight is computed from the transforms of all tiles at once.
func winogradKeepsAll(in, out, tiles int64) bool {
	return tiles*(in+out) <= 2*in*out*winogradPieces(in, out, tiles)
}

// winogradScratch is that of kernels/winograd.cpp: the transformed weight as it is and as oneDNN wants it, or the sums that become its gradient, the transforms of tiles, and oneDNN's copies
// of what it multiplies the other way round or adds to.
func (c convCall) winogradScratch() Scratch {
	in, out := c.channels()
	tiles, _ := c.tiles()
	weight := winogradPlaces * in * out * floatBytes
	transforms := func(tiles int64) int64 { return winogradPlaces * tiles * (in + out) * floatBytes }
	switch {
	case c.pass == inputPass:
		return Scratch{weight + winogradPlaces*out*up(in, 64)*floatBytes, transforms(32), pieces(tiles, 32)}
	case c.pass == forwardPass:
		return Scratch{weight + winogradPlaces*in*up(out, 64)*floatBytes, transforms(32), pieces(tiles, 32)}
	case winogradKeepsAll(in, out, tiles):
		return Scratch{weight + transforms(tiles), in * up(tiles, 16) * floatBytes, winogradPlaces}
	}
	n := winogradPieces(in, out, pieces(tiles, 64))
	return Scratch{n * weight, transforms(64) + (in*64+in*out)*floatBytes, n}
}
