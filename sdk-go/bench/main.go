// Command bench measures the codec beside encoding/json, on the frames of the message vectors:
//
//	go run ./bench ../spec/vectors/messages 3
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	fastagency "github.com/fastagency-protocol/sdk-go"
)

const rounds = 5

// batch is how often all frames are gone through between two looks at the clock.
const batch = 4

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: bench FOLDER SECONDS")
	}
	seconds, err := strconv.ParseFloat(os.Args[2], 64)
	if err != nil {
		log.Fatal(err)
	}
	frames := framesOf(os.Args[1])
	messages := make([]fastagency.Message, len(frames))
	values := make([]any, len(frames))
	for place, frame := range frames {
		if messages[place], err = fastagency.Decode(frame); err != nil {
			log.Fatal(err)
		}
		if err := json.Unmarshal(frame, &values[place]); err != nil {
			log.Fatal(err)
		}
	}
	measured := []struct {
		name string
		once func(place int) error
		rate []float64
	}{
		{name: "decode_per_second", once: func(place int) error {
			_, err := fastagency.Decode(frames[place])
			return err
		}},
		{name: "bare_decode_per_second", once: func(place int) error {
			var value any
			return json.Unmarshal(frames[place], &value)
		}},
		{name: "encode_per_second", once: func(place int) error {
			_, err := fastagency.Encode(messages[place])
			return err
		}},
		{name: "bare_encode_per_second", once: func(place int) error {
			_, err := json.Marshal(values[place])
			return err
		}},
	}
	each := time.Duration(seconds / rounds / float64(len(measured)) * float64(time.Second))
	for range rounds {
		for place := range measured {
			it := &measured[place]
			it.rate = append(it.rate, rate(len(frames), each, it.once))
		}
	}
	report := map[string]any{"language": "go", "bare": "encoding/json into any"}
	for _, it := range measured {
		slices.Sort(it.rate)
		report[it.name] = int(it.rate[len(it.rate)/2])
	}
	line, err := json.Marshal(report)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}

// rate returns how many frames a second it does, measured for about as long as told.
func rate(frames int, long time.Duration, once func(place int) error) float64 {
	count, start := 0, time.Now()
	for {
		for range batch {
			for place := range frames {
				if err := once(place); err != nil {
					log.Fatal(err)
				}
			}
		}
		count += batch * frames
		if taken := time.Since(start); taken >= long {
			return float64(count) / taken.Seconds()
		}
	}
}

// framesOf returns every valid frame of a known type.
func framesOf(folder string) [][]byte {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		log.Fatal(err)
	}
	var frames [][]byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		var file struct {
			Type  string `json:"type"`
			Cases []struct {
				Valid bool   `json:"valid"`
				Frame string `json:"frame"`
			} `json:"cases"`
		}
		if err := json.Unmarshal(text, &file); err != nil {
			log.Fatal(err)
		}
		for _, it := range file.Cases {
			if it.Valid && file.Type != "Unknown" {
				frames = append(frames, []byte(it.Frame))
			}
		}
	}
	if len(frames) == 0 {
		log.Fatal("no frames in " + folder)
	}
	return frames
}
