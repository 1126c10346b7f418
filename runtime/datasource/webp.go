package datasource

import (
	"bytes"
	"image"

	"golang.org/x/image/webp"
)

// readWebP reads still images, lossy and lossless.
func readWebP(data []byte, as *decoding) (raster, error) {
	c, err := webp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	if err := as.bound(c.Height, c.Width); err != nil {
		return raster{}, err
	}
	img, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	out := raster{height: img.Bounds().Dy(), width: img.Bounds().Dx(), samples: 3}
	switch p := img.(type) {
	case *image.YCbCr:
		out.row = webpRows(p, 3)
	case *image.NYCbCrA:
		out.samples = 4
		colours := webpRows(&p.YCbCr, 4)
		out.row = func(y int, dst []uint8) {
			colours(y, dst)
			for x, a := range p.A[y*p.AStride:][:out.width] {
				dst[4*x+3] = a
			}
		}
	default: // lossless
		if out, err = fromImage(img, as); err != nil {
			return out, err
		}
	}
	out.orientation = webpOrientation(data)
	return out, nil
}

// webpRows reads a lossy image as libwebp does. VP8 keeps luma in 16 … 235 as television does, and not in the full range of JPEG that the
// methods of image.YCbCr take for granted; chroma of half the resolution is interpolated with weights 9, 3, 3 and 1.
func webpRows(p *image.YCbCr, samples int) func(y int, dst []uint8) {
	width, last := p.Rect.Dx(), (p.Rect.Dx()-1)/2
	at := func(near, far []uint8, x int) int32 {
		this, next := x/2, min(x/2+1, last)
		if x%2 == 0 {
			next = max(x/2-1, 0)
		}
		a, b, c, d := int32(near[this]), int32(near[next]), int32(far[this]), int32(far[next])
		if this == next { // an edge
			return (3*a + c + 2) >> 2
		}
		// libwebp's two steps: the mean of the other three first, rounded, then with the nearest sample.
		return ((a+3*b+3*c+d+8)>>3 + a) >> 1
	}
	return func(y int, dst []uint8) {
		nearU, farU := chromaRows(p.Cb, p, y)
		nearV, farV := chromaRows(p.Cr, p, y)
		for x, luma := range p.Y[y*p.YStride:][:width] {
			webpPixel(dst[samples*x:], int32(luma), at(nearU, farU, x), at(nearV, farV, x))
		}
	}
}

// webpPixel converts by the constants of ITU-R BT.601 for studio range in 14-bit fixed point, rounded as in libwebp.
func webpPixel(dst []uint8, y, u, v int32) {
	luma := y * 19077 >> 8
	dst[0] = clamp((luma + v*26149>>8 - 14234) >> 6)
	dst[1] = clamp((luma - u*6419>>8 - v*13320>>8 + 8708) >> 6)
	dst[2] = clamp((luma + u*33050>>8 - 17685) >> 6)
}
