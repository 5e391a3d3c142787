// Command faults holds many conversations with the workflow "faults", and counts what went wrong:
//
//	faults URL --conversations N --at-once K
//
// It prints one JSON line. The exit status is 0 when every conversation finished and nothing was lost, repeated, out
// of order or answered wrongly.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	fastagency "github.com/fastagency-protocol/sdk-go"
)

const (
	messages  = 20
	questions = 5
)

// counts are what is printed.
type counts struct {
	Conversations  int   `json:"conversations"`
	Finished       int   `json:"finished"`
	Lost           int   `json:"lost"`
	Repeated       int   `json:"repeated"`
	OutOfOrder     int   `json:"out_of_order"`
	AnswersLost    int   `json:"answers_lost"`
	AnswersDoubled int   `json:"answers_doubled"`
	Reconnects     int64 `json:"reconnects"`
}

func (c *counts) add(other counts) {
	c.Finished += other.Finished
	c.Lost += other.Lost
	c.Repeated += other.Repeated
	c.OutOfOrder += other.OutOfOrder
	c.AnswersLost += other.AnswersLost
	c.AnswersDoubled += other.AnswersDoubled
}

func (c *counts) nothingWrong() bool {
	wrong := c.Lost + c.Repeated + c.OutOfOrder + c.AnswersLost + c.AnswersDoubled
	return wrong == 0 && c.Finished == c.Conversations
}

func main() {
	log.SetFlags(0)
	conversations, atOnce := 500, 100
	flags := flag.NewFlagSet("faults", flag.ExitOnError)
	flags.IntVar(&conversations, "conversations", conversations, "how many conversations are held")
	flags.IntVar(&atOnce, "at-once", atOnce, "how many of them at a time")
	if len(os.Args) < 2 || strings.HasPrefix(os.Args[1], "-") {
		log.Fatal("faults URL --conversations N --at-once K")
	}
	if err := flags.Parse(os.Args[2:]); err != nil {
		log.Fatal(err)
	}
	found, err := run(context.Background(), os.Args[1], conversations, atOnce)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		log.Fatal(err)
	}
	if !found.nothingWrong() {
		os.Exit(1)
	}
}

// run holds them all.
func run(ctx context.Context, url string, conversations, atOnce int) (*counts, error) {
	var reconnects atomic.Int64
	client, err := fastagency.NewClient(url, &fastagency.ClientOptions{
		Retry:     fastagency.Retry{Attempts: 10},
		Reconnect: fastagency.Reconnect{FirstDelay: 50 * time.Millisecond, LongestDelay: 500 * time.Millisecond},
		OnConnection: func(_ string, state fastagency.ConnectionState) {
			if state == fastagency.ConnectionReconnecting {
				reconnects.Add(1)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	found := &counts{Conversations: conversations}
	var mu sync.Mutex
	var running sync.WaitGroup
	gate := make(chan struct{}, atOnce)
	for range conversations {
		gate <- struct{}{}
		running.Add(1)
		go func() {
			defer running.Done()
			defer func() { <-gate }()
			one := converse(ctx, client)
			mu.Lock()
			defer mu.Unlock()
			found.add(one)
		}()
	}
	running.Wait()
	found.Reconnects = reconnects.Load()
	return found, nil
}

// converse holds one conversation to its end. What could not be announced is announced again: nothing has started.
func converse(ctx context.Context, client *fastagency.Client) counts {
	for {
		params := map[string]int{"messages": messages, "questions": questions}
		conversation, err := client.Start(ctx, "faults", params)
		if errors.As(err, new(*fastagency.ServerUnreachableError)) {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if err != nil {
			log.Printf("it did not start: %v", err)
			return counts{}
		}
		defer conversation.Close()
		found, err := read(ctx, conversation)
		if err != nil {
			log.Printf("%s: %v", conversation.WorkflowUUID(), err)
		}
		return found
	}
}

// read answers every question, and judges what was said.
func read(ctx context.Context, conversation *fastagency.Conversation) (counts, error) {
	uuid := conversation.WorkflowUUID()
	var bodies []string
	for message, err := range conversation.Messages(ctx) {
		if err != nil {
			return counts{}, err
		}
		switch message := message.(type) {
		case *fastagency.TextMessage:
			bodies = append(bodies, fmt.Sprint(message.Content.Body))
		case *fastagency.TextInput:
			if !conversation.IsOpen(message) {
				continue
			}
			number := strings.TrimPrefix(fastagency.ValueOr(message.Content.Prompt, ""), "q")
			answer := fastagency.AnswerValueString(uuid + "-" + number)
			if _, err := conversation.AnswerQuestion(ctx, message, answer); err != nil {
				return counts{}, err
			}
		}
	}
	found := judge(bodies, uuid)
	if conversation.Outcome() == fastagency.OutcomeCompleted {
		found.Finished = 1
	}
	return found, nil
}

// judge compares what a conversation showed with what it must have said.
func judge(bodies []string, uuid string) counts {
	var found counts
	seen := map[string]int{}
	var inOrder []string // what was shown, each once
	for _, body := range bodies {
		if seen[body]++; seen[body] == 1 {
			inOrder = append(inOrder, body)
		}
	}
	var present []string // what was shown of what must have been said
	for _, body := range expected(uuid) {
		answer := strings.HasPrefix(body, "a")
		switch {
		case seen[body] == 0 && answer:
			found.AnswersLost++
		case seen[body] == 0:
			found.Lost++
		case seen[body] > 1 && answer:
			found.AnswersDoubled++
		case seen[body] > 1:
			found.Repeated++
		}
		if seen[body] > 0 {
			present = append(present, body)
		}
	}
	if strings.Join(present, "\n") != strings.Join(inOrder, "\n") {
		found.OutOfOrder = 1
	}
	return found
}

// expected returns what a conversation must say.
func expected(uuid string) []string {
	var bodies []string
	every := messages / questions
	for number := range messages {
		bodies = append(bodies, fmt.Sprintf("m%d", number))
		if (number+1)%every == 0 {
			question := (number+1)/every - 1
			bodies = append(bodies, fmt.Sprintf("a%d:%s-%d", question, uuid, question))
		}
	}
	return bodies
}
