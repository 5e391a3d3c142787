package fastagency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// replying serves the same reply to everything and counts the requests.
func replying(t testing.TB, reply http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	var count atomic.Int32
	return serving(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		reply(w, r)
	})), &count
}

func TestDiscovery(t *testing.T) {
	server, _ := replying(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/prefix/there" || r.Header.Get("User-Agent") != userAgent {
			t.Errorf("%s %s of %s", r.Method, r.URL.Path, r.Header.Get("User-Agent"))
		}
		fmt.Fprint(w, `[{"name":"quiz","description":"Ask","later":1}]`)
	})
	c, err := NewClient(server.URL+"/prefix/", &ClientOptions{DiscoveryPath: "there"})
	if err != nil {
		t.Fatal(err)
	}
	workflows, err := c.Discovery(context.Background())
	if err != nil || len(workflows) != 1 || workflows[0] != (WorkflowInfo{Name: "quiz", Description: "Ask"}) {
		t.Errorf("%v: %v", workflows, err)
	}
}

func TestDiscoveryIsTriedAgainWhileTheServerIsFull(t *testing.T) {
	var left atomic.Int32
	left.Store(2)
	server, count := replying(t, func(w http.ResponseWriter, _ *http.Request) {
		if left.Add(-1) >= 0 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "[]")
	})
	if workflows, err := client(t, server, nil).Discovery(context.Background()); err != nil || len(workflows) != 0 || count.Load() != 3 {
		t.Errorf("%v after %d tries: %v", workflows, count.Load(), err)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	cases := map[string]struct {
		status     int
		header     map[string]string
		body, want string
		after      time.Duration
	}{
		"with a sentence": {status: 404, body: `{"detail":"No such workflow."}`, want: "No such workflow."},
		"with faults": {status: 422, body: `{"detail":[{"type":"missing","loc":["body","params",0],"msg":"Field required"}]}`,
			want: "body.params.0: Field required"},
		"by a proxy":     {status: 502, body: "<html>", want: "Bad Gateway"},
		"without a word": {status: 599, want: "no reason given"},
		"for a while":    {status: 503, header: map[string]string{"Retry-After": "7"}, want: "Service Unavailable", after: 7 * time.Second},
		"elsewhere":      {status: 307, header: map[string]string{"Location": "http://127.0.0.1:1/"}, want: "Temporary Redirect (it points to http://127.0.0.1:1/)"},
		"no content":     {status: 204, want: "No Content"},
	}
	for name, it := range cases {
		t.Run(name, func(t *testing.T) {
			server, count := replying(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range it.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(it.status)
				_, _ = io.WriteString(w, it.body)
			})
			c := client(t, server, nil)
			_, discovery := c.Discovery(context.Background())
			_, start := c.Start(context.Background(), "quiz", nil)
			for _, err := range []error{discovery, start} {
				var refused *RequestRefusedError
				if !errors.As(err, &refused) || refused.Status != it.status || refused.Detail != it.want {
					t.Fatal(err)
				}
				if after := refused.RetryAfter; (after == nil) != (it.after == 0) || after != nil && *after != it.after {
					t.Errorf("retry after %v", after)
				}
			}
			if count.Load() != 2 {
				t.Errorf("%d requests", count.Load())
			}
		})
	}
}

