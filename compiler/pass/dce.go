package pass

import "ssc/compiler/ir"

// dceOpt removes the nodes none of whose outputs is read or is an output of the graph. Inputs of the graph stay: a plan names them.
func dceOpt(g *ir.Graph) (bool, error) {
	read := make(map[*ir.Value]bool, len(g.Nodes))
	for _, v := range g.Outputs {
		read[v] = true
	}
	live := len(g.Nodes) // the live nodes, collected at the end of the list
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		if !anyRead(n, read) {
			continue
		}
		for _, v := range n.In {
			read[v] = true
		}
		live--
		g.Nodes[live] = n
	}
	g.Nodes = g.Nodes[live:]
	return live > 0, nil
}

func anyRead(n *ir.Node, read map[*ir.Value]bool) bool {
	for _, v := range n.Out {
		if read[v] {
			return true
		}
	}
	return false
}
