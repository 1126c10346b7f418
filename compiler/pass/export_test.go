package pass

import "ssc/compiler/ir"

// RuleUses counts how often each rule of simplify has something to say when the rules run to the end.
func RuleUses(g *ir.Graph) map[string]int {
	used := map[string]int{}
	list := rules()
	for _, r := range list {
		used[r.doc] = 0
	}
	for again := true; again; {
		again = sweep(g, func(n *ir.Node) []*ir.Value {
			for _, r := range list {
				for _, name := range r.ops {
					if name != key(n.Op) {
						continue
					}
					if out := r.apply(n); out != nil && (n.Op.Name() != "Identity" || out[0].Def != nil) {
						used[r.doc]++
						return out
					}
				}
			}
			return nil
		})
	}
	return used
}

// Simulate is the order in which the nodes of g run, bodies inlined: their operators and their numbers, and the peak.
func Simulate(g *ir.Graph) (ops []string, ranks []int, peak int64) {
	p := newProgram(g, bodies{}, nil, nil)
	rank := p.ranks(inOrder(len(g.Nodes)))
	run := p.order(rank)
	for _, i := range run {
		ops, ranks = append(ops, p.steps[i].node.Op.Name()), append(ranks, int(rank[i]))
	}
	peak, _ = newPlanner(p).peak(run)
	return ops, ranks, peak
}
