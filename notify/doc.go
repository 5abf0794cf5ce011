// Package notify brings signals from their topic to people: to phones, chats, webhooks,
// Alertmanager. It reads the signals topic as it is committed, so that a slow receiver delays
// nobody, and is at least once: a signal that comes again has the same id.
//
//	n, err := notify.New(notify.Config{Settings: settings, Client: client, Topic: "signals", Group: "streamd"})
//	err = n.Run(ctx, "instance-1") // until ctx ends
//
// Every receiver is a consumer group of its own, whose offsets are committed behind its deliveries.
// The signals of a symbol reach a receiver in their order.
//
// A further kind of receiver is a file with the type of its settings (Check, Open) and what it
// opens (a Receiver), and a field in ReceiverSettings.
//
// The file map: settings.go what people configure, receiver.go the contract of a receiver and the
// Sink that each one is, http.go what those over HTTP share, then a file for each kind. signal.go
// reads a signal, template.go and text.go write messages, template_check.go says where a template is
// wrong, route.go says who gets what, queue.go what is sent next, courier.go sends it, reader.go
// reads the topic and commits, notifier.go starts all of it and says how it is.
package notify
