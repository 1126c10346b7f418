package plan

import (
	"fmt"
	"slices"
)

// Stage is work between steps: what a method makes of all images, or of its state as a whole. What it makes is state, and in the checkpoint.
type Stage struct {
	Name    string   `json:"name"`
	Initial bool     `json:"initial,omitempty"` // it runs before the first step
	Epochs  int      `json:"epochs,omitempty"`  // it runs after every so many epochs, but not after the last step; 0: not by epochs
	Steps   int      `json:"steps,omitempty"`   // it runs after every so many steps; 0: not by steps
	Do      []Action `json:"do"`                // in order
	At      string   `json:"at,omitempty"`      // file:line,col of what asks for it
}

// Kinds of actions.
const (
	Extract   = "extract"   // features of all images of Dataset by Graph
	KMeans    = "kmeans"    // those features, reduced to Dim dimensions and normalised, in K clusters
	Label     = "label"     // the clusters become the pseudo-labels of the images
	Balance   = "balance"   // … and the epochs that follow draw from all clusters alike
	Reweigh   = "reweigh"   // Target, [K], becomes the weight of each class: its share of images to the power of -Power, with the sum 1
	Restart   = "restart"   // the parameters whose names begin with Target start anew
	Remember  = "remember"  // Memory takes over features and clusters
	Assign    = "assign"    // Memory takes over the clusters; its features and centroids stay
	Centroids = "centroids" // the centroids of Memory become the means of their members
	Merge     = "merge"     // clusters of Memory with fewer than Least members are merged
)

// Action is a part of a stage. The features and clusters that one makes are there for the next ones of the stage.
type Action struct {
	Kind       string  `json:"kind"`
	Graph      string  `json:"graph,omitempty"`
	Dataset    string  `json:"dataset,omitempty"` // with as many images as "train", in the same order
	K          int     `json:"k,omitempty"`
	Dim        int     `json:"dim,omitempty"` // 0: the features as they are
	Iterations int     `json:"iterations,omitempty"`
	Power      float64 `json:"power,omitempty"`
	Least      int     `json:"least,omitempty"`
	Target     string  `json:"target,omitempty"`
	Memory     *Memory `json:"memory,omitempty"`
}

// Memory names the state tensors that hold a feature and a cluster of each image: features [length, dim], labels [length], centroids [k, dim], counts [k].
type Memory struct {
	Features  string `json:"features"`
	Labels    string `json:"labels"`
	Centroids string `json:"centroids"`
	Counts    string `json:"counts"`
	At        string `json:"at,omitempty"` // file:line,col of its length
}

// Due are the numbers of the stages that run after the step, 0 being before the first one, in order. total is the number of steps of the run.
func Due(stages []Stage, step, perEpoch, total int) (due []int) {
	if step >= total {
		return nil
	}
	for i, s := range stages {
		byEpoch := s.Epochs > 0 && step > 0 && step%perEpoch == 0 && step/perEpoch%s.Epochs == 0
		bySteps := s.Steps > 0 && step > 0 && step%s.Steps == 0
		if step == 0 && s.Initial || byEpoch || bySteps {
			due = append(due, i)
		}
	}
	return due
}

// Labels reports whether a stage makes pseudo-labels.
func (p *Plan) Labels() bool {
	return slices.ContainsFunc(p.Stages, func(s Stage) bool { return s.has(Label) })
}

func (s Stage) has(kind string) bool {
	return slices.ContainsFunc(s.Do, func(a Action) bool { return a.Kind == kind })
}

// NextRestart is the first epoch behind the given one whose order of images is not known before: a stage at its beginning may change it. Without such stages it is that of the run's end.
func (p *Plan) NextRestart(epoch int) int {
	next := p.Train.Epochs
	for _, s := range p.Stages {
		if s.Epochs > 0 {
			next = min(next, (epoch/s.Epochs+1)*s.Epochs)
		}
	}
	return next
}

// checkStages tests what stages name, and the sizes of it.
func (p *Plan) checkStages() error {
	labelled := false
	for _, s := range p.Stages {
		if s.Epochs < 0 || s.Steps < 0 {
			return fmt.Errorf("stage %q runs after a negative number of epochs or steps", s.Name)
		}
		made := map[string]bool{}
		for _, a := range s.Do {
			if err := p.checkAction(a, made); err != nil {
				return fmt.Errorf("stage %q: %w", s.Name, err)
			}
			made[a.Kind] = true
		}
		labelled = labelled || s.Initial && s.has(Label)
	}
	for _, f := range p.Fields {
		if f.Kind == "pseudo_label" && !labelled {
			return fmt.Errorf("field %q shows pseudo-labels, but no stage makes them before the first step", f.Name)
		}
	}
	return nil
}

// checkAction tests an action; made are the kinds of the actions before it.
func (p *Plan) checkAction(a Action, made map[string]bool) error {
	needs := map[string]string{KMeans: Extract, Label: KMeans, Balance: Label, Reweigh: KMeans, Remember: KMeans, Assign: KMeans}
	if before := needs[a.Kind]; before != "" && !made[before] {
		return fmt.Errorf("the action %s needs %s before it", a.Kind, before)
	}
	switch a.Kind {
	case Extract:
		if _, ok := p.Graphs[a.Graph]; !ok || p.Dataset(a.Dataset) == nil || len(p.Dataset(a.Dataset).Views) == 0 {
			return fmt.Errorf("there is no graph %q, or no view of a dataset %q", a.Graph, a.Dataset)
		}
	case KMeans:
		if a.K < 2 || a.K > 1<<24 || a.Dim < 0 || a.Iterations < 1 {
			return fmt.Errorf("k-means with %d clusters of vectors of %d numbers in %d iterations", a.K, a.Dim, a.Iterations)
		}
	case Reweigh:
		if d := p.dims(a.Target); len(d) != 1 {
			return fmt.Errorf("there is no state %q for weights of classes", a.Target)
		}
	case Remember, Assign, Centroids, Merge:
		return p.checkMemory(a.Memory)
	case Label, Balance, Restart:
	default:
		return fmt.Errorf("there is no action %q", a.Kind)
	}
	return nil
}

func (p *Plan) checkMemory(m *Memory) error {
	if m == nil {
		return fmt.Errorf("no memory is named")
	}
	f, l, c, n := p.dims(m.Features), p.dims(m.Labels), p.dims(m.Centroids), p.dims(m.Counts)
	if len(f) != 2 || len(l) != 1 || len(c) != 2 || len(n) != 1 || f[0] != l[0] || f[1] != c[1] || c[0] != n[0] {
		return fmt.Errorf("the memory's tensors have the sizes %v, %v, %v, %v", f, l, c, n)
	}
	return nil
}

// dims are the sizes of a state tensor of float32; nil without one.
func (p *Plan) dims(state string) []int {
	for _, s := range p.State {
		if s.Name == state && s.DType == "f32" {
			return s.Dims
		}
	}
	return nil
}

// placelessStages are stages without their places in files.
func placelessStages(stages []Stage) []Stage {
	out := slices.Clone(stages)
	for i := range out {
		out[i].At, out[i].Do = "", slices.Clone(out[i].Do)
		for j, a := range out[i].Do {
			if a.Memory != nil {
				m := *a.Memory
				m.At = ""
				out[i].Do[j].Memory = &m
			}
		}
	}
	return out
}
