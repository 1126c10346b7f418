package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/runtime/datasource"
	"ssc/runtime/loader"
	"ssc/runtime/transform"
	"ssc/setup/cache"
)

// loaders compares views a second over Fashion-MNIST with the transforms that torch_loader.py has.
func loaders(python string) error {
	images := filepath.Join(cache.FashionMNISTDir(), "train-images-idx3-ubyte.gz")
	ours, err := loaderRate(images)
	if err != nil {
		return err
	}
	var r struct {
		ViewsPerS float64 `json:"views_per_s"`
	}
	if err := last(&r, nil, python, "bench/torch_loader.py", "--idx", images, "--workers", fmt.Sprint(threads)); err != nil {
		return err
	}
	report("loader, 28-pixel grey views, 2 workers", "views/s", ours, r.ViewsPerS, ours/r.ViewsPerS, "torchvision on PIL images")
	return nil
}

// loaderRate makes the views of bench/loader.hcl for three seconds.
func loaderRate(images string) (float64, error) {
	t := compiler.Tables{Source: datasource.Table, Transform: transform.Table}
	p, diags := lang.Load([]string{"bench/loader.hcl"}, lang.Options{Root: t.Root, Vars: []string{"images=" + images}})
	if diags.HasErrors() {
		return 0, diags
	}
	r, diags := compiler.Compile(p.Root, t, compiler.Options{Version: "bench", Name: p.Name})
	if diags.HasErrors() {
		return 0, diags
	}
	d := r.Plan.Dataset("train")
	src, err := datasource.Build(d.Source)
	if err != nil {
		return 0, err
	}
	ctx := context.Background()
	samples, err := src.Open(ctx)
	if err != nil {
		return 0, err
	}
	l, err := loader.New(ctx, loader.Config{Samples: samples, Channels: src.Channels(), Views: d.Views, BatchSize: r.Plan.Loader.BatchSize, Workers: threads,
		Prefetch: 2, Last: plan.LastWrap, Shuffle: true, Epochs: 1000})
	if err != nil {
		return 0, err
	}
	defer l.Close()
	begin, views := time.Time{}, 0
	for n := 0; n < 20 || time.Since(begin) < 3*time.Second; n++ {
		b, err := l.Next(ctx)
		if err != nil {
			return 0, err
		}
		if n == 10 { // buffers are warm
			begin, views = time.Now(), 0
		}
		views += b.N * len(b.Views)
		b.Release()
	}
	return float64(views) / time.Since(begin).Seconds(), nil
}
