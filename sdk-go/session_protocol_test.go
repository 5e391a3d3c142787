package fastagency

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestAStartBringsItsTokenAndMayBeRepeated(t *testing.T) { // spec FA-RES-7
	k := starting(t, Reconnect{})
	if k.connection() != ConnectionConnecting || k.state() != StateCreated {
		t.Errorf("%s, %s", k.connection(), k.state())
	}
	if _, ok := k.cursor(); ok {
		t.Error("there is a cursor before the first session")
	}
	first := k.open()
	if first["type"] != "start_workflow" || first["resume_token"] != token || fmt.Sprint(first["params"]) != "map[level:1]" {
		t.Errorf("%v", first)
	}
	if !k.drop().again || k.connection() != ConnectionConnecting {
		t.Error("it does not try again")
	}
	if again := k.open(reset("e1", 1, 1), said(1), replayed(1)); !reflect.DeepEqual(again, first) {
		t.Errorf("then came %v", again)
	}
	k.expect("text_message1") // Nothing was shown before, so nothing is to be dropped.
	k.stands("e1", 1)
}

// What a server says before there is a session is nothing that could be dropped.
func TestARefusalBeforeTheSessionIsNotOfTheConversation(t *testing.T) {
	for _, frames := range [][]string{{fresh(), said(1)}, {reset("e1", 1, 1), said(1), replayed(1)}} {
		k := starting(t, Reconnect{})
		k.open(message("error", `{"short":"The server is full"}`))
		if !k.disconnected(closing{code: CloseOverloaded}, k.now).again {
			t.Error("it does not try again")
		}
		k.open(frames...)
		k.expect("error text_message1")
	}
}

func TestAResumeSaysWhereItStands(t *testing.T) {
	k := live(t, said(1), said(2))
	k.stands("e1", 2)
	k.drop()
	if k.connection() != ConnectionReconnecting {
		t.Error(k.connection())
	}
	first := k.open(replay(3))
	want := map[string]any{"type": "resume_workflow", "workflow_uuid": uuidDashed, "epoch": "e1", "after_seq": 2.0, "resume_token": token}
	if !reflect.DeepEqual(first, want) {
		t.Errorf("%v", first)
	}
	k.hear(said(3))
	k.expect("text_message1 text_message2") // Held back until the replay is complete.
	k.hear(replayed(3))
	k.expect("text_message1 text_message2 text_message3")
	if k.connection() != ConnectionLive {
		t.Error(k.connection())
	}
}

func TestWhatIsKnownIsDroppedAndAGapResumes(t *testing.T) { // spec FA-RES-5
	k := live(t, said(1), said(2), said(2), said(1))
	k.expect("text_message1 text_message2")
	k.hear(said(4), said(5))
	if !k.broken {
		t.Error("a gap does not break the connection")
	}
	k.expect("text_message1 text_message2")
	if !k.disconnected(closing{1000, "", true}, k.now).again {
		t.Error("it does not come back")
	}
	if first := k.open(); first["after_seq"] != 2.0 || k.broken {
		t.Errorf("%v", first)
	}
}

func TestUnknownAndMalformedMessagesMoveTheCursor(t *testing.T) {
	k := live(t, `{"type":"later_type","seq":1}`)
	bad := strings.Replace(said(2), `"m2"`, `5`, 1)
	k.hear(bad, "no JSON", bad, strings.Replace(bad, `"seq":2`, `"seq":9`, 1), said(3))
	// In its order; the second time it is known, and still an error.
	k.expect("later_type1 !2 ! ! ! text_message3")
	if k.broken {
		t.Error("it is broken")
	}
	k.stands("e1", 3)
	k.give(k.receiveBinary([]byte("\xff")))
	if err := k.seen[len(k.seen)-1].err; !errors.As(err, new(*MalformedMessageError)) {
		t.Error(err)
	}
}

func TestAMalformedMessageOfAReplayComesAtItsPlace(t *testing.T) {
	k := live(t, said(1))
	k.drop()
	k.open(replay(4), said(2), strings.Replace(said(3), `"m3"`, `5`, 1), said(4))
	k.expect("text_message1")
	k.stands("e1", 1)
	k.hear(replayed(4))
	k.expect("text_message1 text_message2 !3 text_message4")
}

