package fastagency

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"
)

func TestCodesThatAreFinal(t *testing.T) { // spec FA-CLS
	refusals := []CloseCode{4000, 4001, 4003, 4004, 4008, 4009, 4010, 4099, 1007, 1009}
	losses := []CloseCode{1000, 1002, 1008, 3000}
	for at, code := range append(refusals, losses...) {
		k := live(t, said(1))
		following := k.disconnected(closing{code: code}, k.now)
		refused := errors.As(following.err, new(*ConversationRefusedError))
		lost := errors.As(following.err, new(*ConversationLostError))
		if following.again || refused != (at < len(refusals)) || lost == refused {
			t.Errorf("%d: %v", code, following)
		}
	}
}

func TestCodesToComeBackOn(t *testing.T) { // spec FA-CLS
	for code, delay := range map[CloseCode]time.Duration{
		1001: time.Second / 2, 1006: time.Second / 2, 1011: time.Second / 2, 1012: time.Second / 2,
		4100: time.Second / 2, 4101: time.Second / 2, 4199: time.Second / 2,
		4200: 0, 4201: 0, 4299: 0,
	} {
		k := live(t, said(1))
		if following := k.disconnected(closing{code: code}, k.now); !following.again || following.delay != delay {
			t.Errorf("%d: %v", code, following)
		}
	}
	// What this side closed with is another matter: only a server that does not answer a ping may come back.
	for code, again := range map[CloseCode]bool{1002: false, 1007: false, 1009: false, 1011: true} {
		k := live(t, said(1))
		if following := k.disconnected(closing{code: code, byClient: true}, k.now); following.again != again {
			t.Errorf("%d by the client: %v", code, following)
		}
	}
}

func TestDelaysGrowAndBeginAgainAfterProgress(t *testing.T) { // spec FA-LIV-2
	r := Reconnect{FirstDelay: time.Second, LongestDelay: 10 * time.Second}
	full := func() float64 { return 1 }
	for attempt, want := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 8, 5: 10, 99: 10, math.MaxInt: 10} {
		if delay, again := r.delay(closing{code: noCloseFrame}, attempt, full); !again || delay != want*time.Second {
			t.Errorf("attempt %d: %v", attempt, delay)
		}
	}
	if delay, _ := r.delay(closing{code: 4200}, 2, full); delay != 2*time.Second {
		t.Errorf("the second attempt after 4200: %v", delay)
	}
	if delay, _ := r.delay(closing{code: noCloseFrame}, 1, func() float64 { return 0 }); delay != 0 {
		t.Error(delay)
	}
	k := live(t)
	attempts := ""
	for _, progress := range []string{"", "", said(1), "", replayed(1), replay(1)} {
		k.drop()
		attempts += fmt.Sprint(k.attempt)
		k.open()
		if progress != "" {
			k.hear(progress)
		}
	}
	if k.drop(); attempts+fmt.Sprint(k.attempt) != "1231212" {
		t.Errorf("the attempts were %s%d", attempts, k.attempt)
	}
}

func TestShouldRetryWins(t *testing.T) {
	for _, it := range []struct {
		code     CloseCode
		decision Decision
		again    bool
	}{{4004, TryAgain, true}, {1006, GiveUp, false}, {1006, FollowCode, true}, {4004, FollowCode, false}} {
		var asked []string
		k := starting(t, Reconnect{ShouldRetry: func(code CloseCode, reason string, attempt int) Decision {
			asked = append(asked, fmt.Sprint(int(code), " ", reason, " ", attempt))
			return it.decision
		}})
		k.open(fresh())
		following := k.disconnected(closing{code: it.code, reason: "why"}, k.now)
		if following.again != it.again || fmt.Sprint(asked) != fmt.Sprintf("[%d why 1]", it.code) {
			t.Errorf("%d, %d: %v, asked %v", it.code, it.decision, following, asked)
		}
	}
}

func TestOptionsOfSessions(t *testing.T) {
	for _, options := range []*ClientOptions{
		{Reconnect: Reconnect{FirstDelay: -1}},
		{Reconnect: Reconnect{LongestDelay: -1}},
		{Reconnect: Reconnect{Patience: -1}},
		{Dialect: "later"},
	} {
		if _, err := NewClient("http://localhost", options); err == nil {
			t.Errorf("%+v is taken", options)
		}
	}
	if r, err := (Reconnect{}).withDefaults(); err != nil || r.FirstDelay != time.Second/2 || r.LongestDelay != 30*time.Second || r.Patience != 30*time.Second {
		t.Errorf("%+v, %v", r, err)
	}
}
