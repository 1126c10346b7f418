package report

import "math"

// axis maps values to pixels.
type axis struct {
	lo, hi float64 // values
	p0, p1 float64 // pixels of lo and hi
	log    bool
	share  bool    // labels are percentages
	whole  bool    // ticks are whole numbers
	step   float64 // between ticks; 0: to be chosen
}

// newAxis covers the values from lo to hi. A range of one value is widened; a linear axis that begins near zero begins at zero. Its ends are ticks of about n.
func newAxis(lo, hi, p0, p1 float64, log bool, n int) axis {
	switch {
	case log && lo == hi:
		lo, hi = lo/2, hi*2
	case lo == hi:
		d := max(math.Abs(lo)/2, 1e-12)
		lo, hi = lo-d, hi+d
	case !log && lo > 0 && lo < hi/3:
		lo = 0
	}
	if log {
		return axis{lo: roundLog(lo, false), hi: roundLog(hi, true), p0: p0, p1: p1, log: true}
	}
	step := niceStep((hi - lo) / float64(n))
	return axis{lo: math.Floor(lo/step+1e-9) * step, hi: math.Ceil(hi/step-1e-9) * step, p0: p0, p1: p1, step: step}
}

// roundLog is the nearest of 1, 2 and 5 times a power of ten that is not above v, or not below it.
func roundLog(v float64, up bool) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	if up {
		return niceStep(v)
	}
	for _, m := range []float64{5, 2} {
		if m*p <= v*(1+1e-9) {
			return m * p
		}
	}
	return p
}

func (a axis) at(v float64) float64 {
	if a.log {
		return a.p0 + (a.p1-a.p0)*math.Log(v/a.lo)/math.Log(a.hi/a.lo)
	}
	return a.p0 + (a.p1-a.p0)*(v-a.lo)/(a.hi-a.lo)
}

type tick struct {
	value float64
	label string
}

// ticks are at most about n round values on the axis.
func (a axis) ticks(n int) []tick {
	if a.log {
		if t := a.logTicks(n); len(t) > 1 {
			return t
		}
	}
	step := a.step
	if step == 0 {
		step = niceStep((a.hi - a.lo) / float64(n))
	}
	if a.whole {
		step = max(step, 1)
	}
	var out []tick
	for i := math.Ceil(a.lo/step - 1e-9); i*step <= a.hi+step*1e-9; i++ {
		if !a.log || i > 0 {
			out = append(out, tick{i * step, tickLabel(i*step, step, a.share)})
		}
	}
	return out
}

// logTicks are the powers of ten, with 2 and 5 between them on a short axis and every second or third power alone on a long one.
func (a axis) logTicks(n int) []tick {
	decades := math.Log10(a.hi / a.lo)
	within := []float64{1}
	if decades < 2 {
		within = []float64{1, 2, 5}
	}
	every := max(1, int(math.Ceil(decades/float64(n))))
	var out []tick
	for e := int(math.Floor(math.Log10(a.lo))); e <= int(math.Ceil(math.Log10(a.hi))); e++ {
		if e%every != 0 {
			continue
		}
		for _, m := range within {
			if v := m * math.Pow10(e); v >= a.lo*(1-1e-9) && v <= a.hi*(1+1e-9) {
				out = append(out, tick{v, tickLabel(v, v, a.share)})
			}
		}
	}
	return out
}

// niceStep is the least of 1, 2 and 5 times a power of ten that is not below x.
func niceStep(x float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*p >= x*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}
