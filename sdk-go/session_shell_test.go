package fastagency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Whatever a conversation is doing, Close ends it, and leaves nothing behind.
func TestCloseAtAnyTime(t *testing.T) {
	var reached atomic.Int32 // how many of the openings of a case have come as far as they should
	speaking := func(script func(*peer)) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			p := upgradeTo(t, w, r, subprotocol)
			defer p.conn.Close()
			p.read()
			reached.Add(1)
			script(p)
		}
	}
	broken := speaking(func(p *peer) { p.texts(fresh(), said(1)) })
	for name, it := range map[string]struct {
		delay    time.Duration
		openings []func(http.ResponseWriter, *http.Request)
		until    ConnectionState
	}{
		"before the session": {openings: []func(http.ResponseWriter, *http.Request){
			speaking(func(p *peer) { p.waitForClose() }),
		}, until: ConnectionConnecting},
		"while it is live": {openings: []func(http.ResponseWriter, *http.Request){
			speaking(func(p *peer) { p.text(fresh()); p.waitForClose() }),
		}, until: ConnectionLive},
		"in a replay": {openings: []func(http.ResponseWriter, *http.Request){
			broken, speaking(func(p *peer) { p.texts(replay(3), said(2)); p.waitForClose() }),
		}, until: ConnectionReconnecting},
		"while it waits": {delay: time.Minute / 2, openings: []func(http.ResponseWriter, *http.Request){broken}, until: ConnectionReconnecting},
		"while it opens": {openings: []func(http.ResponseWriter, *http.Request){
			broken, func(_ http.ResponseWriter, r *http.Request) { reached.Add(1); <-r.Context().Done() },
		}, until: ConnectionReconnecting},
	} {
		t.Run(name, func(t *testing.T) {
			reached.Store(0)
			server := serveOpenings(t, it.openings...)
			options := &ClientOptions{Reconnect: Reconnect{FirstDelay: max(it.delay, 1), LongestDelay: max(it.delay, 1), ShouldRetry: always}}
			ctx, conversation := begin(t, server.Server, options)
			for conversation.Connection() != it.until || int(reached.Load()) < len(it.openings) {
				time.Sleep(time.Millisecond)
			}
			reader := make(chan error, 1)
			go func() { reader <- ends(ctx, t, conversation) }()
			conversation.Close()
			noneLeft(t)
			if err := <-reader; err != io.EOF {
				t.Error(err)
			}
			if conversation.State() != StateCancelled || conversation.Connection() != ConnectionEnded {
				t.Errorf("%s, %s", conversation.State(), conversation.Connection())
			}
			conversation.Close()
		})
	}
}

func always(CloseCode, string, int) Decision { return TryAgain }

// A user who does not read holds the server back, can answer and cancel, and is given everything in the end.
func TestAUserWhoDoesNotRead(t *testing.T) {
	const count, size = 1200, 1 << 14
	var sent atomic.Int64
	server := serveSessions(t, func(p *peer) {
		_ = p.conn.SetWriteDeadline(time.Now().Add(patience))
		p.texts(fresh(), asks(1, "q1"))
		read := make(chan struct{})
		go func() { // A server that reads while it writes.
			defer close(read)
			if frame := p.reads(); frame["value"] != "Ada" {
				t.Errorf("%v", frame)
			}
			if frame := p.reads(); frame["type"] != "cancel_workflow" {
				t.Errorf("%v", frame)
			}
		}()
		for seq := int64(2); seq < count; seq++ {
			p.text(logged(seq, "text_message", "u", fmt.Sprintf(`{"body":"m%d%s"}`, seq, strings.Repeat(" ", size))))
			sent.Store(seq)
		}
		<-read
		p.ends(count)
	})
	ctx, conversation := begin(t, server.Server, quick())
	next[*TextInput](ctx, t, conversation)
	for before := int64(-1); before != sent.Load(); time.Sleep(200 * time.Millisecond) {
		before = sent.Load()
	}
	if stood := sent.Load(); stood < messagesAhead || stood >= count-1 {
		t.Errorf("the server could send %d of %d messages that nobody read", stood, count)
	}
	inbox := conversation.dialogue.(*session).inbox
	inbox.mu.Lock()
	if waiting := len(inbox.deliveries); waiting > messagesAhead {
		t.Errorf("%d messages wait", waiting)
	}
	inbox.mu.Unlock()
	if err := conversation.Answer(ctx, "Ada"); err != nil {
		t.Error(err)
	}
	if err := conversation.Cancel(ctx, ""); err != nil {
		t.Error(err)
	}
	for seq := 2; seq < count; seq++ {
		body := next[*TextMessage](ctx, t, conversation).Content.Body.(MessageBodyString)
		if strings.TrimRight(string(body), " ") != fmt.Sprintf("m%d", seq) {
			t.Fatalf("message %d is %.10s", seq, body)
		}
	}
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
}

