package fastagency

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// DefaultMaxMessageSize is how many bytes a message may have unless [ClientOptions] say otherwise: 16 MiB.
const DefaultMaxMessageSize = 16 << 20

// Dialect says which dialects of the protocol a client speaks (spec FA-NEG).
type Dialect string

const (
	// DialectAuto is fastagency.v1 with a server that speaks it, and classic with every other.
	DialectAuto Dialect = "auto"
	// DialectClassic is classic with every server: a conversation is as long as its connection.
	DialectClassic Dialect = "classic"
)

// ClientOptions are what a [Client] can be told. The zero value is the default of everything; a negative
// duration or size means no limit.
type ClientOptions struct {
	// Header is sent with every request and with the opening of every WebSocket.
	Header http.Header

	// GetHeader, if it is there, is called for each request and each WebSocket, so that credentials are fresh.
	// What it returns takes the place of fields of the same name in Header. Its error is returned as it is; while a
	// conversation comes back, it counts as a connection that could not be opened, and is tried again.
	GetHeader func(ctx context.Context) (http.Header, error)

	// UserID is sent along for servers that want one; it opens nothing. Default: null.
	UserID string

	// The paths of a server that is not configured as usual.
	DiscoveryPath, InitiateWorkflowPath, WebSocketPath string

	// RequestTimeout bounds each request. Default: 10 s.
	RequestTimeout time.Duration

	// OpenTimeout bounds the opening of the WebSocket. Default: 10 s.
	OpenTimeout time.Duration

	// CloseTimeout bounds the wait for the server's close frame. Default: 5 s.
	CloseTimeout time.Duration

	// PingInterval is how often the connection is tried, and how long the server may take to show that it is
	// there. Negative: never tried. Default: 20 s.
	PingInterval time.Duration

	// MaxMessageSize is how many bytes a message or a response may have. Default: [DefaultMaxMessageSize].
	MaxMessageSize int64

	// Retry says when discovery is tried again.
	Retry Retry

	// Dialect says which dialects are spoken. Default: [DialectAuto].
	Dialect Dialect

	// Reconnect says how a conversation of fastagency.v1 comes back after its connection ended.
	Reconnect Reconnect

	// OnConnection, if it is there, is told of every change of the state of a conversation's connection, to be
	// shown. The calls of one conversation come one after the other; they must return soon, and not call its Close.
	OnConnection func(workflowUUID string, state ConnectionState)

	// HTTPClient is used for requests and to open WebSockets. Redirects are not followed. Default:
	// [http.DefaultClient].
	HTTPClient *http.Client
}

// withDefaults returns a copy in which nothing is left to a default.
func (o *ClientOptions) withDefaults() (ClientOptions, error) {
	var options ClientOptions
	if o != nil {
		options = *o
	}
	options.Header = options.Header.Clone()
	for _, standard := range []struct {
		duration *time.Duration
		value    time.Duration
	}{
		{&options.RequestTimeout, 10 * time.Second},
		{&options.OpenTimeout, 10 * time.Second},
		{&options.CloseTimeout, 5 * time.Second},
		{&options.PingInterval, 20 * time.Second},
	} {
		if *standard.duration == 0 {
			*standard.duration = standard.value
		}
	}
	if options.MaxMessageSize == 0 {
		options.MaxMessageSize = DefaultMaxMessageSize
	}
	client := http.DefaultClient
	if options.HTTPClient != nil {
		client = options.HTTPClient
	}
	// A redirect would take the headers, credentials among them, to wherever it points.
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	options.HTTPClient = &own
	switch options.Dialect {
	case "":
		options.Dialect = DialectAuto
	case DialectAuto, DialectClassic:
	default:
		return options, fmt.Errorf("fastagency: there is no dialect %q", options.Dialect)
	}
	var retry, reconnect error
	options.Retry, retry = options.Retry.withDefaults()
	options.Reconnect, reconnect = options.Reconnect.withDefaults()
	return options, errors.Join(retry, reconnect)
}

// freshHeader returns the header of one request.
func (o *ClientOptions) freshHeader(ctx context.Context) (http.Header, error) {
	header := o.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if o.GetHeader != nil {
		fresh, err := o.GetHeader(ctx)
		if err != nil {
			return nil, err
		}
		for name, values := range fresh {
			header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", userAgent)
	}
	return header, nil
}

// bounded returns a context that also ends after the timeout, if there is one, with its own cause.
func bounded(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, timeout, errTimeout)
}

var errTimeout = errors.New("the server took too long")
