package doctor_test

import (
	"context"
	"fmt"
	"time"

	"streamd/doctor"
	"streamd/kafka"
)

// A port that nobody listens on has a symptom, too.
func ExampleExamine() {
	client, err := kafka.Open(kafka.Config{Brokers: []string{"127.0.0.1:1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	answers := doctor.Examine(context.Background(), doctor.Config{
		Client: client, Group: "streamd", Inputs: []string{"candles"}, Signals: "signals", ExactlyOnce: true,
		AnswerTime: 100 * time.Millisecond,
	})
	fmt.Println(doctor.Worst(answers) == doctor.Broken)
	// Output: true
}
