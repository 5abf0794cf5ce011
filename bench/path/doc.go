// Package path tests the main path as its users see it: a built streamd, a real
// Apache Kafka, and kcat as the foreign client on both sides (make real).
package path
