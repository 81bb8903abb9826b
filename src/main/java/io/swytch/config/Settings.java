package io.swytch.config;

/** Everything that can be set, by flag, file, environment or CONFIG SET. Threads: any. */
public final class Settings {}
