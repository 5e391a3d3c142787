package fastagency

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience only ends a test that would hang; nothing is expected to take so long.
const patience = 60 * time.Second

const uuidDashed = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b"

const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// peer is the server's side of one WebSocket, frame by frame, so that it can do what no library would.
type peer struct {
	t     testing.TB
	conn  net.Conn
	in    *bufio.Reader
	first string
}

// serve starts a server whose sockets follow the script after the first frame, which it checks.
func serve(t testing.TB, script func(*peer)) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+InitiateWorkflowPath, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Name   string          `json:"workflow_name"`
			Params json.RawMessage `json:"params"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, `{"user_id":null,"workflow_uuid":%q,"name":%q,"params":%s,"later":[]}`, uuidDashed, body.Name, body.Params)
	})
	mux.HandleFunc("GET "+WebSocketPath, func(w http.ResponseWriter, r *http.Request) {
		p := upgrade(t, w, r)
		defer p.conn.Close()
		p.first = p.read()
		script(p)
	})
	return serving(t, mux)
}

// serving serves until the end of the test, and looks for goroutines that were left then.
func serving(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	// The scripts run in handlers, which the server does not wait for once they have a connection of their own.
	var running sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Done()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		running.Wait()
		noneLeft(t)
	})
	return server
}

// noneLeft fails when a goroutine of the client or of its WebSocket library still runs.
func noneLeft(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		left := goroutinesOfOurs()
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("goroutines were left:\n%s", strings.Join(left, "\n\n"))
		}
	}
}

func goroutinesOfOurs() []string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var ours []string
	for _, stack := range strings.Split(string(stacks), "\n\n") {
		if strings.Contains(stack, "sdk-go.(*socket)") || strings.Contains(stack, "sdk-go.(*session)") || strings.Contains(stack, "coder/websocket") {
			ours = append(ours, stack)
		}
	}
	return ours
}

func upgrade(t testing.TB, w http.ResponseWriter, r *http.Request) *peer {
	return upgradeTo(t, w, r, "")
}

// upgradeTo is upgrade that names the subprotocol, if it is not empty.
func upgradeTo(t testing.TB, w http.ResponseWriter, r *http.Request, subprotocol string) *peer {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		panic(http.ErrAbortHandler)
	}
	key := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	named := ""
	if subprotocol != "" {
		named = "Sec-WebSocket-Protocol: " + subprotocol + "\r\n"
	}
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n%s\r\n", base64.StdEncoding.EncodeToString(key[:]), named)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	return &peer{t: t, conn: conn, in: buffered.Reader}
}

// frame writes one frame. The client may be gone, so an error is returned and says nothing by itself.
func (p *peer) frame(opcode byte, final bool, payload []byte) error {
	head := []byte{opcode, 0}
	if final {
		head[0] |= 0x80
	}
	switch length := len(payload); {
	case length < 126:
		head[1] = byte(length)
	case length < 1<<16:
		head[1] = 126
		head = binary.BigEndian.AppendUint16(head, uint16(length))
	default:
		head[1] = 127
		head = binary.BigEndian.AppendUint64(head, uint64(length))
	}
	_, err := p.conn.Write(append(head, payload...))
	return err
}

func (p *peer) text(text string) { _ = p.frame(opText, true, []byte(text)) }

func (p *peer) send(kind, content string) { p.text(message(kind, content)) }

// close sends a close frame and waits for the client's.
func (p *peer) close(code int, reason string) {
	_ = p.frame(opClose, true, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
	p.waitForClose()
}

// complete is how a workflow ends well.
func (p *peer) complete(result string) {
	p.send("workflow_completed", fmt.Sprintf(`{"result":%q}`, result))
	p.close(1000, "")
}

// readFrame returns the next frame, or an error when the connection has ended.
func (p *peer) readFrame() (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(p.in, head[:]); err != nil {
		return 0, nil, err
	}
	length := uint64(head[1] & 0x7f)
	if length >= 126 {
		long := make([]byte, 2+6*(length-126))
		if _, err = io.ReadFull(p.in, long); err != nil {
			return 0, nil, err
		}
		length = binary.BigEndian.Uint64(append(make([]byte, 8-len(long)), long...))
	}
	masked := make([]byte, 4+length)
	if _, err = io.ReadFull(p.in, masked); err != nil {
		return 0, nil, err
	}
	payload = masked[4:]
	for at := range payload {
		payload[at] ^= masked[at%4]
	}
	return head[0] & 0x0f, payload, nil
}

// read returns the next text frame.
func (p *peer) read() string {
	opcode, payload, err := p.readFrame()
	if err != nil || opcode != opText {
		p.t.Errorf("no text frame came, but one of kind %d: %v", opcode, err)
	}
	return string(payload)
}

// waitForClose returns the code of the client's close frame, 0 when the connection ended without.
func (p *peer) waitForClose() int {
	for {
		opcode, payload, err := p.readFrame()
		if err != nil {
			return 0
		}
		if opcode == opClose {
			if len(payload) < 2 {
				return 1005
			}
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

func message(kind, content string) string {
	return fmt.Sprintf(`{"workflow_uuid":%q,"uuid":"1","content":%s,"type":%q}`, strings.ReplaceAll(uuidDashed, "-", ""), content, kind)
}

func client(t testing.TB, server *httptest.Server, options *ClientOptions) *Client {
	t.Helper()
	c, err := NewClient(server.URL, options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// begin starts a conversation that is closed at the end of the test.
func begin(t testing.TB, server *httptest.Server, options *ClientOptions) (context.Context, *Conversation) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	conversation, err := client(t, server, options).Start(ctx, "quiz", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conversation.Close() })
	return ctx, conversation
}

// classicSocket returns the socket of a classic conversation.
func classicSocket(conversation *Conversation) *socket {
	return conversation.dialogue.(*classic).socket
}

// next returns the next message, which must be a T.
func next[T Message](ctx context.Context, t testing.TB, conversation *Conversation) T {
	t.Helper()
	got, err := conversation.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	typed, ok := got.(T)
	if !ok {
		t.Fatalf("%T came: %s", got, got.RawJSON())
	}
	return typed
}

// ends reads away what comes and returns the error at the end.
func ends(ctx context.Context, t testing.TB, conversation *Conversation) error {
	t.Helper()
	for {
		if _, err := conversation.Next(ctx); err != nil {
			return err
		}
	}
}

func isJSON(t testing.TB, got, want string) {
	t.Helper()
	if !bytes.Equal(canonical([]byte(got)), canonical([]byte(want))) {
		t.Errorf("got %s, not %s", got, want)
	}
}
