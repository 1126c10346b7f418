// Package stage carries out the stages of a plan: work between steps on all images or on the state as a whole, such as clustering the features of the training set.
//
// What a stage makes is a function of the state at its step and of the seed. Everything that takes long comes before anything is changed, so a stage that was broken off has changed nothing and starts anew. Pseudo-labels, of
// which there are as many as images, are no tensor of the plan: [Labels] keeps them, and a checkpoint holds them as [LabelsTensor].
//
// Neighbours: runtime/train says when a stage runs and saves what it makes, runtime/cluster computes, runtime/probe extracts.
package stage
