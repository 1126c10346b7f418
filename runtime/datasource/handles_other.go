//go:build !unix

package datasource

// descriptors is how many files the process may open.
func descriptors() int { return fewDescriptors }
