package io.swytch.command.spec;

import io.swytch.bytes.Slice;
import java.io.IOException;
import java.util.Locale;

/** Every error text that a client can be sent, as Redis words it. Constants where the text is fixed; nothing is allocated to throw them. */
// Without a stack trace an exception holds nothing of where it is thrown, so one instance serves all.
@SuppressWarnings("StaticAssignmentOfThrowable")
public final class Errors {
    public static final CommandError SYNTAX = new CommandError("ERR syntax error");
    public static final CommandError NOT_AN_INTEGER = new CommandError("ERR value is not an integer or out of range");
    public static final CommandError NOT_A_FLOAT = new CommandError("ERR value is not a valid float");
    public static final CommandError OUT_OF_RANGE = new CommandError("ERR value is out of range");
    public static final CommandError WRONG_TYPE =
            new CommandError("WRONGTYPE Operation against a key holding the wrong kind of value");
    public static final CommandError NO_SUCH_KEY = new CommandError("ERR no such key");
    public static final CommandError OVERFLOW = new CommandError("ERR increment or decrement would overflow");
    public static final CommandError NAN_OR_INFINITY = new CommandError("ERR increment would produce NaN or Infinity");
    public static final CommandError STRING_TOO_LONG =
            new CommandError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    public static final CommandError OFFSET_OUT_OF_RANGE = new CommandError("ERR offset is out of range");
    public static final CommandError DECREMENT_OVERFLOW = new CommandError("ERR decrement would overflow");
    public static final CommandError BIT_OFFSET = new CommandError("ERR bit offset is not an integer or out of range");
    public static final CommandError BIT_VALUE = new CommandError("ERR bit is not an integer or out of range");
    public static final CommandError BIT_ARGUMENT = new CommandError("ERR The bit argument must be 1 or 0.");
    public static final CommandError BITFIELD_TYPE = new CommandError(
            "ERR Invalid bitfield type. " + "Use something like i16 u8. Note that u64 is not supported but i64 is.");
    public static final CommandError BITFIELD_OVERFLOW = new CommandError("ERR Invalid OVERFLOW type specified");
    public static final CommandError BITFIELD_READ_ONLY =
            new CommandError("ERR BITFIELD_RO only supports the GET subcommand");
    public static final CommandError BITOP_NOT =
            new CommandError("ERR BITOP NOT must be called with a single source key.");
    public static final CommandError LCS_NOT_STRINGS =
            new CommandError("ERR The specified keys must contain string values");
    public static final CommandError LCS_LEN_AND_IDX =
            new CommandError("ERR If you want both the length and indexes, please just use IDX.");
    public static final CommandError LCS_TOO_LARGE =
            new CommandError("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    public static final CommandError DIGEST_LENGTH = new CommandError("ERR must be exactly 16 hexadecimal characters");
    public static final CommandError NUM_KEYS = new CommandError("ERR invalid numkeys value");
    public static final CommandError PAIR_COUNT = new CommandError("ERR wrong number of key-value pairs");
    public static final CommandError BOUNDS_CROSSED = new CommandError("ERR LBOUND can't be greater than UBOUND");
    public static final CommandError ENX_WITHOUT_EXPIRE = new CommandError("ERR ENX flag requires an expiration");
    public static final CommandError DB_INDEX_OUT_OF_RANGE = new CommandError("ERR DB index is out of range");
    public static final CommandError NOT_AN_INT =
            new CommandError("ERR value is out of range, value must between -2147483648 and 2147483647");
    public static final CommandError SAME_OBJECT = new CommandError("ERR source and destination objects are the same");
    public static final CommandError INVALID_FIRST_DB = new CommandError("ERR invalid first DB index");
    public static final CommandError INVALID_SECOND_DB = new CommandError("ERR invalid second DB index");
    public static final CommandError INVALID_CURSOR = new CommandError("ERR invalid cursor");
    public static final CommandError EXPIRE_NX_AND_OTHERS =
            new CommandError("ERR NX and XX, GT or LT options at the same time are not compatible");
    public static final CommandError EXPIRE_GT_AND_LT =
            new CommandError("ERR GT and LT options at the same time are not compatible");
    public static final CommandError IDLE_TIME_NOT_TRACKED = new CommandError(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between"
                    + " policies at runtime LRU and LFU data will take some time to adjust.");
    public static final CommandError FREQUENCY_NOT_TRACKED = new CommandError(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching"
                    + " between policies at runtime LRU and LFU data will take some time to adjust.");
    public static final CommandError MULTI_NESTED = new CommandError("ERR MULTI calls can not be nested");
    public static final CommandError WATCH_IN_MULTI = new CommandError("ERR WATCH inside MULTI is not allowed");
    public static final CommandError EXEC_WITHOUT_MULTI = new CommandError("ERR EXEC without MULTI");
    public static final CommandError DISCARD_WITHOUT_MULTI = new CommandError("ERR DISCARD without MULTI");
    public static final CommandError EXEC_ABORT =
            new CommandError("EXECABORT Transaction discarded because of previous errors.");
    public static final CommandError OUT_OF_MEMORY =
            new CommandError("OOM command not allowed when used memory > 'maxmemory'.");
    public static final CommandError CLIENT_HEAP =
            new CommandError("OOM queued commands and watched keys of all clients take too much memory");
    public static final CommandError WAITING_REQUESTS =
            new CommandError("OOM requests of all clients that wait take too much memory, try again");
    public static final CommandError WAITING_TOO_MUCH =
            new CommandError("OOM commands that wait for values from disk take too much memory, try again");
    public static final CommandError FETCHED_TOO_MUCH = new CommandError(
            "OOM values of this command that are on disk take too much memory, ask for fewer of them at a time");
    public static final CommandError NO_AUTH = new CommandError("NOAUTH Authentication required.");
    public static final CommandError INTERNAL = new CommandError("ERR internal error");

    public static final CommandError INT_OUT_OF_RANGE =
            new CommandError("ERR value is out of range, value must between -2147483648 and 2147483647");
    public static final CommandError WRONG_PASSWORD =
            new CommandError("WRONGPASS invalid username-password pair or user is disabled.");
    public static final CommandError NO_PASSWORD_SET =
            new CommandError("ERR AUTH <password> called without any password"
                    + " configured for the default user. Are you sure your configuration is correct?");
    public static final CommandError NO_AUTH_HELLO = new CommandError(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH"
                    + " <user> <pass> option can be used to authenticate the client and select the RESP protocol version"
                    + " at the same time");
    public static final CommandError NO_PROTOCOL = new CommandError("NOPROTO unsupported protocol version");
    public static final CommandError PROTOCOL_NOT_AN_INTEGER =
            new CommandError("ERR Protocol version is not an integer or out of range");
    public static final CommandError CLIENT_NAME =
            new CommandError("ERR Client names cannot contain spaces, newlines or special characters.");
    public static final CommandError NO_SUCH_CLIENT = new CommandError("ERR No such client");
    public static final CommandError CLIENT_ID_NOT_POSITIVE =
            new CommandError("ERR client-id should be greater than 0");
    public static final CommandError CLIENT_ID_INVALID = new CommandError("ERR Invalid client ID");
    public static final CommandError UNBLOCK_REASON =
            new CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    public static final CommandError UNBLOCKED = new CommandError("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    public static final CommandError PAUSE_MODE = new CommandError("ERR CLIENT PAUSE mode must be WRITE or ALL");
    public static final CommandError TIMEOUT_NOT_AN_INTEGER =
            new CommandError("ERR timeout is not an integer or out of range");
    public static final CommandError TIMEOUT_NEGATIVE = new CommandError("ERR timeout is negative");
    public static final CommandError NO_CONFIG_FILE =
            new CommandError("ERR The server is running without a config file");
    public static final CommandError INVALID_COMMAND = new CommandError("ERR Invalid command specified");
    public static final CommandError INVALID_ARG_COUNT =
            new CommandError("ERR Invalid number of arguments specified for command");
    public static final CommandError NO_KEY_ARGUMENTS = new CommandError("ERR The command has no key arguments");
    public static final CommandError NOT_IN_TRANSACTION =
            new CommandError("ERR Command not allowed inside a transaction");
    public static final CommandError SAVE_RUNNING = new CommandError("ERR Background save already in progress");
    public static final CommandError NOT_PERSISTENT =
            new CommandError("ERR nothing to save to: the server runs without 'persistent yes'");
    public static final CommandError NO_SHUTDOWN = new CommandError("ERR No shutdown in progress.");
    public static final CommandError SLOWLOG_COUNT =
            new CommandError("ERR count should be greater than or equal to -1");
    public static final CommandError RELOAD_OPTIONS =
            new CommandError("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    public static final CommandError DEBUG_NOT_ALLOWED =
            new CommandError("ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\","
                    + " you can run it from a local connection, otherwise you need to set this option in the"
                    + " configuration file, and then restart the server.");

    private Errors() {}

    public static CommandError rewriteFailed(IOException reason) {
        return new CommandError("ERR Rewriting config file: " + reason.getMessage());
    }

    /** A save or reload that the disk refused. */
    public static CommandError diskRefused(IOException reason) {
        return new CommandError("ERR " + reason.getMessage());
    }

    /** An option of HELLO that there is not, or that lacks its values. */
    public static CommandError helloOption(Slice option) {
        return new CommandError("ERR Syntax error in HELLO option '" + text(option) + "'");
    }

    public static CommandError noSuchUser(Slice user) {
        return new CommandError("ERR No such user '" + text(user) + "'");
    }

    public static CommandError noSamples(Slice event) {
        return new CommandError("ERR No samples available for event '" + text(event) + "'");
    }

    public static CommandError unknownClientType(Slice type) {
        return new CommandError("ERR Unknown client type '" + text(type) + "'");
    }

    public static CommandError clientAttribute(Slice name) {
        return new CommandError("ERR Unrecognized option '" + text(name) + "'");
    }

    public static CommandError clientAttributeValue(String name) {
        return new CommandError("ERR " + name + " cannot contain spaces, newlines or special characters.");
    }

    public static CommandError unknownSetting(String name) {
        return new CommandError("ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'");
    }

    public static CommandError settingFailed(String name, String reason) {
        return new CommandError("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason);
    }

    /** A container's subcommand of unknown name, or with arguments that none of its forms has. */
    public static CommandError subcommandSyntax(Call call) {
        String container = call.arg(0).toString().toUpperCase(Locale.ROOT);
        return new CommandError("ERR unknown subcommand or wrong number of arguments for '" + shown(call.arg(1))
                + "'. Try " + container + " HELP.");
    }

    /** The beginning of a client's text, as error replies repeat it. */
    private static String shown(Slice text) {
        String all = text(text);
        return all.length() > 128 ? all.substring(0, 128) : all;
    }

    /** A client's text as C prints it: up to the first zero byte. */
    private static String text(Slice slice) {
        String all = slice.toString();
        int end = all.indexOf('\0');
        return end < 0 ? all : all.substring(0, end);
    }

    public static CommandError wrongArgCount(String commandName) {
        return new CommandError("ERR wrong number of arguments for '" + commandName + "' command");
    }

    /** {@code what} names the argument. */
    public static CommandError notAnInteger(String what) {
        return new CommandError("ERR " + what + " is not an integer or out of range");
    }

    /** {@code what} names the argument. */
    public static CommandError notAFloat(String what) {
        return new CommandError("ERR " + what + " is not a valid float");
    }

    /** {@code operation} in capitals. */
    public static CommandError bitopSources(String operation) {
        return new CommandError("ERR BITOP " + operation + " must be called with at least two source keys.");
    }

    /** {@code invalid expire time in 'set' command}. */
    public static CommandError invalidExpire(String commandName) {
        return new CommandError("ERR invalid expire time in '" + commandName + "' command");
    }

    /** {@code Unsupported option …}, of the EXPIRE family. */
    public static CommandError unsupportedOption(Slice option) {
        // Redis takes line ends from the end of a text, and makes blanks of the others.
        return new CommandError("ERR Unsupported option " + text(option).replaceAll("[\r\n]+$", ""));
    }

    /** A text made on the spot; its beginning is the code. */
    public static CommandError of(String text) {
        return new CommandError(text);
    }
}
