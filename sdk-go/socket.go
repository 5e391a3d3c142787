package fastagency

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// readAhead is how many frames wait for a slow reader before the socket is read no further. The server then
// meets a full connection, so that memory stays bounded.
const readAhead = 64

// frame is a text or a binary frame that arrived.
type frame struct {
	binary bool
	data   []byte
}

// socket is a WebSocket with one goroutine that reads it, because the library closes the connection when the
// context of a read ends: here nobody's context but the socket's own ends a read or a write.
type socket struct {
	ws           *websocket.Conn
	closeTimeout time.Duration
	connection   *connection
	frames       chan frame    // closed at the end
	ended        chan struct{} // closed when end is known; frames may still wait then
	end          closing

	ctx     context.Context // ends with the connection, and ends it
	cancel  context.CancelFunc
	running sync.WaitGroup
	leaving chan struct{} // closed when frames are wanted no more
	leave   func()

	stalls   atomic.Int64 // counts up when the reader begins to wait for somebody to take a frame, and after it
	ownClose atomic.Pointer[closing]
}

// openSocket opens the WebSocket, offers the subprotocols, and starts to read it.
func openSocket(ctx context.Context, url string, options *ClientOptions, subprotocols ...string) (*socket, error) {
	inside, cancel := bounded(ctx, options.OpenTimeout)
	defer cancel()
	header, err := options.freshHeader(inside)
	if err != nil {
		return nil, err
	}
	client, transport := keeping(options.HTTPClient)
	ws, response, err := websocket.Dial(inside, url, &websocket.DialOptions{
		HTTPClient:      client,
		HTTPHeader:      header,
		Subprotocols:    subprotocols,
		CompressionMode: websocket.CompressionNoContextTakeover,
	})
	if err != nil {
		if response != nil && response.StatusCode != 101 && ctx.Err() == nil {
			body, _ := io.ReadAll(response.Body) // The status says enough, should the body not come.
			return nil, refusal(response, body)
		}
		return nil, unreachable(ctx, url, err)
	}
	ws.SetReadLimit(max(-1, options.MaxMessageSize))
	s := &socket{
		ws:           ws,
		closeTimeout: options.CloseTimeout,
		connection:   transport.kept,
		frames:       make(chan frame, readAhead),
		ended:        make(chan struct{}),
		leaving:      make(chan struct{}),
	}
	s.leave = sync.OnceFunc(func() { close(s.leaving) })
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.running.Add(1)
	go s.read()
	if options.PingInterval > 0 {
		s.running.Add(1)
		go s.ping(options.PingInterval)
	}
	return s, nil
}

// speaksSessions says whether the server echoed the offer of fastagency.v1 (spec FA-NEG-2).
func (s *socket) speaksSessions() bool { return s.ws.Subprotocol() == subprotocol }

// read takes frames from the connection until its end.
func (s *socket) read() {
	defer s.running.Done()
	defer close(s.frames)
	defer s.cancel()
	for {
		kind, data, err := s.ws.Read(s.ctx)
		if err == nil && s.connection.exhausted.Load() && !json.Valid(data) {
			err = io.ErrUnexpectedEOF // The first part of a message, which is never JSON by itself.
		}
		switch {
		case err != nil:
			s.end = s.closingOf(err)
			close(s.ended)
			_ = s.ws.CloseNow() // Whatever it says, there is no connection afterwards.
			return
		case s.ownClose.Load() != nil: // What comes after that is read only for the close frame.
		case kind == websocket.MessageText && !utf8.Valid(data):
			s.refuseText()
		default:
			s.hand(frame{kind == websocket.MessageBinary, data})
		}
	}
}

// refuseText closes the connection because of a text frame that is not UTF-8 (RFC 6455, 8.1): the library leaves
// that to its user.
func (s *socket) refuseText() {
	s.ownClose.Store(&closing{CloseNotUTF8, "a text frame from the server is not UTF-8", true})
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		s.shake(websocket.StatusInvalidFramePayloadData, s.closeTimeout)
	}()
}

// hand waits until somebody takes the frame, or nobody wants it any more.
func (s *socket) hand(f frame) {
	select {
	case s.frames <- f:
		return
	default:
	}
	s.stalls.Add(1)
	defer s.stalls.Add(1)
	select {
	case s.frames <- f:
	case <-s.leaving:
	}
}

// ping asks the server now and then whether it is there.
func (s *socket) ping(interval time.Duration) {
	defer s.running.Done()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
		}
		before := s.stalls.Load()
		ctx, cancel := context.WithTimeout(s.ctx, interval)
		err := s.ws.Ping(ctx)
		cancel()
		// While frames wait to be taken no pong is read either, so that its absence says nothing.
		if err == nil || s.stalls.Load() != before || before%2 == 1 {
			continue
		}
		if s.ctx.Err() == nil {
			s.ownClose.Store(&closing{1011, "the server did not answer a ping in time", true})
			s.cut()
		}
		return
	}
}

// send writes text frames. It returns when they are written, when they cannot be, or when ctx ends: they are
// written all the same then, because half a frame would end the connection. For the rest see write.
func (s *socket) send(ctx context.Context, written func(), frames ...[]byte) error {
	select {
	case err := <-s.write(written, frames...):
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// write writes text frames, and says in the channel how that went. written is called in any case, when nothing is
// being written any more. The caller has counted it in running.
func (s *socket) write(written func(), frames ...[]byte) <-chan error {
	done := make(chan error, 1)
	go func() {
		defer s.running.Done()
		defer written()
		var err error
		for _, text := range frames {
			if err = s.ws.Write(s.ctx, websocket.MessageText, text); err != nil {
				break
			}
		}
		done <- err
	}()
	return done
}

// close closes the connection and waits until all goroutines of the socket are gone.
func (s *socket) close() { s.closeWithin(s.closeTimeout) }

// drop is close without waiting long for the server's close frame: the server may be gone.
func (s *socket) drop() {
	short := 200 * time.Millisecond
	if s.closeTimeout >= 0 {
		short = min(short, s.closeTimeout)
	}
	s.closeWithin(short)
}

func (s *socket) closeWithin(timeout time.Duration) {
	s.leave()
	s.shake(websocket.StatusNormalClosure, timeout)
	s.cancel()
	s.running.Wait()
}

// shake exchanges close frames. The library waits for the server's for seconds of its own; when ours are over,
// the connection is cut. A negative timeout leaves it to the library.
func (s *socket) shake(code websocket.StatusCode, timeout time.Duration) {
	if timeout >= 0 {
		defer time.AfterFunc(timeout, s.cut).Stop()
	}
	_ = s.ws.Close(code, "") // It fails when the connection has ended already, which is what is wanted.
}

// cut ends the connection without a word to the server.
func (s *socket) cut() {
	s.cancel()
	_ = s.connection.Close() // It fails when the connection has ended already, which is what is wanted.
}

// closingOf tells from the error of a read how the connection ended.
func (s *socket) closingOf(err error) closing {
	if own := s.ownClose.Load(); own != nil {
		return *own
	}
	var close websocket.CloseError
	var network *net.OpError
	switch {
	case errors.As(err, &close):
		return closing{CloseCode(close.Code), strings.ToValidUTF8(close.Reason, "\ufffd"), false}
	case errors.Is(err, websocket.ErrMessageTooBig):
		return closing{CloseFrameTooBig, "a message from the server is larger than MaxMessageSize", true}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, context.Canceled), errors.As(err, &network):
		return closing{code: noCloseFrame}
	default:
		return closing{1002, "the server broke the WebSocket protocol: " + err.Error(), true}
	}
}
