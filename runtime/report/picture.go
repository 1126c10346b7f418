package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"

	"ssc/compiler/plan"
)

// Gallery is a set of pictures with a title and a caption.
type Gallery struct {
	Title, Caption string
	Rows           []Row
}

// Row is a line of pictures that belong together: a sample with its views, a query with its neighbours.
type Row struct {
	Name  string
	Tiles []Tile
}

// Tile is a picture with a few words below it.
type Tile struct {
	Image image.Image
	Text  string
	Alt   string // what the picture is, for those who do not see it; empty: Text
	Mark  Mark
}

// Mark sets a tile apart.
type Mark int

// Marks of a tile.
const (
	Plain Mark = iota
	First      // the one that the others of the row are compared with
	Same       // agrees with the first
	Other      // does not
)

// tileSide is the longest side, in pixels, that a picture is stored with; larger ones are averaged down.
const tileSide = 128

// Batch is views as a training step receives them.
type Batch struct {
	Planes [][]float32 // one per view, [N, C, H, W]
	Sizes  []Size      // of the views
	Norms  []Norm      // what normalisation took from the views; none: the planes are in [0,1]
	Names  []string    // of the samples; none: their places in the batch

	// Samples are the images before augmentation; none: they are left out.
	Samples []image.Image
}

// Size is what one image of a view consists of.
type Size struct{ Channels, Height, Width int }

// Norm is the mean and deviation of each channel, or one for all, in units of the range [0,1].
type Norm struct{ Mean, Std []float64 }

// BatchOf describes the planes that a loader made of a dataset's views, with the normalisation that the plan gives each of them.
func BatchOf(views []plan.View, planes [][]float32) Batch {
	b := Batch{Planes: planes}
	for _, v := range views {
		b.Sizes = append(b.Sizes, Size{v.Image.Channels, v.Image.Height, v.Image.Width})
		n := Norm{}
		for _, t := range v.Transforms {
			if t.Type == "normalize" {
				n = Norm{floats(t.Args["mean"]), floats(t.Args["std"])}
			}
		}
		b.Norms = append(b.Norms, n)
	}
	return b
}

// floats reads an argument of a plan, whether the plan was just compiled or read from a file.
func floats(arg any) (out []float64) {
	switch v := arg.(type) {
	case []float64:
		return v
	case []any:
		for _, x := range v {
			f, _ := x.(float64)
			out = append(out, f)
		}
	}
	return out
}

// ViewsTitle is the title of the gallery that Views makes.
const ViewsTitle = "Samples and their views"

// Views shows the first n samples of a batch with their views. The normalisation is undone, and the caption says so.
func Views(b Batch, n int) (Gallery, error) {
	g := Gallery{Title: ViewsTitle}
	if len(b.Planes) == 0 || len(b.Sizes) != len(b.Planes) || len(b.Norms) > 0 && len(b.Norms) != len(b.Planes) {
		return g, fmt.Errorf("showing views: %d views, %d sizes and %d normalisations do not match", len(b.Planes), len(b.Sizes), len(b.Norms))
	}
	for v, s := range b.Sizes {
		per := s.Channels * s.Height * s.Width
		if per <= 0 || len(b.Planes[v])%per != 0 {
			return g, fmt.Errorf("showing views: view %d has %d values, which are no whole number of images of %d×%d×%d", v, len(b.Planes[v]), s.Channels, s.Height, s.Width)
		}
		n = min(n, len(b.Planes[v])/per)
	}
	for i := range n {
		row := Row{Name: fmt.Sprintf("sample %d", i)}
		if i < len(b.Names) {
			row.Name = b.Names[i]
		}
		if i < len(b.Samples) {
			row.Tiles = append(row.Tiles, Tile{Image: shrink(b.Samples[i]), Text: "sample", Alt: "the sample " + row.Name, Mark: First})
		}
		for v, s := range b.Sizes {
			norm := Norm{}
			if len(b.Norms) > 0 {
				norm = b.Norms[v]
			}
			per := s.Channels * s.Height * s.Width
			picture := norm.image(b.Planes[v][i*per:(i+1)*per], s)
			row.Tiles = append(row.Tiles, Tile{Image: shrink(picture), Text: fmt.Sprintf("view %d", v+1), Alt: fmt.Sprintf("view %d of %s", v+1, row.Name)})
		}
		g.Rows = append(g.Rows, row)
	}
	g.Caption = b.caption()
	return g, nil
}

// caption says what was done to the values to make them visible.
func (b Batch) caption() string {
	var s strings.Builder
	s.WriteString("What the network is given")
	switch same := true; {
	case len(b.Norms) == 0:
		s.WriteString(", values as they are.")
	default:
		for _, n := range b.Norms {
			same = same && fmt.Sprint(n) == fmt.Sprint(b.Norms[0])
		}
		s.WriteString(", with the normalisation undone for the eye")
		if same {
			fmt.Fprintf(&s, " (x · std + mean, mean %s, std %s)", list(b.Norms[0].Mean), list(b.Norms[0].Std))
		} else {
			s.WriteString(" (x · std + mean, each view by its own)")
		}
		s.WriteString(" and cut to the range of a picture.")
	}
	for _, size := range b.Sizes {
		switch size.Channels {
		case 1, 3:
			continue
		case 2:
			s.WriteString(" Of 2 channels the first is shown, as grey.")
		default:
			fmt.Fprintf(&s, " Of %d channels the first three are shown, as red, green and blue.", size.Channels)
		}
		break
	}
	return s.String()
}

func list(v []float64) string {
	var s []string
	for _, x := range v {
		s = append(s, number(x))
	}
	return strings.Join(s, " ")
}

