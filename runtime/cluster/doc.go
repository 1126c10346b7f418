// Package cluster sorts vectors into clusters: k-means, the whitening before it, and what keeps clusters alive while their members move.
//
// Every result is a function of the vectors and of the stream of random numbers alone: sums run in the order of the vectors, whatever the number of processors. No cluster ends empty.
//
//	x, err := cluster.Whiten(features, 256)
//	cluster.Normalize(x)
//	found, err := cluster.KMeans(ctx, x, cluster.Options{K: 1000, Iterations: 20}, plan.NewRand(seed, plan.UseCluster, step, 0, 0))
//
// Neighbours: runtime/stage extracts the vectors and hands labels and centroids to the training step.
package cluster
