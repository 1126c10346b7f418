// Package probe measures what an encoder has learnt: it extracts the features of a dataset with the plan's extraction graph and classifies them by nearest
// neighbours. It trains nothing and changes nothing.
package probe
