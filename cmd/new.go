package cmd

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/urfave/cli/v2"

	"ssc/lang/schema"
)

var newCommand = &cli.Command{
	Name: "new", Usage: "write the skeleton of a component into the source tree of ssc",
	Description: "Writes the component, the input of its golden test and an example that uses it. The skeleton compiles; `go test` names what it still lacks.",
	Flags: []cli.Flag{
		&cli.StringFlag{Name: "kind", Usage: "what it is: " + strings.Join(skeletonKinds(), ", ")},
		&cli.StringFlag{Name: "name", Usage: "its name in snake_case, as its paper and MMSelfSup call it"}},
	Action: newComponent,
}

//go:embed skeleton
var skeletons embed.FS

// skeletonFolders are the packages of the kinds that have skeletons.
var skeletonFolders = map[string]string{
	"algorithm": "compiler/algorithm", "backbone": "compiler/backbone", "neck": "compiler/neck", "head": "compiler/head", "optimizer": "compiler/optimizer",
	"schedule": "compiler/schedule", "transform": "runtime/transform", "source": "runtime/datasource",
}

func skeletonKinds() []string {
	return []string{"algorithm", "backbone", "neck", "head", "optimizer", "schedule", "transform", "source"}
}

var componentName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func newComponent(c *cli.Context) error {
	kind, name := c.String("kind"), c.String("name")
	switch {
	case !slices.Contains(skeletonKinds(), kind):
		return usage{fmt.Errorf("-kind cannot be %q.%s", kind, schema.DidYouMean(kind, skeletonKinds()))}
	case !componentName.MatchString(name):
		return usage{fmt.Errorf("-name cannot be %q: a name is written in snake_case, as in barlow_twins", name)}
	}
	for _, k := range tables.Kinds() {
		if _, taken := k.Info(name); taken && k.Name() == kind {
			return fmt.Errorf("there is a %s %q already", kind, name)
		}
	}
	root, err := sourceTree()
	if err != nil {
		return err
	}
	files, err := skeleton(kind, name)
	if err != nil {
		return err
	}
	return writeSkeleton(c, root, files)
}

// sourceTree is the folder of ssc's go.mod, the working folder or one above it.
func sourceTree() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module ssc\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("this is not the source tree of ssc: there is no go.mod of the module ssc here or above")
		}
	}
}

// skeletonData is what the templates are filled with.
type skeletonData struct{ Kind, Name, Type string }

// skeleton makes the files of a component by their path in the source tree.
func skeleton(kind, name string) (map[string]string, error) {
	data := skeletonData{kind, name, goName(name)}
	folder := skeletonFolders[kind]
	paths := map[string]string{"component.go": filepath.Join(folder, name+".go"), "example.hcl": filepath.Join("examples", "selfsup", "simclr", "simclr-"+name+"_fmnist.hcl")}
	if kind == "algorithm" {
		paths["example.hcl"] = filepath.Join("examples", "selfsup", name, name+"_fmnist.hcl")
	}
	if strings.HasPrefix(folder, "compiler/") {
		paths["golden"] = filepath.Join(folder, "testdata", name+".txtar")
	}
	out := map[string]string{}
	for part, path := range paths {
		t, err := template.ParseFS(skeletons, "skeleton/"+kind+"/"+part+".tmpl")
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		if err := t.Execute(&b, data); err != nil {
			return nil, err
		}
		out[path] = b.String()
	}
	return out, nil
}

// goName is snake_case as a Go name.
func goName(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts[1:] {
		parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}

// writeSkeleton writes the files, none of which may exist.
func writeSkeleton(c *cli.Context, root string, files map[string]string) error {
	paths := make([]string, 0, len(files))
	for p := range files {
		if _, err := os.Lstat(filepath.Join(root, p)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already", p)
		}
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		full := filepath.Join(root, p)
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			return fmt.Errorf("writing the skeleton: %w", err)
		}
		if err := os.WriteFile(full, []byte(files[p]), 0o666); err != nil {
			return fmt.Errorf("writing the skeleton: %w", err)
		}
		fmt.Fprintln(c.App.Writer, p)
	}
	fmt.Fprintf(c.App.ErrWriter, "next: go test ./%s names what is missing\n", filepath.ToSlash(filepath.Dir(paths[0])))
	return nil
}
