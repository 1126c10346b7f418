package probe

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"

	"ssc/compiler/plan"
)

var _ = Register("linear_sgd", func(c plan.Component) Probe {
	p := &linearSGD{data: classified(c), optimizer: c.Text("optimizer"), lr: c.Float("lr"), momentum: c.Float("momentum"), decay: c.Float("weight_decay"),
		batch: c.Int("batch_size"), epochs: c.Int("epochs"), standardize: c.Bool("standardize")}
	p.curve = plan.Curve{Kind: c.Text("schedule"), Base: p.lr, Gamma: c.Float("gamma"), Milestones: c.Ints("milestones"), ByEpoch: true}
	return p
})

type linearSGD struct {
	data                split
	optimizer           string
	standardize         bool
	lr, momentum, decay float64
	batch, epochs       int
	curve               plan.Curve
}

// Measure trains as PyTorch's SGD and MMSelfSup's LARS do; the last batch of an epoch is filled from its start.
func (p *linearSGD) Measure(ctx context.Context, s *Subject) ([]Measurement, error) {
	bank, queries, err := p.data.features(ctx, s)
	if err != nil {
		return nil, err
	}
	classes := number(bank.Labels)
	m, err := newSoftmax(s, bank.Dim, len(classes.labels))
	if err != nil {
		return nil, err
	}
	defer m.close()
	if p.standardize {
		m.standardize(bank)
	}
	params := m.start(s.Plan.Seed)
	loss, err := p.train(ctx, m, bank, classes.numbers(bank.Labels), params, s.Plan.Seed)
	if err != nil {
		return nil, fmt.Errorf("linear_sgd probe: %w", err)
	}
	m.set(params)
	out := p.data.measurement("linear_sgd", s, bank, queries)
	if err := m.judge(ctx, &out, queries, classes); err != nil {
		return nil, err
	}
	out.Metrics["linear_sgd.loss"] = loss
	out.Setting = fmt.Sprintf("%s, lr %g, batch %d, %d epochs, last loss %.4g", p.optimizer, p.lr, p.batch, p.epochs, loss)
	return []Measurement{out}, nil
}

// start draws weights from N(0, 0.01²), as upstream's head has it; biases are 0.
func (m *softmax) start(seed uint64) []float64 {
	params := make([]float64, m.params())
	r := plan.NewRand(seed, plan.UseProbe, drawStart, 0, 0)
	for i := range params[:m.dim*m.classes] {
		params[i] = 0.01 * r.Normal()
	}
	return params
}

// train moves the parameters and returns the mean loss of the last epoch.
func (p *linearSGD) train(ctx context.Context, m *softmax, f *Features, target []int, params []float64, seed uint64) (loss float64, err error) {
	grad, velocity := make([]float64, len(params)), make([]float64, len(params))
	weights := m.dim * m.classes
	batch := min(p.batch, f.Rows)
	steps := plan.StepsPerEpoch(f.Rows, batch, plan.LastWrap)
	var index []int32
	for epoch := range p.epochs {
		r := plan.NewRand(seed, plan.UseProbe, drawOrder, uint64(epoch), 0)
		order := make([]int32, f.Rows)
		for i, row := range r.Perm(f.Rows) {
			order[i] = int32(row)
		}
		lr, sum := p.curve.At(epoch*steps, steps, p.epochs), 0.0
		for step := range steps {
			index = plan.Batch(index[:0], order, step, batch, plan.LastWrap)
			clear(grad)
			m.set(params)
			l, err := m.sum(ctx, f, target, index, grad)
			if err != nil {
				return 0, err
			}
			sum += l / float64(batch)
			floats.Scale(1/float64(batch), grad)
			p.update(params[:weights], grad[:weights], velocity[:weights], lr)
			p.update(params[weights:], grad[weights:], velocity[weights:], lr)
		}
		loss = sum / float64(steps)
	}
	return loss, nil
}

// eta is LARS's trust coefficient, eps what keeps its quotient finite: MMSelfSup's defaults.
const eta, eps = 0.001, 1e-8

// update moves one tensor. g is scratch afterwards.
func (p *linearSGD) update(w, g, v []float64, lr float64) {
	if p.optimizer == "sgd" {
		floats.AddScaled(g, p.decay, w)
		floats.Scale(p.momentum, v)
		floats.Add(v, g)
		floats.AddScaled(w, -lr, v)
		return
	}
	local := 1.0
	if wn, gn := floats.Norm(w, 2), floats.Norm(g, 2); wn > 0 && gn > 0 {
		local = eta * wn / (gn + p.decay*wn + eps)
	}
	floats.AddScaled(g, p.decay, w)
	floats.Scale(p.momentum, v)
	floats.AddScaled(v, local*lr, g)
	floats.Sub(w, v)
}
