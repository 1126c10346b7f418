package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// chart is a set of curves over the steps.
type chart struct {
	title  string
	series []series
	levels []Reference
	bad    []float64 // steps at which something was not finite
	share  bool      // values are shares, drawn as percentages
	log    bool      // begins on the logarithmic scale, if it can
}

// series is a curve. xs ascend; ys may be NaN.
type series struct {
	name   string
	xs, ys []float64
}

// A chart's viewBox, in user units that are near pixels at every width of the page: charts are laid out in more columns, not drawn larger.
const (
	chartWidth, chartHeight = 420.0, 230.0
	plotLeft, plotRight     = 54.0, 408.0
	plotTop, plotBottom     = 12.0, 194.0
	buckets                 = 240 // points of a drawn curve; more records are drawn as means in a band of extremes
	yTicks                  = 5
	colours                 = 7 // --s0 … in page.css
)

// drawn is a chart as the page takes it.
type drawn struct {
	ID     int
	Title  string
	Now    string // last value
	Log    bool   // there are two scales to choose from
	LogOn  bool
	Legend []legend
	SVG    template.HTML
}

type legend struct {
	Colour int
	Name   string
	Now    string
}

func (c *chart) draw(id int) drawn {
	d := drawn{ID: id, Title: c.title, Log: c.loggable()}
	d.LogOn = d.Log && c.log
	for i, s := range c.series {
		d.Legend = append(d.Legend, legend{i % colours, s.name, c.text(last(s.ys))})
	}
	if len(c.series) == 1 {
		d.Now, d.Legend = d.Legend[0].Now, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartWidth, chartHeight, template.HTMLEscapeString(c.describe()))
	c.layer(&b, "lin", false)
	if d.Log {
		c.layer(&b, "log", true)
	}
	fmt.Fprintf(&b, `<line class="cursor" y1="%g" y2="%g"/></svg>`, plotTop, plotBottom)
	d.SVG = template.HTML(b.String())
	return d
}

// loggable reports whether a logarithmic scale can and should be offered: all values are positive and differ by more than a factor of three.
func (c *chart) loggable() bool {
	_, _, lo, hi := c.bounds()
	return !c.share && lo > 0 && hi > 3*lo
}

// bounds are the least and greatest steps and finite values, levels included.
func (c *chart) bounds() (x0, x1, y0, y1 float64) {
	x0, x1, y0, y1 = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, s := range c.series {
		for i, y := range s.ys {
			x0, x1 = min(x0, s.xs[i]), max(x1, s.xs[i])
			if !math.IsNaN(y) {
				y0, y1 = min(y0, y), max(y1, y)
			}
		}
	}
	for _, l := range c.levels {
		y0, y1 = min(y0, l.Value), max(y1, l.Value)
	}
	if y0 > y1 {
		y0, y1 = 0, 1
	}
	return x0, x1, y0, y1
}

// layer draws everything on one scale. Its data attributes tell the script which values the ends of the axes stand for, and where they are.
func (c *chart) layer(b *strings.Builder, class string, log bool) {
	x0, x1, y0, y1 := c.bounds()
	if x0 < x1/2 {
		x0 = min(x0, 0)
	}
	x := axis{lo: x0, hi: max(x1, x0+1), p0: plotLeft, p1: plotRight, whole: true}
	y := newAxis(y0, y1, plotBottom, plotTop, log, yTicks)
	y.share = c.share
	fmt.Fprintf(b, `<g class="%s" data-x="%g %g %g %g" data-y="%g %g %g %g" data-share="%t">`, class, x.lo, x.hi, x.p0, x.p1, y.lo, y.hi, y.p0, y.p1, c.share)
	for _, t := range y.ticks(yTicks) {
		p := y.at(t.value)
		fmt.Fprintf(b, `<path class="grid" d="M%g %.1fH%g"/><text x="%g" y="%.1f" text-anchor="end">%s</text>`, plotLeft, p, plotRight, plotLeft-7, p+4, t.label)
	}
	for _, t := range x.ticks(6) {
		fmt.Fprintf(b, `<path class="grid" d="M%.1f %gv5"/><text x="%.1f" y="%g" text-anchor="middle">%s</text>`, x.at(t.value), plotBottom, x.at(t.value), plotBottom+18, t.label)
	}
	fmt.Fprintf(b, `<path class="axis" d="M%g %gH%g"/><text x="%g" y="%g" text-anchor="end" class="unit">step</text>`, plotLeft, plotBottom, plotRight, plotRight, plotBottom+33)
	for i, s := range c.series {
		curve(b, s, x, y, i)
	}
	c.drawLevels(b, y)
	for _, step := range c.bad {
		fmt.Fprintf(b, `<path class="bad" d="M%.1f %gl4 7h-8z"/>`, x.at(step), plotBottom-7)
	}
	b.WriteString("</g>")
}

