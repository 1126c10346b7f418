package track

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ssc/runtime/probe"
	"ssc/runtime/report"
)

// Measured is told what an evaluation found. The first measurement of a probe replaces those that an earlier evaluation made with it.
func (t *Tracker) Measured(m probe.Measurement) {
	t.safely("the report", func() error {
		if !t.measured[m.Probe] {
			t.measured[m.Probe] = true
			t.forget(m.Probe)
		}
		t.warn(t.run.Step, m)
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			return nil
		}
		t.run.Measurements = append(t.run.Measurements, report.Measurement{Probe: m.Probe, Features: m.Features, Value: m.Value, Metric: m.Metric, Detail: m.Detail()})
		if m.Features == probe.RawPixels || m.Features == probe.Untrained {
			if v, ok := m.Metrics[m.Probe]; ok {
				t.run.References = append(t.run.References, report.Reference{Metric: m.Probe, Value: v, Label: m.Features})
			}
		}
		t.confusions([]probe.Measurement{m}, "")
		return nil
	})
}

// forget drops what is known of a probe's measurements.
func (t *Tracker) forget(name string) {
	r := t.run
	r.Measurements = slices.DeleteFunc(r.Measurements, func(m report.Measurement) bool { return m.Probe == name })
	r.References = slices.DeleteFunc(r.References, func(l report.Reference) bool { return l.Metric == name })
	r.Confusions = slices.DeleteFunc(r.Confusions, func(c report.Confusion) bool { return isOf(c, name) })
}

// isOf reports whether a confusion matrix is a probe's, whose name its title begins with.
func isOf(c report.Confusion, name string) bool {
	probe, _, _ := strings.Cut(c.Title, ",")
	return probe == name
}

// confusions shows how classes fared by the encoder's features: for each probe its best measurement. when tells a monitor's, which replace those of the epoch before.
func (t *Tracker) confusions(found []probe.Measurement, when string) {
	for _, m := range found {
		if _, best := m.Metrics[m.Probe]; m.Classes == nil || m.Features != probe.Encoder || !best {
			continue
		}
		c := report.Confusion{Title: m.Probe, Counts: m.Classes.Counts}
		if m.K > 0 {
			c.Title += fmt.Sprintf(", k %d", m.K)
		}
		for _, l := range m.Classes.Labels {
			c.Names = append(c.Names, className(m.ClassNames, l))
		}
		if c.Counts == nil {
			c.Tally = report.Tally{Total: m.Classes.Total, Predicted: m.Classes.Predicted, Right: m.Classes.Right}
		}
		if when == "" {
			t.run.Confusions = append(t.run.Confusions, c)
			continue
		}
		c.Title += ", " + when
		at := slices.IndexFunc(t.run.Confusions, func(old report.Confusion) bool {
			return isOf(old, m.Probe) && strings.Contains(old.Title, ", epoch ")
		})
		if at < 0 {
			t.run.Confusions = append(t.run.Confusions, c)
			continue
		}
		t.run.Confusions[at] = c
	}
}
