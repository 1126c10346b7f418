package probe

import "ssc/lang/schema"

var _ = Table.Register(schema.Entry[Probe]{Info: schema.Info{Name: "accuracy",
	Doc:    "Share of the queries that the trained classifier itself labels right, for algorithms that have one: each of its heads is measured.",
	Paper:  schema.Paper{None: "counting"},
	Before: "evaluation=dict(interval=1, topk=(1, 5))",
}, New: func() Probe { return &accuracy{} }})

type accuracy struct {
	queries           string
	every, maxQueries int
}

func (p *accuracy) Args(s *schema.Set) {
	s.String(&p.queries, "queries", "test", "labelled dataset that is classified", schema.NotEmpty)
	every(s, &p.every)
	s.Int(&p.maxQueries, "max_queries", 0, "use only so many queries, evenly spread; 0 uses all", schema.NonNegative)
}

func (p *accuracy) Datasets() []string { return []string{p.queries} }

func (p *accuracy) Needs(n *Needs) { n.Classify = true }
