//go:build unix

package isolation

import "syscall"

// noFollow: a link in place of a kernel file is not followed.
const noFollow = syscall.O_NOFOLLOW

// nonBlock: opening a device does not wait for it.
const nonBlock = syscall.O_NONBLOCK