func TestAMalformedSessionReadyLeadsNowhere(t *testing.T) {
	k := starting(t, Reconnect{})
	k.open(strings.Replace(fresh(), `"e1"`, `1`, 1))
	k.expect("!")
	if !k.broken || !k.drop().again {
		t.Error("it does not try again")
	}
}

func TestAResetTellsTheUserToDropWhatWasShown(t *testing.T) { // spec FA-RES-3
	k := live(t, said(1), asks(2, "q1"))
	k.drop()
	k.open(reset("e2", 5, 5), said(5))
	k.stands("e1", 2) // What the user has is still of the old log.
	k.hear(replayed(5))
	k.expect("text_message1 text_input2 session_ready text_message5")
	if k.answers.question() != nil {
		t.Error("a question of before is still asked")
	}
	k.stands("e2", 5)
}

// What was handed out is shown sooner or later, so that a reset in between is told of too.
func TestAResetIsToldOfBeforeTheUserReadsAnything(t *testing.T) {
	k := starting(t, Reconnect{})
	k.open()
	var unread []delivery
	for _, frame := range []string{fresh(), said(1)} {
		unread = append(unread, k.receive([]byte(frame), k.now)...)
	}
	k.drop()
	k.open()
	for _, frame := range []string{reset("e2", 1, 1), said(1), replayed(1)} {
		unread = append(unread, k.receive([]byte(frame), k.now)...)
	}
	k.stands("e1", 0)
	k.give(unread[:1])
	k.stands("e1", 1)
	k.give(unread[1:2])
	k.stands("e2", 0)
	k.give(unread[2:])
	k.expect("text_message1 session_ready text_message1")
	k.stands("e2", 1)
}

func TestAConnectionThatEndsInTheMiddleOfAReplay(t *testing.T) {
	begin := func(t *testing.T, frames ...string) *talk {
		k := live(t, said(1))
		k.drop()
		k.open(append([]string{replay(4)}, frames...)...)
		k.expect("text_message1")
		return k
	}
	t.Run("and goes on", func(t *testing.T) {
		k := begin(t, said(2), said(3))
		k.drop()
		if first := k.open(replay(4)); first["after_seq"] != 3.0 {
			t.Errorf("%v", first)
		}
		k.stands("e1", 1)
		k.hear(said(4), replayed(4))
		k.expect("text_message1 text_message2 text_message3 text_message4")
	})
	t.Run("and is reset", func(t *testing.T) {
		k := begin(t, said(2))
		k.drop()
		k.open(reset("e2", 1, 1), said(1), replayed(1))
		k.expect("text_message1 session_ready text_message1")
	})
	t.Run("of a reset, and is reset again", func(t *testing.T) {
		k := begin(t)
		k.drop()
		k.open(reset("e2", 1, 2), said(1))
		k.drop()
		k.open(reset("e3", 1, 1), said(1), replayed(1))
		k.expect("text_message1 session_ready text_message1")
		k.stands("e3", 1)
	})
	t.Run("and is given up", func(t *testing.T) {
		k := begin(t, said(2))
		following := k.disconnected(closing{4010, "gone", false}, k.now)
		k.give(following.rest)
		k.expect("text_message1 text_message2")
		if following.again || following.err == nil {
			t.Errorf("%v", following)
		}
	})
	t.Run("and is refused later", func(t *testing.T) {
		k := begin(t, said(2))
		k.drop()
		k.open(message("error", `{"short":"No such conversation"}`))
		following := k.disconnected(closing{4010, "gone", false}, k.now)
		k.give(following.rest)
		k.expect("text_message1 text_message2 error")
		var refused *ConversationRefusedError
		if !errors.As(following.err, &refused) || refused.Detail != "No such conversation" {
			t.Error(following.err)
		}
	})
	t.Run("after the workflow's end", func(t *testing.T) {
		k := begin(t, said(2), completes(3, OutcomeCompleted))
		if k.state() != StateRunning {
			t.Errorf("it is %s before the user was given the end", k.state())
		}
		following := k.drop()
		k.give(following.rest)
		k.expect("text_message1 text_message2 workflow_completed3")
		if following.again || following.err != nil || k.state() != StateCompleted || k.connection() != ConnectionEnded {
			t.Errorf("%v, %s", following, k.state())
		}
	})
}

