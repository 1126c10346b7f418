package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/runtime/datasource"
	"ssc/runtime/jpeg"
	"ssc/runtime/loader"
	"ssc/runtime/probe"
	"ssc/runtime/transform"
	"ssc/setup/cache"
)

// loaders compares views a second, over Fashion-MNIST and over photographs, with the transforms that torch_loader.py has.
func loaders(python string) error {
	images := filepath.Join(cache.FashionMNISTDir(), "train-images-idx3-ubyte.gz")
	if err := loaderDuel(python, "loader, 28-pixel grey views", "bench/loader.hcl", "images="+images, "--idx", images); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ssc-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := photos(dir); err != nil {
		return err
	}
	return loaderDuel(python, "loader, 224-pixel views of JPEG photographs", "bench/photos.hcl", "photos="+dir, "--jpeg", dir, "--batch", "32", "--steps", "8", "--warmup", "2")
}

// loaderRounds is how often both sides take their turn.
const loaderRounds = 5

// loaderDuel measures both sides in turns, with as many workers as there are processors to use.
func loaderDuel(python, title, file, variable string, peer ...string) error {
	var ours, his, ratios []float64
	for range loaderRounds {
		a, err := loaderRate(file, variable)
		if err != nil {
			return err
		}
		var r struct {
			ViewsPerS float64 `json:"views_per_s"`
		}
		if err := last(&r, nil, python, append([]string{"bench/torch_loader.py", "--workers", fmt.Sprint(threads)}, peer...)...); err != nil {
			return err
		}
		ours, his, ratios = append(ours, a), append(his, r.ViewsPerS), append(ratios, a/r.ViewsPerS)
	}
	report(fmt.Sprintf("%s, %d workers", title, threads), "views/s", median(ours), median(his), median(ratios),
		fmt.Sprintf("torchvision on PIL images; %d rounds, %.2f to %.2f; JPEG by %s", loaderRounds, slices.Min(ratios), slices.Max(ratios), jpeg.Name()))
	return nil
}

// loaderRate makes the views of a pipeline for three seconds.
func loaderRate(file, variable string) (float64, error) {
	t := compiler.Tables{Source: datasource.Table, Transform: transform.Table}
	p, diags := lang.Load([]string{file}, lang.Options{Root: t.Root, Vars: []string{variable}})
	if diags.HasErrors() {
		return 0, diags
	}
	r, diags := compiler.Compile(p.Root, t, compiler.Options{Version: "bench", Name: p.Name})
	if diags.HasErrors() {
		return 0, diags
	}
	ctx := context.Background()
	d, err := probe.Open(ctx, *r.Plan.Dataset("train"))
	if err != nil {
		return 0, err
	}
	l, err := loader.New(ctx, loader.Config{Samples: d.Samples, Channels: d.Channels, Views: d.Spec.Views, BatchSize: r.Plan.Loader.BatchSize, Workers: threads,
		Prefetch: 2, Last: plan.LastWrap, Shuffle: true, Epochs: 1000})
	if err != nil {
		return 0, err
	}
	defer l.Close()
	begin, views := time.Time{}, 0
	for n := 0; n < 12 || time.Since(begin) < 3*time.Second; n++ {
		b, err := l.Next(ctx)
		if err != nil {
			return 0, err
		}
		if n == 6 { // buffers are warm
			begin, views = time.Now(), 0
		}
		views += b.N * len(b.Views)
		b.Release()
	}
	return float64(views) / time.Since(begin).Seconds(), nil
}