func TestResponsesThatAreMalformed(t *testing.T) {
	for _, body := range []string{``, `{}`, `[{"name":"quiz"}]`, "[\"\xff\"]", `[] []`, strings.Repeat(" ", 2000) + `[]`} {
		server, _ := replying(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		c := client(t, server, &ClientOptions{MaxMessageSize: 1000})
		var malformed *MalformedMessageError
		if _, err := c.Discovery(context.Background()); !errors.As(err, &malformed) {
			t.Errorf("%.20q: %v", body, err)
		}
		if _, err := c.Start(context.Background(), "quiz", nil); !errors.As(err, &malformed) {
			t.Errorf("%.20q: %v", body, err)
		}
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	c := client(t, server, &ClientOptions{Retry: Retry{Attempts: 2, FirstDelay: 1}})
	_, discovery := c.Discovery(context.Background())
	_, start := c.Start(context.Background(), "quiz", nil)
	for _, err := range []error{discovery, start} {
		var unreachable *ServerUnreachableError
		if !errors.As(err, &unreachable) || !errors.Is(err, syscall.ECONNREFUSED) || !strings.HasPrefix(unreachable.URL, server.URL) {
			t.Error(err)
		}
	}
}

func TestServerThatTakesTooLong(t *testing.T) {
	server, _ := replying(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := client(t, server, &ClientOptions{RequestTimeout: time.Millisecond, Retry: Retry{Attempts: 1}})
	var unreachable *ServerUnreachableError
	if _, err := c.Discovery(context.Background()); !errors.As(err, &unreachable) {
		t.Error(err)
	}
	slow := client(t, server, nil)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	// The caller's own context is the caller's: its error is no error of the server.
	if _, err := slow.Discovery(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &unreachable) {
		t.Error(err)
	}
	if _, err := slow.Start(ctx, "quiz", nil); !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &unreachable) {
		t.Error(err)
	}
}

func TestStartSendsWhatItIsGiven(t *testing.T) {
	bodies := make(chan string, 1)
	headers := make(chan http.Header, 2)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /there", func(w http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		fmt.Fprintf(w, `{"user_id":"anna","workflow_uuid":%q,"name":"quiz","params":{"n":9007199254740993}}`, uuidDashed)
	})
	mux.HandleFunc("GET /socket", func(w http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		p := upgrade(t, w, r)
		defer p.conn.Close()
		isJSON(t, p.read(), `{"user_id":"anna","workflow_uuid":"`+uuidDashed+`","name":"quiz","params":{"n":9007199254740993}}`)
		p.complete("")
	})
	asked := 0
	ctx, conversation := begin(t, serving(t, mux), &ClientOptions{
		InitiateWorkflowPath: "/there",
		WebSocketPath:        "/socket",
		UserID:               "me",
		Header:               http.Header{"X-Always": {"yes"}, "X-Token": {"old"}},
		GetHeader: func(context.Context) (http.Header, error) {
			asked++
			return http.Header{"x-token": {fmt.Sprint(asked)}}, nil
		},
	})
	if err := ends(ctx, t, conversation); err != io.EOF {
		t.Error(err)
	}
	var body InitiateWorkflowRequest
	if err := json.Unmarshal([]byte(<-bodies), &body); err != nil {
		t.Fatal(err)
	}
	if body.WorkflowName != "quiz" || ValueOr(body.UserID, "") != "me" || string(body.Params) != "{}" || !pattern1.MatchString(body.WorkflowUUID) {
		t.Errorf("%+v", body)
	}
	for _, token := range []string{"1", "2"} {
		if header := <-headers; header.Get("X-Token") != token || header.Get("X-Always") != "yes" {
			t.Errorf("%v", header)
		}
	}
}

func TestParams(t *testing.T) {
	type named struct {
		Level string `json:"level"`
	}
	for want, params := range map[string]any{
		`{}`:                     nil,
		`{"level":"<high>"}`:     named{"<high>"},
		`{"n":9007199254740993}`: json.RawMessage(`{"n": 9007199254740993}`),
		`{"a":[null]}`:           map[string]any{"a": []any{nil}},
	} {
		body, err := initiateRequest("quiz", params, "")
		if err != nil {
			t.Fatal(err)
		}
		var request InitiateWorkflowRequest
		if err := json.Unmarshal(body, &request); err != nil {
			t.Fatal(err)
		}
		isJSON(t, string(request.Params), want)
	}
	for _, wrong := range []any{[]int{1}, "text", 5, math.NaN(), map[string]any{"f": math.Inf(1)}, func() {}, json.RawMessage(`{`)} {
		if body, err := initiateRequest("quiz", wrong, ""); err == nil {
			t.Errorf("%v gave %s", wrong, body)
		}
	}
	one, _ := initiateRequest("quiz", nil, "")
	other, _ := initiateRequest("quiz", nil, "")
	if string(one) == string(other) {
		t.Error("two conversations have one id")
	}
}

