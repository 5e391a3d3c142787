package fastagency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAConversationComesBack(t *testing.T) {
	server := serveSessions(t,
		func(p *peer) {
			isJSON(t, p.first, fmt.Sprintf(`{"type":"start_workflow","workflow_uuid":%q,"name":"quiz","params":{"level":1},"resume_token":%q}`, uuidDashed, token))
			p.texts(fresh(), said(1))
		},
		func(p *peer) {
			p.resumesAfter(1)
			p.texts(replay(2), said(2), replayed(2), said(3))
			p.close(4201, "")
		},
		func(p *peer) {
			p.resumesAfter(3)
			p.texts(replay(3), replayed(3))
			p.ends(4)
		})
	var mu sync.Mutex
	var states []ConnectionState
	headers := 0
	options := quick()
	options.GetHeader = func(context.Context) (http.Header, error) {
		mu.Lock()
		defer mu.Unlock()
		headers++
		return nil, nil
	}
	options.OnConnection = func(uuid string, state ConnectionState) {
		mu.Lock()
		defer mu.Unlock()
		if uuid != uuidDashed {
			t.Error(uuid)
		}
		states = append(states, state)
	}
	ctx, conversation := begin(t, server.Server, options)
	var seen []string
	for message, err := range conversation.Messages(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, message.Type())
	}
	if got := strings.Join(seen, " "); got != "text_message text_message text_message workflow_completed" {
		t.Error(got)
	}
	if result, _ := conversation.Result(); result != "done" || conversation.Outcome() != OutcomeCompleted || conversation.State() != StateCompleted {
		t.Errorf("%q, %s, %s", result, conversation.Outcome(), conversation.State())
	}
	noneLeft(t) // After the end nothing runs any more, without Close.
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(states); got != "[connecting live reconnecting live reconnecting live ended]" {
		t.Error(got)
	}
	if headers != 4 || server.initiated.Load() != 1 {
		t.Errorf("%d headers, %d conversations announced", headers, server.initiated.Load())
	}
}

func TestTheFirstFrameIsRepeatedUntilThereIsASession(t *testing.T) { // spec FA-RES-7
	frames := make(chan string, 3)
	server := serveSessions(t,
		func(p *peer) { frames <- p.first },
		func(p *peer) {
			frames <- p.first
			p.close(4100, "")
		},
		func(p *peer) {
			frames <- p.first
			p.texts(reset("e1", 1, 1), said(1), replayed(1))
			p.ends(2)
		})
	ctx, conversation := begin(t, server.Server, quick())
	next[*TextMessage](ctx, t, conversation)
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
	one, two, three := <-frames, <-frames, <-frames
	if one != two || two != three || server.initiated.Load() != 1 {
		t.Errorf("%d conversations announced, then %s, %s and %s", server.initiated.Load(), one, two, three)
	}
}

func TestClassicWhereNothingElseIsSpoken(t *testing.T) { // spec FA-NEG
	classicTalk := func(w http.ResponseWriter, r *http.Request) {
		p := upgrade(t, w, r)
		defer p.conn.Close()
		isJSON(t, p.read(), `{"user_id":null,"workflow_uuid":"`+uuidDashed+`","name":"quiz","params":{"level":1}}`)
		p.send("text_input", `{}`)
		if got := p.read(); got != "Ada" {
			t.Errorf("the server got %q", got)
		}
		p.complete("done")
	}
	for name, it := range map[string]struct {
		dialect Dialect
		offered string
	}{"the offer is not echoed": {DialectAuto, subprotocol}, "nothing is offered": {DialectClassic, ""}} {
		t.Run(name, func(t *testing.T) {
			server := serveOpenings(t, classicTalk)
			ctx, conversation := begin(t, server.Server, &ClientOptions{Dialect: it.dialect})
			question := next[*TextInput](ctx, t, conversation)
			if !conversation.IsOpen(question) || conversation.IsOpen(&TextInput{}) || conversation.Connection() != ConnectionLive {
				t.Errorf("it is %s", conversation.Connection())
			}
			if _, err := conversation.AnswerQuestion(ctx, &TextInput{}, AnswerValueString("Ada")); !errors.Is(err, ErrNotAsked) {
				t.Error(err)
			}
			if id, err := conversation.AnswerQuestion(ctx, question, AnswerValueString("Ada")); id != "" || err != nil {
				t.Errorf("%q, %v", id, err)
			}
			if err := ends(ctx, t, conversation); err != io.EOF {
				t.Error(err)
			}
			if _, ok := conversation.Cursor(); ok || conversation.Outcome() != "" || conversation.Connection() != ConnectionEnded ||
				conversation.AnsweredElsewhere(&AnswerAccepted{AnswerID: pointerTo("x")}) {
				t.Error("classic tells what it cannot know")
			}
			if offered := <-server.offered; offered != it.offered {
				t.Errorf("%q was offered", offered)
			}
		})
	}
}