// The connection breaks while nothing is read: what the user says is reason enough to come back.
func TestAUserWhoDoesNotReadIsHeard(t *testing.T) {
	const count = 2 * messagesAhead
	cancelled := make(chan struct{})
	gone := make(chan struct{})
	server := serveSessions(t,
		func(p *peer) {
			defer close(gone)
			p.text(fresh())
			for seq := int64(1); seq <= count; seq++ {
				p.text(said(seq))
			}
		},
		func(p *peer) {
			var resume ResumeWorkflow
			if err := json.Unmarshal([]byte(p.first), &resume); err != nil {
				t.Error(err)
			}
			p.text(replay(count))
			for seq := resume.AfterSeq + 1; seq <= count; seq++ { // What the broken connection swallowed.
				p.text(said(seq))
			}
			p.text(replayed(count))
			if frame := p.reads(); frame["type"] != "cancel_workflow" {
				t.Errorf("%v", frame)
			}
			close(cancelled)
			p.text(completes(count+1, OutcomeCancelled))
			p.close(1000, "")
		})
	ctx, conversation := begin(t, server.Server, quick())
	<-gone
	<-cancelling(ctx, t, conversation, cancelled)
	seen := 0
	for _, err := range conversation.Messages(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
	}
	if seen != count+1 || conversation.State() != StateCancelled {
		t.Errorf("%d messages, %s", seen, conversation.State())
	}
}

// cancelling cancels until it has been heard: the first frames into a broken connection may seem to be written.
func cancelling(ctx context.Context, t *testing.T, conversation *Conversation, heard <-chan struct{}) <-chan struct{} {
	for {
		if err := conversation.Cancel(ctx, ""); err != nil {
			t.Error(err)
		}
		select {
		case <-heard:
			return heard
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestContextsBoundTheirCallAlone(t *testing.T) {
	proceed := make(chan struct{})
	server := serveSessions(t, func(p *peer) {
		p.texts(fresh(), asks(1, "q1"))
		<-proceed
		if frame := p.reads(); frame["value"] != "Ada" {
			t.Errorf("%v", frame)
		}
		p.ends(2)
	})
	ctx, conversation := begin(t, server.Server, quick())
	next[*TextInput](ctx, t, conversation)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	short, cancelShort := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancelShort()
	for _, bounded := range []context.Context{short, ended} {
		if _, err := conversation.Next(bounded); !errors.Is(err, bounded.Err()) || err == nil {
			t.Error(err)
		}
	}
	if err := conversation.Answer(ended, "x"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := conversation.Cancel(ended, "x"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := conversation.Answer(ctx, "Ada"); err != nil {
		t.Error(err)
	}
	close(proceed)
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
	if _, err := client(t, server.Server, nil).Start(ended, "quiz", nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := client(t, server.Server, nil).Resume(ended, Cursor{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAnObserverTellsInOrderAndMayBeCalledBack(t *testing.T) {
	states := []ConnectionState{ConnectionConnecting, ConnectionLive, ConnectionLive, ConnectionEnded}
	at := 0
	var told []ConnectionState
	o := &observer{}
	state := func() ConnectionState { return states[at] }
	o.tell = func(state1 ConnectionState) {
		told = append(told, state1)
		for at+1 < len(states) { // The conversation moves on while its user is told.
			at++
			o.look(state)
		}
	}
	o.look(state)
	if got := fmt.Sprint(told); got != "[connecting live ended]" {
		t.Error(got)
	}
}
