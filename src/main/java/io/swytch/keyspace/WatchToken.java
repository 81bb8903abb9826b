package io.swytch.keyspace;

/** What WATCH remembers of one key. Opaque to handlers. */
public abstract class WatchToken {}
