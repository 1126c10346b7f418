package datasource

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"

	"ssc/runtime/jpeg"
	"ssc/runtime/transform"
)

const limit = 1 << 20

// as is the default decoding with other channels.
func as(channels int) decoding { return decoding{channels: channels, maxPixels: limit} }

// imageNames are the committed images.
func imageNames(t testing.TB) []string {
	entries, err := os.ReadDir("testdata/images")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext != ".json" && ext != ".py" {
			out = append(out, e.Name())
		}
	}
	if len(out) < 60 {
		t.Fatalf("testdata/images has %d images, want 60 or more", len(out))
	}
	return out
}

// decoders are those of JPEG images on this machine, by what they are called, with the greatest difference of a value from Pillow's.
func decoders(t testing.TB) map[string]func(channels int) (decoding, int) {
	out := map[string]func(channels int) (decoding, int){"Go's decoder": func(channels int) (decoding, int) {
		a := as(channels)
		a.goJPEG = true
		return a, 3
	}}
	if _, err := jpeg.Find(); err == nil {
		out["libjpeg-turbo"] = func(channels int) (decoding, int) { return as(channels), 0 }
	} else {
		t.Logf("without libjpeg-turbo: %v", err)
	}
	return out
}

// Lossless images equal Pillow's convert exactly, and so do lossy WebP ones and JPEG ones by libjpeg-turbo; Go's JPEG decoder rounds otherwise, and has the colours of printing inks to itself.
func TestDecodeEqualsPillow(t *testing.T) {
	for name, of := range decoders(t) {
		t.Run(name, func(t *testing.T) { decodeEqualsPillow(t, of) })
	}
}

func decodeEqualsPillow(t *testing.T, of func(channels int) (decoding, int)) {
	raw, err := os.ReadFile("testdata/images/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var expect map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &expect); err != nil {
		t.Fatal(err)
	}
	var m transform.Image
	for _, name := range imageNames(t) {
		data, err := os.ReadFile(filepath.Join("testdata/images", name))
		if err != nil {
			t.Fatal(err)
		}
		if len(expect[name]) < 2 {
			t.Errorf("%s: nothing is expected of it", name)
		}
		var size [2]int
		for key, value := range expect[name] {
			if key == "size" {
				if err := json.Unmarshal(value, &size); err != nil {
					t.Fatal(err)
				}
			}
		}
		for key, value := range expect[name] {
			channels, err := strconv.Atoi(key)
			if err != nil {
				continue
			}
			var text string
			if err := json.Unmarshal(value, &text); err != nil {
				t.Fatal(err)
			}
			want, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			as, tolerance := of(channels)
			if name == "cmyk.jpg" {
				tolerance = 3
			} else if !strings.HasSuffix(name, ".jpg") {
				tolerance = 0
			}
			if err := decode(&m, data, as); err != nil {
				t.Errorf("decode of %s with %d channels: %v", name, channels, err)
				continue
			}
			if m.Channels != channels || [2]int{m.Height, m.Width} != size || len(m.Pix) != len(want) {
				t.Errorf("%s: size = %d x %d x %d, want %v x %d", name, m.Height, m.Width, m.Channels, size, channels)
				continue
			}
			for i, v := range want {
				if d := int(v) - int(m.Pix[i]); d > tolerance || d < -tolerance {
					t.Errorf("%s with %d channels: value %d = %d, want %d within %d", name, channels, i, m.Pix[i], v, tolerance)
					break
				}
			}
		}
	}
}

// sixteen encodes a 16-bit image.
func sixteen(t testing.TB) []byte {
	img := image.NewNRGBA64(image.Rect(0, 0, 1, 1))
	img.SetNRGBA64(0, 0, color.NRGBA64{R: 0x1234, G: 0x5678, B: 0x9abc, A: 0x8000})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecode16Bit(t *testing.T) {
	for _, c := range []struct {
		name   string
		window window
		want   []byte
	}{
		{"upper byte", nil, []byte{0x12, 0x56, 0x9a, 0x80}},
		{"the whole range is the upper byte", window{0, 65535}, []byte{0x12, 0x56, 0x9a, 0x80}},
		{"window", window{0x1234, 0x5678}, []byte{0, 255, 255, 0x80}},
		{"steps: 564·256/4352", window{0x1000, 0x20ff}, []byte{33, 255, 255, 0x80}},
	} {
		a := as(4)
		a.window = c.window
		var m transform.Image
		if err := decode(&m, sixteen(t), a); err != nil || !bytes.Equal(m.Pix, c.want) {
			t.Errorf("%s: decode = %x, %v, want %x", c.name, m.Pix, err, c.want)
		}
	}
}

// bomb is a PNG header of a huge image without the data.
func bomb(w, h uint32) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, chunk...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
	return append(b, 0, 0, 0, 0, 'I', 'D', 'A', 'T', 0x35, 0xaf, 0x06, 0x1e)
}

// patched is a committed image with other bytes from an offset on.
func patched(t testing.TB, name string, at int, b ...byte) []byte {
	data := bytes.Clone(imageFile(t, name))
	copy(data[at:], b)
	return data
}

