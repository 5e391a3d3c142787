package fastagency

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestConversation(t *testing.T) {
	answers := make(chan string, 2)
	server := serve(t, func(p *peer) {
		isJSON(t, p.first, `{"user_id":null,"workflow_uuid":"`+uuidDashed+`","name":"quiz","params":{}}`)
		p.send("workflow_started", `{"name":"quiz"}`)
		p.send("text_input", `{"prompt":"Name?"}`)
		answers <- p.read()
		p.send("multiple_choice", `{"choices":["a","b, c"],"single":false}`)
		answers <- p.read()
		p.send("audio_message", `{"seconds":9007199254740993}`)
		p.complete("done")
	})
	ctx, conversation := begin(t, server, nil)
	if conversation.WorkflowUUID() != uuidDashed || conversation.State() != StateRunning {
		t.Errorf("%s is %s", conversation.WorkflowUUID(), conversation.State())
	}
	var kinds []string
	for message, err := range conversation.Messages(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, message.Type())
		switch message := message.(type) {
		case *TextInput:
			if conversation.State() != StateAwaitingAnswer || conversation.Question() != Question(message) {
				t.Errorf("%s, asks %v", conversation.State(), conversation.Question())
			}
			err = conversation.Answer(ctx, "say \"hü\"\n")
		case *MultipleChoice:
			err = conversation.AnswerChoices(ctx, "b, c", "a")
		case *Unknown:
			if !strings.Contains(string(message.Raw), "9007199254740993") {
				t.Errorf("the number was rounded: %s", message.Raw)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(kinds, " "); got != "workflow_started text_input multiple_choice audio_message workflow_completed" {
		t.Error(got)
	}
	if one, two := <-answers, <-answers; one != "say \"hü\"\n" || two != "b, c,a" {
		t.Errorf("the server got %q and %q", one, two)
	}
	if result, ok := conversation.Result(); !ok || result != "done" || conversation.State() != StateCompleted {
		t.Errorf("%s with %q", conversation.State(), result)
	}
	if _, err := conversation.Next(ctx); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
	noneLeft(t) // After the end nothing runs any more, without Close.
}

func TestExpiredContextOfNextKillsNothing(t *testing.T) {
	proceed := make(chan struct{})
	server := serve(t, func(p *peer) {
		<-proceed
		p.send("text_message", `{"body":"late"}`)
		p.send("text_input", `{}`)
		if got := p.read(); got != "here" {
			t.Errorf("the server got %q", got)
		}
		p.complete("")
	})
	ctx, conversation := begin(t, server, nil)
	for range 3 {
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		if _, err := conversation.Next(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		cancel()
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, err := range conversation.Messages(cancelled) {
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	close(proceed)
	if body := next[*TextMessage](ctx, t, conversation).Content.Body; body != MessageBodyString("late") {
		t.Errorf("%v came", body)
	}
	next[*TextInput](ctx, t, conversation)
	if err := conversation.Answer(cancelled, "gone"); !errors.Is(err, context.Canceled) {
		t.Errorf("an answer whose context had ended: %v", err)
	}
	if err := conversation.Answer(ctx, "here"); err != nil {
		t.Fatal(err) // The question is still open.
	}
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Fatal(err)
	}
}

func TestMessageOfALoopThatWasLeftIsNotLost(t *testing.T) {
	server := serve(t, func(p *peer) {
		for n := range 3 {
			p.send("text_message", fmt.Sprintf(`{"body":"%d"}`, n))
		}
		p.complete("")
	})
	ctx, conversation := begin(t, server, nil)
	var bodies []MessageBody
	for range 3 {
		for message, err := range conversation.Messages(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, message.(*TextMessage).Content.Body)
			break
		}
	}
	if got := fmt.Sprint(bodies); got != "[0 1 2]" {
		t.Error(got)
	}
}

func TestMalformedFrameEndsNothing(t *testing.T) {
	server := serve(t, func(p *peer) {
		p.send("text_input", `{"prompt":"?","suggestions":["a",2]}`)
		_ = p.frame(opBinary, true, []byte{0xff})
		p.text("no JSON")
		p.send("text_message", `{}`)
		p.complete("")
	})
	ctx, conversation := begin(t, server, nil)
	var found []string
	for message, err := range conversation.Messages(ctx) {
		var malformed *MalformedMessageError
		switch {
		case errors.As(err, &malformed):
			found = append(found, malformed.Why)
		case err != nil:
			t.Fatal(err)
		default:
			found = append(found, message.Type())
		}
	}
	want := []string{
		"content.suggestions.1: must be a string",
		"a binary frame: the protocol has text frames only",
		"it is not JSON: invalid character 'o' in literal null (expecting 'u')",
		"text_message",
		"workflow_completed",
	}
	if fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("%q", found)
	}
	if conversation.Question() != nil {
		t.Error("a malformed question was asked")
	}
}

func TestEnds(t *testing.T) {
	cases := map[string]struct {
		script func(*peer)
		code   CloseCode
		text   string
		state  ConversationState
		retry  bool
	}{
		"refused": {func(p *peer) {
			p.send("error", `{"short":"No.","long":"Not this time."}`)
			p.close(4009, "because")
		}, CloseAlreadyStarted, "The first socket keeps it.; because; No: Not this time", StateFailed, false},
		"full":        {func(p *peer) { p.close(4100, "") }, CloseOverloaded, "4100", StateFailed, true},
		"later code":  {func(p *peer) { p.close(4123, "") }, 4123, "does not know", StateFailed, true},
		"not UTF-8":   {func(p *peer) { p.close(1007, "") }, CloseNotUTF8, "1007", StateFailed, false},
		"drained":     {func(p *peer) { p.close(4200, "") }, 4200, "4200", StateCancelled, false},
		"going away":  {func(p *peer) { p.close(1001, "") }, CloseGoingAway, "shutting down", StateCancelled, false},
		"too early":   {func(p *peer) { p.close(1000, "") }, CloseFinished, "1000", StateCancelled, false},
		"dropped":     {func(p *peer) {}, 1006, "broke", StateCancelled, false},
		"empty close": {func(p *peer) { _ = p.frame(opClose, true, nil) }, 1005, "1005", StateCancelled, false},
		"bad close": {func(p *peer) {
			_ = p.frame(opClose, true, []byte{0})
			p.waitForClose()
		}, 1002, "broke the WebSocket protocol", StateCancelled, false},
		"half a frame": {func(p *peer) { _ = p.frame(opText, false, []byte("{")) }, 1006, "broke", StateCancelled, false},
		"reserved bits": {func(p *peer) {
			_ = p.frame(opText|0x20, true, nil)
			p.waitForClose()
		}, 1002, "broke the WebSocket protocol", StateCancelled, false},
		"text not UTF-8": {func(p *peer) {
			p.text("\xff")
			if code := p.waitForClose(); code != 1007 {
				t.Errorf("the client closed with %d", code)
			}
		}, 1007, "not UTF-8", StateCancelled, false},
		"too large": {func(p *peer) {
			p.text(strings.Repeat(" ", 1001))
			if code := p.waitForClose(); code != 1009 {
				t.Errorf("the client closed with %d", code)
			}
		}, 1009, "MaxMessageSize", StateCancelled, false},
	}
	for name, it := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, conversation := begin(t, serve(t, it.script), &ClientOptions{MaxMessageSize: 1000})
			err := ends(ctx, t, conversation)
			var refused *ConversationRefusedError
			var lost *ConversationLostError
			var code CloseCode
			switch {
			case errors.As(err, &refused):
				code = refused.Code
				if refused.Retry() != it.retry {
					t.Errorf("Retry() is %v", refused.Retry())
				}
			case errors.As(err, &lost):
				code = lost.Code
			}
			if code != it.code || !errors.Is(err, ErrConversationEnded) || !strings.Contains(err.Error(), it.text) {
				t.Errorf("%d: %v", code, err)
			}
			if conversation.State() != it.state {
				t.Errorf("it is %s", conversation.State())
			}
			if _, again := conversation.Next(ctx); again != err {
				t.Errorf("the second time: %v", again)
			}
			if answered := conversation.Answer(ctx, "x"); answered != err {
				t.Errorf("an answer: %v", answered)
			}
		})
	}
}

