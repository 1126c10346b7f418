// Package augment makes the views of a batch on a GPU: the processor decodes images and draws what is random, the GPU crops, flips, colours, blurs and normalises, one kernel for each view.
//
//	g, err := augment.Open("", 0)    // the first GPU
//	err = g.Send(batch)              // decoded images, once for all views, with what transforms have recorded
//	err = g.Make(0, batch, address)  // begins view 0, into the device's memory
//	err = g.Wait()
//
// The values are those of the same transforms on the processor (see kernels/cuda/augment.cu).
//
// What is here has run on the processor in the place of a GPU, and never on one: a run uses it where SSC_CUDA_AUGMENT asks for it.
//
// Neighbours: runtime/transform records, runtime/loader has that done for batches, runtime/nvrtc compiles and launches, runtime/train asks for the views.
package augment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"ssc/runtime/nvrtc"
	"ssc/runtime/transform"
)

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

// Open opens the GPU of a number, by a driver's library or, empty, the machine's, and compiles the kernel for it.
func Open(library string, index int) (*GPU, error) {
	c, err := nvrtc.Find()
	if err != nil {
		return nil, err
	}
	d, err := nvrtc.OpenDriver(library, index)
	if err != nil {
		return nil, err
	}
	binary, err := c.Compile(nvrtc.SourceOf(source), d.Arch())
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return Load(d, binary)
}

// Load is Open with a GPU that is open, which is closed with the views, and the kernel's binary.
func Load(d *nvrtc.Driver, binary []byte) (*GPU, error) {
	g := &GPU{d: d, threads: 512, blocks: 2 * d.Processors()}
	var err error
	if g.module, err = d.Load(binary); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if g.kernel, err = g.module.Function("Augment"); err != nil {
		g.module.Close()
		return nil, errors.Join(err, d.Close())
	}
	return g, nil
}

// Wait returns when all that was begun is done.
func (g *GPU) Wait() error { return g.d.Wait() }

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
	return errors.Join(err, g.d.Close())
}

// Send brings the images of a batch to the GPU. It waits for the views of the batch before. Afterwards each view is made once.
func (g *GPU) Send(places []transform.Recorded) error {
	if err := g.d.Wait(); err != nil {
		return err
	}
	n := 0
	for i := range places {
		n += len(places[i].Pixels)
	}
	to, err := g.pixels.room(g.d, n)
	if err != nil {
		return err
	}
	for i := range places {
		to = to[copy(to, places[i].Pixels):]
	}
	return g.pixels.send(n)
}

// Make begins to make view v of the places that were sent, one behind the other from an address of the device on, as float32 [place, channel, height, width].
func (g *GPU) Make(v int, places []transform.Recorded, to nvrtc.Address) error {
	for len(g.views) <= v {
		g.views = append(g.views, transfer{})
	}
	var views []view
	var steps []transform.Step
	var from int64
	room, taps := 0, 0
	for i := range places {
		p := &places[i]
		if v >= len(p.Tapes) {
			return fmt.Errorf("place %d has %d views, view %d is not among them", i, len(p.Tapes), v)
		}
		t := &p.Tapes[v]
		views = append(views, view{From: from, Channels: int32(p.Channels), Height: int32(p.Height), Width: int32(p.Width), First: int32(len(steps)), Count: int32(len(t.Steps))})
		steps, from = append(steps, t.Steps...), from+int64(len(p.Pixels))
		room, taps = max(room, t.Room), max(taps, t.Taps)
	}
	if len(places) == 0 {
		return errors.New("a batch of no places has no views")
	}
	first := &places[0].Tapes[v] // table and size are the same for all
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
		host, err := d.NewHost(n + n/4)
		if err != nil {
			return nil, err
		}
		device, err := d.NewMemory(n + n/4)
		if err != nil {
			host.Close()
			return nil, err
		}
		*t = transfer{host, device}
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
	*t = transfer{}
}
