package transform

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/lang/schema"
)

// expectation is one result of testdata/expect.py.
type expectation struct {
	Op   string
	In   json.RawMessage
	Args struct {
		Mode      string
		Box       [4]int
		Size      json.RawMessage
		MaxSize   int `json:"max_size"`
		Margins   [4]int
		Fill      uint8
		Threshold int
		Degrees   float64
		Factor    float64
		Shift     float64
		Sigma     float64
	}
	Out    [3]int
	Data   string
	SHA256 string
}

func (e *expectation) size(t *testing.T) []int {
	var one int
	if json.Unmarshal(e.Args.Size, &one) == nil {
		return []int{one}
	}
	var both []int
	if err := json.Unmarshal(e.Args.Size, &both); err != nil {
		t.Fatal(err)
	}
	return both
}

// noise and lattice repeat the formulas of expect.py.
func noise(channels, height, width int) []uint8 {
	n := channels * height * width
	x := uint32(12345 + n)
	out := make([]uint8, n)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = uint8(x >> 24)
	}
	return out
}

func lattice() []uint8 {
	var out []uint8
	for i := range 32 * 32 * 32 {
		out = append(out, uint8(i>>10*8+7), uint8(i>>5%32*8+7), uint8(i%32*8+7))
	}
	return out
}

func (e *expectation) input(m *Image) {
	var size [3]int
	if json.Unmarshal(e.In, &size) != nil {
		m.Lend(lattice(), 3, 128, 256)
		return
	}
	m.Lend(noise(size[0], size[1], size[2]), size[0], size[1], size[2])
}

func (e *expectation) apply(t *testing.T, m *Image) {
	a := &e.Args
	switch e.Op {
	case "resized_crop":
		size := e.size(t)
		m.resizedCrop(box{a.Box[0], a.Box[1], a.Box[2], a.Box[3]}, size[0], size[1], a.Mode)
	case "resize":
		r := Table.New("resize").(*resize)
		r.size = e.size(t)
		if a.MaxSize > 0 {
			r.maxSize = &a.MaxSize
		}
		if err := r.Apply(m, nil); err != nil {
			t.Error(err)
		}
	case "center_crop":
		if err := (&centerCrop{e.size(t)}).Apply(m, nil); err != nil {
			t.Error(err)
		}
	case "pad":
		m.pad(margins{a.Margins[0], a.Margins[1], a.Margins[2], a.Margins[3]}, a.Mode, a.Fill)
	case "flip":
		m.flip()
	case "solarize":
		m.solarize(a.Threshold)
	case "rotate":
		m.rotate(a.Degrees, a.Fill)
	case "brightness":
		m.adjustBrightness(a.Factor)
	case "contrast":
		m.adjustContrast(a.Factor)
	case "saturation":
		m.adjustSaturation(a.Factor)
	case "hue":
		m.adjustHue(a.Shift)
	case "grey":
		m.grey()
	case "blur":
		m.blur(a.Sigma)
	default:
		t.Fatalf("no operation %q", e.Op)
	}
}

func readExpectations(t testing.TB) (cases []*expectation, normalized []float32) {
	raw, err := os.ReadFile("testdata/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases     []*expectation
		Normalize []float32
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases, file.Normalize
}

// Every core operation equals torchvision on Pillow, to the last bit, on a fresh image and on one whose buffers were used before; it
// never writes to pixels that were lent.
func TestExpectations(t *testing.T) {
	cases, _ := readExpectations(t)
	if len(cases) < 100 {
		t.Fatalf("expect.json has %d cases, want more than 100", len(cases))
	}
	var used Image
	for _, e := range cases {
		for _, m := range []*Image{{}, &used} {
			e.input(m)
			in, before := m.Pix, bytes.Clone(m.Pix)
			e.apply(t, m)
			if !bytes.Equal(before, in) {
				t.Errorf("%s of %s with %+v wrote to a lent image", e.Op, e.In, e.Args)
			}
			e.compare(t, m)
		}
	}
}

func (e *expectation) compare(t *testing.T, m *Image) {
	if got := [3]int{m.Channels, m.Height, m.Width}; got != e.Out {
		t.Errorf("%s of %s with %+v: size = %v, want %v", e.Op, e.In, e.Args, got, e.Out)
		return
	}
	if e.SHA256 != "" {
		sum := sha256.Sum256(m.Pix)
		if got := hex.EncodeToString(sum[:]); got != e.SHA256 {
			t.Errorf("%s of %s with %+v: sha256 = %s, want %s", e.Op, e.In, e.Args, got, e.SHA256)
		}
		return
	}
	want, err := base64.StdEncoding.DecodeString(e.Data)
	if err != nil {
		t.Fatal(err)
	}
	wrong, worst, first := 0, 0, -1
	for i, v := range want {
		if d := max(int(v)-int(m.Pix[i]), int(m.Pix[i])-int(v)); d > 0 {
			if first < 0 {
				first = i
			}
			wrong, worst = wrong+1, max(worst, d)
		}
	}
	if wrong > 0 {
		t.Errorf("%s of %s with %+v: %d of %d values differ, by up to %d, first at %d = %d, want %d",
			e.Op, e.In, e.Args, wrong, len(want), worst, first, m.Pix[first], want[first])
	}
}

func TestNormalizeEqualsTorch(t *testing.T) {
	_, want := readExpectations(t)
	n := &normalize{}
	schema.Of(n)
	n.mean, n.std = []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
	var m Image
	m.Lend(noise(3, 2, 3), 3, 2, 3)
	if err := n.Apply(&m, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, m.Planes); diff != "" {
		t.Errorf("normalize (-want +got):\n%s", diff)
	}
}