// drawLevels draws the levels with their labels, from the lowest up, a label higher where it would cover the one below.
func (c *chart) drawLevels(b *strings.Builder, y axis) {
	const high = 13.0
	levels := slices.SortedStableFunc(slices.Values(c.levels), func(a, b Reference) int { return cmp.Compare(a.Value, b.Value) })
	free := math.Inf(1) // the lowest place for the next label
	for _, l := range levels {
		p := y.at(l.Value)
		at := min(p-4, free)
		free = at - high
		fmt.Fprintf(b, `<path class="level" d="M%g %.1fH%g"/><text class="level" x="%g" y="%.1f" text-anchor="end">%s %s</text>`,
			plotLeft, p, plotRight, plotRight, at, template.HTMLEscapeString(l.Label), c.text(l.Value))
	}
}

// curve draws a line, over a band of extremes when there are more values than can be seen. It is broken where a value is not finite; a value alone is a dot.
func curve(b *strings.Builder, s series, x, y axis, colour int) {
	points := s.bucketed()
	var line, up, down strings.Builder
	pen := false
	for _, p := range points {
		if math.IsNaN(p.mean) {
			pen = false
			continue
		}
		command := "L"
		if !pen {
			command = "M"
		}
		fmt.Fprintf(&line, "%s%.1f %.1f", command, x.at(p.x), y.at(p.mean))
		pen = true
		fmt.Fprintf(&up, "L%.1f %.1f", x.at(p.x), y.at(p.hi))
	}
	if len(s.ys) > buckets {
		for i := len(points) - 1; i >= 0; i-- {
			if p := points[i]; !math.IsNaN(p.mean) {
				fmt.Fprintf(&down, "L%.1f %.1f", x.at(p.x), y.at(p.lo))
			}
		}
		if up.Len() > 0 {
			fmt.Fprintf(b, `<path class="band s%d" d="M%s%sz"/>`, colour%colours, up.String()[1:], down.String())
		}
	}
	if line.Len() == 0 {
		return
	}
	fmt.Fprintf(b, `<path class="curve s%d" data-name="%s" d="%s"/>`, colour%colours, template.HTMLEscapeString(s.name), line.String())
	if len(points) <= 30 {
		b.WriteString(`<path class="dots s` + fmt.Sprint(colour%colours) + `" d="`)
		for _, p := range points {
			if !math.IsNaN(p.mean) {
				fmt.Fprintf(b, "M%.1f %.1fh0", x.at(p.x), y.at(p.mean))
			}
		}
		b.WriteString(`"/>`)
	}
}

type bucket struct{ x, mean, lo, hi float64 }

// bucketed are the values themselves, or the mean and extremes of equally long stretches. Stretches without a finite value are NaN.
func (s series) bucketed() []bucket {
	n := min(len(s.ys), buckets)
	out := make([]bucket, n)
	for i := range out {
		from, to := i*len(s.ys)/n, (i+1)*len(s.ys)/n
		b, count := bucket{lo: math.Inf(1), hi: math.Inf(-1)}, 0.0
		for j := from; j < to; j++ {
			if y := s.ys[j]; !math.IsNaN(y) {
				b.mean, b.lo, b.hi, count = b.mean+y, min(b.lo, y), max(b.hi, y), count+1
			}
		}
		b.mean /= count
		b.x = (s.xs[from] + s.xs[to-1]) / 2
		if i == n-1 && count == 1 || to-from == 1 {
			b.x = s.xs[to-1]
		}
		out[i] = b
	}
	return out
}

func (c *chart) text(v float64) string {
	if c.share {
		return percent(v)
	}
	return number(v)
}

// describe is the chart in words.
func (c *chart) describe() string {
	var parts []string
	for _, s := range c.series {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, y := range s.ys {
			if !math.IsNaN(y) {
				lo, hi = min(lo, y), max(hi, y)
			}
		}
		name := ""
		if len(c.series) > 1 {
			name = s.name + ": "
		}
		if lo > hi {
			parts = append(parts, name+"never finite")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s%s at step %s, %s at step %s, lowest %s, highest %s", name, c.text(s.ys[0]), number(s.xs[0]), c.text(last(s.ys)), number(last(s.xs)), c.text(lo), c.text(hi)))
	}
	for _, l := range c.levels {
		parts = append(parts, fmt.Sprintf("for comparison, %s: %s", l.Label, c.text(l.Value)))
	}
	if n := len(c.bad); n > 0 {
		parts = append(parts, fmt.Sprintf("marks of steps that were not finite: %d", n))
	}
	return "Curve of " + strings.ToLower(c.title) + ". " + strings.Join(parts, "; ") + "."
}

func last(v []float64) float64 { return v[len(v)-1] }
