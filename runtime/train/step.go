package train

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	counter "sync/atomic"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/failpoint"
	"ssc/runtime/loader"
	"ssc/runtime/profile"
	"ssc/runtime/report"
)

// once trains on one micro-batch, logs, measures and saves as the plan says. When ctx ends before the batch is there nothing happens.
func (r *run) once(ctx context.Context) error {
	values, lr, err := r.advance(ctx)
	if err != nil || values == nil {
		return err
	}
	r.loop.Epoch = r.loop.Step / r.perEpoch
	r.clock.tick(r.plan.Loader.BatchSize)
	if r.clock.peakDue() {
		r.measurePeak()
	}
	r.status(values["loss"], lr)
	epochEnd := r.loop.Step%r.perEpoch == 0
	if epochEnd || r.loop.Step%r.plan.Train.LogEvery == 0 {
		if err := r.log(values, lr); err != nil {
			return err
		}
	}
	if r.loop.BadRow >= r.plan.Train.MaxBad {
		return r.giveUp()
	}
	r.loop.Stages = len(r.due())
	if epochEnd {
		r.loop.Measure = len(r.plan.Monitors)
	}
	return r.endStep(ctx)
}

// advance trains on one micro-batch and returns the metrics of the step and its learning rate; no metrics when ctx ended before the batch was there.
func (r *run) advance(ctx context.Context) (values map[string]float64, lr float64, err error) {
	if err := r.take(ctx); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	if ctx.Err() != nil {
		return nil, 0, nil
	}
	if err := failpoint.StepBefore.Hit(); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	scalars, lr := r.scalars()
	began := time.Now()
	out, err := r.engine.step(scalars, r.ahead(ctx))
	r.settle(time.Now())
	r.Track.Spend("steps", time.Since(began))
	r.Profile.Span(profile.Run, began)
	if err == nil {
		err = failpoint.StepAfter.Hit()
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	values = map[string]float64{}
	for i, name := range r.plan.Metrics {
		values[name] = float64(out[i])
	}
	r.loop.Step++
	r.count(values)
	if r.Profile.Step(r.loop.Step) {
		r.clock.pause(r.endProfile)
	}
	return values, lr, nil
}

// traceFile is the profile of a run, for viewers of Chrome's trace format.
const traceFile = "profile.trace.json"

// endProfile ends the timing of steps and tells what was found. A profile that cannot be made is a note: nothing depends on it.
func (r *run) endProfile() {
	res, err := r.Profile.Finish(r.engine.session)
	if err == nil {
		err = atomic.WriteFile(r.FS, filepath.Join(r.Dir, traceFile), res.Write)
	}
	if err != nil {
		r.Report.Note("the profile: %s; the run goes on without it", err)
		return
	}
	r.clock.peak = max(r.clock.peak, res.Profile.PeakFLOPS)
	r.Track.Profiled(res.Profile)
	r.Profile.Tell(res.Profile)
}

// endStep carries out the stages that follow a step, makes the measurements that the end of an epoch waits for, and saves when a checkpoint is due. When ctx ends stages and measurements are left for the run that goes on.
func (r *run) endStep(ctx context.Context) error {
	c := r.plan.Train.Checkpoint
	late := func() bool { return time.Since(r.lastSave) > time.Duration(c.Minutes*float64(time.Minute)) }
	if err := r.stages(ctx); err != nil || r.loop.Stages > 0 {
		return err
	}
	if r.loop.Measure > 0 && late() { // measuring may take long, too
		if err := r.trySave(); err != nil {
			return err
		}
	}
	if err := r.monitor(ctx); err != nil || r.loop.Measure > 0 {
		return err
	}
	if r.loop.Step > 0 && r.loop.Step%r.perEpoch == 0 && r.loop.Step < r.total {
		r.Track.EndEpoch()
	}
	due := r.loop.Step%r.perEpoch == 0 && (r.loop.Step/r.perEpoch)%c.Epochs == 0 || c.Steps > 0 && r.loop.Step%c.Steps == 0 || late()
	if due && r.loop.Step < r.total {
		return r.trySave()
	}
	return nil
}

// scalars are the inputs of this step, and the learning rate for the log. Gradients are applied at every accumulate-th micro-batch and at the very last.
func (r *run) scalars() ([]float32, float64) {
	out := make([]float32, len(r.plan.Scalars))
	lr, rate := 0.0, r.plan.Rate()
	for i, s := range r.plan.Scalars {
		v := s.Curve.At(r.loop.Step, r.perEpoch, r.plan.Train.Epochs)
		switch s.Name {
		case "apply":
			done := r.loop.Step + 1
			if done%r.plan.Train.Accumulate != 0 && done != r.perEpoch*r.plan.Train.Epochs {
				v = 0
			}
		case rate:
			lr = v
		}
		out[i] = float32(v)
	}
	return out, lr
}

// count keeps account of losses and of steps that changed nothing because something was not finite.
func (r *run) count(values map[string]float64) {
	if values["ok"] > 0.5 {
		r.loop.BadRow = 0
		r.loop.LossSum += values["loss"]
		r.loop.LossN++
		return
	}
	r.loop.BadSteps++
	r.loop.BadRow++
	r.Report.Note("step %d: loss %g, gradient norm %g: not finite, nothing was changed", r.loop.Step, values["loss"], values["grad_norm"])
}

// giveUp ends a run whose steps change nothing any more: with a checkpoint, everything that is needed to run the last step again, and the first value that went wrong.
func (r *run) giveUp() error {
	if err := r.save(); err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	text := fmt.Sprintf("%d steps in a row had a loss or gradient that is not finite", r.loop.BadRow)
	dir, err := r.writeReplay()
	if err != nil {
		return fmt.Errorf("%w: %s; keeping the last one for a replay: %w", ErrFailed, text, err)
	}
	r.engine.close() // the replay takes the memory of a step
	r.engine = nil
	found, err := Replay(dir, r.Threads)
	if err != nil {
		return fmt.Errorf("%w: %s; the last one is in %s, but replaying it failed: %w", ErrFailed, text, dir, err)
	}
	return fmt.Errorf("%w: %s. %s\nThe step is in %s. Usual causes: a learning rate that is too high, no warm-up, images of one colour", ErrFailed, text, found, dir)
}

// log writes one line of metrics.jsonl. Everything but "clock" repeats in a run that is resumed.
func (r *run) log(values map[string]float64, lr float64) error {
	loss := math.NaN()
	if r.loop.LossN > 0 {
		loss = r.loop.LossSum / float64(r.loop.LossN)
	}
	r.loop.LossSum, r.loop.LossN = 0, 0
	line := record{Step: r.loop.Step, Epoch: float64(r.loop.Step) / float64(r.perEpoch), Values: map[string]number{"loss": number(loss), "lr": number(lr)}, BadSteps: r.loop.BadSteps}
	for name, v := range values {
		if name != "loss" && name != "ok" {
			line.Values[name] = number(v)
		}
	}
	line.Clock = &report.Clock{Seconds: r.clock.elapsed().Seconds(), ImagesPerSecond: r.clock.rate, DataWait: r.dataWait().Seconds(), MFU: r.mfu()}
	return r.addRecord(line)
}

// addRecord writes a line of metrics.jsonl, and tells the tracker of it.
func (r *run) addRecord(line record) error {
	if err := r.metrics.add(line); err != nil {
		return err
	}
	told := report.Record{Step: line.Step, Epoch: line.Epoch, Values: map[string]float64{}, BadSteps: line.BadSteps, Clock: line.Clock}
	for name, v := range line.Values {
		told.Values[name] = float64(v)
	}
	r.Track.Record(told)
	return nil
}

func (r *run) status(loss, lr float64) {
	s := Status{Step: r.loop.Step, Steps: r.total, Epoch: (r.loop.Step - 1) / r.perEpoch, Epochs: r.plan.Train.Epochs, Loss: loss, LR: lr,
		ImagesPerSecond: r.clock.rate, MFU: r.mfu(), DataWait: r.dataWait(), Probe: r.probed, ResumedAt: r.resumed}
	if done := r.loop.Step - r.resumed; done > 0 {
		s.Left = time.Duration(float64(r.clock.elapsed()) / float64(done) * float64(r.total-r.loop.Step))
	}
	r.Report.Step(s)
}

// clock measures the rate of a process.
type clock struct {
	began, mark time.Time
	images      int
	rate        float64       // images per second, over the last second or so
	peak        float64       // of the machine, in floating-point operations a second; 0 while it is not measured, infinite where it cannot be
	peakAt      time.Duration // when it was last measured
}

func (c *clock) start() { c.began, c.mark = time.Now(), time.Now() }

func (c *clock) elapsed() time.Duration { return time.Since(c.began) }

func (c *clock) tick(images int) {
	c.images += images
	if d := time.Since(c.mark); d > time.Second || c.rate == 0 {
		c.rate = float64(c.images) / d.Seconds()
		c.mark, c.images = time.Now(), 0
	}
}

// pause does something that the rate is not to count.
func (c *clock) pause(f func()) {
	start := time.Now()
	f()
	c.mark = c.mark.Add(time.Since(start))
}

// The machine's peak is measured after some time, since a run that lasts does not feel the quarter of a second, and again whenever the run is so many times as old: who was in the way then may have gone.
const peakAfter, peakAgain = 3 * time.Second, 4

func (c *clock) peakDue() bool {
	return !math.IsInf(c.peak, 1) && c.elapsed() > max(peakAfter, peakAgain*c.peakAt)
}

// measurePeak learns what the steps' speed is compared with: the peak of float32 arithmetic on the processor, the best of what was measured. There is none for another device or precision.
func (r *run) measurePeak() {
	r.clock.peakAt = r.clock.elapsed()
	if !profile.Comparable(r.plan.Target) {
		r.clock.peak = math.Inf(1)
		return
	}
	r.clock.pause(func() {
		peak, err := profile.PeakFLOPS(r.Threads)
		if err != nil {
			r.Report.Note("%s; the run goes on without it", err)
			peak = math.Inf(1)
		}
		r.clock.peak = max(r.clock.peak, peak)
	})
}

// mfu is the share of the machine's peak that steps use at the present rate, 0 while it is not known.
func (r *run) mfu() float64 {
	if r.clock.peak == 0 {
		return 0
	}
	return r.clock.rate / float64(r.plan.Loader.BatchSize) * float64(r.plan.Stats.FLOPs) / r.clock.peak
}

// fill copies a batch into the inputs of the training graph at a step, or has views made there.
func (r *run) fill(b *loader.Batch, step int) error {
	for _, f := range r.plan.Fields {
		t := r.engine.fields[f.Name]
		switch f.Kind {
		case "view":
			if b.Recorded == nil {
				copy(t.Float32(), b.Views[f.View])
			}
		case "idx":
			copy(t.Int64(), b.Idx)
		case "label":
			copy(t.Int64(), b.Label)
		case "pseudo_label":
			r.labels.Look(b.Idx, t.Int64())
		case "noise":
			r.noise(f, step, t.Float32())
		case "permutation":
			r.permutation(f, step, t.Int64())
		case "draw":
			r.draw(f, step, t.Int64())
		}
	}
	if b.Recorded != nil {
		return r.engine.far.augment(r.plan, b.Recorded)
	}
	return nil
}

// draws is the stream of random numbers of a field in a step; a field that has several numbers them by part.
func (r *run) draws(use plan.Use, f plan.Field, step int, part uint64) plan.Rand {
	i := slices.IndexFunc(r.plan.Fields, func(g plan.Field) bool { return g.Name == f.Name })
	return plan.NewRand(r.plan.Seed, use, uint64(step), uint64(i), part)
}

func (r *run) noise(f plan.Field, step int, dst []float32) {
	rnd := r.draws(plan.UseNoise, f, step, 0)
	for i := range dst {
		dst[i] = rnd.Float32()
	}
}

func (r *run) permutation(f plan.Field, step int, dst []int64) {
	rnd := r.draws(plan.UseStep, f, step, 0)
	for i, v := range rnd.Perm(len(dst)) {
		dst[i] = int64(v)
	}
}

// draw fills dst with numbers below the field's bound. The rows of the first axis have streams of their own, so that several processors can fill them.
func (r *run) draw(f plan.Field, step int, dst []int64) {
	rows := 1
	if len(f.Dims) > 0 {
		rows = f.Dims[0]
	}
	size := len(dst) / max(rows, 1)
	var all sync.WaitGroup
	var row counter.Int64
	for range min(rows, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(row.Add(1)) - 1; i < rows; i = int(row.Add(1)) - 1 {
				rnd := r.draws(plan.UseStep, f, step, uint64(i))
				for j := range size {
					dst[i*size+j] = int64(rnd.IntN(f.Below))
				}
			}
		})
	}
	all.Wait()
}
