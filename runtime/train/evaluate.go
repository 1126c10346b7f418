package train

import (
	"context"
	"fmt"

	"ssc/compiler/plan"
	"ssc/runtime/ort"
	"ssc/runtime/probe"
)

// Measurement is one number that a probe found.
type Measurement struct {
	Probe    string  `json:"probe"`    // "knn"
	Features string  `json:"features"` // "encoder", "raw pixels", "untrained encoder"
	Value    float64 `json:"value"`    // share of right answers
	Bank     int     `json:"bank"`     // images
	Queries  int     `json:"queries"`
	K        int     `json:"k"`
	Vote     string  `json:"vote"`
}

// evaluator extracts and classifies.
type evaluator struct {
	plan    *plan.Plan
	models  map[string][]byte
	data    map[string]*dataset
	threads int
	workers int
}

// knn measures the features that the weights give; nil weights measure the images themselves.
func (e *evaluator) knn(ctx context.Context, c plan.Component, weights map[string]*ort.Tensor, features string) (m Measurement, err error) {
	x := &probe.Extractor{Batch: 500, Workers: e.workers, Seed: e.plan.Seed}
	if weights != nil {
		o := sessionOptions(e.plan, e.threads)
		o.Initializers = weights
		if x.Session, err = ort.NewSession(e.models["extract"], o); err != nil {
			return m, err
		}
		defer x.Session.Close()
	}
	sets := make([]*probe.Features, 2)
	for i, which := range []struct {
		name string
		max  int
	}{{c.Text("bank"), c.Int("max_bank")}, {c.Text("queries"), c.Int("max_queries")}} {
		d := e.data[which.name]
		if d == nil {
			return m, fmt.Errorf("%s: there is no dataset %q", c.At, which.name)
		}
		if sets[i], err = x.Extract(ctx, probe.Every(d.samples, which.max), d.channels, d.spec.Views[0]); err != nil {
			return m, fmt.Errorf("dataset %q: %w", which.name, err)
		}
		defer sets[i].Close()
	}
	near, err := ort.NewSession(e.models["neighbours"], sessionOptions(e.plan, e.threads))
	if err != nil {
		return m, err
	}
	defer near.Close()
	v := probe.Vote{K: c.Int("k"), Weighted: c.Text("vote") == "weighted", Temperature: c.Float("temperature")}
	m = Measurement{Probe: "knn", Features: features, Bank: sets[0].Rows, Queries: sets[1].Rows, K: v.K, Vote: c.Text("vote")}
	m.Value, err = probe.KNN(ctx, near, sets[0], sets[1], v)
	return m, err
}

// weights are the state tensors that the extraction graph reads.
func weights(p *plan.Plan, s *state) map[string]*ort.Tensor {
	out := map[string]*ort.Tensor{}
	for _, st := range p.State {
		if st.Extract {
			out[st.Name] = s.now[st.Name]
		}
	}
	return out
}

// monitor measures during training, at the end of an epoch, and logs what it finds.
func (r *run) monitor(ctx context.Context) error {
	epoch := r.loop.Step / r.perEpoch
	e := &evaluator{plan: r.plan, models: r.models, data: r.data, threads: r.Threads, workers: r.Workers}
	for _, c := range r.plan.Monitors {
		every := c.Int("every")
		if every < 1 || epoch%every != 0 && r.loop.Step < r.total {
			continue
		}
		m, err := e.knn(context.WithoutCancel(ctx), c, weights(r.plan, r.engine.state), "encoder")
		if err != nil {
			return fmt.Errorf("%w: monitor: %w", ErrFailed, err)
		}
		r.probed = fmt.Sprintf("knn %.2f", 100*m.Value)
		r.Report.Note("epoch %d: knn %.2f %%", epoch, 100*m.Value)
		if err := r.metrics.write(record{Step: r.loop.Step, Epoch: float64(epoch), Values: map[string]number{"knn": number(m.Value)}, BadSteps: r.loop.BadSteps}); err != nil {
			return err
		}
	}
	return nil
}

// Evaluate carries out the plan's evaluate blocks on the newest checkpoint of the run folder. found is called with each measurement as it is made.
func Evaluate(ctx context.Context, p *plan.Plan, models map[string][]byte, o Options, found func(Measurement)) error {
	r := &run{plan: p, models: models, Options: o}
	defer r.close()
	var err error
	if r.digest, err = p.Digest(); err != nil {
		return err
	}
	if r.data, err = openData(ctx, p); err != nil {
		return err
	}
	if err := r.openFolder(); err != nil {
		return err
	}
	trained, err := newState(p)
	if err != nil {
		return err
	}
	r.engine = &engine{state: trained}
	if err := r.resume(); err != nil {
		return err
	}
	if r.saved < 0 {
		return refuse("%s has no checkpoint yet: train first", r.Dir)
	}
	e := &evaluator{plan: p, models: models, data: r.data, threads: o.Threads, workers: o.Workers}
	for _, c := range p.Evaluate {
		if err := e.all(ctx, c, trained, found); err != nil {
			return err
		}
	}
	return nil
}

// all measures the encoder and what the block asks to compare it with.
func (e *evaluator) all(ctx context.Context, c plan.Component, trained *state, found func(Measurement)) error {
	m, err := e.knn(ctx, c, weights(e.plan, trained), "encoder")
	if err != nil {
		return err
	}
	found(m)
	if c.Bool("untrained") {
		fresh, err := newState(e.plan)
		if err != nil {
			return err
		}
		defer fresh.close()
		if err := fresh.reset(e.plan.Seed); err != nil {
			return err
		}
		if m, err = e.knn(ctx, c, weights(e.plan, fresh), "untrained encoder"); err != nil {
			return err
		}
		found(m)
	}
	if c.Bool("raw_pixels") {
		if m, err = e.knn(ctx, c, nil, "raw pixels"); err != nil {
			return err
		}
		found(m)
	}
	return nil
}
