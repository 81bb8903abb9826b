package io.swytch.resp;

import io.netty.buffer.ByteBuf;
import io.swytch.bytes.Slice;
import io.swytch.store.item.KeyHash;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one command of a pipeline costs before it runs and after: 64 SETs of 16-byte keys and 32-byte values, and their replies. Nanoseconds a command. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@OperationsPerInvocation(PipelineBenchmark.COMMANDS)
public class PipelineBenchmark {
    static final int COMMANDS = 64;

    private final RequestDecoder decoder = new RequestDecoder(new RespLimits(), null);
    private final KeyHash hash = new KeyHash(42);
    private final ByteBuffer input = pipeline();
    private final OutBuffer out = new OutBuffer(BlockPool.ofCurrentThread());
    private final WireReplyWriter replies = new WireReplyWriter(out);
    private final Slice value = new Slice().set(input, 0, 32);

    private static ByteBuffer pipeline() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < COMMANDS; i++) {
            text.append("*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$32\r\n%032d\r\n".formatted(i * 7919, i));
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes);
    }

    /** Requests out of the bytes that came. */
    @Benchmark
    public int decode() {
        decoder.reset();
        decoder.window(input, 0, input.capacity());
        int args = 0;
        while (decoder.next() == RequestDecoder.Status.REQUEST) {
            args += decoder.request().argCount();
        }
        return args;
    }

    /** The same, and the hash of each key. */
    @Benchmark
    public long decodeAndHash() {
        decoder.reset();
        decoder.window(input, 0, input.capacity());
        long sum = 0;
        while (decoder.next() == RequestDecoder.Status.REQUEST) {
            sum += hash.of(decoder.request().arg(1));
        }
        return sum;
    }

    /** {@code +OK}. */
    @Benchmark
    public int replyOk() {
        for (int i = 0; i < COMMANDS; i++) {
            replies.ok();
        }
        return send();
    }

    /** A value, copied. */
    @Benchmark
    public int replyBulk() {
        for (int i = 0; i < COMMANDS; i++) {
            replies.bulk(value, 0, 32);
        }
        return send();
    }

    /** A number. */
    @Benchmark
    public int replyInteger() {
        for (int i = 0; i < COMMANDS; i++) {
            replies.integer(1_000_000 + i);
        }
        return send();
    }

    private int send() {
        out.seal();
        int bytes = 0;
        while (out.toSend() > 0) {
            ByteBuf block = out.send().toSend();
            bytes += block.readableBytes();
            block.release();
        }
        out.releaseSent();
        return bytes;
    }
}
