package inspect

import (
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// runsAsRoot finds an image whose configuration asks for full control inside its
// own box: it names no user, or user 0.
func runsAsRoot(in *Input) []landwaiter.Finding {
	if in.Subject.Kind != landwaiter.SubjectImage {
		return nil // a folder does not say how it runs
	}
	user, _, _ := strings.Cut(in.Subject.Config.User, ":")
	if user != "" && user != "root" && strings.Trim(user, "0") != "" {
		return nil
	}
	return []landwaiter.Finding{{
		ID: string(landwaiter.KindRunsAsRoot), Kind: landwaiter.KindRunsAsRoot,
		Confidence: landwaiter.ConfidenceObserved, Detail: in.Subject.Config.User,
	}}
}

// wish is a label by which an image asks those who run it for more than its box.
type wish struct {
	label *regexp.Regexp
	value *regexp.Regexp
}

// wishes is the table of such labels: commands by which "podman container runlabel"
// starts an image, capabilities that podman gives, settings of development containers.
var wishes = []wish{
	{regexp.MustCompile(`(?i)^(?:run|install|uninstall|update|io\.containers\.run)$`), regexp.MustCompile(`--privileged|--cap-add|--pid[= ]host|--net(?:work)?[= ]host|--ipc[= ]host|--device|--security-opt[= ](?:label[=:]disable|seccomp[=:]unconfined|apparmor[=:]unconfined)|docker\.sock|-v\s+/:`)},
	{regexp.MustCompile(`^io\.containers\.capabilities$`), regexp.MustCompile(`(?i)\b(?:CAP_)?(?:ALL|SYS_ADMIN|SYS_MODULE|SYS_PTRACE|SYS_RAWIO|NET_ADMIN|BPF|DAC_READ_SEARCH|MKNOD|SYSLOG|SYS_TIME|SYS_BOOT|MAC_ADMIN)\b`)},
	{regexp.MustCompile(`^devcontainer\.metadata$`), regexp.MustCompile(`"privileged"\s*:\s*true|"capAdd"\s*:\s*\[\s*"|unconfined|docker\.sock`)},
}

// plainJSON takes out the marks of JSON.
var plainJSON = strings.NewReplacer(`"`, "", "[", "")

// asksForMore finds an image whose labels ask for more than its own box. Nobody has to
// do as a label says.
func asksForMore(in *Input) []landwaiter.Finding {
	var found []string
	for name, value := range in.Subject.Config.Labels {
		for i := range wishes {
			if w := &wishes[i]; w.label.MatchString(name) && w.value.MatchString(value) {
				found = append(found, name+": "+strings.TrimRight(plainJSON.Replace(w.value.FindString(value)), ": "))
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.Sort(found)
	return []landwaiter.Finding{{
		ID: string(landwaiter.KindRunsAsRoot) + ":label", Kind: landwaiter.KindRunsAsRoot, Grave: true,
		Confidence: landwaiter.ConfidenceObserved, Detail: strings.Join(found, ", "),
	}}
}
