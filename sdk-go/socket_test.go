package fastagency

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestCloseTellsTheServer(t *testing.T) {
	closed := make(chan int, 1)
	server := serve(t, func(p *peer) {
		p.send("text_input", `{}`)
		closed <- p.waitForClose()
	})
	ctx, conversation := begin(t, server, nil)
	next[*TextInput](ctx, t, conversation)
	if err := conversation.Close(); err != nil {
		t.Error(err)
	}
	noneLeft(t)
	if code := <-closed; code != 1000 {
		t.Errorf("the server saw %d", code)
	}
	if conversation.State() != StateCancelled || conversation.Question() != nil {
		t.Errorf("%s, asks %v", conversation.State(), conversation.Question())
	}
	if _, err := conversation.Next(ctx); err != io.EOF {
		t.Error(err)
	}
	if err := conversation.Answer(ctx, "x"); !errors.Is(err, ErrNotAsked) {
		t.Error(err)
	}
	if err := conversation.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseWakesReaders(t *testing.T) {
	server := serve(t, func(p *peer) { p.waitForClose() })
	ctx, conversation := begin(t, server, nil)
	var readers sync.WaitGroup
	for range 3 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			if _, err := conversation.Next(ctx); err != io.EOF {
				t.Error(err)
			}
		}()
	}
	conversation.Close()
	readers.Wait()
}

// A server that neither reads nor answers must not hold Close up, whatever is unread or unsent.
func TestCloseOfADeafServer(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(p *peer) {
		for n := range 3 * readAhead {
			p.send("text_input", fmt.Sprintf(`{"prompt":"%d"}`, n))
		}
		<-release
	})
	defer close(release)
	ctx, conversation := begin(t, server, &ClientOptions{CloseTimeout: 50 * time.Millisecond})
	next[*TextInput](ctx, t, conversation)
	next[*TextInput](ctx, t, conversation)
	random := make([]byte, 12<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random)
	text := hex.EncodeToString(random)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	// More than the connection holds, compressed too: the answer is not written when its context ends.
	if err := conversation.Answer(short, text); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an answer that nobody reads: %v", err)
	}
	// It did not end the conversation.
	next[*TextInput](ctx, t, conversation)
	// The next answer waits for the first one.
	if err := conversation.Answer(short, "y"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an answer behind it: %v", err)
	}
	conversation.Close()
	noneLeft(t)
}

func TestCloseWhileFramesWait(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(p *peer) {
		for range 3 * readAhead {
			p.send("text_message", `{}`)
		}
		<-release
	})
	defer close(release)
	ctx, conversation := begin(t, server, &ClientOptions{CloseTimeout: 50 * time.Millisecond})
	for classicSocket(conversation).stalls.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	conversation.Close()
	noneLeft(t)
	if message, err := conversation.Next(ctx); err != io.EOF {
		t.Errorf("after Close: %v, %v", message, err)
	}
}

// A reader that does not read holds the server back, and gets everything in order in the end.
func TestBackPressure(t *testing.T) {
	const count, size = 400, 1 << 16
	var mu sync.Mutex
	sent := 0
	server := serve(t, func(p *peer) {
		_ = p.conn.SetWriteDeadline(time.Now().Add(patience))
		for n := range count {
			p.send("text_message", fmt.Sprintf(`{"body":"%d%s"}`, n, strings.Repeat(" ", size)))
			mu.Lock()
			sent++
			mu.Unlock()
		}
		p.complete("")
	})
	ctx, conversation := begin(t, server, nil)
	progress := func() int {
		mu.Lock()
		defer mu.Unlock()
		return sent
	}
	// The server stands still once the buffers are full: wait until its count stays the same for a while.
	for before := -1; before != progress(); time.Sleep(200 * time.Millisecond) {
		before = progress()
	}
	if stood := progress(); stood < readAhead || stood == count {
		t.Errorf("the server could send %d of %d messages that nobody read", stood, count)
	}
	for n := range count {
		body := next[*TextMessage](ctx, t, conversation).Content.Body.(MessageBodyString)
		if strings.TrimRight(string(body), " ") != fmt.Sprint(n) {
			t.Fatalf("message %d is %.10s", n, body)
		}
	}
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
}

func TestSilentServerIsFoundByPings(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(*peer) { <-release })
	defer close(release)
	ctx, conversation := begin(t, server, &ClientOptions{PingInterval: 20 * time.Millisecond})
	var lost *ConversationLostError
	if err := ends(ctx, t, conversation); !errors.As(err, &lost) || lost.Code != 1011 || !lost.ByClient {
		t.Error(err)
	}
	noneLeft(t)
}

func TestBusyReaderIsNoSilentServer(t *testing.T) {
	pinged := make(chan struct{})
	server := serve(t, func(p *peer) {
		for range 2 * readAhead {
			p.send("text_message", `{}`)
		}
		for range 3 { // The client pings all the while, and reads no pong.
			if opcode, payload, err := p.readFrame(); err != nil || opcode != opPing {
				t.Errorf("%d came: %v", opcode, err)
			} else {
				_ = p.frame(opPong, true, payload)
			}
		}
		close(pinged)
		for {
			opcode, payload, err := p.readFrame()
			if err != nil || opcode == opClose {
				return
			}
			if opcode == opPing {
				_ = p.frame(opPong, true, payload)
			} else {
				p.complete("")
				return
			}
		}
	})
	ctx, conversation := begin(t, server, &ClientOptions{PingInterval: 20 * time.Millisecond})
	<-pinged
	for range 2 * readAhead {
		next[*TextMessage](ctx, t, conversation)
	}
}

func TestCompressedMessages(t *testing.T) {
	for name, mode := range map[string]websocket.CompressionMode{
		"with takeover":    websocket.CompressionContextTakeover,
		"without takeover": websocket.CompressionNoContextTakeover,
		"none":             websocket.CompressionDisabled,
	} {
		t.Run(name, func(t *testing.T) {
			long := strings.Repeat("prime ", 20_000)
			mux := http.NewServeMux()
			mux.HandleFunc("POST "+InitiateWorkflowPath, func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"user_id":null,"workflow_uuid":%q,"name":"quiz","params":{}}`, uuidDashed)
			})
			mux.HandleFunc("GET "+WebSocketPath, func(w http.ResponseWriter, r *http.Request) {
				ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode})
				if err != nil {
					t.Error(err)
					return
				}
				defer ws.CloseNow()
				ws.SetReadLimit(1 << 20)
				for _, frame := range []string{message("text_message", fmt.Sprintf(`{"body":%q}`, long)), message("text_input", `{}`)} {
					if _, _, err := ws.Read(r.Context()); err != nil {
						t.Error(err)
					}
					if err := ws.Write(r.Context(), websocket.MessageText, []byte(frame)); err != nil {
						t.Error(err)
					}
					if frame == message("text_input", `{}`) {
						break
					}
					if err := ws.Write(r.Context(), websocket.MessageText, []byte(message("text_input", `{}`))); err != nil {
						t.Error(err)
					}
				}
				ws.Close(websocket.StatusNormalClosure, "")
			})
			ctx, conversation := begin(t, serving(t, mux), nil)
			if body := next[*TextMessage](ctx, t, conversation).Content.Body; body != MessageBodyString(long) {
				t.Errorf("%.20v came", body)
			}
			next[*TextInput](ctx, t, conversation)
			if err := conversation.Answer(ctx, long); err != nil {
				t.Error(err)
			}
			next[*TextInput](ctx, t, conversation)
		})
	}
}
