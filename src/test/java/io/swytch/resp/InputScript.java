package io.swytch.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Feeds bytes to an {@link InputBuffer} as a socket would, and writes down what the decoder makes of them. */
// Which buffer it is matters, not what it holds.
@SuppressWarnings("ReferenceEquality")
final class InputScript {
    private static final int SHARED_BYTES = 64 << 10;

    private final RespLimits limits = new RespLimits();
    private final BlockPool pool = BlockPool.ofCurrentThread();
    private final InputBuffer input = new InputBuffer(pool, limits);
    private final ByteBuffer sharedMemory = ByteBuffer.allocateDirect(InputBuffer.HEADROOM + SHARED_BYTES);
    private final ByteBuf shared = Unpooled.wrappedBuffer(sharedMemory);
    private final List<String> seen = new ArrayList<>();
    private boolean dead;
    long mostMemoryBytes;

    RespLimits limits() {
        return limits;
    }

    InputBuffer input() {
        return input;
    }

    List<String> seen() {
        return seen;
    }

    /** What a decoder says of {@code data} that comes in pieces cut at {@code cuts}. */
    static List<String> read(byte[] data, int... cuts) {
        InputScript script = new InputScript();
        int from = 0;
        for (int cut : cuts) {
            script.feed(data, from, cut);
            from = cut;
        }
        script.feed(data, from, data.length);
        return script.seen;
    }

    static List<String> read(String data) {
        return read(data.getBytes(StandardCharsets.ISO_8859_1));
    }

    void feed(byte[] data, int from, int to) {
        while (from < to && !dead) {
            ByteBuf target = input.target(shared);
            int n = Math.min(to - from, target.writableBytes());
            boolean toShared = target == shared;
            target.writeBytes(data, from, n);
            if (toShared) {
                input.arrived(sharedMemory, target.writerIndex());
            } else {
                input.arrived(target);
            }
            target.release();
            parse();
            input.keep();
            // The next connection of the loop reads into the same memory.
            for (int i = 0; toShared && i < InputBuffer.HEADROOM + n; i++) {
                sharedMemory.put(i, (byte) '?');
            }
            mostMemoryBytes = Math.max(mostMemoryBytes, input.memoryBytes());
            from += n;
        }
    }

    /** Feeds bytes from a buffer that is not the target, as io_uring does. */
    void feedForeign(byte[] data, int from, int to) {
        ByteBuf foreign = Unpooled.directBuffer(Math.max(1, to - from));
        foreign.writeBytes(data, from, to - from);
        input.arrived(foreign);
        parse();
        input.keep();
        foreign.setZero(0, foreign.capacity());
        foreign.release();
    }

    private void parse() {
        while (!dead) {
            RequestDecoder.Status status = input.decoder().next();
            switch (status) {
                case NEED_MORE -> {
                    return;
                }
                case REQUEST -> seen.add(text(input.decoder().request()));
                case ERROR -> {
                    seen.add("-" + input.decoder().error());
                    dead = true;
                }
                case ATTACK -> {
                    seen.add("attack");
                    dead = true;
                }
            }
        }
    }

    static String text(Request request) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < request.argCount(); i++) {
            byte[] arg = request.arg(i).toByteArray();
            text.append(i > 0 ? "|" : "");
            text.append(arg.length > 1000 ? arg.length + "#" + java.util.Arrays.hashCode(arg) : latin(arg));
        }
        return text.toString();
    }

    private static String latin(byte[] arg) {
        return new String(arg, StandardCharsets.ISO_8859_1);
    }

    static byte[] encode(Object... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(("*" + args.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
        for (Object arg : args) {
            byte[] bytes = arg instanceof byte[] b ? b : arg.toString().getBytes(StandardCharsets.ISO_8859_1);
            out.writeBytes(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(bytes);
            out.writeBytes(new byte[] {'\r', '\n'});
        }
        return out.toByteArray();
    }

    void close() {
        input.close();
        pool.close();
    }
}