func TestCancel(t *testing.T) { // spec FA-CAN-1
	k := live(t, said(1))
	k.drop()
	if err := k.cancel("enough"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // Also when the connection breaks before it came to the end.
		k.open(replay(1), replayed(1))
		if got := fmt.Sprint(k.sent(), k.sent()); got != "[map[reason:enough type:cancel_workflow]] []" {
			t.Error(got)
		}
		k.drop()
	}
	k.open(replay(1), replayed(1), completes(2, OutcomeCancelled))
	if len(k.sent()) != 0 {
		t.Error("it is cancelled after its end")
	}
	if k.state() != StateCancelled || k.given.completed == nil {
		t.Error(k.state())
	}
	if following := k.disconnected(closing{1000, "", false}, k.now); following.again || following.err != nil {
		t.Errorf("%v", following)
	}
	if k.connection() != ConnectionEnded {
		t.Error(k.connection())
	}
}

func TestACancelIsNotSentAfterTheEnd(t *testing.T) { // spec FA-CAN-1
	for _, inside := range []bool{false, true} {
		k := live(t, said(1))
		if !inside {
			_ = k.cancel("enough")
		}
		k.drop()
		k.open(replay(2), completes(2, OutcomeCompleted))
		if inside {
			_ = k.cancel("enough")
		}
		k.hear(replayed(2))
		if got := k.sent(); len(got) != 0 || k.hasOutgoing() {
			t.Errorf("inside the replay: %v, sent: %v", inside, got)
		}
	}
}

func TestAConversationThatWasOverAndReadEndsAsItDid(t *testing.T) { // spec FA-RES-9
	for _, outcome := range []Outcome{OutcomeCompleted, OutcomeFailed, OutcomeCancelled} {
		k := resuming(t, Cursor{uuidDashed, token, "e1", 3})
		k.open(inState(replay(3), string(outcome)), replayed(3))
		if k.state() != StateRunning || k.endRead() != "" {
			t.Errorf("before the close it is %s, %s", k.state(), k.endRead())
		}
		following := k.disconnected(closing{CloseFinished, "", false}, k.now)
		if following.again || following.err != nil || following.rest != nil {
			t.Errorf("%v", following)
		}
		if k.state() != ConversationState(outcome) || k.endRead() != outcome || k.connection() != ConnectionEnded {
			t.Errorf("%s, %s, %s", k.state(), k.endRead(), k.connection())
		}
		if _, err := k.answer(nil, AnswerValueString("late")); !errors.Is(err, ErrNotAsked) {
			t.Error(err)
		}
	}
}

func TestAResetIsToldBeforeTheEndThatWasRead(t *testing.T) { // spec FA-RES-9
	k := resuming(t, Cursor{uuidDashed, token, "e1", 3})
	deliveries := k.receive([]byte(inState(reset("e2", 4, 3), "failed")), k.now)
	deliveries = append(deliveries, k.receive([]byte(replayed(3)), k.now)...)
	if following := k.disconnected(closing{CloseFinished, "", false}, k.now); following.again || following.err != nil {
		t.Errorf("%v", following)
	}
	if k.state() != StateRunning || k.connection() != ConnectionLive {
		t.Errorf("%s, %s", k.state(), k.connection())
	}
	k.give(deliveries)
	k.expect("session_ready")
	if k.state() != StateFailed || k.connection() != ConnectionEnded {
		t.Errorf("%s, %s", k.state(), k.connection())
	}
}

func TestAStartThatIsOverWithNothingHeldEndsToo(t *testing.T) { // spec FA-RES-7, FA-RES-9
	k := starting(t, Reconnect{})
	k.open(inState(reset("e1", 4, 3), "completed"), replayed(3))
	k.stands("e1", 3)
	following := k.disconnected(closing{CloseFinished, "", false}, k.now)
	if following.again || following.err != nil || k.state() != StateCompleted {
		t.Errorf("%v, %s", following, k.state())
	}
}

