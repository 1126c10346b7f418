package survey

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/transform"
)

// look is what is known of one image.
type look struct {
	datasource.Look
	index     int
	name      string
	err       error
	grey      bool // its three channels are the same everywhere
	low, high int  // upper bytes of a deep image's values
	// mean and square are those of each channel, as the image shows itself: of RGB, or of all bands.
	mean, square []float64
	seconds      float64
}

// chunk is how many images are opened before the bound of pixels is looked at: a constant, for the sample may not depend on the number of threads.
const chunk = 64

// lookAll opens a random sample of the images.
func lookAll(ctx context.Context, samples datasource.Samples, o Options) ([]look, error) {
	if o.Sample == 0 {
		o.Sample = DefaultSample
	}
	r := plan.NewRand(0, plan.UseSurvey, 0, 0, 0)
	order := r.Perm(samples.Len())
	order = order[:min(o.Sample, len(order))]
	looks := make([]look, 0, len(order))
	for pixels := 0; len(looks) < len(order) && (pixels < maxPixels || len(looks) < leastSample); {
		part := order[len(looks):min(len(looks)+chunk, len(order))]
		found := make([]look, len(part))
		inParallel(len(part), o.Workers, func(i int, m *transform.Image) { found[i] = lookAt(samples, part[i], m) })
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, l := range found {
			pixels += l.Height * l.Width
		}
		looks = append(looks, found...)
	}
	return looks, nil
}

// inParallel calls visit for 0 … n-1, with an image that a thread keeps.
func inParallel(n, workers int, visit func(i int, m *transform.Image)) {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			m := &transform.Image{}
			for i := w; i < n; i += workers {
				visit(i, m)
			}
		})
	}
	wg.Wait()
}

// lookAt opens one image. A decoder that panics has met a damaged image.
func lookAt(samples datasource.Samples, i int, m *transform.Image) (l look) {
	began := time.Now()
	l.index, l.name = i, samples.Name(i)
	defer func() {
		if p := recover(); p != nil {
			l.err, *m = fmt.Errorf("the decoder panicked: %v", p), transform.Image{}
		}
		l.seconds = time.Since(began).Seconds()
	}()
	if l.Look, l.err = samples.(datasource.Looked).Look(i, m); l.err != nil {
		return l
	}
	l.mean, l.square = moments(m)
	l.grey = m.Channels == 3
	for p := m.Pix; l.grey && len(p) >= 3; p = p[3:] {
		l.grey = p[0] == p[1] && p[1] == p[2]
	}
	if l.Deep {
		l.low, l.high = 255, 0
		for _, v := range m.Pix {
			l.low, l.high = min(l.low, int(v)), max(l.high, int(v))
		}
	}
	return l
}

// moments are the mean and the mean square of each channel.
func moments(m *transform.Image) (mean, square []float64) {
	sums, squares := make([]uint64, m.Channels), make([]uint64, m.Channels)
	for p := m.Pix; len(p) >= m.Channels; p = p[m.Channels:] {
		for c := range sums {
			v := uint64(p[c])
			sums[c], squares[c] = sums[c]+v, squares[c]+v*v
		}
	}
	n := float64(m.Height * m.Width)
	for c := range sums {
		mean, square = append(mean, float64(sums[c])/n/255), append(square, float64(squares[c])/n/(255*255))
	}
	return mean, square
}

// measure finds mean and deviation of each channel over the images, which count alike whatever their size, since crops of all of them have the same. Deep images are read once more, if only a window
// of their values counts.
func (s *Survey) measure(ctx context.Context, looks []look) error {
	if s.Window != nil {
		if err := s.again(ctx, looks); err != nil {
			return err
		}
	}
	n := 0.0
	mean, square := make([]float64, s.Channels), make([]float64, s.Channels)
	for _, l := range looks {
		if l.err != nil || !s.takes(l) {
			continue
		}
		n++
		s.Seconds += l.seconds
		for c := range mean { // the first channel of a grey image is its grey
			mean[c], square[c] = mean[c]+l.mean[c], square[c]+l.square[c]
		}
	}
	s.Seconds /= n
	for c := range mean {
		mean[c] /= n
		s.Mean = append(s.Mean, round4(mean[c]))
		s.Std = append(s.Std, round4(math.Sqrt(max(square[c]/n-mean[c]*mean[c], 0))))
	}
	return nil
}

// again measures the deep images under the window.
func (s *Survey) again(ctx context.Context, looks []look) error {
	args := map[string]any{"path": s.Root, "window": []any{s.Window[0], s.Window[1]}, "channels": max(3, s.Channels)}
	samples, err := open(ctx, plan.Component{Label: "folder", Args: args})
	if err != nil {
		return err
	}
	inParallel(len(looks), 0, func(i int, m *transform.Image) {
		l := &looks[i]
		if l.err != nil || !l.Deep || !s.takes(*l) || ctx.Err() != nil {
			return
		}
		if _, err := samples.Read(l.index, m); err == nil {
			l.mean, l.square = moments(m)
		}
	})
	return ctx.Err()
}

func round4(x float64) float64 { return math.Round(x*1e4) / 1e4 }
