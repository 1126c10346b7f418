package report

import (
	"cmp"
	"slices"
)

// Profile is where the time of a training step went, measured over a few steps. Times are in seconds and, like operations and bytes, of one step: the mean.
type Profile struct {
	First   int     `json:"first_step"` // steps that were measured, counted from 1, …
	Last    int     `json:"last_step"`  // … both included
	Seconds float64 `json:"seconds"`    // of a step, data included

	FLOPs     int64   `json:"flops"`                // of a step, as the plan counts them; 0: unknown
	PeakFLOPS float64 `json:"peak_flops,omitempty"` // operations a second that this machine was measured to reach …
	PeakBytes float64 `json:"peak_bytes,omitempty"` // … and bytes a second, read and written
	MFU       float64 `json:"mfu,omitempty"`        // FLOPs / Seconds / PeakFLOPS
	Functions []Cost  `json:"functions"`            // by operator or function, and what is no node: the longest first
	Lines     []Cost  `json:"lines"`                // by the block of the pipeline that the nodes were made for
}

// Cost is a row of a profile.
type Cost struct {
	Name    string  `json:"name"`         // "ai.ssc.Conv", "waiting for data"; of a line, its block
	At      string  `json:"at,omitempty"` // file:line,col
	Calls   int     `json:"calls,omitempty"`
	Seconds float64 `json:"seconds"`
	FLOPs   int64   `json:"flops,omitempty"` // floating-point operations; 0: none, or unknown
	Bytes   int64   `json:"bytes,omitempty"` // each input and output of a node once
}

// FLOPS is the speed of the row's arithmetic in operations a second: 0 where it has none.
func (c Cost) FLOPS() float64 { return rate(c.FLOPs, c.Seconds) }

// BytesPerSecond is the speed at which the row goes through its inputs and outputs.
func (c Cost) BytesPerSecond() float64 { return rate(c.Bytes, c.Seconds) }

func rate(n int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(n) / seconds
}

// OfPeak is how much of what the machine can do a row uses: the time that its operations, or its bytes if those take longer, need at the machine's peak, as a share of the time that it took. 0 where
// either is unknown. What fits into a cache moves faster than memory, so a row of small tensors may exceed 1.
func (p *Profile) OfPeak(c Cost) float64 {
	if p.PeakFLOPS == 0 || p.PeakBytes == 0 {
		return 0
	}
	return max(c.FLOPS()/p.PeakFLOPS, c.BytesPerSecond()/p.PeakBytes)
}

// Sort puts the rows in their order: the longest first.
func (p *Profile) Sort() {
	for _, rows := range [][]Cost{p.Functions, p.Lines} {
		slices.SortStableFunc(rows, func(a, b Cost) int {
			return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Name, b.Name), cmp.Compare(a.At, b.At))
		})
	}
}

// costs is a table of a profile.
type costs struct {
	What string
	Rows []costRow
}

type costRow struct {
	Cost
	Share, OfPeak float64
}

func costsOf(p *Profile, rows []Cost, what string) costs {
	t := costs{What: what}
	for _, c := range rows {
		t.Rows = append(t.Rows, costRow{c, c.Seconds / p.Seconds, p.OfPeak(c)})
	}
	return t
}
