package tensorrt

import (
	"context"
	"fmt"

	"ssc/runtime/ort"
)

// outputName is the output of engines.
const outputName = "features"

// Engine runs a built engine: images in [0,1] to features. It is used by one goroutine at a time.
type Engine struct {
	Sidecar
	lib     *libraryEngine
	session *sessionEngine
	padded  []float32 // a batch that is filled up to the profile's least
	spare   []float32 // and its features
}

// OpenOptions say how an engine is run.
type OpenOptions struct {
	Wanted
	Threads int // of ONNX Runtime on the CPU
	// Wrap puts an engine into a model for ONNX Runtime.
	Wrap func(engine []byte, s Sidecar) ([]byte, error)
}

// Open reads an engine and loads it with what is there: the libraries that it was built with, else ONNX Runtime's provider. A model of the builder "onnx" runs on the CPU. Whatever does not fit
// is a [Mismatch] before TensorRT is asked.
func Open(ctx context.Context, name string, m Machine, o OpenOptions) (*Engine, error) {
	plan, s, text, err := Read(name, o.Wanted)
	if err != nil {
		return nil, err
	}
	e := &Engine{Sidecar: s}
	if s.Builder == Model {
		e.session, err = openSession(plan, ort.SessionOptions{Threads: o.Threads, DisableMemPattern: true})
		return e, err
	}
	if m.NoGPU != nil {
		return nil, fmt.Errorf("the engine %s needs a GPU: %w", name, m.NoGPU)
	}
	if err := s.fits(name, text, "", m.GPU); err != nil {
		return nil, err
	}
	libraries, missing := m.Infer, m.NoInfer
	if s.Builder == RTX {
		libraries, missing = m.RTX, m.NoRTX
	}
	if missing == nil {
		b, err := libraries.load(ctx)
		if err != nil {
			return nil, err
		}
		if s.Builder != Provider { // whose version of TensorRT nobody told
			if err := s.fits(name, text, b.version, m.GPU); err != nil {
				return nil, err
			}
		}
		if e.lib, err = openByLibrary(b, plan, s.Input.Name, outputName); err != nil {
			return nil, fmt.Errorf("loading the engine %s: %w", name, err)
		}
		return e, nil
	}
	if s.Builder == RTX || !m.Provider {
		return nil, fmt.Errorf("nothing here runs the engine %s: %w", name, missing)
	}
	model, err := o.Wrap(plan, s)
	if err != nil {
		return nil, err
	}
	if e.session, err = openSession(model, ort.SessionOptions{Provider: "tensorrt", OptLevel: ort.OptOff, DisableMemPattern: true}); err != nil {
		return nil, fmt.Errorf("loading the engine %s by ONNX Runtime's provider: %w", name, err)
	}
	return e, nil
}

// OpenModel runs the model of an engine on the CPU, for batches of the profile.
func OpenModel(model []byte, p Profile, threads int) (*Engine, error) {
	s, err := openSession(model, ort.SessionOptions{Threads: threads, DisableMemPattern: true})
	if err != nil {
		return nil, err
	}
	return &Engine{Sidecar: Sidecar{Builder: Model, Profile: p}, session: s}, nil
}

// Model is the builder of a file that is the model itself.
const Model Kind = "onnx"

// Dims are the sizes of the features of an image.
func (e *Engine) Dims() []int {
	if e.lib != nil {
		return e.lib.dims
	}
	return e.session.dims
}

// Batch is the largest number of images at once.
func (e *Engine) Batch() int { return e.Profile.Max }

// Run computes the features of a batch of at most Batch images, dims [batch, channel, height, width], in [0,1]. A batch below the profile's least is filled up with empty images.
func (e *Engine) Run(ctx context.Context, images []float32, dims []int, features []float32) error {
	if dims[0] > e.Profile.Max {
		return fmt.Errorf("%d images at once, but the engine takes at most %d", dims[0], e.Profile.Max)
	}
	full := dims
	if dims[0] < e.Profile.Min {
		full = append([]int{e.Profile.Min}, dims[1:]...)
		e.padded = resized(e.padded, len(images)/dims[0]*e.Profile.Min)
		clear(e.padded[copy(e.padded, images):])
		e.spare = resized(e.spare, len(features)/dims[0]*e.Profile.Min)
		if err := e.whole(ctx, e.padded, full, e.spare); err != nil {
			return err
		}
		copy(features, e.spare)
		return nil
	}
	return e.whole(ctx, images, full, features)
}

func (e *Engine) whole(ctx context.Context, images []float32, dims []int, features []float32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.lib != nil {
		return e.lib.run(images, dims, features)
	}
	return e.session.run(ctx, images, dims, features)
}

func resized(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// Close frees the engine.
func (e *Engine) Close() {
	if e.lib != nil {
		e.lib.Close()
	}
	if e.session != nil {
		_ = e.session.session.Close() // nothing runs any more
	}
}
