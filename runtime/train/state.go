package train

import (
	"fmt"

	"ssc/compiler/plan"
	"ssc/runtime/ort"
)

// state holds the tensors that live from step to step. Tensors that cannot be updated in place have a second buffer; after each step the
// two change places.
type state struct {
	specs  []plan.State
	now    map[string]*ort.Tensor
	shadow map[string]*ort.Tensor // second buffers
}

func newState(p *plan.Plan) (*state, error) {
	s := &state{specs: p.State, now: map[string]*ort.Tensor{}, shadow: map[string]*ort.Tensor{}}
	for _, spec := range p.State {
		t, err := ort.NewTensor(spec.DType, spec.Dims)
		if err != nil {
			return nil, fmt.Errorf("allocating state %q: %w", spec.Name, err)
		}
		s.now[spec.Name] = t
		if spec.Next == "" || spec.InPlace {
			continue
		}
		if s.shadow[spec.Name], err = ort.NewTensor(spec.DType, spec.Dims); err != nil {
			return nil, fmt.Errorf("allocating state %q: %w", spec.Name, err)
		}
	}
	return s, nil
}

// reset gives every tensor its initial value.
func (s *state) reset(seed uint64) error {
	of := func(name string) []float32 {
		if t := s.now[name]; t != nil {
			return t.Float32()
		}
		return nil
	}
	for _, copies := range []bool{false, true} { // copies last, when what they copy is there
		for _, spec := range s.specs {
			if (spec.Init.Kind == "copy") != copies {
				continue
			}
			if err := initialise(seed, 0, spec, s.now[spec.Name].Float32(), of); err != nil {
				return err
			}
		}
	}
	return nil
}

// swap makes what the last step wrote the current state.
func (s *state) swap() {
	for name, t := range s.shadow {
		s.now[name], s.shadow[name] = t, s.now[name]
	}
}

func (s *state) close() {
	for _, m := range []map[string]*ort.Tensor{s.now, s.shadow} {
		for _, t := range m {
			t.Close()
		}
	}
}
