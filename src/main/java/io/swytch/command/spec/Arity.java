package io.swytch.command.spec;

/**
 * How many arguments a command takes, its name counted.
 *
 * @param redis as Redis writes it: n for exactly n, −n for n or more
 */
public record Arity(int redis) {
    public static Arity exactly(int count) {
        return new Arity(count);
    }

    public static Arity atLeast(int count) {
        return new Arity(-count);
    }

    /** Whether {@code count} arguments, the name counted, will do. */
    public boolean admits(int count) {
        return redis >= 0 ? count == redis : count >= -redis;
    }
}
