package inventory

import "github.com/landwaiter/landwaiter/internal/limitio"

const (
	guixStore = "gnu/store/"
	guixDB    = "var/guix/db/db.sqlite"
)

var guixWant = want{folders: []string{guixStore}, paths: []string{guixDB}, maxBytes: limitio.MaxWanted}

// readGuix reads Guix's store by the names of what lies in it, and the database
// for what refers to what. Both have the form of Nix's.
//
// Format: https://guix.gnu.org/manual/en/html_node/The-Store.html.
func readGuix(f *file, out *facts) error {
	if f.Path == guixDB {
		return nixReferences(f, guixStore, out)
	}
	storePackage("guix", guixStore, f.Path, out)
	return nil
}
