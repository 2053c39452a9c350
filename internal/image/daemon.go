package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const defaultDockerHost = "unix:///var/run/docker.sock"

// openDaemon opens an image that a Docker engine holds. The engine streams it as
// "docker save" would: once for its small parts, once for the layers.
//
// The path names no API version, so that old and new engines answer alike.
//
// API: https://docs.docker.com/reference/api/engine/
func openDaemon(ctx context.Context, im *Image, rest string, want platform) error {
	host := os.Getenv("DOCKER_HOST")
	if host == "" {
		host = defaultDockerHost
	}
	client, base, err := dockerClient(host)
	if err != nil {
		return err
	}
	at := base + "/images/" + (&url.URL{Path: rest}).EscapedPath() + "/get"
	a := &archive{
		start: func(ctx context.Context) (io.ReadCloser, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", rest, errors.Join(landwaiter.ErrInvalid, err))
			}
			resp, err := client.Do(req)
			if err != nil {
				return nil, fmt.Errorf("the Docker engine at %s does not answer; is it running, and may you use it? %w", host, err)
			}
			if resp.StatusCode != http.StatusOK {
				return nil, errors.Join(refusal(resp, rest), resp.Body.Close())
			}
			return resp.Body, nil
		},
		done: func() error { client.CloseIdleConnections(); return nil },
	}
	return im.openTar(ctx, a, "", want)
}

func dockerClient(host string) (*http.Client, string, error) {
	kind, addr, _ := strings.Cut(host, "://")
	var dialer net.Dialer
	switch kind {
	case "unix":
		return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", addr)
		}}}, "http://docker", nil
	case "tcp":
		if os.Getenv("DOCKER_TLS_VERIFY") == "" && loopback(addr) {
			return &http.Client{}, "http://" + addr, nil
		}
	}
	return nil, "", fmt.Errorf("DOCKER_HOST is %q; only unix:// and tcp:// on a loopback address are read here, so save the image with docker save -o FILE and assess docker-archive:FILE: %w", host, landwaiter.ErrUnsupported)
}

// refusal is the engine's own word for why it gives nothing.
func refusal(resp *http.Response, name string) error {
	var body struct{ Message string }
	raw, err := limitio.ReadAll(resp.Body, 64<<10)
	if err != nil || json.Unmarshal(raw, &body) != nil || body.Message == "" {
		body.Message = resp.Status
	}
	if resp.StatusCode == http.StatusNotFound || strings.Contains(body.Message, "No such image") || strings.Contains(body.Message, "does not exist") {
		return fmt.Errorf("the Docker engine has no image %q; docker images lists those it has: %w", name, landwaiter.ErrNotFound)
	}
	return fmt.Errorf("the Docker engine refuses %q: %s", name, body.Message)
}
