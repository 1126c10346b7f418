package ort

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	onnx "github.com/yalue/onnxruntime_go"
)

// OptLevel is how far ONNX Runtime rewrites a model when a session is created.
type OptLevel int

// Levels. Each includes those before it.
const (
	OptAll      OptLevel = iota // with layout changes; the default
	OptOff                      // run the model as it is
	OptBasic                    // constant folding, common subexpressions
	OptExtended                 // fusions, which change the order of floating-point sums
)

// SessionOptions are the options of a session. The zero value runs on the CPU with all processors.
type SessionOptions struct {
	// Threads is the number of threads inside an operator; 0 means one per physical core.
	Threads int
	// Provider executes the nodes: "cpu" (also ""), "cuda", or "cuda:1" for another than the first GPU. A GPU executes all of them: a model with a node for which its provider has no kernel
	// is refused. "tensorrt" builds engines of them.
	Provider string
	// ProviderOptions are passed to a provider other than the CPU, over the defaults that training wants.
	ProviderOptions map[string]string
	// DisableMemPattern allocates per node instead of planning one block for the whole run. Training sessions want it: with the
	// pattern the second run holds twice the peak.
	DisableMemPattern bool
	// Reserve is the memory in bytes that a run is expected to need between its inputs and outputs. It is taken from the system in one piece of huge pages, when the sessions so far have
	// left none of that size.
	Reserve int
	// OptLevel is the optimisation level.
	OptLevel OptLevel
	// Config holds session configuration entries of ONNX Runtime; they win over the defaults.
	Config map[string]string
	// Initializers are the values of initializers that the model declares as external data. They are copied.
	Initializers map[string]*Tensor
	// Profile, if set, is the prefix of a trace file; see [Session.EndProfile].
	Profile string
	// Kernels is the path of a library of custom operators; [SessionOptions.UseKernels] sets it to that of the native kernels.
	Kernels string
	// Launcher, if set, computes functions by kernels of a GPU.
	Launcher *Launcher

	kernelNames []string // what the library is to register
	launchers   []string // the providers whose sessions have the launcher's functions; nil: the device's
}

// Port is an input or output of a session. Dims has -1 for an axis that each run decides.
type Port struct {
	Name  string
	DType string
	Dims  []int
}

// far reports whether the nodes run elsewhere than on the processor.
func (o SessionOptions) far() bool { return o.Provider != "" && o.Provider != "cpu" }

// providers are those whose sessions have the launcher's functions: a GPU's by either name, else the processor's, which needs none.
func (o SessionOptions) providers() []string {
	switch {
	case o.launchers != nil:
		return o.launchers
	case o.far():
		return cudaNames
	}
	return []string{""}
}

// Session is a model ready to run. Its methods may be called from several goroutines, its bindings from one each.
type Session struct {
	lib     *library
	session *onnx.DynamicAdvancedSession
	inputs  []Port
	outputs []Port
	far     bool       // it runs elsewhere than on the processor
	own     *operators // by kernels of a GPU; nil for none

	mu       sync.Mutex
	bindings map[*Binding]bool
}

var errClosed = errors.New("the session is closed")

// NewSession loads an ONNX model. The bytes are not needed afterwards.
func NewSession(model []byte, o SessionOptions) (*Session, error) {
	lib, err := open()
	if err != nil {
		return nil, err
	}
	s := &Session{lib: lib, bindings: map[*Binding]bool{}, far: o.far()}
	if o.Reserve > 0 {
		arenaReserve(o.Reserve) // where the system does not give it in one piece, a run may still find it in several
	}
	if err := s.create(model, o); err != nil {
		if s.own != nil {
			s.own.close()
		}
		return nil, fmt.Errorf("creating session: %w", err)
	}
	if s.inputs, err = lib.ports(sessionHandle(s.session), false); err == nil {
		s.outputs, err = lib.ports(sessionHandle(s.session), true)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading the session's inputs and outputs: %w", err), s.Close())
	}
	return s, nil
}

func (s *Session) create(model []byte, o SessionOptions) (err error) {
	if len(model) == 0 {
		return errors.New("the model is empty")
	}
	opts, err := onnx.NewSessionOptions()
	if err != nil {
		return err
	}
	defer opts.Destroy()
	values, err := s.lib.apply(opts, o)
	defer func() {
		for _, v := range values {
			s.lib.releaseValue(v)
		}
	}()
	if err != nil {
		return err
	}
	create := func() error {
		if err := s.lib.provide(opts, o); err != nil {
			return err
		}
		if o.Launcher != nil {
			if s.own, err = s.lib.operators(opts, o.Launcher, o.providers()); err != nil {
				return err
			}
		}
		if s.session, err = onnx.NewDynamicAdvancedSessionWithONNXData(model, nil, nil, opts); err != nil {
			return cmp.Or(errors.Unwrap(err), err) // without its "Error creating C session"
		}
		return nil
	}
	if !s.far {
		return create()
	}
	return KeepingHandlers(create)
}

