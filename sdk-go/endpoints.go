package fastagency

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// endpoints are the absolute URLs of a server's three routes: two for HTTP, one for the WebSocket.
type endpoints struct {
	discovery, initiateWorkflow, webSocket string
}

// endpointsOf returns the addresses below base, which may carry a path prefix. It may be http, https, ws or wss:
// what counts is whether it is encrypted.
func endpointsOf(base string, options *ClientOptions) (endpoints, error) {
	parts, err := url.Parse(strings.TrimSpace(base))
	if err != nil {
		// The error of net/url repeats the whole URL, in which a password may stand.
		var fault *url.Error
		if errors.As(err, &fault) {
			err = fault.Err
		}
		return endpoints{}, fmt.Errorf("fastagency: no URL: %w", err)
	}
	if parts.User != nil {
		return endpoints{}, errors.New("fastagency: a base URL cannot have credentials: give them as a header")
	}
	secure := ""
	switch parts.Scheme {
	case "http", "ws":
	case "https", "wss":
		secure = "s"
	default:
		return endpoints{}, fmt.Errorf("fastagency: %q must start with http://, https://, ws:// or wss://", base)
	}
	if parts.Hostname() == "" {
		return endpoints{}, fmt.Errorf("fastagency: %q names no host", base)
	}
	if parts.RawQuery != "" || parts.ForceQuery || parts.Fragment != "" {
		return endpoints{}, fmt.Errorf("fastagency: %q is a base URL and cannot have a query or a fragment", base)
	}
	below := func(scheme, path, standard string) string {
		if path == "" {
			path = standard
		}
		at := *parts
		at.Scheme = scheme + secure
		return strings.TrimRight(at.String(), "/") + "/" + strings.TrimLeft(path, "/")
	}
	return endpoints{
		discovery:        below("http", options.DiscoveryPath, DiscoveryPath),
		initiateWorkflow: below("http", options.InitiateWorkflowPath, InitiateWorkflowPath),
		webSocket:        below("ws", options.WebSocketPath, WebSocketPath),
	}, nil
}
