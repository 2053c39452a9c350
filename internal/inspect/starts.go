package inspect

import (
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/declared"
)

// selfInstall finds what fetches or changes software when it starts: one finding for
// what the configuration says to run, and one for each script.
func selfInstall(in *Input) []landwaiter.Finding {
	var out []landwaiter.Finding
	c := &in.Subject.Config
	command := append(append([]string{}, c.Entrypoint...), c.Cmd...)
	if steps := declared.CommandSteps(command); len(steps) > 0 {
		out = append(out, installs("", "the image's own command", steps))
	}
	for i := range in.Starts {
		f := installs(":"+in.Starts[i].Path, in.Starts[i].Path, in.Starts[i].Nature.Fetches)
		f.Files, f.Seen = in.Starts[i:i+1:i+1], landwaiter.Count{Files: 1, Bytes: in.Starts[i].Size}
		f.Packages = owners(f.Files)
		out = append(out, f)
	}
	return out
}

// installs is a finding about a place and its commands.
func installs(id, place string, steps []string) landwaiter.Finding {
	const most = 3
	detail := place + ": " + strings.Join(steps[:min(len(steps), most)], "; ")
	if len(steps) > most {
		detail += "; and others"
	}
	return landwaiter.Finding{
		ID: string(landwaiter.KindSelfInstall) + id, Kind: landwaiter.KindSelfInstall,
		Confidence: landwaiter.ConfidenceObserved, Detail: detail,
	}
}
