package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/loader"
	"ssc/runtime/probe"
	"ssc/runtime/profile"
	"ssc/runtime/stage"
)

// due are the numbers of the stages that run between the step that is done and the next one.
func (r *run) due() []int {
	return plan.Due(r.plan.Stages, r.loop.Step, r.perEpoch, r.perEpoch*r.plan.Train.Epochs)
}

// stages carries out the stages that the next step still waits for. When ctx ends the rest is left for the run that goes on; the one under way has changed nothing.
func (r *run) stages(ctx context.Context) error {
	if r.loop.Stages == 0 {
		return nil
	}
	due := r.due()
	for r.loop.Stages > 0 {
		err := r.stage(ctx, due[len(due)-r.loop.Stages])
		if err != nil && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFailed, err)
		}
		r.loop.Stages--
		r.saved = -1 // a checkpoint of this step, if there is one, was made before
	}
	return nil
}

// stage carries out one stage of the plan and logs what it says.
func (r *run) stage(ctx context.Context, which int) error {
	began := time.Now()
	bad := 0
	h, err := r.host()
	if err != nil {
		return err
	}
	h.Subject.OnBad = r.countBad(&bad)
	defer h.Subject.Close()
	values, err := h.Run(ctx, which)
	if err != nil {
		return err
	}
	name := r.plan.Stages[which].Name
	r.Track.Spend("stages", time.Since(began))
	if bad > 0 {
		r.Report.Note("%s: unreadable images, another was taken in the place of each: %d", name, bad)
	}
	if len(values) == 0 {
		return nil
	}
	line := record{Step: r.loop.Step, Epoch: float64(r.loop.Step) / float64(r.perEpoch), Values: map[string]number{}, BadSteps: r.loop.BadSteps}
	var text []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		line.Values[key] = number(values[key])
		text = append(text, fmt.Sprintf("%s %.4g", key, values[key]))
	}
	r.Report.Note("step %d: %s: %s", r.loop.Step, name, strings.Join(text, ", "))
	return r.addRecord(line)
}

// host is what a stage works on.
func (r *run) host() (*stage.Host, error) {
	state, err := r.engine.toChange()
	if err != nil {
		return nil, err
	}
	return &stage.Host{Plan: r.plan, Step: r.loop.Step, Subject: r.subject(probe.Encoder, state), Labels: r.labels, Restart: r.restart,
		State: func(name string) []float32 { return state.now[name].Float32() }}, nil
}

// tryStages times the stages that extract features on a part of the images.
func (r *run) tryStages(ctx context.Context, t *Trial) error {
	for i, s := range r.plan.Stages {
		h, err := r.host()
		if err != nil {
			return err
		}
		seconds, measured, err := h.Trial(ctx, i, min(trialImages, t.Images))
		h.Subject.Close()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", s.At, s.Name, err)
		}
		if measured == 0 {
			continue
		}
		p := TrialProbe{Name: s.Name, Seconds: seconds, Images: t.Images, Measured: measured}
		if s.Initial {
			p.Times++
		}
		if s.Epochs > 0 {
			p.Times += (t.Steps - 1) / (t.PerEpoch * s.Epochs)
		}
		if s.Steps > 0 {
			p.Times += (t.Steps - 1) / s.Steps
		}
		t.Stages = append(t.Stages, p)
	}
	return nil
}

// restart gives the parameters whose names begin so new initial values. What the optimizer keeps for them stays, as in MMSelfSup.
func (r *run) restart(prefix string, step int) error {
	state, err := r.engine.toChange()
	if err != nil {
		return err
	}
	for _, spec := range r.plan.State {
		if spec.Role != plan.RoleParam || !strings.HasPrefix(spec.Name, prefix) {
			continue
		}
		of := func(name string) []float32 { return state.now[name].Float32() }
		if err := initialise(r.plan.Seed, step, spec, of(spec.Name), of); err != nil {
			return err
		}
	}
	return nil
}

// order is how the images of an epoch are drawn; nil where the loader knows it.
func (r *run) order() func(epoch int) []int32 {
	if r.labels == nil && !r.plan.Loader.Replace {
		return nil
	}
	n := r.data["train"].samples.Len()
	return func(epoch int) []int32 {
		if order, ok := r.labels.Order(r.plan.Seed, epoch); ok {
			return order
		}
		if r.plan.Loader.Replace {
			return plan.DrawnOrder(r.plan.Seed, epoch, n)
		}
		return plan.Order(r.plan.Seed, epoch, n, r.plan.Loader.Shuffle)
	}
}

// batch is the next one. A loader ends where a stage may change the order of images: another one goes on from there.
func (r *run) batch(ctx context.Context) (*loader.Batch, error) {
	if r.loader != nil {
		b, err := r.loader.Next(ctx)
		if !errors.Is(err, io.EOF) {
			return b, err
		}
		r.waited += r.loader.Waited()
		r.loader.Close()
		r.loader = nil
	}
	if err := r.startLoader(ctx); err != nil {
		return nil, err
	}
	return r.loader.Next(ctx)
}

// early is a batch that was fetched, and filled, while the step before it ran.
type early struct {
	err      error // why there is none
	panicked any   // what the loader's goroutines could not go on from
	waited   time.Duration
	came     time.Time // the end of that wait
}

// ahead is what a device's step has done beside it: the next batch is fetched, filled and begun to be sent. It is nil where that must wait for the end of the step: on the processor, whose fields the step reads; before the last
// step; and where stages change the labels that images have.
func (r *run) ahead(ctx context.Context) func() {
	if r.engine.far == nil || r.labels != nil || r.loader == nil || r.loop.Step+1 >= r.total {
		return nil
	}
	next := &early{}
	return func() {
		r.next = next
		defer func() { next.panicked = recover() }()
		began := time.Now()
		b, err := r.loader.Next(ctx)
		next.came = time.Now()
		next.waited = next.came.Sub(began)
		if errors.Is(err, io.EOF) {
			r.next = nil // the next loader begins behind the stages that follow the step
			return
		}
		if next.err = err; err == nil {
			next.err = r.fill(b, r.loop.Step+1)
			b.Release()
		}
		if next.err == nil {
			next.err = r.engine.far.load(r.engine)
		}
	}
}

// settle takes the time that a batch was waited for while the step ran, which has ended, out of what the run has waited.
func (r *run) settle(ended time.Time) {
	if r.next != nil {
		r.waited -= r.next.waited - min(max(r.next.came.Sub(ended), 0), r.next.waited)
	}
}

// take has the next batch filled: it was so while the step before ran, or is now. When ctx ends there may be none.
func (r *run) take(ctx context.Context) error {
	if next := r.next; next != nil {
		r.next = nil
		if next.panicked != nil {
			panic(next.panicked)
		}
		return ending(ctx, next.err)
	}
	began := time.Now()
	b, err := r.batch(ctx)
	r.Track.Spend(profile.Wait, time.Since(began))
	r.Profile.Span(profile.Wait, began)
	if err != nil {
		return ending(ctx, err)
	}
	began = time.Now()
	err = r.fill(b, r.loop.Step)
	b.Release()
	r.Profile.Span(profile.Fill, began)
	return err
}

// ending is the error of a batch that did not come, none where that is since ctx has ended.
func ending(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// dataWait is how long the run has waited for batches so far.
func (r *run) dataWait() time.Duration {
	if r.loader == nil {
		return r.waited
	}
	return r.waited + r.loader.Waited()
}
