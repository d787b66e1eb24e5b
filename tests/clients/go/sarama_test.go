package clients

// sarama: a second, independent implementation; older versions of most requests.

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
)

func saramaConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.V4_0_0_0
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	return config
}

func TestSaramaProducesAndConsumesWithEachCodec(t *testing.T) {
	codecs := []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD}
	for _, codec := range codecs {
		t.Run(codec.String(), func(t *testing.T) {
			topic := fmt.Sprintf("sarama-%s-%d", codec, time.Now().UnixNano())
			config := saramaConfig()
			config.Producer.Compression = codec
			config.Producer.Idempotent = true
			config.Net.MaxOpenRequests = 1
			config.Producer.Partitioner = sarama.NewManualPartitioner
			producer, err := sarama.NewSyncProducer([]string{os.Getenv("BOOTSTRAP")}, config)
			if err != nil {
				t.Fatal(err)
			}
			defer producer.Close()
			var messages []*sarama.ProducerMessage
			for n := range 500 {
				messages = append(messages, &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(fmt.Sprintf("value %d", n))})
			}
			if err := producer.SendMessages(messages); err != nil {
				t.Fatal(err)
			}
			consumer, err := sarama.NewConsumer([]string{os.Getenv("BOOTSTRAP")}, config)
			if err != nil {
				t.Fatal(err)
			}
			defer consumer.Close()
			partition, err := consumer.ConsumePartition(topic, 0, sarama.OffsetOldest)
			if err != nil {
				t.Fatal(err)
			}
			defer partition.Close()
			for n := range 500 {
				select {
				case message := <-partition.Messages():
					if message.Offset != int64(n) || string(message.Value) != fmt.Sprintf("value %d", n) {
						t.Fatalf("record %d: offset %d, %q", n, message.Offset, message.Value)
					}
				case <-time.After(20 * time.Second):
					t.Fatalf("%d of 500", n)
				}
			}
		})
	}
}

type collector struct {
	mutex sync.Mutex
	seen  map[string]bool
	done  chan struct{}
	want  int
}

func (*collector) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*collector) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (c *collector) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		session.MarkMessage(message, "")
		c.mutex.Lock()
		c.seen[fmt.Sprintf("%d/%d", message.Partition, message.Offset)] = true
		if len(c.seen) == c.want {
			close(c.done)
		}
		c.mutex.Unlock()
	}
	return nil
}

func TestSaramaGroupReadsEverythingOnce(t *testing.T) {
	topic := fmt.Sprintf("sarama-group-%d", time.Now().UnixNano())
	create(t, topic, 4)
	producer, err := sarama.NewSyncProducer([]string{os.Getenv("BOOTSTRAP")}, saramaConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	for n := range 200 {
		if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(fmt.Sprint(n)), Value: sarama.StringEncoder("x")}); err != nil {
			t.Fatal(err)
		}
	}
	config := saramaConfig()
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategySticky()}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	collected := &collector{seen: map[string]bool{}, done: make(chan struct{}), want: 200}
	var members sync.WaitGroup
	for range 2 {
		group, err := sarama.NewConsumerGroup([]string{os.Getenv("BOOTSTRAP")}, "group-"+topic, config)
		if err != nil {
			t.Fatal(err)
		}
		members.Add(1)
		go func() {
			defer members.Done()
			defer group.Close()
			for ctx.Err() == nil {
				_ = group.Consume(ctx, []string{topic}, collected)
			}
		}()
	}
	select {
	case <-collected.done:
	case <-ctx.Done():
		t.Fatalf("%d of 200", len(collected.seen))
	}
	cancel()
	members.Wait()
}
