package io.swytch.command.spec;

import io.swytch.bytes.Slice;

/** Eats a command's trailing options left to right. Threads: the one that runs the command. */
public final class Options {
    private final Call call;
    private int next;

    Options(Call call, int from) {
        this.call = call;
        next = from;
    }

    /** Whether arguments are left. */
    public boolean hasNext() {
        return next < call.argCount();
    }

    /** How many arguments are left. */
    public int remaining() {
        return call.argCount() - next;
    }

    /** Eats the next argument if it is {@code upper} in any mix of cases. */
    public boolean eat(String upper) {
        if (hasNext() && call.arg(next).equalsIgnoreCase(upper)) {
            next++;
            return true;
        }
        return false;
    }

    /**
     * Eats and returns the next argument.
     *
     * @throws CommandError syntax error if there is none
     */
    public Slice take() {
        return call.arg(takeIndex());
    }

    /** As {@link #take}, but returns where the argument stands, for options that are converted only after all have been eaten. */
    public int takeIndex() {
        if (!hasNext()) {
            throw Errors.SYNTAX;
        }
        return next++;
    }

    /** Eats the next argument as an integer. */
    public long takeLong() {
        return call.longArg(takeIndex());
    }

    /** For {@code throw options.syntaxError()}. */
    public CommandError syntaxError() {
        return Errors.SYNTAX;
    }
}
