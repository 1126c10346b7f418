package cmd

import (
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang"
	"ssc/runtime/survey"
)

// text is the pipeline file in canonical form. Equal choices give equal bytes.
func (c *choice) text() []byte {
	parts := []string{c.headText(), c.algorithmText(), c.trainText()}
	if c.s.Layout != nil {
		parts = append(parts, c.classesText())
	}
	return lang.Format([]byte(strings.Join(append(parts, c.loopText(), c.monitorText()), "\n")))
}

func quoted(s string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(filepath.ToSlash(s))).Bytes())
}

// headText says what the file is for, and what a run of it costs.
func (c *choice) headText() string {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString("# " + fmt.Sprintf(format, args...) + "\n") }
	line("%s on the images in %s, written by ssc init: each comment says why a value is what it is, and any may be changed.", methodNames[c.algorithm], printable(c.s.Root))
	b.WriteString("#\n")
	for _, row := range surveyRows(c.s) {
		line("%-10s %s", row[0], row[1])
	}
	b.WriteString("#\n")
	steps := c.epochs * c.perEpoch()
	line("A run makes %d epochs of %d steps.%s", c.epochs, c.perEpoch(), c.estimate(steps))
	line("")
	line("  ssc run -dry-run FILE   makes a few real steps and says what a run takes in time, memory and disk")
	line("  ssc run FILE            trains; interrupted, it goes on with the same command")
	fmt.Fprintf(&b, "\npipeline %s {\n  seed = 0 # the same images, seed and file give the same weights\n}\n\n"+
		"variable \"epochs\" {\ntype = number\ndefault = %d # about %s images are looked at in all\n}\n", quoted(c.name), c.epochs, count(c.epochs*c.s.Images))
	return strings.ReplaceAll(b.String(), "# \n", "#\n")
}

var methodNames = map[string]string{"simclr": "SimCLR"}

// estimate is how long a run takes here, as roughly as it is known.
func (c *choice) estimate(steps int) string {
	if c.step == 0 {
		return " How long that takes was not measured."
	}
	return fmt.Sprintf(" A step of %d images took about %s when this file was written, on %d processors:\n# about %s in all, %s an epoch. For a first look: ssc run FILE -var epochs=2", c.batch,
		roughly(c.step), runtime.GOMAXPROCS(0), roughly(time.Duration(steps)*c.step), roughly(time.Duration(c.perEpoch())*c.step))
}

// roughly is a duration to one or two digits.
func roughly(d time.Duration) string {
	one := func(x float64) string {
		if x < 10 {
			return strconv.FormatFloat(x, 'g', 2, 64)
		}
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	switch {
	case d < time.Second:
		return one(d.Seconds()*1000) + " ms"
	case d < 90*time.Second:
		return one(d.Seconds()) + " s"
	case d < 90*time.Minute:
		return one(d.Minutes()) + " min"
	case d < 36*time.Hour:
		return one(d.Hours()) + " h"
	}
	return one(d.Hours()/24) + " days"
}

// printable is a path without what would end a comment or disturb a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// surveyRows is what was found, for people.
func surveyRows(s *survey.Survey) [][2]string {
	opened := "all were opened"
	if !s.All() {
		opened = fmt.Sprintf("%s of them, drawn at random, were opened", count(s.Sampled))
	}
	rows := [][2]string{
		{"images", fmt.Sprintf("%s in %s; %s", count(s.Images), printable(s.Root), opened)},
		{"formats", tallyText(s.Formats)},
		{"stored", tallyText(s.Stored) + also(s.Deep, "of more than 8 bits") + also(s.Turned, "turned by their orientation tag")},
		{"sides", fmt.Sprintf("shorter %g to %g pixels, half of them %g to %g, 5 %% below %g; longer up to %g", s.Short.Least, s.Short.Greatest, s.Short.P25, s.Short.P75, s.Short.P5, s.Long.Greatest)},
		{"values", fmt.Sprintf("mean %s, deviation %s", numbers(s.Mean), numbers(s.Std))},
	}
	if s.Damaged > 0 {
		rows = append(rows, [2]string{"damaged", fmt.Sprintf("%s of the %s opened (%.2g %%)", count(s.Damaged), count(s.Sampled), 100*float64(s.Damaged)/float64(s.Sampled))})
	}
	if l := s.Layout; l != nil {
		text := fmt.Sprintf("%d folders that may be classes", len(l.Classes))
		if l.Train != "" {
			text += fmt.Sprintf(", in %s and %s", l.Train, l.Test)
		}
		rows = append(rows, [2]string{"classes", text})
	}
	return rows
}

func also(n int, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %s %s", count(n), what)
}

// tallyText lists the kinds, the most frequent first.
func tallyText(m map[string]int) string {
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(a, b string) int { return m[b] - m[a] })
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%s %s", count(m[k]), k)
	}
	return strings.Join(keys, ", ")
}

