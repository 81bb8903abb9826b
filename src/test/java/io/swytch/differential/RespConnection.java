package io.swytch.differential;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A raw client: writes a command, reads the bytes of its reply. Threads: one at a time. */
public final class RespConnection implements AutoCloseable {
    private static final Duration REPLY_WAIT_MAX = Duration.ofSeconds(10);

    private final Socket socket;
    private final InputStream in;

    /** Connects to 127.0.0.1 and, for protocol 3, says HELLO 3. */
    public RespConnection(int port, int protocol) {
        this(port, protocol, REPLY_WAIT_MAX);
    }

    /** As above, waiting for each reply as long as said. */
    public RespConnection(int port, int protocol, Duration replyWaitMax) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) replyWaitMax.toMillis());
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to port " + port, e);
        }
        if (protocol == 3) {
            Reply reply = call(CommandLine.split("HELLO 3"));
            if (reply.type() != '%') {
                throw new IllegalStateException("HELLO 3: " + reply);
            }
        }
    }

    /** A command as the wire wants it. */
    public static List<byte[]> words(String... words) {
        List<byte[]> args = new ArrayList<>();
        for (String word : words) {
            args.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        return args;
    }

    /** Sends a command without reading its reply. */
    public void send(List<byte[]> args) {
        write(encode(args));
    }

    /** The bytes of a command on the wire. */
    static byte[] encode(List<byte[]> args) {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        header(request, '*', args.size());
        for (byte[] arg : args) {
            header(request, '$', arg.length);
            request.writeBytes(arg);
            request.writeBytes(new byte[] {'\r', '\n'});
        }
        return request.toByteArray();
    }

    /** Sends any bytes. */
    public void write(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void header(ByteArrayOutputStream request, char type, int count) {
        request.writeBytes((type + Integer.toString(count) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** Reads the next reply. */
    public Reply read() {
        try {
            return Reply.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a command and reads its reply. */
    public Reply call(List<byte[]> args) {
        send(args);
        return read();
    }

    /** Sends a command. Returns its reply as it came over the wire. */
    public String ask(String... words) {
        return call(words(words)).raw().toString();
    }

    /** A number that INFO tells. */
    public long figure(String name) {
        String info = ask("INFO", "everything");
        int at = info.indexOf("\n" + name + ":");
        if (at < 0) {
            throw new AssertionError("INFO does not tell " + name);
        }
        return Long.parseLong(info.substring(at + name.length() + 2, info.indexOf('\r', at)));
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
