package clients

// franz-go: idempotent by default, speaks the newest versions, uses DescribeTopicPartitions-era requests where it can.

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func franz(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(os.Getenv("BOOTSTRAP"))}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func name(t *testing.T) string { return fmt.Sprintf("go-%s-%d", t.Name()[4:8], time.Now().UnixNano()) }

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func create(t *testing.T, topic string, partitions int32) *kadm.Client {
	t.Helper()
	admin := kadm.NewClient(franz(t))
	if _, err := admin.CreateTopic(within(t), partitions, 1, nil, topic); err != nil {
		t.Fatal(err)
	}
	return admin
}

func TestFranzProducesAndConsumesWithEachCodec(t *testing.T) {
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	for codec, compression := range codecs {
		t.Run(codec, func(t *testing.T) {
			topic := fmt.Sprintf("go-codec-%s-%d", codec, time.Now().UnixNano())
			create(t, topic, 1)
			producer := franz(t, kgo.ProducerBatchCompression(compression), kgo.DefaultProduceTopic(topic))
			var records []*kgo.Record
			for n := range 1000 {
				records = append(records, &kgo.Record{Key: fmt.Appendf(nil, "k%d", n), Value: fmt.Appendf(nil, "value %d", n)})
			}
			if err := producer.ProduceSync(within(t), records...).FirstErr(); err != nil {
				t.Fatal(err)
			}
			consumer := franz(t, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
			ctx := within(t)
			for n := 0; n < 1000; {
				fetches := consumer.PollFetches(ctx)
				if err := fetches.Err(); err != nil {
					t.Fatalf("after %d records: %v", n, err)
				}
				fetches.EachRecord(func(r *kgo.Record) {
					if r.Offset != int64(n) || string(r.Value) != fmt.Sprintf("value %d", n) {
						t.Fatalf("record %d: offset %d, %q", n, r.Offset, r.Value)
					}
					n++
				})
			}
		})
	}
}

func TestFranzGroupMembersShareAndResume(t *testing.T) {
	topic := name(t)
	group := "group-" + topic
	admin := create(t, topic, 4)
	producer := franz(t, kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
	write := func(count int) {
		for n := range count {
			producer.Produce(within(t), &kgo.Record{Value: fmt.Appendf(nil, "%d", n)}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Error(err)
				}
			})
		}
		if err := producer.Flush(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(count int) {
		members := []*kgo.Client{}
		for range 2 {
			members = append(members, franz(t, kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group), kgo.DisableAutoCommit(),
				kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.BlockRebalanceOnPoll()))
		}
		seen, deadline := map[string]bool{}, time.Now().Add(30*time.Second)
		for len(seen) < count {
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d", len(seen), count)
			}
			for _, member := range members {
				ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
				member.PollFetches(ctx).EachRecord(func(r *kgo.Record) { seen[fmt.Sprintf("%d/%d", r.Partition, r.Offset)] = true })
				cancel()
				if err := member.CommitUncommittedOffsets(within(t)); err != nil {
					t.Log("commit during a rebalance:", err)
				}
				member.AllowRebalance()
			}
		}
		if len(seen) != count {
			t.Fatalf("%d records, wanted %d", len(seen), count)
		}
		for _, member := range members {
			member.LeaveGroup()
		}
	}
	write(400)
	read(400)
	lags, err := admin.Lag(within(t), group)
	if err != nil || lags.Error() != nil {
		t.Fatal(err, lags.Error())
	}
	if total := lags[group].Lag.Total(); total != 0 {
		t.Fatalf("lag %d", total)
	}
	write(40)
	read(40)
}

func TestFranzAdministration(t *testing.T) {
	topic := name(t)
	admin := create(t, topic, 3)
	details, err := admin.ListTopics(within(t), topic)
	if err != nil || len(details[topic].Partitions) != 3 || details[topic].ID == (kadm.TopicID{}) {
		t.Fatal(err, details)
	}
	if _, err := admin.AlterTopicConfigs(within(t), []kadm.AlterConfig{{Name: "retention.ms", Value: kadm.StringPtr("123456")}}, topic); err != nil {
		t.Fatal(err)
	}
	configs, err := admin.DescribeTopicConfigs(within(t), topic)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, config := range configs[0].Configs {
		found = found || config.Key == "retention.ms" && config.MaybeValue() == "123456"
	}
	if !found {
		t.Fatal("retention.ms was not set")
	}
	if _, err := admin.UpdatePartitions(within(t), 5, topic); err != nil {
		t.Fatal(err)
	}
	offsets, err := admin.ListEndOffsets(within(t), topic)
	if err != nil || len(offsets[topic]) != 5 {
		t.Fatal(err, offsets)
	}
	if _, err := admin.DeleteTopic(within(t), topic); err != nil {
		t.Fatal(err)
	}
}