func TestCancelInClassicClosesTheSocket(t *testing.T) {
	closed := make(chan int, 1)
	server := serve(t, func(p *peer) { closed <- p.waitForClose() })
	var states []ConnectionState
	ctx, conversation := begin(t, server, &ClientOptions{OnConnection: func(_ string, state ConnectionState) { states = append(states, state) }})
	if err := conversation.Cancel(ctx, "enough"); err != nil {
		t.Error(err)
	}
	if code := <-closed; code != 1000 || fmt.Sprint(states) != "[live ended]" {
		t.Errorf("the server saw %d, the user %v", code, states)
	}
}

// A conversation that cannot go on in another dialect waits for a server that speaks its own.
func TestAReopenedSocketMustSpeakSessions(t *testing.T) {
	speaking := func(script func(*peer)) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			p := upgradeTo(t, w, r, subprotocol)
			defer p.conn.Close()
			p.first = p.read()
			script(p)
		}
	}
	deaf := func(w http.ResponseWriter, r *http.Request) {
		p := upgrade(t, w, r)
		defer p.conn.Close()
		if code := p.waitForClose(); code != 1000 {
			t.Errorf("the server saw %d", code)
		}
	}
	server := serveOpenings(t,
		speaking(func(p *peer) { p.texts(fresh(), said(1)) }),
		deaf,
		speaking(func(p *peer) {
			p.resumesAfter(1)
			p.texts(replay(1), replayed(1))
			p.ends(2)
		}),
		deaf)
	ctx, conversation := begin(t, server.Server, quick())
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
	if _, err := client(t, server.Server, nil).Resume(ctx, Cursor{uuidDashed, token, "e1", 1}); !errors.As(err, new(*ServerUnreachableError)) {
		t.Error(err)
	}
}

func TestResume(t *testing.T) {
	server := serveSessions(t,
		func(p *peer) {
			p.texts(fresh(), said(1), said(2))
			if code := p.waitForClose(); code != 1000 {
				t.Errorf("the server saw %d", code)
			}
		},
		func(p *peer) {
			p.resumesAfter(1)
			p.texts(replay(2), said(2), replayed(2))
			p.waitForClose()
		},
		func(p *peer) {
			p.resumesAfter(0)
			p.texts(reset("e1", 1, 2), said(1), said(2), replayed(2))
			p.waitForClose()
		},
		func(p *peer) {
			p.send("error", `{"short":"Gone"}`)
			p.close(4010, "")
		})
	ctx, conversation := begin(t, server.Server, quick())
	next[*TextMessage](ctx, t, conversation)
	conversation.Close()
	if _, err := conversation.Next(ctx); err != io.EOF {
		t.Error(err)
	}
	stored, ok := conversation.Cursor()
	if !ok || stored.AfterSeq != 1 {
		t.Errorf("%v", stored)
	}
	resume := func(cursor Cursor) *Conversation {
		text, err := json.Marshal(cursor)
		if err != nil {
			t.Fatal(err)
		}
		var restored Cursor
		if err := json.Unmarshal(text, &restored); err != nil {
			t.Fatal(err)
		}
		resumed, err := client(t, server.Server, quick()).Resume(ctx, restored)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resumed.Close() })
		return resumed
	}
	one := resume(stored)
	if body := next[*TextMessage](ctx, t, one).Content.Body; body != MessageBodyString("m2") || one.WorkflowUUID() != uuidDashed {
		t.Errorf("%v", body)
	}
	one.Close()
	two := resume(stored.FromStart())
	next[*SessionReady](ctx, t, two)
	next[*TextMessage](ctx, t, two)
	next[*TextMessage](ctx, t, two)
	two.Close()
	three := resume(stored)
	next[*ErrorMessage](ctx, t, three)
	var refused *ConversationRefusedError
	if _, err := three.Next(ctx); !errors.As(err, &refused) || refused.Code != CloseConversationGone || refused.Detail != "Gone" || three.State() != StateFailed {
		t.Errorf("%v, %s", err, three.State())
	}
	if _, err := client(t, server.Server, nil).Resume(ctx, Cursor{Epoch: "\xff"}); err == nil {
		t.Error("a cursor that JSON cannot say is taken")
	}
}

