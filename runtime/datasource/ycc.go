package datasource

import "image"

// jpegRows reads a JPEG image as libjpeg does, which PIL and OpenCV use: chroma is interpolated with triangles where it has half the
// resolution ("fancy upsampling"), else repeated, and converted in 16-bit fixed point. image/jpeg only repeats: edges of colour would shift by
// half a pixel.
func jpegRows(p *image.YCbCr) func(y int, dst []uint8) {
	width := p.Rect.Dx()
	half := (width + 1) / 2
	blue, red := make([]int32, 2*half), make([]int32, 2*half)
	return func(y int, dst []uint8) {
		chromaLine(blue, p.Cb, p, y, width)
		chromaLine(red, p.Cr, p, y, width)
		for x, luma := range p.Y[y*p.YStride:][:width] {
			jpegPixel(dst[3*x:], luma, blue[x]-128, red[x]-128)
		}
	}
}

// jpegPixel converts by the constants of ITU-R BT.601 for full-range values, rounded as in libjpeg.
func jpegPixel(dst []uint8, luma uint8, cb, cr int32) {
	y := int32(luma)
	dst[0] = clamp(y + (91881*cr+32768)>>16)
	dst[1] = clamp(y + (-22554*cb-46802*cr+32768)>>16)
	dst[2] = clamp(y + (116130*cb+32768)>>16)
}

func clamp(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// chromaLine writes the chroma of a row at full width; dst has an even length.
func chromaLine(dst []int32, plane []uint8, p *image.YCbCr, y, width int) {
	switch p.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		near, far := chromaRows(plane, p, y)
		n := len(dst) / 2
		sum := func(x int) int32 { return 3*int32(near[x]) + int32(far[x]) }
		for x := range n {
			this := sum(x)
			dst[2*x], dst[2*x+1] = (3*this+sum(max(x-1, 0))+8)>>4, (3*this+sum(min(x+1, n-1))+7)>>4
		}
	case image.YCbCrSubsampleRatio422:
		row := plane[y*p.CStride:]
		n := len(dst) / 2
		for x := range n {
			this := 3 * int32(row[x])
			dst[2*x], dst[2*x+1] = (this+int32(row[max(x-1, 0)])+1)>>2, (this+int32(row[min(x+1, n-1)])+2)>>2
		}
	case image.YCbCrSubsampleRatio440:
		near, far := chromaRows(plane, p, y)
		for x := range width {
			dst[x] = (3*int32(near[x]) + int32(far[x]) + 1 + int32(y&1)) >> 2
		}
	default:
		for x := range width {
			dst[x] = int32(plane[p.COffset(p.Rect.Min.X+x, p.Rect.Min.Y+y)])
		}
	}
}

// chromaRows returns the row of half the resolution that covers row y, and its neighbour on the nearer side.
func chromaRows(plane []uint8, p *image.YCbCr, y int) (near, far []uint8) {
	at, last := y/2, (p.Rect.Dy()-1)/2
	next := min(at+1, last)
	if y%2 == 0 {
		next = max(at-1, 0)
	}
	return plane[at*p.CStride:], plane[next*p.CStride:]
}
