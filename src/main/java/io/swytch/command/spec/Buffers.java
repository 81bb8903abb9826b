package io.swytch.command.spec;

/**
 * What a connection's socket and buffers look like at a moment; each figure is true on its own.
 *
 * @param inputBytes bytes of input that wait to be parsed or to be run
 * @param inputMemoryBytes memory that input holds; what all connections of a loop share is nobody's
 * @param outputBytes bytes of replies that wait to be sent, those only referred to counted
 * @param outputBlocks blocks that they lie in
 * @param outputMemoryBytes memory that replies hold
 * @param isReading whether the socket is read
 * @param isWriting whether replies wait for the client to take more
 * @param idleSeconds since something came from the client
 */
public record Buffers(
        long inputBytes,
        long inputMemoryBytes,
        long outputBytes,
        int outputBlocks,
        long outputMemoryBytes,
        boolean isReading,
        boolean isWriting,
        long idleSeconds) {
    /** Of a client that has just come. */
    public static final Buffers NONE = new Buffers(0, 0, 0, 0, 0, true, false, 0);

    /** All memory that the connection's buffers hold. */
    public long memoryBytes() {
        return inputMemoryBytes + outputMemoryBytes;
    }
}
