package probe

import (
	"context"
	"fmt"

	"ssc/compiler/plan"
)

// split is what a probe learns from and what it classifies.
type split struct {
	bank, queries       string
	maxBank, maxQueries int
}

func classified(c plan.Component) split {
	return split{c.Text("bank"), c.Text("queries"), c.Int("max_bank"), c.Int("max_queries")}
}

func (d split) features(ctx context.Context, s *Subject) (bank, queries *Features, err error) {
	if bank, err = s.Labelled(ctx, d.bank, d.maxBank); err != nil {
		return nil, nil, err
	}
	if queries, err = s.Labelled(ctx, d.queries, d.maxQueries); err != nil {
		return nil, nil, err
	}
	return bank, queries, sameDim(bank, queries)
}

// judged are the features of datasets whose images either all have one label or may be of several classes, the same in both.
func (d split) judged(ctx context.Context, s *Subject) (bank, queries *Features, err error) {
	if bank, err = s.Features(ctx, d.bank, d.maxBank); err != nil {
		return nil, nil, err
	}
	if queries, err = s.Features(ctx, d.queries, d.maxQueries); err != nil {
		return nil, nil, err
	}
	if bank.Tags == nil || queries.Tags == nil {
		return d.features(ctx, s)
	}
	if b, q := len(bank.Tags[0]), len(queries.Tags[0]); b != q {
		return nil, nil, fmt.Errorf("the images of dataset %q may be of %d classes, and those of %q of %d", d.bank, b, d.queries, q)
	}
	return bank, queries, sameDim(bank, queries)
}

func (d split) measurement(probe string, s *Subject, bank, queries *Features) Measurement {
	return Measurement{Probe: probe, Features: s.Name, Bank: bank.Rows, Queries: queries.Rows, ClassNames: ClassNames(s.Data[d.queries].Samples)}
}
