package cmd

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

var versionCommand = &cli.Command{
	Name: "version", Usage: "print the version", Flags: []cli.Flag{jsonFlag()},
	Action: func(c *cli.Context) error {
		if s := messages(c); s != nil { // the first message of every stream is the version
			return s.err
		}
		_, err := fmt.Fprintln(c.App.Writer, "ssc", Version)
		return err
	},
}
