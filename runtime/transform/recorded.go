package transform

import (
	"fmt"

	"ssc/compiler/plan"
)

// Recorded is a sample whose views another device makes: its pixels, and what is to be done to them. One Recorded serves any number of samples, one after the other.
//
//	p.Fill(&sample)
//	err := p.View(transforms, want, r)  // of each view
type Recorded struct {
	Channels, Height, Width int
	Pixels                  []uint8
	Tapes                   []Tape // of the views

	sample, canvas Image
}

// Fill takes the pixels of a sample that was read, and forgets the views of the last one.
func (p *Recorded) Fill(sample *Image) {
	p.Channels, p.Height, p.Width, p.Pixels = sample.Channels, sample.Height, sample.Width, append(p.Pixels[:0], sample.Pix...)
	p.sample.LendImage(sample)
	p.Tapes = p.Tapes[:0]
}

// View records the next view, of which the plan says what its images are. An error means that this sample cannot be transformed.
func (p *Recorded) View(ts []Transform, want plan.ImageType, r *plan.Rand) error {
	if n := len(p.Tapes); n < cap(p.Tapes) {
		p.Tapes = p.Tapes[:n+1] // with the memory that it had
	} else {
		p.Tapes = append(p.Tapes, Tape{})
	}
	t, m := &p.Tapes[len(p.Tapes)-1], &p.canvas
	m.LendImage(&p.sample)
	m.Record(t)
	for _, tr := range ts {
		if err := tr.Apply(m, r); err != nil {
			return err
		}
	}
	if m.ToPlanes(); m.Channels != want.Channels || m.Height != want.Height || m.Width != want.Width {
		return fmt.Errorf("a view came out as [channels=%d, height=%d, width=%d]", m.Channels, m.Height, m.Width)
	}
	return t.Failed
}
