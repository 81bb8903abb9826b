package io.swytch.command.connection;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.CommandSpec.Row.subcommand;
import static io.swytch.command.spec.Flag.ADMIN;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.NOSCRIPT;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandSpec.Row;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Help;
import io.swytch.command.spec.Options;
import io.swytch.command.spec.Session;
import io.swytch.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** CLIENT and its subcommands. */
final class ClientCommands {
    static final Row ROW = command("CLIENT", atLeast(2))
            .withoutCategories("@connection")
            .docs("2.4.0", "Depends on subcommand.", "Commands about connections.")
            .sub(subcommand("GETNAME", exactly(2), NOSCRIPT, LOADING, STALE)
                    .docs("2.6.9", "O(1)", "Replies with the connection's name.")
                    .runs(ClientCommands::getName))
            .sub(subcommand("HELP", exactly(2), LOADING, STALE)
                    .docs("5.0.0", "O(1)", "Lists the subcommands.")
                    .runs(Help::reply))
            .sub(subcommand("ID", exactly(2), NOSCRIPT, LOADING, STALE)
                    .docs("5.0.0", "O(1)", "Replies with the connection's number, which no other ever has.")
                    .runs(ClientCommands::id))
            .sub(subcommand("INFO", exactly(2), NOSCRIPT, LOADING, STALE)
                    .tips("nondeterministic_output")
                    .docs("6.2.0", "O(1)", "Replies with this connection's line of CLIENT LIST.")
                    .runs(ClientCommands::info))
            .sub(subcommand("KILL", atLeast(3), ADMIN, NOSCRIPT, LOADING, STALE)
                    .syntax("filter(ip:port!2.8.12 | new-format(['ID'client-id:int@2.8.12]"
                            + " | ['TYPE'normal_master_slave_pubsub(NORMAL | MASTER@3.2.0 | SLAVE | REPLICA@5.0.0 | PUBSUB)@2.8.12]"
                            + " | ['USER'username] | ['ADDR'ip:port] | ['LADDR'ip:port@6.2.0] | ['SKIPME'yes/no])...)")
                    .docs("2.4.0", "O(N) where N is the number of client connections", "Closes other connections.")
                    .history("2.8.12", "Takes filters.")
                    .history("2.8.12", "The filter `ID`.")
                    .history("3.2.0", "The filter `TYPE` knows `master`.")
                    .history("5.0.0", "The filter `TYPE` knows `replica`; `slave` still means the same.")
                    .history("6.2.0", "The filter `LADDR`.")
                    .runs(ClientCommands::kill))
            .sub(subcommand("LIST", atLeast(2), ADMIN, NOSCRIPT, LOADING, STALE)
                    .tips("nondeterministic_output")
                    .syntax("['TYPE'normal_master_replica_pubsub(NORMAL | MASTER | REPLICA | PUBSUB)@5.0.0]"
                            + " ['ID'id{client-id:int...}@6.2.0]")
                    .docs("2.4.0", "O(N) where N is the number of client connections", "Lists connections.")
                    .history("2.8.12", "The field `id`.")
                    .history("5.0.0", "The filter `TYPE`.")
                    .history("6.0.0", "The field `user`.")
                    .history("6.2.0", "The fields `argv-mem`, `tot-mem`, `laddr` and `redir`, and the filter `ID`.")
                    .history("7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp`.")
                    .history("7.0.3", "The field `ssub`.")
                    .runs(ClientCommands::list))
            .sub(subcommand("NO-EVICT", exactly(3), ADMIN, NOSCRIPT, LOADING, STALE)
                    .syntax("enabled(ON | OFF)")
                    .docs("7.0.0", "O(1)", "Keeps the connection when memory for connections runs out.")
                    .runs(ClientCommands::noEvict))
            .sub(subcommand("NO-TOUCH", exactly(3), NOSCRIPT, LOADING, STALE)
                    .syntax("enabled(ON | OFF)")
                    .docs("7.2.0", "O(1)", "Makes this connection's reads not count as uses for eviction.")
                    .runs(ClientCommands::noTouch))
            .sub(subcommand("PAUSE", atLeast(3), ADMIN, NOSCRIPT, LOADING, STALE)
                    .syntax("timeout:int [mode(WRITE | ALL)@6.2.0]")
                    .docs("2.9.50", "O(1)", "Holds back the commands of all connections for so many milliseconds.")
                    .history("6.2.0", "The mode `WRITE`, which holds back only those that write.")
                    .runs(ClientCommands::pause))
            .sub(subcommand("REPLY", exactly(3), NOSCRIPT, LOADING, STALE)
                    .syntax("on_off_skip(ON | OFF | SKIP)")
                    .docs("3.2.0", "O(1)", "Says whether this connection is sent replies.")
                    .runs(ClientCommands::reply))
            .sub(subcommand("SETINFO", exactly(4), NOSCRIPT, LOADING, STALE)
                    .tips("request_policy:all_nodes", "response_policy:all_succeeded")
                    .syntax("attr('LIB-NAME'libname | 'LIB-VER'libver)")
                    .docs("7.2.0", "O(1)", "Tells the name or version of the client's library.")
                    .runs(ClientCommands::setInfo))
            .sub(subcommand("SETNAME", exactly(3), NOSCRIPT, LOADING, STALE)
                    .syntax("connection-name")
                    .docs("2.6.9", "O(1)", "Names the connection.")
                    .runs(ClientCommands::setName))
            .sub(subcommand("UNBLOCK", atLeast(3), ADMIN, NOSCRIPT, LOADING, STALE)
                    .syntax("client-id:int [timeout_error(TIMEOUT | ERROR)]")
                    .docs(
                            "5.0.0",
                            "O(log N) where N is the number of client connections",
                            "Ends another connection's wait in a blocking command.")
                    .runs(ClientCommands::unblock))
            .sub(subcommand("UNPAUSE", exactly(2), ADMIN, NOSCRIPT, LOADING, STALE)
                    .docs("6.2.0", "O(N) Where N is the number of paused clients", "Ends a pause.")
                    .runs(ClientCommands::unpause));

