// Package lang reads pipeline files: it turns HCL text into the tree of blocks that the compiler decodes.
//
// [Load] works in phases, each of which reports all its errors before the next begins:
//
//  1. read: every file, and the files it extends, is bounded by [scan], parsed, and turned into nodes;
//  2. merge: a file's nodes are laid over those of its bases by address, type.label[index];
//  3. override: -set replaces expressions of the merged tree;
//  4. evaluate: variables, then locals in the order of their dependence, then every argument.
//
// Expressions are evaluated after the merge only, so that local.x in a base sees what an extending file says of x. After an error
// the value is unknown (cty.DynamicVal), and whatever depends on it is unknown without a further message.
//
// The result, [Pipeline].Root, knows for each argument the range of the expression that gave its final value. Which blocks and arguments exist
// is not this package's matter: lang/schema decodes the tree and reports what does not belong. Only the way that blocks merge
// follows the schema, through [Options].Root.
//
// The package imports nothing of ssc but its own folders.
package lang