// config are the entries that every session starts with.
//
// Spinning: an idle thread of ONNX Runtime otherwise burns its core for a while after each operator, which takes it from whoever
// prepares the next batch. BenchmarkThreads on two cores: 4.4 ms a run without spinning and 4.3 with it; beside two busy goroutines 9
// and 20.
var config = map[string]string{"session.intra_op.allow_spinning": "0", "session.use_env_allocators": "1"}

// entries are the configuration entries of the session.
func (o SessionOptions) entries() map[string]string {
	entries := maps.Clone(config)
	if len(o.kernelNames) > 0 {
		entries["ssc.kernels"] = strings.Join(o.kernelNames, ",")
	}
	if o.far() {
		entries["session.disable_cpu_ep_fallback"] = "1"
	}
	maps.Copy(entries, o.Config)
	return entries
}

var levels = [...]onnx.GraphOptimizationLevel{OptAll: onnx.GraphOptimizationLevelEnableAll, OptOff: onnx.GraphOptimizationLevelDisableAll,
	OptBasic: onnx.GraphOptimizationLevelEnableBasic, OptExtended: onnx.GraphOptimizationLevelEnableExtended}

// apply sets the options but the provider. The values it returns, also with an error, must live until the session is created.
func (l *library) apply(opts *onnx.SessionOptions, o SessionOptions) ([]handle, error) {
	if o.OptLevel < 0 || int(o.OptLevel) >= len(levels) {
		return nil, fmt.Errorf("there is no optimisation level %d", o.OptLevel)
	}
	if o.Threads < 0 {
		return nil, fmt.Errorf("%d threads, want 0 for one per core, or more", o.Threads)
	}
	err := errors.Join(
		opts.SetGraphOptimizationLevel(levels[o.OptLevel]),
		opts.SetIntraOpNumThreads(Threads(o.Threads)), // with 0 ONNX Runtime ties its threads to cores, and the calling one may sit on one of theirs beside a busy process
		opts.SetMemPattern(!o.DisableMemPattern),
		l.deterministic(opts),
	)
	entries := o.entries()
	for _, k := range slices.Sorted(maps.Keys(entries)) {
		if e := opts.AddSessionConfigEntry(k, entries[k]); e != nil {
			err = errors.Join(err, fmt.Errorf("option %s = %q: %w", k, entries[k], e))
		}
	}
	if o.Profile != "" {
		err = errors.Join(err, opts.EnableProfiling(o.Profile))
	}
	if o.Kernels != "" {
		if e := opts.RegisterCustomOpsLibrary(o.Kernels); e != nil {
			err = errors.Join(err, fmt.Errorf("loading kernels from %s: %w", o.Kernels, e))
		}
	}
	if err != nil || len(o.Initializers) == 0 {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(o.Initializers))
	var values []handle
	for _, name := range names {
		v, err := l.valueOf(o.Initializers[name])
		if err != nil {
			return values, fmt.Errorf("initializer %s: %w", name, err)
		}
		values = append(values, v)
	}
	return values, l.externalInitializers(opts, names, values)
}

// Inputs lists what the model reads.
func (s *Session) Inputs() []Port { return slices.Clone(s.inputs) }

// Outputs lists what the model computes.
func (s *Session) Outputs() []Port { return slices.Clone(s.outputs) }

// EndProfile stops the trace that SessionOptions.Profile began and returns the name of its file: JSON in Chrome's trace format.
func (s *Session) EndProfile() (string, error) {
	h := sessionHandle(s.session)
	if h == nil {
		return "", errClosed
	}
	name, err := s.lib.endProfiling(h)
	if err != nil {
		return "", fmt.Errorf("writing the profile: %w", err)
	}
	return name, nil
}

// Close closes the session and its bindings.
func (s *Session) Close() error {
	s.mu.Lock()
	open := slices.Collect(maps.Keys(s.bindings))
	s.mu.Unlock()
	for _, b := range open {
		b.Close()
	}
	if err := s.session.Destroy(); err != nil {
		return fmt.Errorf("closing session: %w", err)
	}
	if s.own != nil {
		s.own.close()
		s.own = nil
	}
	arenaTrim()
	return nil
}