func TestSocketThatIsRefused(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+InitiateWorkflowPath, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"user_id":null,"workflow_uuid":%q,"name":"quiz","params":{}}`, uuidDashed)
	})
	mux.HandleFunc("GET "+WebSocketPath, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"detail":"Not you."}`)
	})
	var refused *RequestRefusedError
	if _, err := client(t, serving(t, mux), nil).Start(context.Background(), "quiz", nil); !errors.As(err, &refused) || refused.Status != 403 || refused.Detail != "Not you." {
		t.Error(err)
	}
}

func TestGetHeaderMayFail(t *testing.T) {
	server, count := replying(t, func(http.ResponseWriter, *http.Request) {})
	failure := errors.New("no token")
	c := client(t, server, &ClientOptions{GetHeader: func(context.Context) (http.Header, error) { return nil, failure }})
	if _, err := c.Discovery(context.Background()); err != failure || count.Load() != 0 {
		t.Error(err)
	}
}

func TestAddresses(t *testing.T) {
	for url, want := range map[string]endpoints{
		"http://a":         {"http://a/fastagency/discovery", "http://a/fastagency/initiate_workflow", "ws://a/fastagency/ws"},
		" wss://a:1/p/q/ ": {"https://a:1/p/q/fastagency/discovery", "https://a:1/p/q/fastagency/initiate_workflow", "wss://a:1/p/q/fastagency/ws"},
		"ws://[::1]:8":     {"http://[::1]:8/fastagency/discovery", "http://[::1]:8/fastagency/initiate_workflow", "ws://[::1]:8/fastagency/ws"},
	} {
		if got, err := endpointsOf(url, &ClientOptions{}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	for _, secret := range []string{"http://me:secret@a", "ftp://me:secret@a", "http://me:secret@a:port"} {
		if _, err := NewClient(secret, nil); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("credentials in a URL: %v", err)
		}
	}
	for _, wrong := range []string{"", "a", "ftp://a", "http://", "http://:80", "http://a?q", "http://a?", "http://a#f", "http://a:port", "http://a b"} {
		if _, err := NewClient(wrong, nil); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	if _, err := NewClient("http://a", &ClientOptions{Retry: Retry{Attempts: -1}}); err == nil {
		t.Error("-1 attempts were taken")
	}
}

func TestRetryDelays(t *testing.T) {
	retry, err := Retry{Attempts: 80, FirstDelay: time.Second, LongestDelay: 10 * time.Second}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	unreachable := &ServerUnreachableError{}
	full := func() float64 { return 1 }
	for tried, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 79: 10 * time.Second} {
		if delay, again := retry.delay(tried, unreachable, full); !again || delay != want {
			t.Errorf("after %d tries: %v, %v", tried, delay, again)
		}
	}
	if delay, _ := retry.delay(1, unreachable, func() float64 { return 0 }); delay != 0 {
		t.Errorf("the least delay is %v", delay)
	}
	for name, err := range map[string]error{
		"too often tried":  nil,
		"another status":   &RequestRefusedError{Status: 404},
		"a wait too long":  &RequestRefusedError{Status: 503, RetryAfter: pointerTo(11 * time.Second)},
		"another error":    &MalformedMessageError{},
		"the caller's own": context.Canceled,
	} {
		tried := 1
		if err == nil {
			tried, err = 80, unreachable
		}
		if _, again := retry.delay(tried, err, full); again {
			t.Errorf("%s: it is tried again", name)
		}
	}
	if delay, again := retry.delay(1, &RequestRefusedError{Status: 503, RetryAfter: pointerTo(3 * time.Second)}, full); !again || delay != 3*time.Second {
		t.Errorf("a wait that the server asked for: %v, %v", delay, again)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for value, want := range map[string]*time.Duration{
		"":                              nil,
		"soon":                          nil,
		"-1":                            nil,
		"99999999999999999999":          nil,
		" 0 ":                           pointerTo(time.Duration(0)),
		"5":                             pointerTo(5 * time.Second),
		"Mon, 01 Jan 2024 00:00:09 GMT": pointerTo(9 * time.Second),
		"Sun, 31 Dec 2023 00:00:00 GMT": pointerTo(time.Duration(0)),
	} {
		got := retryAfter(http.Header{"Retry-After": {value}}, now)
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
