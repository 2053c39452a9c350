package isolation

// Controls to whose proof probes belong.
const (
	ctNoPrivesc = "CT-NOPRIVESC"
	ctNoEscape  = "CT-NOESCAPE"
	ctSeparate  = "CT-SEPARATE"
	ctNoInbound = "CT-NOINBOUND"
	ctLimits    = "CT-LIMITS"
	ctNoSecrets = "CT-NOSECRETS"
	ctOwnKernel = "CT-OWNKERNEL"
	ctIOUring   = "CT-SYSCALL-IO_URING"
	ctVsock     = "CT-SYSCALL-VSOCK"
	ctFamilies  = "CT-SYSCALL-AF_ALG"
	ctUserNS    = "CT-SYSCALL-USERNS"
	ctBPF       = "CT-SYSCALL-BPF"
)

// Statements of SATRE 2.0 by what they ask for.
var (
	leastPrivilege = []string{"2.2.12", "2.4.03", "2.4.04"}
	separation     = []string{"2.1.14", "2.2.10"}
	managedNetwork = []string{"2.2.09"}
	allocation     = []string{"2.3.03"}
	keptSecrets    = []string{"2.8.05"}
	accelerators   = []string{"2.1.16"}
)

func controls(names ...string) []string { return names }
func attack(ids ...string) []string     { return ids }

