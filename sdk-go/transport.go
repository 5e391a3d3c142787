package fastagency

import (
	"io"
	"net/http"
	"sync/atomic"
)

// connection is what lies below a WebSocket. The library takes its end, in the middle of a message, for the end
// of the message, and gives nobody a way to cut it while a close frame is awaited.
type connection struct {
	io.ReadWriteCloser
	exhausted atomic.Bool // Read came to the end.
}

func (c *connection) Read(data []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(data)
	if err != nil {
		c.exhausted.Store(true)
	}
	return n, err
}

// keepingTransport keeps the connection that a WebSocket is opened with.
type keepingTransport struct {
	base http.RoundTripper
	kept *connection
}

func (t *keepingTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if under, ok := response.Body.(io.ReadWriteCloser); ok {
		t.kept = &connection{ReadWriteCloser: under}
		response.Body = t.kept
	}
	return response, nil
}

// keeping returns a copy of the client, for one WebSocket, and the transport that keeps its connection.
func keeping(client *http.Client) (*http.Client, *keepingTransport) {
	own, base := *client, client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	transport := &keepingTransport{base: base}
	own.Transport = transport
	return &own, transport
}