// image makes a picture of normalised planes [C, H, W].
func (n Norm) image(planes []float32, s Size) image.Image {
	area := s.Height * s.Width
	at := func(c, i int) uint8 {
		v := float64(planes[c*area+i])
		if len(n.Std) > 0 {
			v *= n.Std[c%len(n.Std)]
		}
		if len(n.Mean) > 0 {
			v += n.Mean[c%len(n.Mean)]
		}
		if math.IsNaN(v) {
			return 0
		}
		return uint8(math.Round(255 * min(1, max(0, v))))
	}
	bounds := image.Rect(0, 0, s.Width, s.Height)
	if s.Channels < 3 {
		m := image.NewGray(bounds)
		for i := range area {
			m.Pix[i] = at(0, i)
		}
		return m
	}
	m := image.NewNRGBA(bounds)
	for i := range area {
		copy(m.Pix[4*i:], []uint8{at(0, i), at(1, i), at(2, i), 255})
	}
	return m
}

// Picture makes a picture of 8-bit pixels, rows of pixels of channels: grey of one or two channels, else red, green and blue of the first three.
func Picture(pix []uint8, channels, height, width int) image.Image {
	bounds := image.Rect(0, 0, width, height)
	if channels < 3 {
		m := image.NewGray(bounds)
		for i := range m.Pix {
			m.Pix[i] = pix[i*channels]
		}
		return m
	}
	m := image.NewNRGBA(bounds)
	for i := range height * width {
		copy(m.Pix[4*i:], []uint8{pix[i*channels], pix[i*channels+1], pix[i*channels+2], 255})
	}
	return m
}

// shrink averages a picture down so that no side is longer than tileSide.
func shrink(m image.Image) image.Image {
	if m == nil {
		return nil
	}
	b := m.Bounds()
	long := max(b.Dx(), b.Dy())
	if long <= tileSide {
		return m
	}
	w, h := max(1, b.Dx()*tileSide/long), max(1, b.Dy()*tileSide/long)
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.Set(x, y, mean(m, image.Rect(b.Min.X+x*b.Dx()/w, b.Min.Y+y*b.Dy()/h, b.Min.X+(x+1)*b.Dx()/w, b.Min.Y+(y+1)*b.Dy()/h)))
		}
	}
	return out
}

// mean is the mean colour of a rectangle of at least one pixel.
func mean(m image.Image, r image.Rectangle) color.Color {
	var sum [4]uint64
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			cr, cg, cb, ca := m.At(x, y).RGBA()
			sum[0], sum[1], sum[2], sum[3] = sum[0]+uint64(cr), sum[1]+uint64(cg), sum[2]+uint64(cb), sum[3]+uint64(ca)
		}
	}
	n := uint64(r.Dx() * r.Dy())
	return color.RGBA64{uint16(sum[0] / n), uint16(sum[1] / n), uint16(sum[2] / n), uint16(sum[3] / n)}
}

// dataURI is a picture as the page carries it.
func dataURI(m image.Image) (template.URL, error) {
	b, err := encoded(m)
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b)), err
}

// stored is a picture with its PNG, so that a page that is made again and again encodes it once.
type stored struct {
	image.Image
	png []byte
}

// Store brings the pictures of a gallery into the size and form that pages take, so that further pages cost little.
func (g Gallery) Store() error {
	var tiles []*Tile
	for _, r := range g.Rows {
		for i := range r.Tiles {
			if r.Tiles[i].Image != nil {
				tiles = append(tiles, &r.Tiles[i])
			}
		}
	}
	errs := make([]error, len(tiles))
	parallel(len(tiles), func(from, to int) {
		for i := from; i < to; i++ {
			m := shrink(tiles[i].Image)
			var b []byte
			b, errs[i] = encoded(m)
			tiles[i].Image = stored{m, b}
		}
	})
	return errors.Join(errs...)
}

// tileJSON is a tile in a file.
type tileJSON struct {
	PNG       []byte `json:",omitempty"`
	Text, Alt string
	Mark      Mark
}

// MarshalJSON writes the picture as PNG.
func (t Tile) MarshalJSON() ([]byte, error) {
	out := tileJSON{Text: t.Text, Alt: t.Alt, Mark: t.Mark}
	if m := shrink(t.Image); m != nil {
		var err error
		if out.PNG, err = encoded(m); err != nil {
			return nil, err
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes; larger pictures are refused.
func (t *Tile) UnmarshalJSON(b []byte) error {
	var in tileJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*t = Tile{Text: in.Text, Alt: in.Alt, Mark: in.Mark}
	if len(in.PNG) == 0 {
		return nil
	}
	c, err := png.DecodeConfig(bytes.NewReader(in.PNG))
	if err == nil && max(c.Width, c.Height) > tileSide {
		err = fmt.Errorf("it has %dx%d pixels, more than %d to a side", c.Width, c.Height, tileSide)
	}
	var m image.Image
	if err == nil {
		m, err = png.Decode(bytes.NewReader(in.PNG))
	}
	if err != nil {
		return fmt.Errorf("a picture of the report: %w", err)
	}
	t.Image = stored{m, in.PNG}
	return nil
}

// encoded is a picture as PNG.
func encoded(m image.Image) ([]byte, error) {
	if s, ok := m.(stored); ok {
		return s.png, nil
	}
	var b bytes.Buffer
	err := encodePNG(&b, m)
	return b.Bytes(), err
}

func encodePNG(w io.Writer, m image.Image) error {
	if err := png.Encode(w, m); err != nil {
		return fmt.Errorf("encoding a picture: %w", err)
	}
	return nil
}
