package inventory

import (
	"path"
	"strings"
)

// clean makes a name from outside into a clean path below the root: no leading
// slash, no "." or ".." elements. The root itself is "".
func clean(name string) string {
	p := path.Clean("/" + name)
	return strings.TrimPrefix(p, "/")
}
