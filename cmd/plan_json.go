package cmd

import "ssc/compiler/plan"

// emit prints the parts of a plan as messages; their fields are those of plan.json.
func (v view) emit(s *stream, only string) {
	wants := func(part string) bool { return only == "" || only == part }
	if wants("summary") {
		s.emit("plan", levelInfo, "plan of "+v.p.Name, struct {
			Name   string      `json:"name"`
			Target plan.Target `json:"target"`
			Train  plan.Train  `json:"train"`
			Loader plan.Loader `json:"loader"`
			Stats  plan.Stats  `json:"stats"`
			Batch  int64       `json:"loader_batch_bytes"`
		}{v.p.Name, v.p.Target, v.p.Train, v.p.Loader, v.p.Stats, v.batchBytes()})
	}
	if wants("data") {
		for _, d := range v.p.Datasets {
			s.emit("dataset", levelInfo, "dataset "+d.Name, d)
		}
	}
	if wants("state") {
		for _, t := range v.p.State {
			s.emit("tensor", levelInfo, t.Name+" "+dims(t.Dims), t)
		}
	}
	if wants("sums") {
		for _, r := range roles(v.p.State) {
			s.emit("role", levelInfo, r.Role+" in sum", r)
		}
	}
	if wants("groups") {
		for _, g := range v.p.Groups {
			s.emit("group", levelInfo, "parameter group", g)
		}
	}
	if wants(partSchedule) && v.perEpoch > 0 {
		for _, r := range v.scheduleRows() {
			s.emit("schedule", levelInfo, "values at a step", r)
		}
	}
}
