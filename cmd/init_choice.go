package cmd

import (
	"math"
	"runtime"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"ssc/runtime/survey"
	"ssc/runtime/train"
)

// choice is a pipeline for images that were surveyed, and what its comments say of it.
type choice struct {
	s         *survey.Survey
	name      string
	algorithm string

	crop   int // side of the views, in pixels
	depth  int // of the ResNet
	batch  int
	halved bool // the batch was made smaller for the memory
	epochs int
	maxBad float64

	need, free int64         // memory of a step, and what there is, in bytes
	step       time.Duration // of one batch on this machine; 0: not measured
}

// Bounds of what is chosen.
const (
	leastBatch, mostBatch   = 8, 256
	leastEpochs, mostEpochs = 10, 200
	seenImages              = 1_000_000 // that a run looks at, where the number of epochs is not at a bound
	smallSet                = 2000      // images below which a smaller network is taken
	smallStem, strideOne    = 64, 36    // crops up to which the stem is that for small images, and without a stride
	testShare               = 0.2       // of each class, that the kNN monitor classifies
)

func choose(s *survey.Survey, name, algorithm string) *choice {
	c := &choice{s: s, name: name, algorithm: algorithm, crop: cropFor(s.Short), depth: 18, batch: mostBatch}
	if s.Images < smallSet {
		c.depth = 10
	}
	for c.batch > leastBatch && 4*c.batch > s.Images { // at least 4 steps an epoch
		c.batch /= 2
	}
	c.epochs = leastEpochs
	for _, n := range []int{20, 30, 50, 100, mostEpochs} {
		if n*s.Images <= seenImages {
			c.epochs = n
		}
	}
	c.maxBad = maxBadFor(s)
	return c
}

// cropFor chooses the side of the views: three of four images are at least as large, so that few are enlarged. Above 36 pixels it is one of a few sizes that halve evenly.
func cropFor(short survey.Quantiles) int {
	switch side := int(short.P25); {
	case side >= 256:
		return 128
	case side >= 96:
		return 96
	case side >= 64:
		return 64
	case side >= 48:
		return 48
	default:
		return min(max(side/4*4, 8), strideOne)
	}
}

// maxBadFor is the share of damaged images that a run puts up with: what was found when all were opened, with a tenth of room, else the upper end of the 99 % interval of Wilson (1927). Never below
// the default.
func maxBadFor(s *survey.Survey) float64 {
	const least, z = 0.01, 2.576
	n, share := float64(s.Sampled), float64(s.Damaged)/float64(s.Sampled)
	upper := share * 1.1
	if !s.All() {
		upper = (share + z*z/(2*n) + z*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))) / (1 + z*z/n)
	}
	if s.Damaged == 0 {
		upper = 0
	}
	return min(max(math.Ceil(upper*1000-1e-9)/1000, least), 1)
}

// lr is the learning rate of AdamW: 1e-3 at 256 images, by the square root of the batch (Krizhevsky 2014, section 5; Malladi et al. 2022), to two digits.
func (c *choice) lr() string {
	return strconv.FormatFloat(1e-3*math.Sqrt(float64(c.batch)/256), 'g', 2, 64)
}

func (c *choice) perEpoch() int { return (c.s.Images + c.batch - 1) / c.batch }

// k is the number of neighbours: 20, or fewer where a class has not so many.
func (c *choice) k() int {
	least := math.MaxInt
	for _, class := range c.s.Layout.Classes {
		least = min(least, class.Images)
	}
	return min(max(least/2, 1), 20)
}

// measureStep times a batch on this machine: the graph on a smaller batch, or the images, whichever takes longer. Where it cannot be measured there is no estimate.
func (c *choice) measureStep(ctx *cli.Context) {
	small := *c
	small.batch = min(c.batch, 16)
	r, err := compileChoice(ctx, &small)
	if err != nil {
		return
	}
	s, err := train.NewStepper(r.Plan, r.Files[r.Plan.Graphs["train"].File], 0)
	if err != nil {
		return
	}
	defer s.Close()
	best := time.Duration(math.MaxInt64)
	for range 3 {
		began := time.Now()
		if _, err := s.Step(1e-4); err != nil {
			return
		}
		best = min(best, time.Since(began))
	}
	graph := best * time.Duration(c.batch) / time.Duration(small.batch)
	images := time.Duration(c.s.Seconds * float64(c.batch) / float64(runtime.GOMAXPROCS(0)) * float64(time.Second))
	c.step = max(graph, images)
}
