package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func labels(a axis, n int) string {
	var s []string
	for _, t := range a.ticks(n) {
		s = append(s, t.label)
	}
	return strings.Join(s, " ")
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		log    bool
		want   string
	}{
		{0, 1, false, "0 0.2 0.4 0.6 0.8 1"},
		{0.1, 0.97, false, "0 0.2 0.4 0.6 0.8 1"}, // begins at zero because it begins near it
		{3.7, 6.09, false, "3.5 4 4.5 5 5.5 6 6.5"},
		{-1, 1, false, "-1 -0.5 0 0.5 1"},
		{5, 5, false, "2 3 4 5 6 7 8"},
		{0, 0, false, "-1e-12 -5e-13 0 5e-13 1e-12"},
		{0, 0.00003, false, "0 1e-05 2e-05 3e-05"},
		{0, 12345, false, "0 5k 10k 15k"},
		{0, 3e6, false, "0 1M 2M 3M"},
		{0, 2e30, false, "0 5e+29 1e+30 1.5e+30 2e+30"},
		{0.03, 6, true, "0.1 1 10"},
		{2, 7, true, "2 5 10"},
		{1e-8, 1, true, "1e-08 1e-06 0.0001 0.01 1"},
		{4, 4, true, "2 5 10"},
	} {
		if got := labels(newAxis(c.lo, c.hi, 0, 100, c.log, 5), 5); got != c.want {
			t.Errorf("ticks of %g to %g, log %t = %q, want %q", c.lo, c.hi, c.log, got, c.want)
		}
	}
	steps := axis{lo: 0, hi: 3, whole: true}
	if got, want := labels(steps, 6), "0 1 2 3"; got != want {
		t.Errorf("ticks of whole steps = %q, want %q", got, want)
	}
}

func TestAxisPlaces(t *testing.T) {
	a := axis{lo: 1, hi: 100, p0: 200, p1: 0, log: true}
	for v, want := range map[float64]float64{1: 200, 10: 100, 100: 0} {
		if got := a.at(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("at(%g) = %g, want %g", v, got, want)
		}
	}
}

// TestBuckets checks that no value is lost from the band, however many there are.
func TestBuckets(t *testing.T) {
	for _, n := range []int{1, 2, buckets, buckets + 1, 10*buckets + 7} {
		s := series{}
		for i := range n {
			s.xs, s.ys = append(s.xs, float64(i)), append(s.ys, math.Sin(float64(i)))
		}
		s.ys[n/2] = 100
		points := s.bucketed()
		hi := math.Inf(-1)
		for i, p := range points {
			hi = max(hi, p.hi)
			if p.lo > p.mean || p.mean > p.hi || i > 0 && p.x <= points[i-1].x {
				t.Fatalf("%d values: bucket %d is %+v after %+v", n, i, p, points[max(0, i-1)])
			}
		}
		if len(points) != min(n, buckets) || hi != 100 {
			t.Errorf("%d values: %d buckets up to %g, want %d up to 100", n, len(points), hi, min(n, buckets))
		}
	}
}

func TestCurveBreaks(t *testing.T) {
	c := chart{title: "Loss", series: []series{{"loss", []float64{1, 2, 3, 4, 5}, []float64{1, 2, math.NaN(), 2, 1}}}, bad: []float64{3}}
	svg := string(c.draw(0).SVG)
	d := regexp.MustCompile(`class="curve s0" data-name="loss" d="([^"]*)"`).FindStringSubmatch(svg)
	if d == nil || strings.Count(d[1], "M") != 2 || strings.Count(d[1], "L") != 2 {
		t.Errorf("curve = %v, want two strokes of two points", d)
	}
	if n := strings.Count(svg, `class="bad"`); n != 1 {
		t.Errorf("marks of steps that were not finite = %d, want 1", n)
	}
	for _, part := range []string{"1 at step 1", "1 at step 5", "lowest 1, highest 2", "not finite: 1"} {
		if !strings.Contains(svg, part) {
			t.Errorf("text alternative lacks %q", part)
		}
	}
}

func TestScaleSwitch(t *testing.T) {
	for _, c := range []struct {
		ys    []float64
		share bool
		want  bool
	}{{[]float64{1, 10}, false, true}, {[]float64{1, 2}, false, false}, {[]float64{0, 10}, false, false}, {[]float64{-1, 10}, false, false}, {[]float64{0.01, 1}, true, false},
		{[]float64{math.NaN(), math.NaN()}, false, false}} {
		ch := chart{title: "x", share: c.share, series: []series{{"x", []float64{1, 2}, c.ys}}}
		d := ch.draw(0)
		if layers := strings.Count(string(d.SVG), "<g "); d.Log != c.want || layers != 1+map[bool]int{true: 1}[c.want] {
			t.Errorf("%v: switch %t with %d layers, want %t", c.ys, d.Log, layers, c.want)
		}
		if strings.Contains(string(d.SVG), "NaN") {
			t.Errorf("%v: the drawing holds NaN", c.ys)
		}
	}
}

// TestGrouped: accuracies share a chart, those among five another, and meters none.
func TestGrouped(t *testing.T) {
	for name, want := range map[string]string{"loss": "loss loss", "grad_norm.neck": "grad_norm neck", "a/b": "a b", "knn.k5": "knn k5", "knn.k5.top5": "knn top 5 k5", "knn.top5": "knn top 5 knn",
		"collapse.rank": "collapse.rank rank"} {
		if group, member := grouped(name); group+" "+member != want {
			t.Errorf("grouped(%q) = %q, want %q", name, group+" "+member, want)
		}
	}
}

// TestLevelLabels: labels of levels that are near one another do not cover each other.
func TestLevelLabels(t *testing.T) {
	c := chart{title: "kNN", share: true, series: []series{{"knn", []float64{1, 2}, []float64{0.5, 0.9}}}, levels: []Reference{{"knn", 0.81, "b"}, {"knn", 0.80, "a"}, {"knn", 0.805, "c"}}}
	var places []float64
	for _, m := range regexp.MustCompile(`<text class="level" x="[^"]*" y="([^"]*)"`).FindAllStringSubmatch(string(c.draw(0).SVG), -1) {
		y, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, y)
	}
	if len(places) != 3 {
		t.Fatalf("%d labels, want 3", len(places))
	}
	for i := 1; i < len(places); i++ {
		if places[i-1]-places[i] < 12 {
			t.Errorf("labels at %v, want each 12 or more above the one before", places)
		}
	}
}

func TestCurvesOrder(t *testing.T) {
	var got []string
	for _, c := range curves(small()) {
		names := ""
		for _, l := range c.Legend {
			names += " " + l.Name
		}
		got = append(got, fmt.Sprintf("%s: %s%s", c.Title, c.Now, names))
	}
	want := []string{"Loss: 1.5", "Learning rate: 0.4", "kNN accuracy: 87.00 %", "Images per second: 500", "Ratio:  backbone neck"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("curves (-want +got):\n%s", diff)
	}
}
