// Package topics holds what the live and the historical side both need of a topic: which topics of a cluster an input
// means, where their partitions begin and end, and how their committed records are read, up to the end (Read) or on
// as the topic grows (Follow).
package topics