// Probes is the table, in the order of reports.
var Probes = []Probe{
	{"ID-01", "software does not run as root", "Root inside has the most to work with if the wall of the box has a fault.", ModeRead, Medium, controls(ctNoPrivesc), leastPrivilege, attack("T1548"), true, notRoot},
	{"ID-02", "root inside is nobody outside", "If root inside is root outside, one fault in the wall gives the whole computer.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), true, rootIsNobody},
	{"ID-03", "no groups that give a way out", "Some groups are as good as root on the computer beneath.", ModeRead, High, controls(ctNoPrivesc), leastPrivilege, attack("T1078.003"), true, noExtraGroups},
	{"CAP-01", "no powerful rights", "Each of these rights is known to lead out of a box.", ModeRead, Critical, controls(ctNoPrivesc), leastPrivilege, attack("T1611"), true, noPowers},
	{"CAP-02", "rights cannot come back", "A program that gains rights could undo what was taken away at the start.", ModeRead, Medium, controls(ctNoPrivesc), leastPrivilege, attack("T1548"), true, noPowersBack},
	{"CAP-03", "the box is not privileged", "A privileged box is no box: it may do all that the computer beneath may do.", ModeRead, Critical, controls(ctNoPrivesc, ctNoEscape), leastPrivilege, attack("T1611"), true, notPrivileged},
	{"SEC-01", "system calls are filtered", "Without a filter, each fault in the kernel can be reached from inside.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1068"), true, filterOn},
	{"SEC-02", "the filter refuses what matters", "These calls are how known ways out of a box begin.", ModeCall, High, controls(ctNoEscape), leastPrivilege, attack("T1068"), true, refused("made calls with wrong arguments, each in a child process", mustRefuse...)},
	{"SEC-03", "nobody becomes root in a box inside the box", "A namespace of one's own opens much of the kernel to faults.", ModeCall, High, controls(ctNoEscape, ctUserNS), leastPrivilege, attack("T1611", "T1068"), true, noNamespaceOfOwn("user namespace")},
	{"SEC-04", "nobody gets a network stack of their own", "The network part of the kernel has had many faults that need just that.", ModeCall, High, controls(ctUserNS), leastPrivilege, attack("T1068"), true, noNamespaceOfOwn("user and network namespace")},
	{"SEC-05", "rings of input and output are off", "This part of the kernel has had many faults.", ModeCall, Medium, controls(ctIOUring), leastPrivilege, attack("T1068"), true, rings},
	{"SEC-06", "no side door to the machine that runs this one", "Such a socket leads past every rule of the network.", ModeCall, High, controls(ctVsock), leastPrivilege, attack("T1611"), true, refused("made a socket to the machine beneath, and closed it", "socket AF_VSOCK")},
	{"SEC-07", "rare kinds of socket are off", "Research needs none of them, and faults in the kernel have begun there.", ModeCall, High, controls(ctFamilies), leastPrivilege, attack("T1068"), true, refused("made rare sockets, and closed them", "socket AF_ALG", "socket AF_KEY", "socket AF_RXRPC", "socket AF_TIPC")},
	{"SEC-09", "loading programs into the kernel is closed", "A program in the kernel sees everything.", ModeCall, Medium, controls(ctBPF), leastPrivilege, attack("T1068"), true, kernelProgramsClosed},
	{"SEC-10", "nobody looks into other programs", "The memory of another program may hold data or keys.", ModeCall, Medium, controls(ctSeparate), separation, attack("T1055.008"), true, refused("made calls with wrong arguments that would read another program's memory", "process_vm_readv", "pidfd_getfd")},
	{"SEC-11", "the kernel cannot be changed or replaced", "Whoever changes the kernel owns the computer.", ModeCall, Critical, controls(ctNoEscape), leastPrivilege, attack("T1547.006"), true, refused("made calls with wrong arguments that would load parts of a kernel", "init_module", "finit_module", "delete_module", "kexec_load")},
	{"LSM-01", "a security module confines it", "It holds where other walls have a fault.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), true, confined},
	{"LSM-03", "Landlock is known", "Recorded: software can shut itself in with it.", ModeCall, Info, nil, leastPrivilege, attack("T1068"), true, landlocked},
	{"NS-01", "other people's programs cannot be seen", "What can be seen can be spied on: commands often hold names and keys.", ModeRead, High, controls(ctSeparate), separation, attack("T1057"), true, ownProcesses},
	{"NS-02", "the network is its own", "On the host's network, each service of the host can be reached.", ModeRead, High, controls(ctSeparate, ctNoInbound), managedNetwork, attack("T1040"), true, ownNetwork},
	{"NS-03", "no memory is shared with others", "Shared memory passes data past every other wall.", ModeRead, Medium, controls(ctSeparate), separation, attack("T1559"), true, ownNamespace("ipc", "shared memory")},
	{"NS-04", "the host's name is not shared", "The name tells an attacker where they are.", ModeRead, Low, controls(ctSeparate), leastPrivilege, attack("T1082"), true, ownNamespace("uts", "a name")},
	{"NS-05", "the host's control groups are hidden", "Paths of the host help an attacker on.", ModeRead, Low, controls(ctSeparate), leastPrivilege, attack("T1082"), true, cgroupHidden},
	{"NS-06", "ids are the box's own", "This alone answers several known ways out of a box.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), true, ownNamespace("user", "a space of ids")},
	{"MNT-01", "no folders of the host are mounted", "A mounted folder is a hole in the wall of just its size.", ModeRead, High, controls(ctNoEscape), separation, attack("T1611"), false, noHostFolders},
	{"MNT-04", "read only means all of it", "A folder mounted read only can have writable ones below it.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), false, readOnlyBelow},
	{"MNT-06", "mounts do not pass outside", "What is mounted inside would appear on the host.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), false, mountsStay},
	{"MNT-07", "the software's own files cannot be changed", "What runs then stays what was checked.", ModeRead, Low, controls(ctNoEscape), leastPrivilege, attack("T1525"), false, rootReadOnly},
	{"MNT-08", "scratch space holds no set-uid programs and no devices", "Both are ways to gain rights.", ModeRead, Low, controls(ctNoPrivesc), leastPrivilege, attack("T1548.001"), false, scratchBare},
	{"MNT-09", "where the host keeps the box", "Recorded: it is seldom hidden.", ModeRead, Info, nil, leastPrivilege, attack("T1082"), false, layoutHidden},
	{"FS-01", "the kernel's own files are hidden", "They show, and some change, the whole computer.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), true, kernelFilesHidden},
	{"FS-02", "the kernel's settings cannot be written", "Some of them run a program of one's choice as root on the host.", ModeCall, Critical, controls(ctNoEscape), leastPrivilege, attack("T1611"), true, settingsClosed},
	{"FS-03", "control groups cannot be written", "One of their files runs a program as root on the host.", ModeCall, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), true, groupsClosed},
	{"FS-04", "addresses of the kernel are hidden", "An attack on the kernel needs them.", ModeRead, Medium, controls(ctNoEscape), leastPrivilege, attack("T1082"), true, addressesHidden},
	{"FS-05", "no second view of the kernel", "A second view is often without what hides the first.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), true, noSecondKernelView},
	{"FS-06", "no file of the host was left open", "A file left open is a way out that no wall sees.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), false, noOpenFiles},
	{"FS-10", "homes and scratch of the host are not mounted", "Files of other projects may lie there.", ModeRead, Medium, controls(ctSeparate), separation, attack("T1074"), false, homeNotBound},
	{"FS-11", "the host's logs are not mounted", "Logs name people, and a link in them can lead anywhere.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), false, hostLogsHidden},
	{"FS-12", "no way to somebody's desktop", "Data could leave by a clipboard or a window.", ModeRead, High, controls(ctSeparate), separation, attack("T1115", "T1563"), false, noDesktop},
	{"RTS-01", "the engine cannot be reached", "Whoever reaches the engine starts boxes without walls.", ModeCall, Critical, controls(ctNoEscape), leastPrivilege, attack("T1610", "T1609"), false, engineClosed},
	{"RTS-03", "the scheduler cannot be reached", "Work could be started elsewhere, outside of these walls.", ModeRead, High, controls(ctSeparate), separation, attack("T1609"), false, absent("a scheduler of jobs", schedulerFiles, func(p *Profile) []string { return p.Mounts })},
	{"RTS-04", "services of the host cannot be reached", "They do what only the host should.", ModeRead, High, controls(ctNoEscape), leastPrivilege, attack("T1611"), false, absent("sockets of the host's services", hostSockets, nil)},
	{"DEV-01", "only usual devices are there", "Each device more is a part of the host that can be attacked.", ModeRead, Medium, controls(ctNoEscape), leastPrivilege, attack("T1611"), false, onlyUsualDevices},
	{"DEV-04", "no devices of memory or ports", "They give the whole memory of the computer.", ModeCall, Critical, controls(ctNoEscape), leastPrivilege, attack("T1611"), false, closedDevices("mem", "kmem", "port", "kmsg")},
	{"DEV-05", "no devices that make machines, files or networks", "Faults in them have led out of boxes.", ModeCall, Medium, controls(ctNoEscape), leastPrivilege, attack("T1611"), false, closedDevices("kvm", "vhost-net", "vhost-vsock", "vfio/vfio", "fuse", "net/tun", "loop-control", "uinput")},
	{"DEV-06", "only the allotted graphics processors", "A shared one may hold another project's data.", ModeRead, High, controls(ctSeparate), accelerators, attack("T1496"), false, graphicsAllotted},
	{"DEV-09", "the cluster's fast network is not shared", "It passes data past the ordinary network.", ModeRead, Medium, controls(ctSeparate), managedNetwork, attack("T1046"), false, fabricOwn},
	{"NET-01", "the shape of the network", "Recorded: it is held against what was declared.", ModeRead, Info, nil, managedNetwork, attack("T1016"), false, networkShape},
	{"NET-14", "nobody can spoof or listen in", "Other people's traffic could be read or forged.", ModeCall, Medium, controls(ctNoInbound), managedNetwork, attack("T1557.002", "T1040"), true, refused("made raw sockets, and closed them", "socket AF_PACKET", "socket raw ICMP")},
	{"NET-15", "traffic is not passed on", "The box could become a way around the network's rules.", ModeRead, Low, controls(ctNoInbound), managedNetwork, attack("T1557"), false, routingSafe},
	{"K8S-01", "no token of the cluster lies inside", "It speaks to the cluster in the box's name.", ModeRead, High, controls(ctNoSecrets), keptSecrets, attack("T1528"), false, noClusterToken},
	{"SCR-01", "no secrets in variables", "Every program inside can read them.", ModeRead, High, controls(ctNoSecrets), keptSecrets, attack("T1552"), false, noSecretsAround},
	{"SCR-02", "no files of keys", "They open systems elsewhere.", ModeRead, High, controls(ctNoSecrets), keptSecrets, attack("T1552.001"), false, noSecretFiles},
	{"RES-01", "memory is limited, and swap", "One box could stop all others.", ModeRead, High, controls(ctLimits), allocation, attack("T1499"), false, swapCapped},
	{"RES-02", "the number of programs is limited", "One box could stop all others.", ModeRead, High, controls(ctLimits), allocation, attack("T1499.001"), false, capped("programs", "pids.max", "pids", "pids.max")},
	{"RES-03", "time on the processors is limited", "One box could slow all others.", ModeRead, Medium, controls(ctLimits), allocation, attack("T1496"), false, capped("processor time", "cpu.max", "cpu", "cpu.cfs_quota_us")},
	{"RES-06", "room on the disk is limited", "One box could fill the disk of all others.", ModeRead, High, controls(ctLimits), allocation, attack("T1499"), false, diskCapped},
	{"RES-07", "open files and memory images are limited", "A memory image may hold data, and lies where nobody looks.", ModeRead, Low, controls(ctLimits), allocation, attack("T1499"), false, coreOff},
	{"KRN-01", "which kernel this is", "Recorded: advisories about the kernel are held against it.", ModeRead, Info, nil, leastPrivilege, attack("T1082"), false, kernelNamed},
	{"KRN-02", "the kernel is hardened", "These switches make attacks on it harder.", ModeRead, Medium, controls(ctNoEscape), leastPrivilege, attack("T1068"), true, hardened},
	{"KRN-03", "the processor's flaws are answered", "Through some of them one box reads another's memory.", ModeRead, Medium, controls(ctSeparate), separation, attack("T1005"), true, processorFlaws},
	{"RT-01", "the runtime is what was declared", "Other runtimes hold other things back.", ModeRead, Info, controls(ctOwnKernel), leastPrivilege, attack("T1082"), false, runtimeAsDeclared},
}