func numbers(v []float64) string {
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (c *choice) algorithmText() string {
	why := fmt.Sprintf("%s images: more layers than 18 pay with more time", count(c.s.Images))
	if c.depth == 10 {
		why = fmt.Sprintf("fewer than %s images: a small network", count(smallSet))
	}
	stem := ""
	switch {
	case c.crop <= strideOne:
		stem = fmt.Sprintf("\n    stem = \"small\" # views of %d pixels: no stride and no pooling in the first layers", c.crop)
	case c.crop <= smallStem:
		stem = fmt.Sprintf("\n    stem        = \"small\" # views of %d pixels: no pooling in the first layers …\n    stem_stride = 2       # … and a quarter of the cost of stride 1", c.crop)
	}
	return fmt.Sprintf(`algorithm "%s" {
  backbone "resnet" {
    depth = %d # %s%s
  }
  neck "nonlinear" {
    hid_channels = 512
    out_channels = 128
    with_last_bn = false
  }
  head "contrastive" {
    temperature = 0.2 # lower for batches of thousands of images (SimCLR, table 5)
  }
}
`, c.algorithm, c.depth, why, stem)
}

// sourceText is the source of the training images.
func (c *choice) sourceText(kind, path string) string {
	key := map[string]string{"folder": "path", "image_folder": "data_prefix"}[kind]
	text := fmt.Sprintf("source \"%s\" {\n%s = %s\n", kind, key, quoted(path))
	switch {
	case c.s.Channels == 1:
		text += "channels = 1 # every image that was opened is grey\n"
	case c.s.Channels > 4:
		text += fmt.Sprintf("channels = %d # bands of most images\n", c.s.Channels)
	}
	if w := c.s.Window; w != nil {
		text += fmt.Sprintf("window = %s # values of the deep images that were opened lie in it; it becomes 8 bits\n", numbers(w))
	}
	return text + "}\n"
}

func (c *choice) normalizeText() string {
	return fmt.Sprintf("normalize {\nmean = %s\nstd = %s\n}\n", numbers(c.s.Mean), numbers(nonZero(c.s.Std)))
}

// nonZero replaces deviations of images of one colour, which nothing can be divided by.
func nonZero(v []float64) []float64 {
	out := slices.Clone(v)
	for i, x := range out {
		if x == 0 {
			out[i] = 1
		}
	}
	return out
}

// trainText is the dataset that is trained on. Which augmentations there are depends on what they accept: colour transforms take 1 or 3 channels.
func (c *choice) trainText() string {
	path := fmt.Sprintf("# The path counts from where ssc is started.\ndataset \"train\" {\n%s", c.sourceText("folder", c.s.Root))
	why := fmt.Sprintf("three of four images have a shorter side of %g pixels or more; a step costs the square of it", c.s.Short.P25)
	if c.s.Short.Least < float64(c.crop) {
		why += "; smaller images are enlarged"
	}
	text := path + fmt.Sprintf("view {\ncount = 2 # the two views that are to be recognised as one image\nrandom_resized_crop {\nsize = %d # %s\nscale = [0.2, 1]\n}\n", c.crop, why)
	text += "random_horizontal_flip {} # remove it where left and right mean something, as in writing\n"
	switch c.s.Channels {
	case 3:
		text += "random_applied_trans {\np = 0.8\ncolor_jitter {\nbrightness = 0.4\ncontrast = 0.4\nsaturation = 0.4\nhue = 0.1\n}\n}\nrandom_grayscale { p = 0.2 } # without it views are recognised by their colours alone\n"
	case 1:
		text += "random_applied_trans {\np = 0.8\ncolor_jitter { # grey images have no saturation and hue\nbrightness = 0.4\ncontrast = 0.4\n}\n}\n"
	default:
		text += "# Bands have no brightness or hue in common: no colour transform applies to them.\n"
	}
	if c.crop > smallStem {
		text += "gaussian_blur { p = 0.5 }\n"
	}
	return text + "# Measured over the images, which count alike whatever their size.\n" + c.normalizeText() + "}\n}\n"
}

// classesText is the labelled images of the kNN monitor.
func (c *choice) classesText() string {
	l := c.s.Layout
	view := fmt.Sprintf("view {\nresize { size = %d }\ncenter_crop { size = %d }\n%s}\n", c.crop*8/7, c.crop, c.normalizeText())
	set := func(name, source string) string { return fmt.Sprintf("dataset %q {\n%s%s}\n\n", name, source, view) }
	if l.Train != "" {
		return "# The folders are taken for classes, by which the kNN monitor measures. Training looks at no label. If they are none, remove both datasets and the two blocks \"knn\" below.\n" +
			set("bank", c.sourceText("image_folder", c.s.Root)) + set("test", c.sourceText("image_folder", filepath.Join(c.s.Folder, l.Test)))
	}
	part := func(rest string) string {
		return fmt.Sprintf("source \"subset\" {\nfraction = %g\nper_class = true\n%s%s}\n", testShare, rest, c.sourceText("image_folder", c.s.Root))
	}
	return "# The folders are taken for classes, by which the kNN monitor measures: a fifth of each class is classified by the rest. Training looks at no label.\n" +
		"# If they are none, remove both datasets and the two blocks \"knn\" below.\n" + set("bank", part("rest = true\n")) + set("test", part(""))
}

func (c *choice) loopText() string {
	memory := "a step takes about " + bytesText(c.need) + " of memory"
	why := "the more images are compared, the better; " + memory
	switch {
	case c.halved:
		why = fmt.Sprintf("%s; twice as many would not fit into half of the %s that were free", memory, bytesText(c.free))
	case c.batch < mostBatch:
		why = fmt.Sprintf("an epoch of %s images has %d steps; %s", count(c.s.Images), c.perEpoch(), memory)
	}
	return fmt.Sprintf(`loader {
  batch_size       = %d # %s
  max_bad_fraction = %g # %s
}

optimizer "adamw" {
  lr           = %s # 1e-3 for 256 images, by the square root of the batch size
  weight_decay = 0.01
}

schedule "cosine" {
  by            = "step"
  warmup        = "linear"
  warmup_length = ceil(var.epochs / 10)
  warmup_ratio  = 0.01
}

train {
  epochs = var.epochs
}
`, c.batch, why, c.maxBad, c.badWhy(), c.lr())
}

func (c *choice) badWhy() string {
	switch {
	case c.s.Damaged == 0:
		return "no image that was opened is damaged; more than this share ends a run"
	case c.s.All():
		return fmt.Sprintf("%d of %d images are damaged; a run names each in bad_samples.jsonl and takes another in its place", c.s.Damaged, c.s.Sampled)
	}
	return fmt.Sprintf("%d of the %d opened images are damaged, so up to this share of all may be; a run names each in bad_samples.jsonl and takes another in its place", c.s.Damaged, c.s.Sampled)
}

func (c *choice) monitorText() string {
	text := fmt.Sprintf("# Warns when all images are mapped to one point or to few directions.\nmonitor \"collapse\" {\nevery = ceil(var.epochs / 20)\nsamples = %d\n}\n", min(1024, c.s.Images))
	if c.s.Layout == nil {
		return text
	}
	return text + fmt.Sprintf(`
monitor "knn" {
bank = "bank"
queries = "test"
k = %d
max_bank = 20000
max_queries = 2000
every = ceil(var.epochs / 20)
}

# At the end, and what the same neighbours tell from pixels and from the network before training: what was learnt is the difference.
evaluate "knn" {
bank = "bank"
queries = "test"
k = %d
raw_pixels = true
untrained = true
}
`, c.k(), c.k())
}