func TestAnswersSurviveTheConnection(t *testing.T) {
	answered := make(chan string, 1)
	server := serveSessions(t,
		func(p *peer) {
			p.texts(fresh(), asks(1, "q1"))
			answered <- fmt.Sprint(p.reads()["answer_id"]) // It is read, and lost.
		},
		func(p *peer) {
			p.texts(replay(1), replayed(1))
			frame := p.reads()
			if frame["answer_id"] != <-answered || frame["value"] != "Ada" || frame["question_uuid"] != "q1" {
				t.Errorf("%v", frame)
			}
			p.texts(accepts(2, fmt.Sprint(frame["answer_id"]), "q1"))
			p.ends(3)
		})
	ctx, conversation := begin(t, server.Server, quick())
	question := next[*TextInput](ctx, t, conversation)
	if conversation.Question() != Question(question) || conversation.State() != StateAwaitingAnswer || !conversation.IsOpen(question) {
		t.Errorf("%s", conversation.State())
	}
	id, err := conversation.AnswerQuestion(ctx, question, AnswerValueString("Ada"))
	if err != nil {
		t.Fatal(err)
	}
	if err := conversation.Answer(ctx, "again"); !errors.Is(err, ErrNotAsked) {
		t.Error(err)
	}
	accepted := next[*AnswerAccepted](ctx, t, conversation)
	if ValueOr(accepted.AnswerID, "") != id || conversation.AnsweredElsewhere(accepted) {
		t.Errorf("%v", accepted.AnswerID)
	}
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
}

// What was answered and cancelled is on its way when the call returns, so that Close takes nothing back.
func TestAnAnswerBeforeCloseArrives(t *testing.T) {
	arrived := make(chan string, 2)
	server := serveSessions(t, func(p *peer) {
		p.texts(fresh(), asks(1, "q1"))
		arrived <- fmt.Sprint(p.reads()["value"])
		arrived <- fmt.Sprint(p.reads()["reason"])
		p.waitForClose()
	})
	ctx, conversation := begin(t, server.Server, quick())
	next[*TextInput](ctx, t, conversation)
	if err := conversation.Answer(ctx, "Ada"); err != nil {
		t.Error(err)
	}
	if err := conversation.Cancel(ctx, "enough"); err != nil {
		t.Error(err)
	}
	conversation.Close()
	if value, reason := <-arrived, <-arrived; value != "Ada" || reason != "enough" {
		t.Errorf("the server got %q and %q", value, reason)
	}
}

// A conversation that was started and left at once runs.
func TestAStartBeforeCloseArrives(t *testing.T) {
	const times = 20
	arrived := make(chan string, times)
	scripts := make([]func(*peer), times)
	for at := range scripts {
		scripts[at] = func(p *peer) {
			arrived <- p.first
			p.waitForClose()
		}
	}
	server := serveSessions(t, scripts...)
	for range times {
		_, conversation := begin(t, server.Server, quick())
		conversation.Close()
		if first := <-arrived; !strings.Contains(first, "start_workflow") {
			t.Errorf("the server got %q", first)
		}
	}
}

func TestFramesThatAreWrong(t *testing.T) {
	server := serveSessions(t, func(p *peer) {
		p.texts(fresh(), said(1), strings.Replace(said(2), `"m2"`, `5`, 1), said(3))
		_ = p.frame(opBinary, true, []byte{0xff})
		p.ends(4)
	})
	ctx, conversation := begin(t, server.Server, quick())
	var seen []string
	for message, err := range conversation.Messages(ctx) {
		switch {
		case errors.As(err, new(*MalformedMessageError)):
			seen = append(seen, "malformed")
		case err != nil:
			t.Fatal(err)
		default:
			seen = append(seen, message.Type())
		}
	}
	if got := strings.Join(seen, " "); got != "text_message malformed text_message malformed workflow_completed" {
		t.Error(got)
	}
}

