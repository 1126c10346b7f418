package track

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"ssc/runtime/probe"
	"ssc/runtime/report"
)

// lookCost is what neighbours and a map of principal components take at most on a slow machine, before it is known.
const lookCost = 500 * time.Millisecond

// perplexity of the t-SNE map: the customary value.
const perplexity = 30

// Look shows neighbours and maps of what a probe has extracted of the encoder. A monitor's are made when the time is there for them; t-SNE is an evaluation's alone.
func (t *Tracker) Look(ctx context.Context, l probe.Look) {
	if t == nil || t.run == nil || !t.scene.Plan.Track.Report || l.Features != probe.Encoder || !t.scene.Evaluation && !t.affordable(lookCost) {
		return
	}
	t.safely("neighbours and maps of the report", func() error {
		g := neighbours(l)
		if err := g.Store(); err != nil {
			return err
		}
		t.replaceGallery(g)
		return t.maps(ctx, l)
	})
}

// neighbours is the picture of the queries with their neighbours. Images that cannot be read are left out: another was measured in their place.
func neighbours(l probe.Look) report.Gallery {
	queryNames, bankNames := probe.ClassNames(l.Queries), probe.ClassNames(l.Bank)
	var list []report.Query
	for _, n := range l.Near {
		m, err := picture(l.Queries, n.Query)
		if err != nil {
			continue
		}
		q := report.Query{Sample: report.Sample{Image: m, Name: filepath.Base(l.Queries.Name(n.Query)), Label: className(queryNames, n.Label)}}
		for i, row := range n.Rows {
			if m, err = picture(l.Bank, row); err != nil {
				continue
			}
			q.Neighbours = append(q.Neighbours, report.Sample{Image: m, Name: filepath.Base(l.Bank.Name(row)), Label: className(bankNames, n.Labels[i])})
			q.Cosines = append(q.Cosines, float64(n.Cosine[i]))
		}
		list = append(list, q)
	}
	return report.Neighbours(list)
}

// replaceGallery puts a gallery in the place of the one with its title.
func (t *Tracker) replaceGallery(g report.Gallery) {
	for i, old := range t.run.Galleries {
		if old.Title == g.Title {
			t.run.Galleries[i] = g
			return
		}
	}
	t.run.Galleries = append(t.run.Galleries, g)
}

// maps lays the features out in the plane.
func (t *Tracker) maps(ctx context.Context, l probe.Look) error {
	if len(l.Rows) == 0 {
		return nil
	}
	f := report.Features{Rows: len(l.Rows), Dim: l.Dim, Data: l.Data}
	points, share, err := report.PCA(f)
	if err != nil {
		return err
	}
	names := classNames(probe.ClassNames(l.Queries), l.Labels)
	when := fmt.Sprintf("epoch %d", t.run.Epoch)
	of := fmt.Sprintf("Features of %s images after %s.", report.Count(len(l.Rows)), when)
	t.run.Maps = []report.Map{{Title: "Principal components", Points: rounded(points), Labels: l.Labels, Names: names,
		Caption: fmt.Sprintf("%s The two directions in which they vary most: %.0f %% and %.0f %% of the variance.", of, 100*share[0], 100*share[1])}}
	if !t.scene.Evaluation {
		return nil
	}
	if points, err = report.TSNE(ctx, f, perplexity); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	t.run.Maps = append(t.run.Maps, report.Map{Title: "t-SNE", Points: rounded(points), Labels: l.Labels, Names: names,
		Caption: of + " Near points are near in the features, too; distances between groups, and their sizes, mean nothing."})
	return nil
}

// rounded cuts coordinates to the five digits that a picture shows.
func rounded(points [][2]float64) [][2]float64 {
	for i, p := range points {
		for d, v := range p {
			points[i][d], _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64) // what was formatted can be read
		}
	}
	return points
}
