package io.swytch.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;

/** Sends a trace to a RESP server as an application with a cache does: GET, and SET of what was missed. */
final class Replay {
    static final String HELP = """
            replay --port N (--trace FILE | --made-up NAME) [options]      prints one JSON object

            --trace FILE      CSV, perhaps .gz, whose first line names the columns key, size (bytes), op (G or S);
                              without size, sizes are made up from the key's number
            --made-up NAME    zipf, zipf-scan, loop, shift
            --percent P       CONFIG SET maxmemory to what is used at the start + P % of the trace's bytes (0 = leave it)
            --copies N        each request for N key spaces: a small trace made larger (1)
            --size-div N      the file's sizes divided by N (1)
            --limit N         requests of the trace at most
            """;

    /** Requests under way at once; a key that is among them waits for the next batch, so that its SET is done before its next GET. */
    private static final int BATCH = 32;

    private static final int VALUE_BYTES_MAX = 1 << 20;

    private final DataInputStream in;
    private final OutputStream out;
    private final byte[] value = new byte[VALUE_BYTES_MAX];
    private long reads;
    private long hits;

    private Replay(Socket socket) throws IOException {
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        out = new BufferedOutputStream(socket.getOutputStream(), 1 << 18);
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) Values.mix(i);
        }
    }

    static void run(Options options) throws IOException {
        int port = options.port();
        String file = options.text("trace", "");
        String madeUp = options.text("made-up", "");
        double percent = options.real("percent", 0);
        int copies = (int) options.number("copies", 1);
        int divisor = (int) options.number("size-div", 1);
        int limit = (int) options.number("limit", Integer.MAX_VALUE);
        options.end();
        if (file.isEmpty() == madeUp.isEmpty() || copies < 1 || divisor < 1) {
            throw new IllegalArgumentException("one of --trace and --made-up; --copies and --size-div are 1 or more");
        }
        Trace trace = file.isEmpty() ? Trace.synthetic(madeUp, limit) : Trace.read(Path.of(file), limit, divisor);
        long footprint = trace.footprintBytes() * copies;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            Replay replay = new Replay(socket);
            if (percent > 0) {
                long bound = replay.usedMemory() + (long) (footprint * percent / 100);
                replay.expectOk("CONFIG", "SET", "maxmemory", Long.toString(bound));
            }
            long start = System.nanoTime();
            replay.all(trace, copies);
            System.out.printf(
                    "{\"requests\": %d, \"reads\": %d, \"hits\": %d, \"hit_ratio\": %.4f, \"footprint\": %d, \"seconds\": %.2f}%n",
                    (long) trace.count() * copies,
                    replay.reads,
                    replay.hits,
                    (double) replay.hits / Math.max(1, replay.reads),
                    footprint,
                    (System.nanoTime() - start) / 1e9);
        }
    }

    /** The name of a key; each copy of the trace has names of its own. */
    static byte[] key(int copy, int number) {
        return ("t" + copy + ":" + number).getBytes(StandardCharsets.ISO_8859_1);
    }

    private void all(Trace trace, int copies) throws IOException {
        int[] requests = new int[BATCH];
        int[] copyOf = new int[BATCH];
        int[] ids = new int[BATCH];
        int batched = 0;
        BitSet underWay = new BitSet(trace.keyCount() * copies);
        for (int i = 0; i < trace.count(); i++) {
            for (int copy = 0; copy < copies; copy++) {
                int id = trace.key(i) * copies + copy;
                if (batched == BATCH || underWay.get(id)) {
                    send(trace, requests, copyOf, batched);
                    while (batched > 0) {
                        underWay.clear(ids[--batched]);
                    }
                }
                underWay.set(id);
                ids[batched] = id;
                requests[batched] = i;
                copyOf[batched++] = copy;
            }
        }
        send(trace, requests, copyOf, batched);
    }

    private void send(Trace trace, int[] requests, int[] copyOf, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            byte[] key = key(copyOf[i], trace.key(requests[i]));
            if (trace.isWrite(requests[i])) {
                writeSet(key, trace.size(requests[i]));
            } else {
                write("GET".getBytes(StandardCharsets.ISO_8859_1), key);
            }
        }
        out.flush();
        int missed = 0;
        for (int i = 0; i < count; i++) {
            boolean found = readReply();
            if (!trace.isWrite(requests[i])) {
                reads++;
                if (found) {
                    hits++;
                } else {
                    requests[missed] = requests[i];
                    copyOf[missed++] = copyOf[i];
                }
            }
        }
        for (int i = 0; i < missed; i++) {
            writeSet(key(copyOf[i], trace.key(requests[i])), trace.size(requests[i]));
        }
        out.flush();
        for (int i = 0; i < missed; i++) {
            readReply();
        }
    }

    private void writeSet(byte[] key, int size) throws IOException {
        int length = Math.min(size, VALUE_BYTES_MAX);
        writeHead(3);
        writeBulk("SET".getBytes(StandardCharsets.ISO_8859_1), 3);
        writeBulk(key, key.length);
        writeBulk(value, length);
    }

    private void write(byte[]... words) throws IOException {
        writeHead(words.length);
        for (byte[] word : words) {
            writeBulk(word, word.length);
        }
    }

    private void writeHead(int words) throws IOException {
        out.write(("*" + words + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    private void writeBulk(byte[] bytes, int length) throws IOException {
        out.write(("$" + length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        out.write(bytes, 0, length);
        out.write('\r');
        out.write('\n');
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.readUnsignedByte(); b != '\r'; b = in.readUnsignedByte()) {
            line.append((char) b);
        }
        in.readByte();
        return line.toString();
    }

    /** Whether the reply was a value, or OK; false for a miss. An error may be a write that memory has no room for, which is a miss too. */
    private boolean readReply() throws IOException {
        String line = readLine();
        if (line.startsWith("$")) {
            int length = Integer.parseInt(line.substring(1));
            if (length < 0) {
                return false;
            }
            in.skipNBytes(length + 2L);
            return true;
        }
        if (line.startsWith("-") && !line.startsWith("-OOM")) {
            throw new IOException("the server replied " + line);
        }
        return line.startsWith("+");
    }

    private void expectOk(String... words) throws IOException {
        byte[][] bytes = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = words[i].getBytes(StandardCharsets.ISO_8859_1);
        }
        write(bytes);
        out.flush();
        if (!readReply()) {
            throw new IOException(String.join(" ", words) + " was not OK");
        }
    }

    private long usedMemory() throws IOException {
        write("INFO".getBytes(StandardCharsets.ISO_8859_1), "memory".getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        byte[] text = new byte[Integer.parseInt(readLine().substring(1))];
        in.readFully(text);
        in.skipNBytes(2);
        for (String line : new String(text, StandardCharsets.ISO_8859_1).lines().toList()) {
            if (line.startsWith("used_memory:")) {
                return Long.parseLong(line.substring("used_memory:".length()));
            }
        }
        throw new IOException("INFO memory has no used_memory");
    }
}
