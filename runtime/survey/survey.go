// Package survey looks at a folder of images and says what a pipeline for them must know: how many there are, their sizes, channels and depth, the mean and deviation of their values, which
// cannot be read, and whether the folders are classes.
//
// Every path is listed; images are opened in a random order (Philox) until a bound of their number or pixels is met, so that a survey of a million photographs takes as long as one of a few
// thousand. The result depends on the folder and the options alone.
//
//	s, err := survey.Folder(ctx, "photos", survey.Options{})
//	fmt.Println(s.Images, s.Short.Median, s.Channels, s.Mean)
//
// Neighbours: runtime/datasource lists and decodes; the command ssc init writes a pipeline from the result.
package survey

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
)

// Options bound a survey.
type Options struct {
	Sample  int // images that are opened; 0: DefaultSample
	Workers int // threads; 0: one per processor
}

// DefaultSample is how many images are opened: the share of damaged images is then known to within a percent, and means to within a hundredth of the deviation.
const DefaultSample = 1000

// maxPixels bounds the pixels that are decoded once leastSample images are: half a minute of one core for JPEG files.
const maxPixels, leastSample = 2_000_000_000, 100

// Survey is what was found. Pixel values are in [0,1].
type Survey struct {
	Folder  string `json:"folder"`  // that was asked for
	Root    string `json:"root"`    // that holds the images to train on: the folder, or train in it
	Images  int    `json:"images"`  // files with an image's name below the root
	Sampled int    `json:"sampled"` // of them opened

	Short  Quantiles `json:"short"`  // of the shorter side, in pixels
	Long   Quantiles `json:"long"`   // of the longer side
	Aspect Quantiles `json:"aspect"` // width divided by height

	Formats map[string]int `json:"formats"` // opened images by format
	Stored  map[string]int `json:"stored"`  // … by channels: "grey", "grey and alpha", "colour", "colour and alpha", "7 bands"
	Deep    int            `json:"deep"`    // of more than 8 bits
	Turned  int            `json:"turned"`  // by their orientation tag

	Channels int       `json:"channels"`         // that serve all of them: 1, 3 or the number of bands
	AllGrey  bool      `json:"all_grey"`         // every image is grey, however it is stored
	Window   []float64 `json:"window,omitempty"` // range of the deep values; empty: all of it
	Mean     []float64 `json:"mean"`             // of each channel; every image counts alike
	Std      []float64 `json:"std"`

	Damaged  int       `json:"damaged"`            // opened images that cannot be read, or not with these channels
	Problems []Problem `json:"problems,omitempty"` // the first of them
	Layout   *Layout   `json:"layout,omitempty"`   // nil: the folders are no classes
	Notes    []string  `json:"notes,omitempty"`    // what was passed over

	Seconds float64 `json:"-"` // of one thread for each image: to read and decode it
}

// Problem is an image that cannot be read.
type Problem struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// maxProblems is how many problems are kept.
const maxProblems = 20

// All reports whether every image was opened.
func (s *Survey) All() bool { return s.Sampled == s.Images }

// Readable is the number of opened images that were read.
func (s *Survey) Readable() int { return s.Sampled - s.Damaged }

// Folder surveys a folder. Its errors say what is wrong with the folder: it is none, cannot be read, has no images, or none that can be read.
func Folder(ctx context.Context, dir string, o Options) (*Survey, error) {
	if err := isFolder(dir); err != nil {
		return nil, err
	}
	s := &Survey{Folder: dir, Root: dir}
	samples, err := open(ctx, plan.Component{Label: "folder", Args: map[string]any{"path": dir}})
	if err != nil {
		return nil, err
	}
	s.Layout = layout(namesOf(samples, dir))
	if s.Layout != nil && s.Layout.Train != "" {
		s.Root = filepath.Join(dir, s.Layout.Train)
		if samples, err = open(ctx, plan.Component{Label: "folder", Args: map[string]any{"path": s.Root}}); err != nil {
			return nil, err
		}
	}
	s.Images = samples.Len()
	if n, ok := samples.(datasource.Noted); ok {
		s.Notes = n.Notes()
	}
	looks, err := lookAll(ctx, samples, o)
	if err != nil {
		return nil, err
	}
	s.Sampled = len(looks)
	if err := s.sum(looks); err != nil {
		return nil, err
	}
	return s, s.measure(ctx, looks)
}

func isFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("looking at the images: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is a file; name the folder that holds the images", dir)
	}
	return nil
}