func TestAfterCompletionEveryEndIsNormal(t *testing.T) {
	for name, end := range map[string]func(*peer){
		"dropped":     func(*peer) {},
		"closed":      func(p *peer) { p.close(1000, "") },
		"refused":     func(p *peer) { p.close(4009, "") },
		"never ended": func(p *peer) { p.waitForClose() },
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(p *peer) {
				p.send("workflow_completed", `{"result":null}`)
				end(p)
			})
			ctx, conversation := begin(t, server, &ClientOptions{CloseTimeout: 50 * time.Millisecond})
			if err := ends(ctx, t, conversation); err != io.EOF {
				t.Error(err)
			}
			if _, ok := conversation.Result(); ok || conversation.State() != StateCompleted {
				t.Errorf("it is %s", conversation.State())
			}
		})
	}
}

func TestNothingChangesAfterCompletion(t *testing.T) {
	server := serve(t, func(p *peer) {
		p.send("workflow_completed", `{"result":"first"}`)
		p.send("workflow_completed", `{"result":"second"}`)
		p.send("text_input", `{}`)
		p.send("error", `{"short":"late"}`)
		p.close(1000, "")
	})
	ctx, conversation := begin(t, server, nil)
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
	if result, _ := conversation.Result(); result != "first" || conversation.Question() != nil || conversation.LastError() != nil {
		t.Errorf("%s, asks %v, error %v", result, conversation.Question(), conversation.LastError())
	}
}

