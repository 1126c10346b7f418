// Package augment makes the views of a batch on a GPU: the processor decodes images and draws what is random, the GPU crops, flips, colours, blurs and normalises, one kernel for each view.
//
//	p[i].Fill(&sample)                        // any number of places of a batch, by any number of goroutines
//	err := p[i].View(0, transforms, want, r)  // of each view, with the stream of random numbers that it has on the processor, too
//	err = g.Send(p)                           // the decoded images, once for all views
//	err = g.Make(0, p, address)               // begins view 0, into the device's memory
//
// The values are those of the same transforms on the processor (see kernels/cuda/augment.cu). Not all transforms can be recorded: [transform.Recordable] tells.
//
// What is here has run on the processor in the place of a GPU, and never on one; no loader uses it yet.
//
// Neighbours: runtime/transform records, runtime/nvrtc compiles and launches.
package augment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"ssc/compiler/plan"
	"ssc/kernels/cuda"
	"ssc/runtime/nvrtc"
	"ssc/runtime/transform"
)

// Place is a sample of a batch: its pixels, and for each view what is to be done to them. One Place serves any number of batches.
type Place struct {
	channels, height, width int
	pixels                  []uint8
	tapes                   []transform.Tape
	sample, canvas          transform.Image
}

// Fill takes the pixels of a sample that was read, and forgets the views of the last one.
func (p *Place) Fill(sample *transform.Image) {
	p.channels, p.height, p.width, p.pixels = sample.Channels, sample.Height, sample.Width, append(p.pixels[:0], sample.Pix...)
	p.sample.LendImage(sample)
	p.tapes = p.tapes[:0]
}

// View records the next view, of which the plan says what its images are. An error means that this sample cannot be transformed.
func (p *Place) View(ts []transform.Transform, want plan.ImageType, r *plan.Rand) error {
	if n := len(p.tapes); n < cap(p.tapes) {
		p.tapes = p.tapes[:n+1] // with the memory that it had
	} else {
		p.tapes = append(p.tapes, transform.Tape{})
	}
	t, m := &p.tapes[len(p.tapes)-1], &p.canvas
	m.LendImage(&p.sample)
	m.Record(t)
	for _, tr := range ts {
		if err := tr.Apply(m, r); err != nil {
			return err
		}
	}
	if m.ToPlanes(); m.Channels != want.Channels || m.Height != want.Height || m.Width != want.Width {
		return fmt.Errorf("the view came out as [channels=%d, height=%d, width=%d]", m.Channels, m.Height, m.Width)
	}
	return t.Failed
}

// view is what the kernel is told of a place; its layout in memory is that of the kernel's.
type view struct {
	From                                  int64
	Channels, Height, Width, First, Count int32
	_                                     int32
}

// GPU makes views. Its methods are for one goroutine.
type GPU struct {
	d       *nvrtc.Driver
	module  *nvrtc.Module
	kernel  *nvrtc.Function
	threads int // of a block
	blocks  int // at most

	pixels  transfer
	views   []transfer // views, steps and table, for each view
	scratch *nvrtc.Memory
}

// source is the kernel's.
const source = "augment.cu"

// New compiles the kernel for a GPU.
func New(c *nvrtc.Compiler, d *nvrtc.Driver) (*GPU, error) {
	binary, err := c.Compile(nvrtc.Source{Name: source, Text: cuda.Text(source), Headers: cuda.Headers(), Options: cuda.Options(source)}, d.Arch())
	if err != nil {
		return nil, err
	}
	return load(d, binary)
}

func load(d *nvrtc.Driver, binary []byte) (*GPU, error) {
	g := &GPU{d: d, threads: 512, blocks: 2 * d.Processors()}
	var err error
	if g.module, err = d.Load(binary); err != nil {
		return nil, err
	}
	if g.kernel, err = g.module.Function("Augment"); err != nil {
		g.module.Close()
		return nil, err
	}
	return g, nil
}

// Close gives back what the GPU was asked for, after what it is about.
func (g *GPU) Close() error {
	err := g.d.Wait()
	for _, t := range append(g.views, g.pixels) {
		t.close()
	}
	if g.scratch != nil {
		g.scratch.Close()
	}
	g.module.Close()
	return err
}

