// Package nn is what the components of a pipeline build with: the training step under construction ([Builder]), the place in it where a
// component puts its parameters ([Scope]), and the layers that several components share (convolution, linear, norm, pooling, losses).
//
// A Builder collects, beside the graph, everything a plan must declare: state tensors with their initialisers, batch fields, the scalars
// of a step, metrics. A component asks for them by name and gets graph values back; asking twice for one name gives the same value, so a network that is
// applied to several views shares its parameters.
package nn