    private ClientCommands() {}

    private static void getName(Call call, ReplyWriter reply) {
        String name = call.session().name;
        if (name.isEmpty()) {
            reply.nullBulk();
        } else {
            reply.bulk(name);
        }
    }

    private static void id(Call call, ReplyWriter reply) {
        reply.integer(call.session().id());
    }

    private static void info(Call call, ReplyWriter reply) {
        lines(call, List.of(call.session()), reply);
    }

    private static void lines(Call call, Iterable<Session> sessions, ReplyWriter reply) {
        StringBuilder lines = new StringBuilder();
        for (Session session : sessions) {
            ClientLine.append(session, call, lines);
        }
        reply.verbatim("txt", lines.toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    /** What CLIENT KILL looks for; null is any. */
    private static final class Filter {
        long id;

        @Nullable
        Slice address;

        @Nullable
        Slice localAddress;

        boolean isNormal = true;
        boolean skipsMe = true;

        boolean matches(Session session, Session me) {
            return (id == 0 || session.id() == id)
                    && isNormal
                    && (address == null
                            || address.toString().equals(session.transport().remoteAddress()))
                    && (localAddress == null
                            || localAddress
                                    .toString()
                                    .equals(session.transport().localAddress()))
                    && !(skipsMe && session == me);
        }
    }

    private static void kill(Call call, ReplyWriter reply) {
        Filter filter = new Filter();
        boolean isOldForm = call.argCount() == 3;
        if (isOldForm) {
            filter.address = call.arg(2);
            filter.skipsMe = false;
        } else {
            parseFilter(call, filter);
        }
        int killed = 0;
        for (Session session : call.server().sessions().all()) {
            if (!session.closing && filter.matches(session, call.session())) {
                killed++;
                if (session == call.session()) {
                    session.transport().closeAfterReplies();
                } else {
                    session.closing = true;
                    session.transport().kill();
                }
            }
        }
        if (!isOldForm) {
            reply.integer(killed);
        } else if (killed == 0) {
            throw Errors.NO_SUCH_CLIENT;
        } else {
            reply.ok();
        }
    }

    private static void parseFilter(Call call, Filter filter) {
        Options options = call.options(2);
        while (options.hasNext()) {
            // Each filter has a value; a name without one is a syntax error, whatever the name.
            if (options.remaining() < 2) {
                throw Errors.SYNTAX;
            }
            if (options.eat("ID")) {
                Slice id = options.take();
                if (!Numbers.isLong(id) || Numbers.toLong(id) < 1) {
                    throw Errors.CLIENT_ID_NOT_POSITIVE;
                }
                filter.id = Numbers.toLong(id);
            } else if (options.eat("TYPE")) {
                filter.isNormal = isNormal(options.take());
            } else if (options.eat("ADDR")) {
                filter.address = options.take();
            } else if (options.eat("LADDR")) {
                filter.localAddress = options.take();
            } else if (options.eat("USER")) {
                Slice user = options.take();
                if (!user.toString().equals("default")) {
                    throw Errors.noSuchUser(user);
                }
            } else if (options.eat("SKIPME")) {
                if (options.eat("YES")) {
                    filter.skipsMe = true;
                } else if (options.eat("NO")) {
                    filter.skipsMe = false;
                } else {
                    throw Errors.SYNTAX;
                }
            } else {
                throw Errors.SYNTAX;
            }
        }
    }

    /** Whether the type is that of ordinary clients. There are no others, but their types are known. */
    private static boolean isNormal(Slice type) {
        return switch (type.toString().toLowerCase(Locale.ROOT)) {
            case "normal" -> true;
            case "master", "replica", "slave", "pubsub" -> false;
            default -> throw Errors.unknownClientType(type);
        };
    }

    private static void list(Call call, ReplyWriter reply) {
        Iterable<Session> sessions = call.server().sessions().all();
        if (call.argCount() == 4 && call.arg(2).equalsIgnoreCase("TYPE")) {
            if (!isNormal(call.arg(3))) {
                sessions = List.of();
            }
        } else if (call.argCount() > 3 && call.arg(2).equalsIgnoreCase("ID")) {
            List<Session> found = new ArrayList<>();
            for (int i = 3; i < call.argCount(); i++) {
                if (!Numbers.isLong(call.arg(i))) {
                    throw Errors.CLIENT_ID_INVALID;
                }
                Session session = call.server().sessions().find(Numbers.toLong(call.arg(i)));
                if (session != null) {
                    found.add(session);
                }
            }
            sessions = found;
        } else if (call.argCount() > 2) {
            throw Errors.SYNTAX;
        }
        lines(call, sessions, reply);
    }

    private static void noEvict(Call call, ReplyWriter reply) {
        call.session().noEvict = onOrOff(call);
        reply.ok();
    }

    private static void noTouch(Call call, ReplyWriter reply) {
        call.session().noTouch = onOrOff(call);
        reply.ok();
    }

    private static boolean onOrOff(Call call) {
        if (call.arg(2).equalsIgnoreCase("ON")) {
            return true;
        }
        if (call.arg(2).equalsIgnoreCase("OFF")) {
            return false;
        }
        throw Errors.SYNTAX;
    }

    private static void pause(Call call, ReplyWriter reply) {
        if (call.argCount() > 4) {
            throw Errors.subcommandSyntax(call);
        }
        boolean all = true;
        if (call.argCount() == 4) {
            all = call.arg(3).equalsIgnoreCase("ALL");
            if (!all && !call.arg(3).equalsIgnoreCase("WRITE")) {
                throw Errors.PAUSE_MODE;
            }
        }
        if (!Numbers.isLong(call.arg(2))) {
            throw Errors.TIMEOUT_NOT_AN_INTEGER;
        }
        long millis = Numbers.toLong(call.arg(2));
        if (millis < 0) {
            throw Errors.TIMEOUT_NEGATIVE;
        }
        // As in Redis, a pause until a time that no clock can show is none.
        if (millis <= Long.MAX_VALUE - call.nowMs()) {
            call.server().pauseClients(call.nowMs() + millis, all);
        }
        reply.ok();
    }

    /** OFF and SKIP have no reply themselves. */
    private static void reply(Call call, ReplyWriter reply) {
        Session session = call.session();
        if (call.arg(2).equalsIgnoreCase("ON")) {
            session.setReplyMode(Session.ReplyMode.ON);
            reply.ok();
        } else if (call.arg(2).equalsIgnoreCase("OFF")) {
            session.setReplyMode(Session.ReplyMode.OFF);
        } else if (call.arg(2).equalsIgnoreCase("SKIP")) {
            if (session.replyMode() != Session.ReplyMode.OFF) {
                session.setReplyMode(Session.ReplyMode.SKIP_NEXT);
            }
        } else {
            throw Errors.SYNTAX;
        }
    }

    private static void setInfo(Call call, ReplyWriter reply) {
        Slice value = call.arg(3);
        boolean isName = call.arg(2).equalsIgnoreCase("LIB-NAME");
        if (!isName && !call.arg(2).equalsIgnoreCase("LIB-VER")) {
            throw Errors.clientAttribute(call.arg(2));
        }
        for (int i = 0; i < value.length(); i++) {
            if (value.byteAt(i) < '!' || value.byteAt(i) > '~') {
                throw Errors.clientAttributeValue(isName ? "lib-name" : "lib-ver");
            }
        }
        if (isName) {
            call.session().libName = value.toString();
        } else {
            call.session().libVersion = value.toString();
        }
        reply.ok();
    }

    private static void setName(Call call, ReplyWriter reply) {
        ConnectionCommands.checkName(call.arg(2));
        call.session().name = call.arg(2).toString();
        reply.ok();
    }

    private static void unblock(Call call, ReplyWriter reply) {
        if (call.argCount() > 4) {
            throw Errors.subcommandSyntax(call);
        }
        if (call.argCount() == 4
                && !call.arg(3).equalsIgnoreCase("TIMEOUT")
                && !call.arg(3).equalsIgnoreCase("ERROR")) {
            throw Errors.UNBLOCK_REASON;
        }
        boolean withError = call.argCount() == 4 && call.arg(3).equalsIgnoreCase("ERROR");
        reply.integer(call.server().unblock(call.longArg(2), withError) ? 1 : 0);
    }

    private static void unpause(Call call, ReplyWriter reply) {
        call.server().unpauseClients();
        reply.ok();
    }
}
