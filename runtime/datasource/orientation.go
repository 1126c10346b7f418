package datasource

import (
	"bytes"
	"encoding/binary"

	"ssc/runtime/transform"
)

// The orientation of a photograph is a tag of its EXIF data, which has the structure of a TIFF file. Each format keeps that data elsewhere.

// exifPrefix stands before EXIF data in JPEG files, and in some WebP ones.
var exifPrefix = []byte("Exif\x00\x00")

// jpegOrientation looks through the segments before the image data.
func jpegOrientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, n := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		switch {
		case marker == 0xff: // filling
			at++
			continue
		case marker == 0xda || n < 2 || at+2+n > len(data):
			return 1
		}
		if body, ok := bytes.CutPrefix(data[at+4:at+2+n], exifPrefix); ok && marker == 0xe1 {
			return exifOrientation(body)
		}
		at += 2 + n
	}
	return 1
}

// pngOrientation looks for the chunk eXIf.
func pngOrientation(data []byte) int {
	for at := 8; at+12 <= len(data); {
		n := uint64(binary.BigEndian.Uint32(data[at:]))
		if n > uint64(len(data)-at-12) {
			return 1
		}
		if string(data[at+4:at+8]) == "eXIf" {
			return exifOrientation(data[at+8 : at+8+int(n)])
		}
		at += 12 + int(n)
	}
	return 1
}

// webpOrientation looks for the chunk EXIF.
func webpOrientation(data []byte) int {
	for at := 12; at+8 <= len(data); {
		n := uint64(binary.LittleEndian.Uint32(data[at+4:]))
		if n > uint64(len(data)-at-8) {
			return 1
		}
		if string(data[at:at+4]) == "EXIF" {
			return exifOrientation(bytes.TrimPrefix(data[at+8:at+8+int(n)], exifPrefix))
		}
		at += 8 + int(n+n%2)
	}
	return 1
}

// exifOrientation reads the tag; anything else than a known orientation is 1.
func exifOrientation(data []byte) int {
	f, err := readIFD(data)
	if err != nil {
		return 1
	}
	return f.orientation()
}

// turn rights an image that was stored with an orientation of the EXIF tag.
func turn(m *transform.Image, orientation int) {
	if orientation < 2 || orientation > 8 {
		return
	}
	src, h, w, c := m.Pix, m.Height, m.Width, m.Channels
	outH, outW := h, w
	if orientation >= 5 {
		outH, outW = w, h
	}
	// at is where the pixel of row y and column x comes from.
	at := [...]func(y, x int) int{
		2: func(y, x int) int { return y*w + w - 1 - x },
		3: func(y, x int) int { return (h-1-y)*w + w - 1 - x },
		4: func(y, x int) int { return (h-1-y)*w + x },
		5: func(y, x int) int { return x*w + y },
		6: func(y, x int) int { return (h-1-x)*w + y },
		7: func(y, x int) int { return (h-1-x)*w + w - 1 - y },
		8: func(y, x int) int { return x*w + w - 1 - y },
	}[orientation]
	dst := m.Reset(c, outH, outW) // the other buffer: src stays
	for y := range outH {
		for x := range outW {
			p := at(y, x) * c
			copy(dst[:c], src[p:p+c])
			dst = dst[c:]
		}
	}
}
