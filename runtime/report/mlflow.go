package report

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ssc/runtime/checkpoint/atomic"
)

// MLflow names a run in an MLflow file store, the folder that is usually called mlruns.
type MLflow struct {
	Dir        string // the store
	Experiment string
	RunID      string // 32 hexadecimal digits; the same when a run is resumed
}

// States of a run in meta.yaml (RunStatus of MLflow's service.proto).
const (
	mlflowRunning  = 1
	mlflowFinished = 3
	mlflowFailed   = 4
	mlflowKilled   = 5
)

// mlflowLongest is the number of bytes of a parameter's value that MLflow takes.
const mlflowLongest = 6000

var mlflowRunID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// WriteMLflow writes a run as MLflow's file store keeps it: meta.yaml, a text file "timestamp value step" for each metric, and one for each parameter and tag.
// It writes all of it anew each time, each file in one piece, so that resuming needs no care. The time of a value is the run's start and the training time up to it.
func WriteMLflow(m MLflow, r *Run) error {
	if !mlflowRunID.MatchString(m.RunID) {
		return fmt.Errorf("writing for MLflow: the run's id is %q and must be 32 hexadecimal digits", m.RunID)
	}
	dir, err := filepath.Abs(m.Dir)
	if err != nil {
		return fmt.Errorf("writing for MLflow: %w", err)
	}
	id := experimentID(m.Experiment)
	experiment := filepath.Join(dir, id)
	files := r.mlflow(m, id, experiment)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := replace(filepath.Join(experiment, m.RunID, name), files[name]); err != nil {
			return fmt.Errorf("writing for MLflow: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Join(experiment, m.RunID, "artifacts"), 0o777); err != nil {
		return fmt.Errorf("writing for MLflow: %w", err)
	}
	meta := filepath.Join(experiment, "meta.yaml")
	if _, err := os.Stat(meta); err == nil { // of an earlier run
		return nil
	}
	at := strconv.FormatInt(r.Started.UnixMilli(), 10)
	if err := replace(meta, yaml("artifact_location", quoted(fileURI(experiment)), "creation_time", at, "experiment_id", quoted(id), "last_update_time", at,
		"lifecycle_stage", "active", "name", quoted(m.Experiment))); err != nil {
		return fmt.Errorf("writing for MLflow: %w", err)
	}
	return nil
}

// mlflow are the files of the run's folder.
func (r *Run) mlflow(m MLflow, id, experiment string) map[string][]byte {
	state, end := mlflowRunning, "null"
	switch r.Status {
	case Finished:
		state = mlflowFinished
	case Failed:
		state = mlflowFailed
	case Stopped:
		state = mlflowKilled
	}
	if state != mlflowRunning {
		end = strconv.FormatInt(r.Updated.UnixMilli(), 10)
	}
	files := map[string][]byte{
		"meta.yaml": yaml("artifact_uri", quoted(fileURI(filepath.Join(experiment, m.RunID, "artifacts"))), "end_time", end, "entry_point_name", "''",
			"experiment_id", quoted(id), "lifecycle_stage", "active", "run_id", quoted(m.RunID), "run_name", quoted(r.Name), "run_uuid", quoted(m.RunID), "source_name", "''", "source_type", "4",
			"source_version", "''", "start_time", strconv.FormatInt(r.Started.UnixMilli(), 10), "status", strconv.Itoa(state), "tags", "[]", "user_id", "''"),
		"tags/mlflow.runName": []byte(r.Name),
	}
	if r.Command != "" {
		files["tags/mlflow.source.name"] = []byte(r.Command)
	}
	for _, s := range r.Settings {
		v := s.Value
		if len(v) > mlflowLongest {
			v = strings.ToValidUTF8(v[:mlflowLongest], "")
		}
		files["params/"+mlflowName(s.Path)] = []byte(v)
	}
	seconds, _ := elapsed(r.Records)
	for i, rec := range r.Records {
		values := maps.Clone(rec.Values)
		if rec.Clock != nil {
			values["images_per_second"] = rec.Clock.ImagesPerSecond
		}
		at := r.Started.Add(time.Duration(seconds[i] * float64(time.Second))).UnixMilli()
		for name, v := range values {
			file := "metrics/" + mlflowName(name)
			files[file] = fmt.Appendf(files[file], "%d %s %d\n", at, strconv.FormatFloat(v, 'g', -1, 64), rec.Step)
		}
	}
	return files
}

// experimentID is a number of 18 digits that follows from an experiment's name, as MLflow draws one at random.
func experimentID(name string) string {
	h := fnv.New64a()
	h.Write([]byte(name))
	return strconv.FormatUint(1e17+h.Sum64()%9e17, 10)
}

// mlflowName is a name as MLflow takes it and a file can bear it: letters, digits, '_', '-', '.' and ' '; view[1] becomes view.1 and a/b becomes a.b.
func mlflowName(s string) string {
	s = strings.NewReplacer("[", ".", "]", "", "/", ".").Replace(s)
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-. ", r) {
			return r
		}
		return '_'
	}, s)
	if strings.Trim(s, ".") == "" {
		return "_" + s
	}
	return s
}

// yaml is a mapping of one level.
func yaml(pairs ...string) []byte {
	var b bytes.Buffer
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "%s: %s\n", pairs[i], pairs[i+1])
	}
	return b.Bytes()
}

// quoted is a text in double quotes; YAML knows Go's escapes.
func quoted(s string) string { return strconv.Quote(s) }

func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// replace writes a file in one piece, unless it has that content already.
func replace(name string, content []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return atomic.WriteBytes(atomic.OS{}, name, content)
}