func TestASilentOrBrokenConnectionIsDropped(t *testing.T) { // spec FA-LIV-1, FA-RES-5
	impatient := strings.Replace(fresh(), `"heartbeat_seconds":10`, `"heartbeat_seconds":0.02`, 1)
	server := serveSessions(t,
		func(p *peer) {
			p.texts(impatient, said(1))
			p.waitForClose() // and never a word again
		},
		func(p *peer) {
			p.resumesAfter(1)
			p.texts(replay(1), replayed(1), said(3))
			p.waitForClose()
		},
		func(p *peer) {
			p.resumesAfter(1)
			p.texts(replay(3), said(2), said(3), replayed(3))
			p.ends(4)
		})
	ctx, conversation := begin(t, server.Server, quick())
	for range 3 {
		next[*TextMessage](ctx, t, conversation)
	}
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
}

func TestCredentialsThatAreRefusedAreFinal(t *testing.T) {
	for _, status := range []int{401, 403, 404} {
		server := serveOpenings(t,
			func(w http.ResponseWriter, r *http.Request) {
				p := upgradeTo(t, w, r, subprotocol)
				defer p.conn.Close()
				p.read()
				p.texts(fresh(), said(1))
			},
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, // That may pass.
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				fmt.Fprint(w, `{"detail":"Who are you?"}`)
			})
		ctx, conversation := begin(t, server.Server, quick())
		next[*TextMessage](ctx, t, conversation)
		var refused *ConversationRefusedError
		_, err := conversation.Next(ctx)
		if !errors.As(err, &refused) || refused.Status != status || refused.Code != noCloseFrame || refused.Detail != "Who are you?" {
			t.Error(err)
		}
		if want := fmt.Sprintf("fastagency: the socket was refused with %d: Who are you?", status); err == nil || err.Error() != want {
			t.Error(err)
		}
		if conversation.State() != StateFailed || conversation.Connection() != ConnectionLost {
			t.Errorf("%s, %s", conversation.State(), conversation.Connection())
		}
		if _, again := conversation.Next(ctx); again != err {
			t.Error(again)
		}
		noneLeft(t)
	}
}

// Credentials that cannot be had now may be had soon.
func TestAHeaderThatFailsIsAskedForAgain(t *testing.T) {
	server := serveSessions(t,
		func(p *peer) { p.texts(fresh(), said(1)) },
		func(p *peer) {
			p.texts(replay(1), replayed(1))
			p.ends(2)
		})
	var asked atomic.Int32
	options := quick()
	options.GetHeader = func(context.Context) (http.Header, error) {
		if asked.Add(1) == 3 { // After those of the announcement and the first socket.
			return nil, errors.New("no token today")
		}
		return nil, nil
	}
	ctx, conversation := begin(t, server.Server, options)
	if err := ends(ctx, t, conversation); err != io.EOF || asked.Load() != 4 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

func TestAConversationThatIsLost(t *testing.T) {
	server := serveSessions(t, func(p *peer) { p.texts(fresh(), said(1)) })
	options := quick()
	options.Reconnect.ShouldRetry = func(code CloseCode, _ string, attempt int) Decision {
		if code != noCloseFrame || attempt != 1 {
			t.Errorf("asked about attempt %d after %d", attempt, code)
		}
		return GiveUp
	}
	ctx, conversation := begin(t, server.Server, options)
	var lost *ConversationLostError
	err := ends(ctx, t, conversation)
	if !errors.As(err, &lost) || lost.Code != noCloseFrame || !errors.Is(err, ErrConversationEnded) {
		t.Error(err)
	}
	if err := conversation.Answer(ctx, "x"); err != error(lost) {
		t.Error(err)
	}
	if err := conversation.Cancel(ctx, ""); err != nil || conversation.State() != StateCancelled {
		t.Errorf("%v, %s", err, conversation.State())
	}
	noneLeft(t)
}

func TestAServerThatNeverCloses(t *testing.T) {
	release := make(chan struct{})
	server := serveSessions(t, func(p *peer) {
		patient := strings.Replace(fresh(), `"heartbeat_seconds":10`, `"heartbeat_seconds":1000`, 1)
		p.texts(patient, completes(1, OutcomeFailed))
		<-release
	})
	defer close(release)
	options := quick()
	options.CloseTimeout = 20 * time.Millisecond
	ctx, conversation := begin(t, server.Server, options)
	if err := ends(ctx, t, conversation); err != io.EOF || conversation.State() != StateFailed {
		t.Errorf("%v, %s", err, conversation.State())
	}
	noneLeft(t)
}