// webpBomb is a VP8X header that announces a canvas and a lossless image of that size with next to no data.
func webpBomb(w, h uint32) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8L"), 0, 0, 0, 0, 0x2f)
	b = binary.LittleEndian.AppendUint32(b, w-1|(h-1)<<14)
	b = append(b, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	binary.LittleEndian.PutUint32(b[16:], uint32(len(b)-20))
	return b
}

// tags is a little-endian TIFF file of nothing but short or long tags.
func tags(values ...uint32) []byte {
	b := append([]byte("II*\x00"), 8, 0, 0, 0, byte(len(values)/2), 0)
	for i := 0; i < len(values); i += 2 {
		b = append(b, byte(values[i]), byte(values[i]>>8), 4, 0, 1, 0, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, values[i+1])
	}
	return append(b, 0, 0, 0, 0)
}

func TestDecodeRefuses(t *testing.T) {
	photo, tif := imageFile(t, "colour.jpg"), imageFile(t, "rgb.tif")
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "the file is empty"},
		{"text", []byte("this is text\n"), `no image of a format that is read (JPEG, PNG, WebP, TIFF, BMP, PPM, PGM, npy): it starts with "this is "`},
		{"GIF", []byte("GIF89a"), "a GIF image, which is not read; convert it to PNG or JPEG"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic"), "a HEIC or AVIF image"},
		{"BigTIFF", []byte("II+\x00\x08\x00\x00\x00"), "a BigTIFF image"},
		{"bomb", bomb(100_000, 100_000), "PNG: 100000 x 100000 pixels, more than max_pixels = 1048576"},
		{"small bomb", bomb(1000, 1000), "PNG: truncated: 45 bytes cannot hold 1000 x 1000 pixels"},
		{"truncated PNG", sixteen(t)[:50], "not enough pixel data"},
		{"truncated JPEG", photo[:400], "EOF"},
		{"JPEG signature alone", []byte("\xff\xd8\xff"), "EOF"},
		{"JPEG of 1000 x 1000 in 700 bytes", jpegOfSize(t, 1000, 1000), "cannot hold 1000 x 1000 pixels"},
		{"JPEG bomb", jpegOfSize(t, 65000, 65000), "JPEG: 65000 x 65000 pixels, more than max_pixels = 1048576"},
		{"JPEG cut off in its data", photo[:len(photo)-40], "JPEG: "},
		{"WebP bomb", webpBomb(16383, 16383), "WebP: 16383 x 16383 pixels, more than"},
		{"truncated WebP", imageFile(t, "lossy.webp")[:60], "WebP: "},
		{"BMP bomb", patched(t, "rgb.bmp", 18, 0, 0, 1, 0, 0, 0, 1, 0), "BMP: 65536 x 65536 pixels, more than"},
		{"truncated BMP", patched(t, "rgb.bmp", 18, 0, 4, 0, 0, 0, 4, 0, 0), "BMP: truncated: 174 bytes cannot hold 1024 x 1024 pixels"},
		{"PGM bomb", []byte("P5 99999 99999 255\n"), "PNM: 99999 x 99999 pixels, more than"},
		{"truncated PGM", []byte("P5 10 10 255\n123"), "PNM: truncated: 16 bytes cannot hold 10 x 10 pixels"},
		{"truncated text PGM", []byte("P2 10 10 255\n1 2 3"), "PNM: truncated"},
		{"PGM without numbers", []byte("P2 x"), "PNM: no number at byte 3"},
		{"PGM of 17 bits", []byte("P5 1 1 70000\n123"), "PNM: greatest value 70000; 1 to 65535 are allowed"},
		{"TIFF bomb", tags(256, 100_000, 257, 100_000), "TIFF: 100000 x 100000 pixels, more than"},
		{"TIFF tile bomb", tags(256, 8, 257, 8, 258, 8, 262, 1, 322, 16000, 323, 16000, 324, 8, 325, 100), "TIFF: tiles of 16000 x 16000 pixels in an image of 8 x 8"},
		{"TIFF tiles too large to multiply", tags(256, 8, 257, 8, 258, 8, 262, 1, 322, 1<<31, 323, 1<<31, 324, 8, 325, 100), "TIFF: strips or tiles of 2147483648 x 2147483648 pixels"},
		{"TIFF of 1000 x 1000 in 100 bytes", tags(256, 1000, 257, 1000, 258, 16, 259, 5, 262, 1, 273, 8, 279, 90), "TIFF: truncated: 98 bytes cannot hold 1000 x 1000 pixels"},
		{"TIFF of too many samples", tags(256, 1000, 257, 1000, 258, 8, 262, 2, 277, 1000), "TIFF: 1000 x 1000 pixels of 1000 samples, more than max_pixels = 1048576 allows"},
		{"TIFF of floats", tags(256, 8, 257, 8, 258, 16, 262, 1, 339, 3), "TIFF: samples are not unsigned whole numbers"},
		{"TIFF of 32 bits", tags(256, 8, 257, 8, 258, 32, 262, 1), "TIFF: [32] bits a sample; 1, 2, 4, 8 or 16 are read"},
		{"TIFF of JPEG data", tags(256, 8, 257, 8, 258, 8, 259, 7, 262, 1, 273, 8, 279, 64), "compression 7 is not read; save it with LZW, deflate or none"},
		{"TIFF of YCbCr", tags(256, 8, 257, 8, 258, 8, 262, 6), "photometric interpretation 6 is not read"},
		{"TIFF of millions of strips", tags(256, 1, 257, 1<<20, 258, 8, 262, 1, 278, 1), "TIFF: truncated"},
		{"truncated TIFF", tif[:60], "TIFF: truncated"},
		{"TIFF without a directory", []byte("II*\x00\xff\xff\xff\xff"), "TIFF: truncated: its directory would begin at byte 4294967295 of 8"},
		{"npy of objects", npyFile("'|O'", "(5, 7)", nil), "npy: an array of Python objects, which is a pickle"},
		{"npy bomb", npyFile("'|u1'", "(100000, 100000)", nil), "npy: truncated: its shape [100000 100000] takes 10000000000 bytes"},
		{"npy of another shape", npyFile("'|u1'", "(2, 2, 2)", make([]byte, 8)), "npy: images of shape [2 2 2] are not [height, width, 3] or [3, height, width]"},
	} {
		for decoder, of := range decoders(t) {
			var m transform.Image
			var err error
			as, _ := of(3)
			allocates(t, 8<<20, func() { err = decode(&m, c.data, as) })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: decode of %s = %v, want %q", decoder, c.name, err, c.want)
			}
		}
	}
}

