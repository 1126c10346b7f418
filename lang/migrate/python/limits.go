package python

import "time"

// Bounds on what is read and evaluated, far above any real configuration: the longest file of upstream has 9 KB, the deepest expression 9 levels. Each is named in the message of its
// diagnostic.
const (
	// MaxFileBytes bounds one file.
	MaxFileBytes = 1 << 20
	// MaxFiles bounds the files of one configuration.
	MaxFiles = 256
	// MaxBases bounds a chain of files that extend one another.
	MaxBases = 16
	// MaxDepth bounds what nests: brackets, blocks, and the values of a result.
	MaxDepth = 100
	// maxNodes bounds the words and expressions of one file.
	maxNodes = 1 << 19
	// maxSteps bounds the expressions that are evaluated for one file, loops included.
	maxSteps = 1 << 20
	// maxValues bounds the values of a list, a dictionary, and of a whole result.
	maxValues = 1 << 17
	// maxCompared bounds the values that one comparison looks at.
	maxCompared = 1 << 12
	// maxText bounds the bytes of a text.
	maxText = 1 << 18
	// parseTime bounds the parser, which may be slow on text that is no Python.
	parseTime = 5 * time.Second
)