func TestFragmentsAndPings(t *testing.T) {
	server := serve(t, func(p *peer) {
		text := message("text_message", `{"body":"in parts: ü"}`)
		cut := strings.IndexRune(text, 'ü') + 1 // inside of a character
		_ = p.frame(opText, false, []byte(text[:cut]))
		_ = p.frame(opPing, true, []byte("there?"))
		_ = p.frame(opContinuation, true, []byte(text[cut:]))
		if opcode, payload, err := p.readFrame(); err != nil || opcode != opPong || string(payload) != "there?" {
			t.Errorf("the ping was answered with %d %q: %v", opcode, payload, err)
		}
		p.complete("")
	})
	ctx, conversation := begin(t, server, nil)
	if body := next[*TextMessage](ctx, t, conversation).Content.Body; body != MessageBodyString("in parts: ü") {
		t.Errorf("%v came", body)
	}
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
}

func TestAnswersThatCannotBe(t *testing.T) {
	proceed := make(chan struct{})
	server := serve(t, func(p *peer) {
		p.send("text_message", `{}`)
		p.send("multiple_choice", `{"choices":["a","b"]}`)
		if got := p.read(); got != "b" {
			t.Errorf("the server got %q", got)
		}
		p.send("text_input", `{}`)
		p.complete("")
		close(proceed)
	})
	ctx, conversation := begin(t, server, nil)
	next[*TextMessage](ctx, t, conversation)
	if err := conversation.Answer(ctx, "a"); !errors.Is(err, ErrNotAsked) {
		t.Errorf("while nothing is asked: %v", err)
	}
	next[*MultipleChoice](ctx, t, conversation)
	for _, wrong := range []string{"c", "", "a,b"} {
		if err := conversation.Answer(ctx, wrong); !errors.Is(err, ErrNotAsked) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if err := conversation.AnswerChoices(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	next[*TextInput](ctx, t, conversation)
	<-proceed
	<-classicSocket(conversation).ended
	if err := conversation.Answer(ctx, "too late"); !errors.Is(err, ErrNotAsked) {
		t.Errorf("after the server closed: %v", err)
	}
	next[*WorkflowCompleted](ctx, t, conversation)
	if err := conversation.Answer(ctx, "too late"); !errors.Is(err, ErrNotAsked) {
		t.Errorf("after the end: %v", err)
	}
}

func TestAnswerToAServerThatIsGone(t *testing.T) {
	server := serve(t, func(p *peer) {
		p.send("text_input", `{}`)
		p.close(4004, "gone")
	})
	ctx, conversation := begin(t, server, nil)
	next[*TextInput](ctx, t, conversation)
	<-classicSocket(conversation).ended
	var refused *ConversationRefusedError
	if err := conversation.Answer(ctx, "x"); !errors.As(err, &refused) || refused.Code != CloseUnknownWorkflow {
		t.Error(err)
	}
}

func TestSeveralOpenQuestionsAreAnsweredInOrder(t *testing.T) {
	server := serve(t, func(p *peer) {
		p.send("text_input", `{"prompt":"one"}`)
		p.send("multiple_choice", `{"choices":["x"]}`)
		if one, two := p.read(), p.read(); one != "1" || two != "x" {
			t.Errorf("the server got %q and %q", one, two)
		}
		p.complete("")
	})
	ctx, conversation := begin(t, server, nil)
	next[*TextInput](ctx, t, conversation)
	next[*MultipleChoice](ctx, t, conversation)
	for _, text := range []string{"1", "x"} {
		if err := conversation.Answer(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
}