func TestDecodeRefusesChannels(t *testing.T) {
	for _, c := range []struct {
		name     string
		channels int
		want     string
	}{
		{"rgb.png", 5, "PNG: the image has 3 channels, which cannot be converted to channels = 5"},
		{"bands.tif", 3, "TIFF: the image has 6 channels, which cannot be converted to channels = 3"},
		{"rgb.tif", 7, "TIFF: the image has 3 channels, which cannot be converted to channels = 7"},
	} {
		var m transform.Image
		if err := decode(&m, imageFile(t, c.name), as(c.channels)); err == nil || err.Error() != c.want {
			t.Errorf("decode of %s with %d channels = %v, want %q", c.name, c.channels, err, c.want)
		}
	}
}

// jpegOfSize is a small JPEG image whose header announces another size.
func jpegOfSize(t testing.TB, h, w uint16) []byte {
	data := bytes.Clone(imageFile(t, "grey.jpg"))
	at := bytes.Index(data, []byte{0xff, 0xc0})
	if at < 0 {
		t.Fatal("grey.jpg has no frame header")
	}
	binary.BigEndian.PutUint16(data[at+5:], h)
	binary.BigEndian.PutUint16(data[at+7:], w)
	return data
}

// allocates fails the test when f takes more memory than bound, garbage included. Only one such measurement runs at a time.
func allocates(t testing.TB, bound uint64, f func()) {
	t.Helper()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	f()
	metrics.Read(sample)
	if n := sample[0].Value.Uint64() - before; n > bound {
		t.Errorf("%d bytes allocated, want at most %d", n, bound)
	}
}

// What max_pixels promises: the memory of an image is in proportion to its pixels.
func TestDecodeMemory(t *testing.T) {
	const side = 512
	img := image.NewNRGBA64(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = byte(i * i >> 3)
	}
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		t.Fatal(err)
	}
	allocates(t, 32*side*side, func() {
		var m transform.Image
		if err := decode(&m, data.Bytes(), as(4)); err != nil {
			t.Error(err)
		}
	})
}

// Reading takes a bounded number of bytes for each pixel and each byte of the file, whatever the file says.
func FuzzDecodeImage(f *testing.F) {
	for _, name := range imageNames(f) {
		data := imageFile(f, name)
		f.Add(data, uint8(2))
		f.Add(data, uint8(0x82))
		f.Add(data[:len(data)/2], uint8(0))
	}
	f.Add(bomb(1000, 1000), uint8(3))
	f.Add(webpBomb(300, 200), uint8(3))
	f.Add(tags(256, 8, 257, 8, 258, 8, 262, 1, 322, 512, 323, 512, 324, 8, 325, 100), uint8(4))
	f.Add(imageFile(f, "bands.tif"), uint8(5))
	f.Fuzz(func(t *testing.T, data []byte, channels uint8) {
		a := decoding{channels: 1 + int(channels)%8, maxPixels: 1 << 16, goJPEG: channels&0x80 != 0}
		var m transform.Image
		var err error
		allocates(t, 48<<20+64*uint64(len(data)), func() { err = decode(&m, data, a) })
		if err == nil && (len(m.Pix) != m.Channels*m.Height*m.Width || m.Channels != a.channels || m.Height*m.Width > a.maxPixels || len(m.Pix) == 0) {
			t.Errorf("decode gave %d bytes for %d x %d x %d", len(m.Pix), m.Height, m.Width, m.Channels)
		}
	})
}
