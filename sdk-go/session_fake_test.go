package fastagency

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// How the tests of fastagency.v1 write a server's frames, and a user that moves the clock by hand.

var token = strings.Repeat("t", 32)

func readyFrame(mode SessionMode, epoch string, oldest, head int64) string {
	return fmt.Sprintf(`{"type":"session_ready","workflow_uuid":%q,"mode":%q,"epoch":%q,"oldest_seq":%d,"head_seq":%d,`+
		`"state":"running","resume_token":%q,"heartbeat_seconds":10,"detached_seconds":60}`, uuidDashed, mode, epoch, oldest, head, token)
}

func fresh() string { return readyFrame(SessionModeFresh, "e1", 1, 0) }

func replay(head int64) string { return readyFrame(SessionModeReplay, "e1", 1, head) }

func reset(epoch string, oldest, head int64) string {
	return readyFrame(SessionModeReset, epoch, oldest, head)
}

// inState is a session_ready that says another state.
func inState(ready, state string) string {
	return strings.Replace(ready, `"running"`, strconv.Quote(state), 1)
}

func replayed(through int64) string {
	return fmt.Sprintf(`{"type":"replay_completed","through_seq":%d}`, through)
}

func logged(seq int64, kind, uuid, content string) string {
	return fmt.Sprintf(`{"type":%q,"workflow_uuid":%q,"uuid":%q,"content":%s,"seq":%d,"timestamp":"2026-01-01T00:00:00Z"}`,
		kind, uuidDashed, uuid, content, seq)
}

func said(seq int64) string {
	return logged(seq, "text_message", fmt.Sprintf("u%d", seq), fmt.Sprintf(`{"body":"m%d"}`, seq))
}

func asks(seq int64, uuid string) string {
	return logged(seq, "text_input", uuid, `{"prompt":"Name?","suggestions":[],"password":true}`)
}

func accepts(seq int64, answerID, question string) string {
	id := "null"
	if answerID != "" {
		id = fmt.Sprintf("%q", answerID)
	}
	return fmt.Sprintf(`{"type":"answer_accepted","seq":%d,"timestamp":"2026-01-01T00:00:00Z","question_uuid":%q,"answer_id":%s,"value":null}`,
		seq, question, id)
}

func rejects(answerID, question string, reason RejectionReason) string {
	return fmt.Sprintf(`{"type":"answer_rejected","question_uuid":%q,"answer_id":%q,"reason":%q}`, question, answerID, reason)
}

func completes(seq int64, outcome Outcome) string {
	return logged(seq, "workflow_completed", fmt.Sprintf("u%d", seq), fmt.Sprintf(`{"result":"done","outcome":%q}`, outcome))
}

// talk is a machine, and a user who is given everything at once.
type talk struct {
	*sessionProtocol
	t    *testing.T
	now  time.Time
	seen []delivery
}

func initiated() InitiatedWorkflow {
	return InitiatedWorkflow{
		WorkflowUUID: uuidDashed, Name: "quiz", Params: json.RawMessage(`{"level":1}`),
		Subprotocols: []string{subprotocol}, ResumeToken: &token,
	}
}

func starting(t *testing.T, reconnect Reconnect) *talk {
	t.Helper()
	return talking(t, reconnect, func(r Reconnect, now time.Time) (*sessionProtocol, error) {
		return startSession(initiated(), r, now)
	})
}

func resuming(t *testing.T, cursor Cursor) *talk {
	t.Helper()
	return talking(t, Reconnect{}, func(r Reconnect, now time.Time) (*sessionProtocol, error) {
		return resumeSession(cursor, r, now)
	})
}

func talking(t *testing.T, reconnect Reconnect, begin func(Reconnect, time.Time) (*sessionProtocol, error)) *talk {
	t.Helper()
	if reconnect.FirstDelay == 0 {
		reconnect.FirstDelay = time.Second
	}
	reconnect, err := reconnect.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_000_000, 0)
	protocol, err := begin(reconnect, now)
	if err != nil {
		t.Fatal(err)
	}
	protocol.draw = func() float64 { return 0.5 }
	return &talk{sessionProtocol: protocol, t: t, now: now}
}

// live is a talk in a fresh session, in which these frames came.
func live(t *testing.T, frames ...string) *talk {
	t.Helper()
	k := starting(t, Reconnect{})
	k.open(append([]string{fresh()}, frames...)...)
	return k
}

// open begins a connection on which these frames come, and returns its first frame.
func (k *talk) open(frames ...string) map[string]any {
	k.t.Helper()
	first, err := k.firstFrame()
	if err != nil {
		k.t.Fatal(err)
	}
	k.hear(frames...)
	return parsed(k.t, first)
}

