package io.swytch.command;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Catalogue;
import io.swytch.command.spec.CommandError;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.ServerContext;
import io.swytch.command.spec.Session;
import io.swytch.command.spec.Sessions;
import io.swytch.command.spec.Transport;
import io.swytch.config.Settings;
import io.swytch.keyspace.Keyspace;
import io.swytch.keyspace.WrongTypeException;
import io.swytch.resp.Request;
import io.swytch.resp.RespText;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Runs commands of some families on a keyspace, one client's, without a server: looks up, checks the arity, runs the handler, words errors.
 *
 * <p>Threads: one at a time.
 */
public final class CommandPlayer {
    private final Catalogue catalogue;
    private final Keyspace keyspace;
    private final RespText reply;
    private final Session session;
    private final Call call;

    /** A player whose replies are in {@code protocol} 2 or 3. */
    public CommandPlayer(Keyspace keyspace, Clock clock, int protocol, CommandFamily... families) {
        this.keyspace = keyspace;
        catalogue = new Catalogue(List.of(families));
        reply = new RespText(protocol);
        session = new Session(1, stub(Transport.class, method -> 0L), clock.millis(), true);
        session.protocol = protocol;
        call = new Call(context(catalogue, clock), keyspace, catalogue.all().get(0), new Request(), session);
    }

    public Keyspace keyspace() {
        return keyspace;
    }

    /** The reply's bytes as Latin-1 text; arguments are Latin-1, too. */
    public String play(String... args) {
        Request request = new Request();
        for (String arg : args) {
            request.add().set(Slice.copyOf(arg.getBytes(StandardCharsets.ISO_8859_1)));
        }
        return play(request);
    }

    /** As {@link #play(String...)}, of a request as the decoder would give it. */
    public String play(Request request) {
        CommandSpec spec = catalogue.find(request.arg(0));
        if (spec == null) {
            throw new IllegalArgumentException("no such command here: " + request.arg(0));
        }
        if (!spec.subcommands().isEmpty() && request.argCount() > 1) {
            spec = catalogue.subcommand(spec, request.arg(1));
        }
        try {
            if (!spec.arity().admits(request.argCount()) || spec.handler() == null) {
                throw Errors.wrongArgCount(spec.fullName());
            }
            call.begin(spec, request, session);
            spec.handler().run(call, reply);
        } catch (CommandError e) {
            reply.rollback(0);
            reply.error(e.text());
        } catch (WrongTypeException e) {
            reply.rollback(0);
            reply.error(Errors.WRONG_TYPE.text());
        }
        return reply.take();
    }

    /** The arguments of a line in the quoting of redis-cli; each byte is a Latin-1 character. */
    public static List<String> parse(String line) {
        List<String> args = new ArrayList<>();
        int i = 0;
        while (i < line.length()) {
            if (line.charAt(i) == ' ') {
                i++;
                continue;
            }
            ByteArrayOutputStream arg = new ByteArrayOutputStream();
            if (line.charAt(i) != '"') {
                for (; i < line.length() && line.charAt(i) != ' '; i++) {
                    arg.write(line.charAt(i));
                }
            } else {
                for (i++; line.charAt(i) != '"'; i++) {
                    char c = line.charAt(i);
                    if (c == '\\' && line.charAt(i + 1) == 'x') {
                        arg.write(Integer.parseInt(line.substring(i + 2, i + 4), 16));
                        i += 3;
                    } else if (c == '\\') {
                        i++;
                        int escape = "nrtba".indexOf(line.charAt(i));
                        arg.write(escape >= 0 ? "\n\r\t\b\007".charAt(escape) : line.charAt(i));
                    } else {
                        arg.write(c);
                    }
                }
                i++;
            }
            args.add(arg.toString(StandardCharsets.ISO_8859_1));
        }
        return args;
    }

    /** A server that knows its settings, commands and time, and nothing else. */
    private static ServerContext context(Catalogue catalogue, Clock clock) {
        Settings settings = Settings.of();
        Sessions sessions = new Sessions();
        return stub(ServerContext.class, method -> switch (method) {
            case "settings" -> settings;
            case "catalogue" -> catalogue;
            case "sessions" -> sessions;
            case "clock" -> clock;
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private static <T> T stub(Class<T> type, Function<String, Object> results) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, args) -> results.apply(method.getName())));
    }
}
