// Corpus compares the evaluation of configurations with upstream's own classes, over all files of a checkout: run it by `make corpus UPSTREAM=DIR`.
//
//	DIR/openselfsup, DIR/0.x, DIR/main   the branches of MMSelfSup, each with its folder configs
//	DIR/pkg/mmcls                        configurations of installed packages, if there are any
//
// The Python of SSC_UPSTREAM_PYTHON has mmcv 1.7 and mmengine 0.7. Every file must give the dictionary that upstream's class gives, with the types of all values;
// every pipeline that is converted must mean the same with its bases and flat, and compile; and the manual must speak of every script in tools/ and benchmarks/.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssc/lang/diag"
	"ssc/lang/migrate/python"
)

// branches of upstream with the class that reads their files.
var branches = []struct{ folder, reader string }{{"openselfsup", "mmcv"}, {"0.x", "mmcv"}, {"main", "mmengine"}}

func main() {
	upstream := flag.String("upstream", "", "folder of the branches")
	oracle := flag.String("python", os.Getenv("SSC_UPSTREAM_PYTHON"), "Python with mmcv and mmengine; empty only evaluates")
	flag.Parse()
	packages := map[string]string{}
	dirs, _ := filepath.Glob(filepath.Join(*upstream, "pkg", "*")) // the pattern is well-formed
	for _, d := range dirs {
		packages[filepath.Base(d)] = d
	}
	fmt.Println("| branch | files | evaluated | equal to upstream | refused by both | different | pipelines | converted | compiled | with missing components | to decide |\n" + strings.Repeat("| --- ", 11) + "|")
	failed := false
	start := time.Now()
	var spent time.Duration
	for _, b := range branches {
		t, took, err := compare(*upstream, b.folder, b.reader, *oracle, packages)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		spent += took
		converted, err := conversion(filepath.Join(*upstream, b.folder, "configs"), packages)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		unknown, err2 := scripts(filepath.Join(*upstream, b.folder))
		if len(unknown) > 0 || err2 != nil {
			fmt.Fprintln(os.Stderr, "tools that the manual does not speak of:", unknown, err2)
		}
		failed = failed || t.different > 0 || err != nil || len(unknown) > 0 || err2 != nil
		fmt.Printf("| %s | %d | %d | %d | %d | %d %s\n", b.folder, t.files, t.evaluated, t.equal, t.refused, t.different, converted)
	}
	fmt.Fprintf(os.Stderr, "evaluated in %v; with upstream's classes, conversion and compilation %v\n", spent.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	if failed {
		os.Exit(1)
	}
}

type tally struct{ files, evaluated, equal, refused, different int }

func compare(upstream, branch, reader, oracle string, packages map[string]string) (t tally, took time.Duration, err error) {
	root := filepath.Join(upstream, branch)
	files, err := list(root)
	if err != nil {
		return t, 0, err
	}
	start := time.Now()
	l := python.NewLoader(python.Options{Root: root, Packages: packages})
	got := map[string]string{}
	problems := map[string]string{}
	for _, f := range files {
		cfg, diags := l.Load(f)
		if cfg == nil || diags.HasErrors() {
			problems[f] = fmt.Sprintf("%s: %s: %s", diag.At(*diags[0].Subject), diags[0].Summary, diags[0].Detail)
			continue
		}
		text, err := json.Marshal(dump(python.Value{X: cfg.Merged}))
		if err != nil {
			return t, 0, err
		}
		got[f] = string(text)
	}
	took = time.Since(start)
	t.files, t.evaluated = len(files), len(got)
	if oracle == "" {
		for _, f := range files {
			if p, ok := problems[f]; ok {
				fmt.Fprintln(os.Stderr, p)
			}
		}
		return t, took, nil
	}
	want, err := ask(oracle, reader, files, packages)
	if err != nil {
		return t, took, err
	}
	for _, f := range files {
		t.judge(f, got[f], problems[f], want[f])
	}
	return t, took, nil
}

// judge counts one file and says what is different about it.
func (t *tally) judge(file, got, problem string, want answer) {
	switch {
	case want.Error != "" && problem != "":
		t.refused++
	case want.Error != "" || problem != "":
		t.different++
		fmt.Fprintf(os.Stderr, "%s: ssc: %s; upstream: %s\n", file, problem, want.Error)
	case !sameJSON(got, string(want.Value)):
		t.different++
		fmt.Fprintf(os.Stderr, "%s differs (-upstream +ssc):\n%s\n", file, cmp.Diff(parsed(string(want.Value)), parsed(got)))
	default:
		t.equal++
	}
}

func parsed(text string) any {
	var x any
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		return err
	}
	return x
}

func sameJSON(a, b string) bool { return cmp.Equal(parsed(a), parsed(b)) }

func list(root string) ([]string, error) {
	var out []string
	for _, sub := range []string{"configs", "projects"} {
		err := filepath.WalkDir(filepath.Join(root, sub), func(name string, d fs.DirEntry, err error) error {
			isConfig := strings.Contains(filepath.ToSlash(name), "/config")
			if os.IsNotExist(err) && sub == "projects" {
				return fs.SkipAll
			}
			if err == nil && !d.IsDir() && filepath.Ext(name) == ".py" && isConfig {
				out = append(out, name)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("searching for configurations: %w", err)
		}
	}
	return out, nil
}

// dump keeps types as oracle.py does.
func dump(v python.Value) any {
	switch x := v.X.(type) {
	case int64:
		return map[string]string{"i": strconv.FormatInt(x, 10)}
	case float64:
		return map[string]string{"f": hex(x)}
	case *python.List:
		out := make([]any, len(x.Elems))
		for i, e := range x.Elems {
			out[i] = dump(e)
		}
		if x.Tuple {
			return map[string]any{"t": out}
		}
		return out
	case *python.Dict:
		rows := make([][2]any, 0, x.Len())
		for _, k := range x.Keys() {
			e, _ := x.Get(k)
			rows = append(rows, [2]any{k, dump(e)})
		}
		slices.SortFunc(rows, func(a, b [2]any) int { return strings.Compare(quoted(a[0]), quoted(b[0])) })
		return map[string]any{"d": rows}
	}
	return v.X
}

func quoted(x any) string { b, _ := json.Marshal(x); return string(b) } // of a text

// hex spells a float as Python's float.hex does.
func hex(f float64) string {
	if f == 0 {
		return "0x0.0p+0"
	}
	s := strconv.FormatFloat(f, 'x', 13, 64)
	mantissa, exponent, _ := strings.Cut(s, "p")
	n, _ := strconv.Atoi(exponent)
	return fmt.Sprintf("%sp%+d", mantissa, n)
}

type answer struct {
	File  string          `json:"file"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

func ask(oracle, reader string, files []string, packages map[string]string) (map[string]answer, error) {
	var pkgs []string
	for name, dir := range packages {
		pkgs = append(pkgs, name+"="+dir)
	}
	slices.Sort(pkgs)
	cmd := exec.Command(oracle, "conformance/corpus/oracle.py", reader, strings.Join(pkgs, ","))
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n") + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("asking upstream's %s: %w\n%s", reader, err, stderr.String())
	}
	out := map[string]answer{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 64<<20) // a line is a whole configuration
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, fmt.Errorf("reading the answer of upstream's %s: %w", reader, err)
		}
		out[a.File] = a
	}
	return out, lines.Err()
}
