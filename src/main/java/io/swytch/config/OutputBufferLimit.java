package io.swytch.config;

/**
 * How much a client may leave unread before it is closed.
 *
 * @param hardBytes closes at once beyond this; 0 = no limit
 * @param softBytes closes beyond this for {@code softSeconds} on end; 0 = no limit
 */
public record OutputBufferLimit(long hardBytes, long softBytes, long softSeconds) {}
