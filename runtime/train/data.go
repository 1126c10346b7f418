package train

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
)

// dataset is an opened dataset of the plan.
type dataset struct {
	spec     plan.Dataset
	at       string // file:line,col of the source block
	samples  datasource.Samples
	channels int
}

// openData opens every dataset, side by side; what is wrong with one is said at its source block.
func openData(ctx context.Context, p *plan.Plan) (map[string]*dataset, error) {
	list := make([]*dataset, len(p.Datasets))
	errs := make([]error, len(p.Datasets))
	var wg sync.WaitGroup
	for i, d := range p.Datasets {
		wg.Go(func() { list[i], errs[i] = openDataset(ctx, d) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, Refused{err}
	}
	out := map[string]*dataset{}
	for _, d := range list {
		out[d.spec.Name] = d
	}
	return out, nil
}

func openDataset(ctx context.Context, d plan.Dataset) (*dataset, error) {
	src, err := datasource.Build(d.Source)
	if err != nil {
		return nil, err
	}
	samples, err := src.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: dataset %q: %w", d.Source.At, d.Name, err)
	}
	if samples.Len() == 0 {
		return nil, fmt.Errorf("%s: dataset %q has no images", d.Source.At, d.Name)
	}
	return &dataset{spec: d, at: d.Source.At, samples: samples, channels: src.Channels()}, nil
}
