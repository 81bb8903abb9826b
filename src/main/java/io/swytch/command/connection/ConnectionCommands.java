package io.swytch.command.connection;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.ALLOW_BUSY;
import static io.swytch.command.spec.Flag.FAST;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.NOSCRIPT;
import static io.swytch.command.spec.Flag.NO_AUTH;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Identity;
import io.swytch.command.spec.Options;
import io.swytch.command.spec.Session;
import io.swytch.keyspace.WatchToken;
import io.swytch.resp.ReplyWriter;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** Commands on the client's own connection. */
public final class ConnectionCommands {
    public static final CommandFamily FAMILY = family(
            Group.CONNECTION,
            command("AUTH", atLeast(2), NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
                    .syntax("[username@6.0.0] password")
                    .docs(
                            "1.0.0",
                            "O(N) where N is the number of passwords defined for the user",
                            "Logs the connection in.")
                    .history("6.0.0", "Takes a user name before the password.")
                    .runs(ConnectionCommands::auth),
            command("ECHO", exactly(2), LOADING, STALE, FAST)
                    .syntax("message")
                    .docs("1.0.0", "O(1)", "Replies with its argument.")
                    .runs(ConnectionCommands::echo),
            command("HELLO", atLeast(1), NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
                    .syntax(
                            "[arguments{protover:int ['AUTH'username_password{username password}] ['SETNAME'clientname]}]")
                    .docs("6.0.0", "O(1)", "Chooses the protocol, and may log in and name the connection.")
                    .history("6.2.0", "Without arguments it tells about the connection as it is.")
                    .runs(ConnectionCommands::hello),
            command("PING", atLeast(1), FAST)
                    .tips("request_policy:all_shards", "response_policy:all_succeeded")
                    .syntax("[message]")
                    .docs("1.0.0", "O(1)", "Replies PONG, or its argument.")
                    .runs(ConnectionCommands::ping),
            command("QUIT", atLeast(1), NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
                    .docs("1.0.0", "O(1)", "Closes the connection after the replies so far.")
                    .immediateInMulti()
                    .runs(ConnectionCommands::quit),
            command("RESET", exactly(1), NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
                    .docs("6.2.0", "O(1)", "Makes the connection as it was when it was new.")
                    .immediateInMulti()
                    .runs(ConnectionCommands::reset),
            command("SELECT", exactly(2), LOADING, STALE, FAST)
                    .syntax("index:int")
                    .docs("1.0.0", "O(1)", "Chooses the database of the commands that follow.")
                    .runs(ConnectionCommands::select),
            ClientCommands.ROW);

    private static final String DEFAULT_USER = "default";

    private ConnectionCommands() {}

    private static void auth(Call call, ReplyWriter reply) {
        if (call.argCount() > 3) {
            throw Errors.SYNTAX;
        }
        for (int i = 1; i < call.argCount(); i++) {
            call.redact(i);
        }
        if (call.argCount() == 2 && call.server().settings().requirepass().length() == 0) {
            throw Errors.NO_PASSWORD_SET;
        }
        logIn(call, call.argCount() == 3 ? call.arg(1) : null, call.arg(call.argCount() - 1));
        reply.ok();
    }

    /** There is one user; without a password of its own it takes any. */
    private static void logIn(Call call, @Nullable Slice user, Slice password) {
        Bytes wanted = call.server().settings().requirepass();
        boolean isUser = user == null || user.toString().equals(DEFAULT_USER);
        // Compared in constant time, so that the time a refusal takes tells nothing of the password.
        boolean isPassword =
                wanted.length() == 0 || MessageDigest.isEqual(wanted.toByteArray(), password.toByteArray());
        if (!isUser || !isPassword) {
            throw Errors.WRONG_PASSWORD;
        }
        call.session().user = DEFAULT_USER;
        call.session().setAuthenticated(true);
    }

    private static void echo(Call call, ReplyWriter reply) {
        reply.bulk(call.arg(1));
    }

    private static void hello(Call call, ReplyWriter reply) {
        Session session = call.session();
        int protocol = session.protocol;
        if (call.argCount() > 1) {
            if (!Numbers.isLong(call.arg(1))) {
                throw Errors.PROTOCOL_NOT_AN_INTEGER;
            }
            long wanted = Numbers.toLong(call.arg(1));
            if (wanted < 2 || wanted > 3) {
                throw Errors.NO_PROTOCOL;
            }
            protocol = (int) wanted;
            // Each option takes effect as it is read, as in Redis: what comes before a wrong one stays.
            Options options = call.options(2);
            while (options.hasNext()) {
                if (options.remaining() > 2 && options.eat("AUTH")) {
                    int userAt = options.takeIndex();
                    int passwordAt = options.takeIndex();
                    call.redact(userAt);
                    call.redact(passwordAt);
                    logIn(call, call.arg(userAt), call.arg(passwordAt));
                } else if (options.remaining() > 1 && options.eat("SETNAME")) {
                    Slice name = options.take();
                    checkName(name);
                    session.name = name.toString();
                } else {
                    throw Errors.helloOption(options.take());
                }
            }
        }
        if (!session.isAuthenticated()) {
            throw Errors.NO_AUTH_HELLO;
        }
        session.protocol = protocol;
        reply.setProtocol(protocol);
        reply.map(7);
        reply.bulk("server");
        reply.bulk("redis");
        reply.bulk("version");
        reply.bulk(Identity.REDIS_VERSION);
        reply.bulk("proto");
        reply.integer(protocol);
        reply.bulk("id");
        reply.integer(session.id());
        reply.bulk("mode");
        reply.bulk("standalone");
        reply.bulk("role");
        reply.bulk("master");
        reply.bulk("modules");
        reply.array(0);
    }

    /** Throws unless the name can stand in a line of CLIENT LIST. */
    static void checkName(Slice name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.byteAt(i) < '!' || name.byteAt(i) > '~') {
                throw Errors.CLIENT_NAME;
            }
        }
    }

    private static void ping(Call call, ReplyWriter reply) {
        if (call.argCount() > 2) {
            throw Errors.wrongArgCount("ping");
        }
        if (call.argCount() == 2) {
            reply.bulk(call.arg(1));
        } else {
            reply.simple("PONG");
        }
    }

    private static void quit(Call call, ReplyWriter reply) {
        reply.ok();
        call.session().transport().closeAfterReplies();
    }

    private static void reset(Call call, ReplyWriter reply) {
        Session session = call.session();
        session.endMulti();
        for (WatchToken token : session.watches()) {
            call.keyspace().unwatch(token);
        }
        session.clearWatches();
        session.db = 0;
        session.protocol = 2;
        reply.setProtocol(2);
        session.name = "";
        session.noTouch = false;
        if (session.replyMode() != Session.ReplyMode.SKIP) {
            // As in Redis, the reply that the client does not want is then that of RESET.
            session.setReplyMode(Session.ReplyMode.ON);
        }
        session.user = DEFAULT_USER;
        session.setAuthenticated(call.server().settings().requirepass().length() == 0);
        reply.simple("RESET");
    }

    private static void select(Call call, ReplyWriter reply) {
        long db = call.longArg(1);
        if (db != (int) db) {
            throw Errors.INT_OUT_OF_RANGE;
        }
        if (db < 0 || db >= call.keyspace().databases()) {
            throw Errors.DB_INDEX_OUT_OF_RANGE;
        }
        call.session().db = (int) db;
        reply.ok();
    }
}