// Send brings the images of a batch to the GPU. It waits for the views of the batch before.
func (g *GPU) Send(places []Place) error {
	if err := g.d.Wait(); err != nil {
		return err
	}
	n := 0
	for i := range places {
		n += len(places[i].pixels)
	}
	to, err := g.pixels.room(g.d, n)
	if err != nil {
		return err
	}
	for i := range places {
		to = to[copy(to, places[i].pixels):]
	}
	return g.pixels.send(n)
}

// Make begins to make view v of the places that were sent, one behind the other from an address of the device on, as float32 [place, channel, height, width].
func (g *GPU) Make(v int, places []Place, to nvrtc.Address) error {
	for len(g.views) <= v {
		g.views = append(g.views, transfer{})
	}
	var views []view
	var steps []transform.Step
	var from int64
	room, taps := 0, 0
	for i := range places {
		p := &places[i]
		if v >= len(p.tapes) {
			return fmt.Errorf("place %d has %d views, view %d is not among them", i, len(p.tapes), v)
		}
		t := &p.tapes[v]
		views = append(views, view{From: from, Channels: int32(p.channels), Height: int32(p.height), Width: int32(p.width), First: int32(len(steps)), Count: int32(len(t.Steps))})
		steps, from = append(steps, t.Steps...), from+int64(len(p.pixels))
		room, taps = max(room, t.Room), max(taps, t.Taps)
	}
	if len(places) == 0 {
		return errors.New("a batch of no places has no views")
	}
	first := &places[0].tapes[v] // table and size are the same for all
	return g.launch(&g.views[v], views, steps, first.Table, (room+3)/4*4, taps, first.Elements, to)
}

func (g *GPU) launch(t *transfer, views []view, steps []transform.Step, table []float32, room, taps, elements int, to nvrtc.Address) error {
	atSteps := len(views) * int(unsafe.Sizeof(view{}))
	atTable := atSteps + len(steps)*int(unsafe.Sizeof(transform.Step{}))
	n := atTable + 4*len(table)
	text, err := t.room(g.d, n)
	if err != nil {
		return err
	}
	for _, part := range []any{views, steps, table} {
		m, err := binary.Encode(text, binary.NativeEndian, part)
		if err != nil {
			return fmt.Errorf("packing a view: %w", err)
		}
		text = text[m:]
	}
	if err := t.send(n); err != nil {
		return err
	}
	blocks := min(len(views), g.blocks)
	if need := blocks * (2*room + 4*taps); g.scratch == nil || g.scratch.Len() < need {
		if err := g.d.Wait(); err != nil {
			return err
		}
		if g.scratch != nil {
			g.scratch.Close()
		}
		if g.scratch, err = g.d.NewMemory(need); err != nil {
			g.scratch = nil
			return err
		}
	}
	at := t.device.Address()
	return g.d.Launch(g.kernel, blocks, g.threads, g.pixels.device, at, int32(len(views)), at+nvrtc.Address(atSteps), at+nvrtc.Address(atTable), int32(len(table)/256), to, int64(elements), g.scratch,
		int64(room), int64(taps))
}

// transfer is memory of the device, and what is copied there.
type transfer struct {
	host   *nvrtc.Host
	device *nvrtc.Memory
}

// room returns n bytes to fill and send. What was sent before must be there.
func (t *transfer) room(d *nvrtc.Driver, n int) ([]byte, error) {
	if t.host == nil || len(t.host.Bytes()) < n {
		t.close()
		*t = transfer{}
		var err error
		if t.host, err = d.NewHost(n + n/4); err != nil {
			return nil, err
		}
		if t.device, err = d.NewMemory(n + n/4); err != nil {
			return nil, err
		}
	}
	return t.host.Bytes()[:n], nil
}

func (t *transfer) send(n int) error { return t.device.CopyIn(t.host, n) }

func (t *transfer) close() {
	if t.host != nil {
		t.host.Close()
	}
	if t.device != nil {
		t.device.Close()
	}
}
