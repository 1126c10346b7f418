package track

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/loader"
	"ssc/runtime/probe"
	"ssc/runtime/report"
	"ssc/runtime/transform"
)

// shown is the number of samples that a page has.
const shown = 8

// samples puts the views of the training set on the page, if they are not there yet; what fails is a note.
func (t *Tracker) samples() {
	if len(t.run.Galleries) > 0 && t.run.Galleries[0].Title == report.ViewsTitle {
		return
	}
	if err := t.addSamples(); err != nil {
		t.note("the pictures of the report", err)
	}
}

func (t *Tracker) addSamples() error {
	g, err := Views(context.Background(), t.scene.Plan, t.scene.Train, shown, func(b loader.Bad) {
		if b.Stack != "" { // of a sample that is damaged training tells
			t.scene.Note("unreadable sample %s", b)
		}
	})
	if err != nil {
		return err
	}
	if err := g.Store(); err != nil {
		return err
	}
	t.run.Galleries = append([]report.Gallery{g}, t.run.Galleries...)
	return nil
}

// Views shows the first n samples that epoch 0 reads of a dataset, with their views: of the training set exactly those that the first step is given, draws of the augmentation
// included; of others those that a probe is given. What cannot be read is replaced as it is in training, and onBad, if not nil, is told of it.
func Views(ctx context.Context, p *plan.Plan, d probe.Dataset, n int, onBad func(loader.Bad)) (report.Gallery, error) {
	c := loader.Sequential(loader.Config{Samples: d.Samples, Channels: d.Channels, Views: d.Spec.Views, Seed: p.Seed, Batches: 1, Prefetch: 1, MaxBadFraction: 1, OnBad: onBad})
	c.BatchSize = min(n, d.Samples.Len())
	c.Shuffle = d.Spec.Name == "train" && p.Loader.Shuffle
	fail := func(err error) (report.Gallery, error) {
		return report.Gallery{}, fmt.Errorf("making views of dataset %q: %w", d.Spec.Name, err)
	}
	l, err := loader.New(ctx, c)
	if err != nil {
		return fail(err)
	}
	defer l.Close()
	batch, err := l.Next(ctx)
	if err != nil {
		return fail(err)
	}
	defer batch.Release()
	b := report.BatchOf(d.Spec.Views, batch.Views)
	names := probe.ClassNames(d.Samples)
	for i, row := range batch.Idx {
		m, err := picture(d.Samples, int(row))
		if err != nil {
			return fail(err)
		}
		b.Samples = append(b.Samples, m)
		name := filepath.Base(d.Samples.Name(int(row)))
		if batch.Label[i] >= 0 {
			name += " · " + className(names, batch.Label[i])
		}
		b.Names = append(b.Names, name)
	}
	g, err := report.Views(b, len(batch.Idx))
	if err != nil {
		return fail(err)
	}
	return g, nil
}

// picture is a sample as it was read.
func picture(s datasource.Samples, i int) (image.Image, error) {
	var m transform.Image
	if _, err := s.Read(i, &m); err != nil {
		return nil, err
	}
	return report.Picture(m.Pix, m.Channels, m.Height, m.Width), nil
}

// className is what a class is called, its number where it has no name, empty without a label.
func className(names []string, label int64) string {
	switch {
	case label < 0:
		return ""
	case label < int64(len(names)):
		return names[label]
	}
	return fmt.Sprintf("class\u00a0%d", label) // on one line
}

// mostNames bounds the names that are made up for classes without one: maps with more show numbers.
const mostNames = 1000

// classNames are the names of the classes that labels may have, made up where there are none.
func classNames(names []string, labels []int64) []string {
	if most := slices.Max(append([]int64{-1}, labels...)); int64(len(names)) <= most && most < mostNames {
		names = slices.Clone(names)
		for l := int64(len(names)); l <= most; l++ {
			names = append(names, className(nil, l))
		}
	}
	return names
}