func open(ctx context.Context, c plan.Component) (datasource.Samples, error) {
	src, err := datasource.Build(c)
	if err != nil {
		return nil, err
	}
	return src.Open(ctx)
}

// namesOf lists the paths below the folder, with slashes.
func namesOf(samples datasource.Samples, dir string) []string {
	out := make([]string, samples.Len())
	for i := range out {
		if rel, err := filepath.Rel(dir, samples.Name(i)); err == nil {
			out[i] = filepath.ToSlash(rel)
		}
	}
	return out
}

// sum reads everything off the looks but mean and deviation.
func (s *Survey) sum(looks []look) error {
	s.Formats, s.Stored = map[string]int{}, map[string]int{}
	s.choose(looks)
	var short, long, aspect []float64
	for _, l := range looks {
		if l.err == nil && !s.takes(l) {
			l.err = fmt.Errorf("%s, where most images have %d", stored(l.Channels), s.Channels)
		}
		if l.err != nil {
			if s.Damaged++; len(s.Problems) < maxProblems {
				s.Problems = append(s.Problems, Problem{l.name, l.err.Error()})
			}
			continue
		}
		s.Formats[l.Format]++
		s.Stored[stored(l.Channels)]++
		if l.Deep {
			s.Deep++
		}
		if l.Turned {
			s.Turned++
		}
		short, long = append(short, float64(min(l.Height, l.Width))), append(long, float64(max(l.Height, l.Width)))
		aspect = append(aspect, float64(l.Width)/float64(l.Height))
	}
	slices.SortFunc(s.Problems, func(a, b Problem) int { return strings.Compare(a.Name, b.Name) })
	if s.Readable() == 0 {
		return fmt.Errorf("%s: none of the %d images that were opened can be read; %s: %s", s.Root, s.Sampled, s.Problems[0].Name, s.Problems[0].Reason)
	}
	s.Short, s.Long, s.Aspect = quantiles(short), quantiles(long), quantiles(aspect)
	s.Window = window(looks)
	return nil
}

// choose finds the channels that serve most images: their bands when most have more than 4, 1 when all are grey, else 3.
func (s *Survey) choose(looks []look) {
	s.AllGrey, s.Channels = true, 3
	read, bands := 0, map[int]int{}
	for _, l := range looks {
		if l.err != nil {
			continue
		}
		read++
		s.AllGrey = s.AllGrey && l.grey
		if l.Channels > 4 {
			bands[l.Channels]++
		}
	}
	for n, count := range bands {
		if 2*count > read { // one number at most
			s.Channels, s.AllGrey = n, false
			return
		}
	}
	if s.AllGrey && read > 0 {
		s.Channels = 1
	}
}

// takes reports whether an image can have the channels that were chosen.
func (s *Survey) takes(l look) bool {
	return l.Channels <= 4 && s.Channels <= 4 || l.Channels == s.Channels
}

// stored names the channels of a file.
func stored(channels int) string {
	switch channels {
	case 1:
		return "grey"
	case 2:
		return "grey and alpha"
	case 3:
		return "colour"
	case 4:
		return "colour and alpha"
	}
	return fmt.Sprintf("%d bands", channels)
}

// window finds the range of the values of deep images: bits that no value uses narrow it to a power of two, and values that lie in a quarter of the range or less, as those of thermal cameras do,
// to their own. Upper bytes are what is known of them. Nil is the whole range.
func window(looks []look) []float64 {
	low, high := math.MaxInt, -1
	for _, l := range looks {
		if l.err == nil && l.Deep {
			low, high = min(low, l.low), max(high, l.high)
		}
	}
	if high < 0 {
		return nil
	}
	top := 1
	for top <= high {
		top *= 2
	}
	switch {
	case low > 0 && high-low < 64:
		return []float64{float64(low << 8), float64(high<<8 | 0xff)}
	case top < 256:
		return []float64{0, float64(top<<8 - 1)}
	}
	return nil
}

// Quantiles of a measure over the opened images.
type Quantiles struct {
	Least    float64 `json:"least"`
	P5       float64 `json:"p5"`
	P25      float64 `json:"p25"`
	Median   float64 `json:"median"`
	P75      float64 `json:"p75"`
	P95      float64 `json:"p95"`
	Greatest float64 `json:"greatest"`
}

// quantiles takes the value of the nearest rank.
func quantiles(v []float64) Quantiles {
	slices.Sort(v)
	at := func(q float64) float64 { return v[max(int(math.Ceil(q*float64(len(v))))-1, 0)] }
	return Quantiles{v[0], at(.05), at(.25), at(.5), at(.75), at(.95), v[len(v)-1]}
}
