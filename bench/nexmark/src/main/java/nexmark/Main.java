package nexmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Candles of a topic through formulas to another topic with Kafka Streams, exactly once (exactly_once_v2). What a symbol
 * remembers is in a store in memory with a cache before its changelog: the store that costs least.
 *
 * <p>Main BROKERS GROUP INPUT OUTPUT FORMULAS THREADS STATE_DIR TICK
 */
public final class Main {
    public static void main(String[] args) throws InterruptedException {
        Properties p = new Properties();
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, args[5]);
        p.put(StreamsConfig.STATE_DIR_CONFIG, args[6]);
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        p.put(StreamsConfig.consumerPrefix("max.poll.records"), 10_000);
        p.put(StreamsConfig.producerPrefix("linger.ms"), 5);
        int formulas = Integer.parseInt(args[4]);
        boolean tick = args[7].equals("tick");
        Topology t = new Topology();
        t.addSource("in", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), args[2]);
        t.addProcessor("formulas", () -> new Work(formulas, tick), "in");
        t.addStateStore(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("series"), Serdes.String(), Serdes.ByteArray())
                        .withCachingEnabled()
                        .withLoggingEnabled(Map.of()),
                "formulas");
        t.addSink("out", args[3], Serdes.ByteArray().serializer(), Serdes.ByteArray().serializer(), "formulas");
        KafkaStreams streams = new KafkaStreams(t, p);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(10));
            stopped.countDown();
        }));
        streams.start();
        stopped.await();
    }

    private static final class Work implements Processor<byte[], byte[], byte[], byte[]> {
        private final int formulas;
        private final boolean tick;
        private final Candle candle = new Candle();
        private ProcessorContext<byte[], byte[]> context;
        private KeyValueStore<String, byte[]> store;

        Work(int formulas, boolean tick) {
            this.formulas = formulas;
            this.tick = tick;
        }

        @Override
        public void init(ProcessorContext<byte[], byte[]> context) {
            this.context = context;
            store = context.getStateStore("series");
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            try {
                candle.read(record.value());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            byte[] kept = store.get(candle.symbol);
            Series s = kept == null ? new Series(formulas) : Series.of(kept, formulas);
            s.step(candle);
            for (int i = 0; i < formulas; i++) {
                double value = Formula.value(i % 20, i / 20, s);
                if (value == 1 && s.said(i) == 0) {
                    signal("f" + i, record);
                }
                s.say(i, value);
            }
            if (tick) {
                signal("tick", record);
            }
            store.put(candle.symbol, s.bytes());
        }

        private void signal(String formula, Record<byte[], byte[]> record) {
            String text = "{\"formula\":\"" + formula + "\",\"symbol\":\"" + candle.symbol + "\",\"timestamp\":\""
                    + candle.timestamp + "\",\"close\":" + candle.close + "}";
            byte[] key = candle.symbol.getBytes(StandardCharsets.UTF_8);
            context.forward(record.withKey(key).withValue(text.getBytes(StandardCharsets.UTF_8)));
        }
    }

    private Main() {}
}
