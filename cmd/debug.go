package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/lang/diag"
	"ssc/runtime/train"
)

var debugCommand = &cli.Command{
	Name: "debug", Usage: "run a step that was not finite again and name its first such value", ArgsUsage: "REPLAY_DIR",
	Description: "REPLAY_DIR is replay/step-N of a run folder: what a step read that gave a loss or gradient that is not finite. Every value of the step is watched; the first, in the order of the graph, " +
		"that is not finite is printed with the block of the pipeline that made it, its operator, and the largest magnitude of each operand. The folder may have been moved together with its run folder.",
	Flags:  []cli.Flag{&cli.IntFlag{Name: "threads", Usage: "threads inside an operator (default: one per physical core)"}, jsonFlag()},
	Action: debugReplay,
}

// replayed is what -json prints.
type replayed struct {
	Step     int             `json:"step"`
	Finite   bool            `json:"finite"`
	Value    string          `json:"value,omitempty"`
	Op       string          `json:"op,omitempty"`
	Operands []train.Operand `json:"operands,omitempty"`
	At       string          `json:"at,omitempty"` // file:line,col of the block
}

func debugReplay(c *cli.Context) error {
	if err := noneNegative(c, "threads"); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usage{errors.New("ssc debug needs one replay folder, as in: ssc debug runs/simclr/replay/step-120")}
	}
	dir := c.Args().First()
	step, p, err := train.ReplayPlan(dir)
	if err != nil {
		return err
	}
	f, err := train.Replay(dir, c.Int("threads"))
	if err != nil {
		return err
	}
	out := replayed{Step: step, Finite: f == nil}
	var at hcl.Range
	if f != nil {
		out.Value, out.Op, out.Operands = f.Value, f.Op, f.Operands
		if at = blockOf(p, f.Value); at.Filename != "" {
			out.At = diag.At(at)
		}
	}
	if s := messages(c); s != nil {
		s.emit("finding", levelInfo, f.String(), out)
		return s.err
	}
	if _, err := fmt.Fprintf(c.App.Writer, "step %d\n%s\n", step, f); err != nil || out.At == "" {
		return err
	}
	return printOrigin(c, at)
}

// printOrigin names the block that a value comes from, with its line where the file is still there.
func printOrigin(c *cli.Context, at hcl.Range) error {
	text := "It is made for the block at " + diag.At(at)
	if b, err := os.ReadFile(at.Filename); err == nil {
		if lines := strings.Split(string(b), "\n"); at.Start.Line <= len(lines) {
			text += ": " + strings.TrimSpace(lines[at.Start.Line-1])
		}
	}
	_, err := fmt.Fprintln(c.App.Writer, text)
	return err
}

// blockOf is the place of the block that a value of the training graph was made for: the pipeline is compiled again, and the value looked up by its name. No place when this ssc gives
// another graph than the plan's.
func blockOf(p *plan.Plan, value string) (at hcl.Range) {
	r := recompiled(p, "train")
	if r == nil {
		return at
	}
	for _, n := range r.Train.Nodes {
		for _, v := range n.Out {
			if v.Name == value {
				return n.Range
			}
		}
	}
	return at
}
