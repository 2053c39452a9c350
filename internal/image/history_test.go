package image

import (
	"strings"
	"testing"
)

// TestMasked: secrets of every shape go, and what is none stays.
func TestMasked(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"RUN |1 TOKEN=abc /bin/sh -c make", "RUN |1 TOKEN=*** /bin/sh -c make"},
		{"ENV GITLAB_ACCESS_TOKEN=abc DEBUG=1", "ENV GITLAB_ACCESS_TOKEN=*** DEBUG=1"},
		{"/bin/sh -c #(nop)  ENV DB_PASSWORD=a\\ b", "/bin/sh -c #(nop)  ENV DB_PASSWORD=*** b"},
		{"ENV SECRET \"two words\"", "ENV SECRET ***"},
		{`ENV API_KEY="two \" words" A=b`, `ENV API_KEY=*** A=b`},
		{"RUN login --password hunter2 --user me", "RUN login --password *** --user me"},
		{"RUN login --password=hunter2", "RUN login --password=***"},
		{"RUN curl -u me:hunter2 https://x.example/a", "RUN curl -u me:*** https://x.example/a"},
		{"RUN curl --user me:hunter2 x", "RUN curl --user me:*** x"},
		{"RUN curl -H 'Authorization: Bearer abc.def' x", "RUN curl -H 'Authorization: Bearer ***' x"},
		{"RUN git clone https://me:pw@x.example/r", "RUN git clone https://me:***@x.example/r"},
		{"RUN git clone https://abcdefghijklmnop@x.example/r", "RUN git clone https://***@x.example/r"},
		{"RUN echo ghp_0123456789abcdefghij > f", "RUN echo *** > f"},
		{"RUN pip install $(cat x) --token \"$TOKEN\"", "RUN pip install $(cat x) --token \"$TOKEN\""},
		{"RUN --mount=type=secret,id=key make TOKEN=$TOKEN", "RUN --mount=type=secret,id=key make TOKEN=$TOKEN"},
		{"RUN apt-get install -y curl=7.88 # keys", "RUN apt-get install -y curl=7.88 # keys"},
		{"RUN install -o root -g root https://x.example/a:b", "RUN install -o root -g root https://x.example/a:b"},
		{"COPY --chown=1000:1000 /a /b", "COPY --chown=1000:1000 /a /b"},
		{"RUN useradd -u 1000:1000 me", "RUN useradd -u 1000:*** me"}, // rather too much than too little
		{"", ""},
	} {
		if got := masked(c.in); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// FuzzMasked: what is masked stays so, and a secret behind its name is gone.
func FuzzMasked(f *testing.F) {
	f.Add("RUN |1 TOKEN=abc /bin/sh", "hunter2")
	f.Add("https://a:b@c@d:e@f", "x")
	f.Fuzz(func(t *testing.T, step, secret string) {
		once := masked(step)
		if len(step) < 1<<12 && strings.Count(once, hidden) < strings.Count(step, hidden) {
			t.Errorf("%q: %q", step, once)
		}
		word := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, secret)
		if len(word) > 3 && strings.Contains(masked("ENV MY_TOKEN=Q"+word+"Q"), "Q"+word) {
			t.Errorf("%q stays", word)
		}
	})
}
