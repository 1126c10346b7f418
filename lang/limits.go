package lang

// Bounds on what Load reads. They stand far above any real pipeline, and are there because the parser and the evaluator are recursive: Go
// cannot recover from an overflowing stack or from a memory that is full. Each is named, with its value, in the message of the diagnostic.
const (
	// MaxFileBytes bounds one file.
	MaxFileBytes = 4 << 20
	// MaxTotalBytes bounds all files of a pipeline together.
	MaxTotalBytes = 32 << 20
	// MaxFiles bounds the number of files of a pipeline.
	MaxFiles = 256
	// MaxExtends bounds a chain of files that extend one another.
	MaxExtends = 16
	// MaxDepth bounds what nests: blocks, brackets, templates, and the operators of one expression.
	MaxDepth = 200
	// MaxTokens bounds the words and symbols of one file.
	MaxTokens = 1 << 20
	// MaxNumber bounds the characters of a number.
	MaxNumber = 1000
	// MaxExponent bounds the digits of a number's exponent.
	MaxExponent = 4
	// MaxBlocks bounds the blocks of all files together.
	MaxBlocks = 10_000
	// MaxValue bounds a value: the bytes of its texts and eight for each number, truth value and list.
	MaxValue = 256 << 10
	// MaxReferences bounds the names that one expression uses.
	MaxReferences = 1024
)
