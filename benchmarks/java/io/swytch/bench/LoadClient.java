package io.swytch.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.SplittableRandom;

/** One connection of a load: sends a batch of requests, and takes their replies. Threads: its worker's. */
final class LoadClient {
    private static final int KEY_DIGITS = 12;
    private static final int FILLS_WAITING_MAX = 1 << 16;

    private final LoadPlan plan;
    private final SplittableRandom random;
    private final Wire wire;
    private final SocketChannel channel;
    private final SelectionKey selected;
    private final byte[] key;
    private final ByteBuffer out;
    private final long[] keys;
    private final boolean[] reads;
    private final ArrayDeque<Long> fills = new ArrayDeque<>();
    private byte[] in = new byte[1 << 16];
    private int inUntil;
    private int answered;
    private int sent;
    private long startedAt;

    LoadClient(LoadPlan plan, Selector selector, SplittableRandom random) throws IOException {
        this.plan = plan;
        this.random = random;
        wire = Wire.of(plan.wire());
        channel = SocketChannel.open(new InetSocketAddress(plan.host(), plan.port()));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        selected = channel.register(selector, SelectionKey.OP_READ, this);
        key = (plan.prefix() + "0".repeat(KEY_DIGITS)).getBytes(StandardCharsets.ISO_8859_1);
        keys = new long[plan.pipeline()];
        reads = new boolean[plan.pipeline()];
        out = ByteBuffer.allocate(plan.pipeline()
                * (Wire.OVERHEAD_BYTES_MAX + key.length + plan.values().longest()));
    }

    boolean isIdle() {
        return answered == sent;
    }

    /** Sends a batch of at most {@code most} requests, which counts as begun at {@code startedAt}; returns how many they are. */
    int send(int most, long startedAt) throws IOException {
        this.startedAt = startedAt;
        sent = Math.min(most, plan.pipeline());
        answered = 0;
        byte[] to = out.array();
        int at = 0;
        for (int i = 0; i < sent; i++) {
            Long fill = fills.poll();
            boolean read = fill == null && random.nextDouble() < plan.getShare();
            long number = fill != null ? fill : plan.order().next(random);
            keys[i] = number;
            reads[i] = read;
            nameKey(number);
            if (read) {
                at = wire.get(key, to, at);
            } else {
                int length = plan.values().length(number, random);
                at = wire.set(key, length, plan.ttlSeconds(), to, at);
                plan.values().write(number, length, to, at);
                at = wire.afterValue(plan.ttlSeconds(), to, at + length);
            }
        }
        out.position(0).limit(at);
        flush();
        return sent;
    }

    private void nameKey(long number) {
        long rest = number;
        for (int i = key.length - 1; i >= key.length - KEY_DIGITS; i--) {
            key[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** Sends what is left of the batch, as far as the socket takes it. */
    void flush() throws IOException {
        channel.write(out);
        selected.interestOps(out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    /**
     * Reads what has come and counts it.
     *
     * @throws IOException if the server closed the connection
     */
    void receive(Counts counts) throws IOException {
        if (inUntil == in.length) {
            in = Arrays.copyOf(in, in.length * 2);
        }
        int got = channel.read(ByteBuffer.wrap(in, inUntil, in.length - inUntil));
        if (got < 0) {
            throw new IOException("the server closed the connection");
        }
        inUntil += got;
        long tookNanos = System.nanoTime() - startedAt;
        int at = 0;
        while (answered < sent) {
            Wire.Reply reply = wire.look(in, at, inUntil);
            if (reply == Wire.Reply.PART) {
                break;
            }
            count(counts, reply, at, tookNanos);
            at = wire.end;
            answered++;
        }
        System.arraycopy(in, at, in, 0, inUntil - at);
        inUntil -= at;
    }

    private void count(Counts counts, Wire.Reply reply, int at, long tookNanos) {
        boolean read = reads[answered];
        (read ? counts.gets : counts.sets).add(tookNanos);
        switch (reply) {
            case VALUE -> {
                counts.hits++;
                if (!plan.values().fits(keys[answered], in, wire.valueAt, wire.valueLength)) {
                    counts.wrong++;
                }
            }
            case MISS -> {
                counts.misses++;
                if (plan.fillMisses() && fills.size() < FILLS_WAITING_MAX) {
                    fills.add(keys[answered]);
                }
            }
            case REFUSED -> counts.refused++;
            case ERROR -> {
                counts.errors++;
                counts.firstError = new String(in, at, wire.end - at, StandardCharsets.ISO_8859_1).trim();
            }
            default -> {
                // A SET that was done is in the histogram, which is all.
            }
        }
    }

    void close() throws IOException {
        channel.close();
    }
}