func TestTheSameCloseIsALossOtherwise(t *testing.T) { // spec FA-CLS-3
	finished := closing{CloseFinished, "", false}
	for name, it := range map[string]struct {
		state  string
		end    closing
		frames []string
	}{
		"while it runs":              {"running", finished, []string{replayed(3)}},
		"while something is asked":   {"awaiting_answer", finished, []string{replayed(3)}},
		"in a state of later":        {"later_state", finished, []string{replayed(3)}},
		"before the replay is whole": {"completed", finished, nil},
		"with another code":          {"completed", closing{1008, "", false}, []string{replayed(3)}},
		"where this side has closed": {"completed", closing{CloseFinished, "", true}, []string{replayed(3)}},
	} {
		k := resuming(t, Cursor{uuidDashed, token, "e1", 3})
		k.open(append([]string{inState(replay(3), it.state)}, it.frames...)...)
		following := k.disconnected(it.end, k.now)
		if !errors.As(following.err, new(*ConversationLostError)) || k.connection() != ConnectionLost {
			t.Errorf("%s: %v, %s", name, following, k.connection())
		}
	}
}

func TestOutcomesAreStates(t *testing.T) {
	for outcome, state := range map[Outcome]ConversationState{
		OutcomeCompleted: StateCompleted, OutcomeFailed: StateFailed, OutcomeCancelled: StateCancelled,
	} {
		if k := live(t, completes(1, outcome)); k.state() != state {
			t.Errorf("%s: %s", outcome, k.state())
		}
	}
}

func TestLeaving(t *testing.T) { // spec FA-CAN-3
	k := live(t, asks(1, "q1"))
	k.text("hunter2")
	k.leave()
	if following := k.drop(); following.again || following.err != nil {
		t.Errorf("%v", following)
	}
	if k.state() != StateCancelled || k.connection() != ConnectionEnded || len(k.answers.pending) != 0 {
		t.Errorf("%s, %s", k.state(), k.connection())
	}
	if _, err := k.answer(nil, AnswerValueString("x")); !errors.Is(err, ErrNotAsked) {
		t.Error(err)
	}
	k.stands("e1", 1)
}

func TestItGivesUpWhenTheConversationMustBeGone(t *testing.T) { // spec FA-LIV-2
	k := live(t, said(1))
	began := k.now
	for _, it := range []struct {
		after time.Duration
		again bool
	}{{0, true}, {55 * time.Second, true}, {61 * time.Second, false}} {
		k.now = began.Add(it.after)
		following := k.drop()
		if following.again != it.again {
			t.Fatalf("after %v: %v", it.after, following)
		}
		if !it.again && !errors.As(following.err, new(*ConversationLostError)) {
			t.Error(following.err)
		}
	}
	if k.connection() != ConnectionLost {
		t.Error(k.connection())
	}
	if k.state() != StateRunning {
		t.Errorf("it is %s before the user was given the end", k.state())
	}
	if _, err := k.answer(nil, AnswerValueString("too late")); !errors.As(err, new(*ConversationLostError)) {
		t.Error(err)
	}
	k.deliveredEnd(k.ending)
	if k.state() != StateCancelled {
		t.Error(k.state())
	}
}

func TestALongSessionIsNoTimeWithoutOne(t *testing.T) {
	k := live(t, said(1))
	for range 2 {
		k.now = k.now.Add(time.Hour)
		if !k.drop().again {
			t.Error("it gives up at once")
		}
		k.open(replay(1), replayed(1))
	}
	k.drop()
	k.open(replay(2)) // A replay that breaks was a session too.
	k.now = k.now.Add(time.Hour)
	if !k.drop().again {
		t.Error("it gives up at once after a replay")
	}
}

func TestItGivesUpWhatDoesNotBegin(t *testing.T) {
	k := starting(t, Reconnect{Patience: 10 * time.Second})
	if !k.drop().again {
		t.Error("it does not try again")
	}
	k.now = k.now.Add(10 * time.Second)
	if k.drop().again {
		t.Error("it does not give up")
	}
}

func TestSilence(t *testing.T) { // spec FA-LIV-1
	k := starting(t, Reconnect{Patience: 7 * time.Second})
	if k.silence() != 7*time.Second {
		t.Error(k.silence())
	}
	k.open(fresh(), message("keep_alive", `{}`))
	if k.silence() != 15*time.Second {
		t.Error(k.silence())
	}
	k.expect("")
	for number, want := range map[float64]time.Duration{-1: 0, 1.5: 1500 * time.Millisecond, 1e300: 1<<61 - 1} {
		if got := seconds(number); got < want-time.Second || got > want+2*time.Second {
			t.Errorf("%v seconds are %v", number, got)
		}
	}
}
