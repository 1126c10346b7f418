// Package migrate converts configurations of OpenSelfSup and MMSelfSup to pipelines. It never runs Python: package python evaluates the files.
//
// A file's merged values are converted as a whole to a tree of blocks, and so are those of each base. What is written for a file is the difference between its tree and the
// trees of its bases laid over one another, by the rules of `extends`, so that the pipeline means the same whether it is written in parts or flat. Where the language cannot say a difference
// the file is written whole.
//
// Which components there are is learnt from ssc's tables: a type is looked up in the table of renames ([rules.go]), by its name, and by what a component's manual shows under "In
// MMSelfSup"; arguments by the table and by name. So a component whose names agree needs nothing here. Every decision is in a report, and a component or argument without a counterpart
// is named, never dropped silently.
package migrate
