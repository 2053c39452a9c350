package image

import "time"

// How long a registry is borne with, and how hard it is pressed.
const (
	perHost      = 4                      // layers that stream from one registry at a time: be polite
	stallAfter   = time.Minute            // a connection that brings nothing for so long is dead
	requestTries = 5                      // of a request that gets no answer, or a passing failure for one
	maxAsked     = 5 * time.Minute        // that one request waits because a registry asks it to
	maxIdle      = 10                     // resumes of one layer in a row that bring no byte
	maxResumes   = 500                    // resumes of one layer
	firstPause   = 200 * time.Millisecond // before the second try; it doubles
	longestPause = 30 * time.Second
	maxRedirects = 10
)
