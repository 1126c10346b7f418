// Package train runs a plan: it holds the state, feeds the training graph batch by batch, logs, measures, saves and resumes.
//
// A run is a folder. What it holds at step n is a function of the plan and the images alone: an interrupted run that is resumed ends with the same bytes as one that
// was left alone.
//
// Neighbours: runtime/loader makes the batches, runtime/ort executes the graphs, runtime/checkpoint saves the state, runtime/probe measures the features.
package train