func (k *talk) hear(frames ...string) {
	for _, frame := range frames {
		k.give(k.receive([]byte(frame), k.now))
	}
}

func (k *talk) give(deliveries []delivery) {
	for _, d := range deliveries {
		k.delivered(d)
		k.seen = append(k.seen, d)
	}
}

// drop ends the connection without a close frame.
func (k *talk) drop() following { return k.disconnected(closing{code: noCloseFrame}, k.now) }

// sent returns what is to be sent now.
func (k *talk) sent() []map[string]any {
	k.t.Helper()
	var frames []map[string]any
	for _, frame := range k.outgoing() {
		frames = append(frames, parsed(k.t, frame))
	}
	return frames
}

// saw returns what the user was given, in short: a type and its seq, "!" for an error.
func (k *talk) saw() string {
	var seen []string
	for _, d := range k.seen {
		kind := "!"
		if d.message != nil {
			kind = d.message.Type()
		}
		if d.seq != 0 {
			kind += fmt.Sprint(d.seq)
		}
		seen = append(seen, kind)
	}
	return strings.Join(seen, " ")
}

func (k *talk) expect(seen string) {
	k.t.Helper()
	if got := k.saw(); got != seen {
		k.t.Errorf("the user was given %q, not %q", got, seen)
	}
}

func (k *talk) stands(epoch string, seq int64) {
	k.t.Helper()
	cursor, ok := k.cursor()
	if want := (Cursor{uuidDashed, token, epoch, seq}); !ok || cursor != want {
		k.t.Errorf("it stands %v, not %v", cursor, want)
	}
}

// text answers the oldest question.
func (k *talk) text(text string) string {
	k.t.Helper()
	id, err := k.answer(nil, AnswerValueString(text))
	if err != nil {
		k.t.Fatal(err)
	}
	return id
}

func parsed(t *testing.T, frame []byte) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(frame, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// sessionServer is a server of fastagency.v1 whose sockets follow one script after the other.
type sessionServer struct {
	*httptest.Server
	initiated, sockets atomic.Int32
	offered            chan string
}

// serveSessions starts one. A socket without a script is a fault.
func serveSessions(t testing.TB, scripts ...func(*peer)) *sessionServer {
	t.Helper()
	answers := make([]func(http.ResponseWriter, *http.Request), len(scripts))
	for at, script := range scripts {
		answers[at] = func(w http.ResponseWriter, r *http.Request) {
			p := upgradeTo(t, w, r, subprotocol)
			defer p.conn.Close()
			p.first = p.read()
			script(p)
		}
	}
	return serveOpenings(t, answers...)
}

// serveOpenings is serveSessions for scripts that answer the opening of a socket too.
func serveOpenings(t testing.TB, openings ...func(http.ResponseWriter, *http.Request)) *sessionServer {
	t.Helper()
	s := &sessionServer{offered: make(chan string, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+InitiateWorkflowPath, func(w http.ResponseWriter, _ *http.Request) {
		s.initiated.Add(1)
		if err := json.NewEncoder(w).Encode(initiated()); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET "+WebSocketPath, func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.offered <- r.Header.Get("Sec-WebSocket-Protocol"):
		default: // The first one is looked at.
		}
		number := int(s.sockets.Add(1))
		if number > len(openings) {
			t.Errorf("socket number %d was opened", number)
			w.WriteHeader(http.StatusNotFound) // No more of them.
			return
		}
		openings[number-1](w, r)
	})
	s.Server = serving(t, mux)
	return s
}

// texts sends these frames.
func (p *peer) texts(frames ...string) {
	for _, frame := range frames {
		p.text(frame)
	}
}

// reads returns the next text frame, taken apart.
func (p *peer) reads() map[string]any {
	var fields map[string]any
	if err := json.Unmarshal([]byte(p.read()), &fields); err != nil {
		p.t.Error(err)
	}
	return fields
}

// resumesAfter checks the first frame.
func (p *peer) resumesAfter(seq int64) {
	isJSON(p.t, p.first, fmt.Sprintf(`{"type":"resume_workflow","workflow_uuid":%q,"resume_token":%q,"epoch":"e1","after_seq":%d}`,
		uuidDashed, token, seq))
}

// ends completes the conversation with the message of that seq.
func (p *peer) ends(seq int64) {
	p.text(completes(seq, OutcomeCompleted))
	p.close(1000, "")
}

// quick comes back at once.
func quick() *ClientOptions {
	return &ClientOptions{Reconnect: Reconnect{FirstDelay: time.Nanosecond, LongestDelay: time.Millisecond}}
}
