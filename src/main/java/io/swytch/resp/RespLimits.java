package io.swytch.resp;

/** What a client may send, by Redis's names; may be changed at run time. Threads: any. */
public final class RespLimits {
    /** Arguments of one request, its name counted; more is a protocol error. */
    public static final int ARGS_MAX = 1 << 20;

    /** Bytes of an inline request, or of a length's line, that has no end yet. */
    public static final int INLINE_BYTES_MAX = 64 << 10;

    /** Before AUTH: arguments of a request, and bytes of each. */
    public static final int UNAUTHENTICATED_ARGS_MAX = 10;

    public static final int UNAUTHENTICATED_BULK_BYTES_MAX = 16 << 10;

    /** Bytes of one argument. */
    public volatile long protoMaxBulkLen = 512L << 20;

    /** Bytes of input that one connection may hold; one that has more is closed. */
    public volatile long clientQueryBufferLimit = 1L << 30;
}
